import assert from "node:assert/strict";
import { test } from "node:test";
import { factsFor, factText, notComputedLines, qualityText, timingsOf, withheldLines } from "../../qa_toolkit/widgets/static/fact_words.mjs";

const quality = { right: 21, found: 22, there: 24, n: 44, precision: 21 / 22, recall: 21 / 24 };

test("quality is told in counts, and in a sentence on asking", () => {
  assert.deepEqual(qualityText(quality), {
    short: "right 21 of 22",
    whole: "Where it was found, it was right in 21 of 22 held-out lines. Of 24 held-out lines that have it, 21 were found (88 %).",
  });
});

test("what was never counted claims nothing", () => {
  for (const one of [null, undefined, { ...quality, n: 0 }]) assert.equal(qualityText(one), null);
  assert.deepEqual(qualityText({ right: 0, found: 0, there: 20, n: 40 }), { short: "", whole: "Of 20 held-out lines that have it, 0 were found (0 %)." });
  assert.equal(qualityText({ right: 0, found: 3, there: 0, n: 40 }).whole, "Where it was found, it was right in 0 of 3 held-out lines.");
});

test("a fact that was found speaks for itself", () => {
  assert.equal(factText({ state: "found", title: "Apology", text: "Apology in message 4", quality }), "Apology in message 4");
});

test("none found never reads as none made", () => {
  const fact = { state: "none-found", title: "Apology", text: "none found" };
  assert.equal(factText({ ...fact, quality }), "Apology: none found, which is not to say that there is none; the rule finds 21 of 24");
  for (const one of [null, { ...quality, there: 0 }]) {
    assert.equal(factText({ ...fact, quality: one }), "Apology: none found, which is not to say that there is none");
  }
});

test("what was not computed says why, once for each reason", () => {
  const text = "not computed: language 'xx' has no phrase list";
  const facts = [["Blame", text], ["Promise", "not computed: no times"], ["Apology", text]].map(([title, why]) => ({ state: "not-computed", title, text: why }));
  assert.deepEqual(notComputedLines([...facts, { state: "found", title: "Amends", text: "x" }]), [`Blame, Apology: ${text}`, "Promise: not computed: no times"]);
});

test("kinds that are withheld say why, those of one reason in one line, those switched off nothing", () => {
  const withheld = [["Apology", "not-asked"], ["Blame", "too-often-wrong"], ["Promise", "not-asked"], ["Amends", "switched-off"], ["Hand-over", "not-rated"]];
  const lines = withheldLines(withheld.map(([title, why]) => ({ title, why })));
  assert.equal(lines.length, 3);
  assert.match(lines[0], /^Apology, Promise: shown when you ask \(f\)/);
  assert.match(lines[1], /^Hand-over: shown once every commandment that has them is rated$/);
  assert.match(lines[2], /^Blame: not shown: too often wrong/);
  assert.deepEqual(withheldLines([]), []);
});

test("a commandment has the facts of its kinds, found and withheld", () => {
  const answer = { facts: [{ kind: "apology", id: 1 }, { kind: "blame", id: 2 }], withheld: [{ kind: "promise" }, { kind: "amends" }] };
  assert.deepEqual(factsFor({ facts: ["apology", "amends"] }, answer), { facts: [answer.facts[0]], withheld: [{ kind: "amends" }] });
  assert.deepEqual(factsFor({}, answer), { facts: [], withheld: [] });
  assert.equal(factsFor({ facts: ["apology"] }, null), null);
});

test("timings are those that were measured", () => {
  const facts = [{ kind: "first-response", state: "found" }, { kind: "agent-wait", state: "none-found" }, { kind: "apology", state: "found" }];
  assert.deepEqual(timingsOf({ facts }), [facts[0]]);
  assert.deepEqual(timingsOf(null), []);
});
