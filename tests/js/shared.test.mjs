import assert from "node:assert/strict";
import { test } from "node:test";
import {
  clockOf, cut, dayOf, gapBetween, isForLab, isTyping, newId, Outbox, plainKey, toCodePoints, toUnits, Wire,
} from "../../qa_toolkit/widgets/static/shared.mjs";

const TEXT = "a😀b👩‍🔧é";

test("offsets count code points, as Python does", () => {
  assert.equal(toCodePoints(TEXT, TEXT.length), [...TEXT].length);
  assert.equal(toCodePoints(TEXT, TEXT.indexOf("b")), 2);
  assert.equal(toUnits(TEXT, 2), TEXT.indexOf("b"));
  for (let points = 0; points <= [...TEXT].length; points += 1) assert.equal(toCodePoints(TEXT, toUnits(TEXT, points)), points);
});

test("a cut leaves no half character", () => {
  assert.equal(cut("ab😀", 3), "ab");
  assert.equal(cut("ab😀", 4), "ab😀");
  assert.equal(cut("abc", 2), "ab");
});

test("times are shown in UTC, and gaps in two units", () => {
  assert.equal(dayOf("2026-03-10T23:30:00-02:00"), "Wed 11 Mar 2026");
  assert.equal(clockOf("2026-03-10T07:52:00"), "07:52");
  assert.equal(clockOf(null), "");
  assert.equal(clockOf("no time"), "");
  assert.equal(gapBetween("2026-03-10T09:00:00Z", "2026-03-10T16:26:00Z"), "+ 7 h 26 min");
  assert.equal(gapBetween("2026-03-10T09:00:00Z", "2026-03-10T09:00:12Z"), "+ 12 s");
  assert.equal(gapBetween("2026-03-10T09:00:00Z", "2026-03-12T12:00:00Z"), "+ 2 d 3 h");
  assert.equal(gapBetween("2026-03-10T09:00:00Z", "2026-03-10T08:00:00Z"), "− 1 h");
  assert.equal(gapBetween(null, "2026-03-10T08:00:00Z"), "");
});

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

function fakeModel() {
  const heard = new Map();
  return {
    sent: [],
    on: (name, one) => heard.set(name, one),
    off: (name) => heard.delete(name),
    emit: (name, value) => heard.get(name)?.(value),
    send(message) {
      if (this.dead) throw new Error("Cannot send");
      this.sent.push(message);
    },
    answer(index, result = {}) { this.emit("msg:custom", { v: 1, id: this.sent[index].id, ok: true, result }); },
    refuse(index, error) { this.emit("msg:custom", { v: 1, id: this.sent[index].id, ok: false, error }); },
    listeners: () => heard.size,
  };
}
const settled = () => new Promise((resolve) => setImmediate(resolve));

test("the wire gives each answer to its question, and others to whoever listens", async () => {
  const [model, others] = [fakeModel(), []];
  const wire = new Wire(model, { heard: (message) => others.push(message.id) });
  const [first, second] = [wire.ask("view", { conversation_id: "c1" }), wire.ask("view", { conversation_id: "c2" })];
  model.answer(1, "two");
  model.answer(0, "one");
  model.answer(0, "one again");
  model.emit("msg:custom", { something: "else" });
  assert.deepEqual([await first, await second], ["one", "two"]);
  assert.deepEqual(others, [model.sent[0].id]);
  assert.deepEqual(model.sent[0], { v: 1, id: model.sent[0].id, kind: "view", conversation_id: "c1" });
  wire.close();
  assert.equal(model.listeners(), 0);
});

test("a kernel that does not answer, is not there, or goes away, refuses", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const model = fakeModel();
  let lost = 0;
  const wire = new Wire(model, { timeout: 6000, lost: () => (lost += 1) });
  const late = wire.ask("hello");
  t.mock.timers.tick(6000);
  await assert.rejects(late, { code: "timeout", again: true });
  const gone = wire.ask("hello");
  model.emit("comm_live_update");
  await assert.rejects(gone, { code: "lost" });
  assert.equal(lost, 1);
  model.dead = true;
  await assert.rejects(wire.ask("hello"), { code: "lost" });
});

test("acts with one key go one after another, others at once, and one without a key waits for all", async () => {
  const model = fakeModel();
  const outbox = new Outbox(new Wire(model));
  const kinds = () => model.sent.map(({ kind }) => kind);
  outbox.put({ kind: "a1", key: "a", fields: () => ({}) });
  outbox.put({ kind: "a2", key: "a", fields: () => ({}) });
  outbox.put({ kind: "b1", key: "b", fields: () => ({}) });
  outbox.put({ kind: "submit", fields: () => ({}) });
  assert.deepEqual(kinds(), ["a1", "b1"]);
  model.answer(0);
  await settled();
  assert.deepEqual(kinds(), ["a1", "b1", "a2"]);
  model.answer(1);
  model.answer(2);
  await settled();
  assert.deepEqual(kinds(), ["a1", "b1", "a2", "submit"]);
});

test("an act that is lost is sent again as it was, with the same id", async () => {
  const model = fakeModel();
  let made = 0;
  const outbox = new Outbox(new Wire(model));
  outbox.put({ kind: "rate", key: "a", fields: () => ({ base: (made += 1) }) });
  model.emit("comm_live_update");
  await settled();
  assert.equal(outbox.failed.length, 1);
  outbox.retry();
  assert.deepEqual(model.sent[1], model.sent[0]);
  model.answer(1);
  await settled();
  assert.equal(outbox.acts.length, 0);
});

test("an answer that comes late still counts, once", async () => {
  const model = fakeModel();
  const done = [];
  const outbox = new Outbox(new Wire(model, { heard: (message) => outbox.late(message) }));
  outbox.put({ kind: "rate", key: "a", fields: () => ({}), done: (result) => done.push(result) });
  model.emit("comm_live_update");
  await settled();
  model.answer(0, "late");
  model.answer(0, "late");
  assert.deepEqual(done, ["late"]);
});

test("what was to follow a refused act is not sent", async () => {
  const model = fakeModel();
  const refused = [];
  const outbox = new Outbox(new Wire(model));
  outbox.put({ kind: "rate", key: "a", fields: () => ({}), refused: (error) => refused.push(error.code) });
  outbox.put({ kind: "submit", fields: () => ({}), refused: (error) => refused.push(error) });
  model.refuse(0, { code: "stale", message: "changed" });
  await settled();
  assert.deepEqual(refused, ["stale", null]);
  assert.deepEqual(model.sent.map(({ kind }) => kind), ["rate"]);
});

test("ids differ", () => assert.equal(new Set(Array.from({ length: 100 }, newId)).size, 100));
