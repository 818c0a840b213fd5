import assert from "node:assert/strict";
import { test } from "node:test";
import { isForLab, isTyping, plainKey } from "../../qa_toolkit/widgets/static/keys.mjs";

const key = (name, held = {}) => ({ key: name, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...held });

test("only Tab and Ctrl or Cmd with S are for JupyterLab", () => {
  for (const event of [key("Tab"), key("Tab", { shiftKey: true }), key("s", { ctrlKey: true }), key("S", { metaKey: true })])
    assert.ok(isForLab(event), event.key);
  for (const event of [key("d"), key("s"), key("Enter", { shiftKey: true }), key("s", { ctrlKey: true, shiftKey: true }), key("b", { ctrlKey: true })])
    assert.ok(!isForLab(event), event.key);
});

test("chords and input methods are no plain keys, but AltGr writes them", () => {
  assert.equal(plainKey(key("j")), "j");
  assert.equal(plainKey(key("j", { ctrlKey: true })), null);
  assert.equal(plainKey(key("j", { isComposing: true })), null);
  assert.equal(plainKey(key("[", { ctrlKey: true, altKey: true, getModifierState: (name) => name === "AltGraph" })), "[");
});

test("a checkbox is nothing to type in", () => {
  assert.ok(isTyping({ tagName: "TEXTAREA" }));
  assert.ok(isTyping({ tagName: "INPUT", type: "text" }));
  assert.ok(!isTyping({ tagName: "INPUT", type: "checkbox" }));
  assert.ok(!isTyping(null));
});
