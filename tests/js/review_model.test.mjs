import assert from "node:assert/strict";
import { test } from "node:test";
import {
  actionOf, baseOf, blocks, byGroup, disputedOf, evidenceLabel, goodFor, HELP, KEYS, labelLines, lackEvidence, marksByMessage, moved, notApplicableNow, pieces, progressText, rateKey, ratingOf, restKey, toggled, undoneText,
} from "../../qa_toolkit/widgets/static/review_model.mjs";

const whole = (position) => ({ position, start: null, end: null });

test("what is shown is stored, then on its way, then typed", () => {
  const state = { ratings: { warm: { rating: "pass", evidence: [], comment: "kind", revision: 7 } } };
  const acts = [{ shown: { commandment: "warm", values: { rating: "fail" } } }, { shown: { commandment: "clear", values: { rating: "na" } } }];
  assert.deepEqual(ratingOf(state, "warm", acts, { comment: "kinder" }), { rating: "fail", evidence: [], comment: "kinder", root_causes: [], revision: 7 });
  assert.equal(ratingOf(state, "solve").rating, null);
});

test("groups keep the rubric's order, and one that it does not name comes last", () => {
  const commandments = [{ id: "x", group: "two" }, { id: "y", group: "one" }, { id: "z", group: "odd" }];
  const groups = byGroup({ groups: { one: "One", two: "Two", none: "None" }, commandments });
  assert.deepEqual(groups.map(({ title }) => title), ["One", "Two", "odd"]);
});

test("evidence is added in the order of the transcript and taken away again", () => {
  const span = { position: 1, start: 2, end: 5 };
  const both = toggled(toggled([], span), whole(1));
  assert.deepEqual(both, [whole(1), span]);
  assert.deepEqual(toggled(both, { position: 1, start: null, end: null }), [span]);
});

test("a span is named by its words, counted in code points", () => {
  const messages = [{ text: "😀 my parcel\nis lost" }];
  assert.equal(evidenceLabel(whole(0), messages), "message 1");
  assert.equal(evidenceLabel({ position: 0, start: 5, end: 14 }, messages), "message 1: “parcel is”");
  assert.match(evidenceLabel({ position: 0, start: 0, end: 90 }, [{ text: "x".repeat(90) }]), /: “x{30}…”$/);
});

test("marks are gathered by message", () => {
  const ratings = new Map([["a", { rating: "fail", evidence: [whole(2)] }], ["b", { rating: null, evidence: [whole(2), whole(0)] }]]);
  const marks = marksByMessage([{ id: "a", title: "A" }, { id: "b", title: "B" }], ratings);
  assert.deepEqual(marks.get(2).map(({ title, rating }) => [title, rating]), [["A", "fail"], ["B", null]]);
  assert.equal(marks.get(1), undefined);
});

test("pieces together are the text, and overlap where marks do", () => {
  const found = pieces("abcdef", [{ id: 1, from: 1, to: 4 }, { id: 2, from: 3, to: 9 }, { id: 3, from: -2, to: 0 }]);
  assert.deepEqual(found.map(({ text, marks }) => [text, marks.map(({ id }) => id)]), [["a", []], ["bc", [1]], ["d", [1, 2]], ["ef", [2]]]);
  assert.deepEqual(pieces("", []), []);
});

test("blocks together are the text, end at spaces and cut no character in two", () => {
  for (const text of ["", "word ".repeat(50), "😀".repeat(40), `${"x".repeat(30)}\n`]) {
    const parts = blocks(text, 11);
    assert.equal(parts.join(""), text);
    assert.ok(parts.every((part) => part.length <= 11 && part.isWellFormed()));
  }
  assert.deepEqual(blocks("one two three", 8), ["one two ", "three"]);
});

test("moving stays inside the list", () => {
  assert.deepEqual([moved(["a", "b"], "a", 1), moved(["a", "b"], "b", 1), moved(["a", "b"], "a", -1)], ["b", "b", "a"]);
});

test("words for progress, undo and labels", () => {
  assert.equal(progressText({ submitted: 3, total: 60, skipped: 1 }), "3 of 60 submitted · 1 skipped");
  assert.equal(progressText({ submitted: 0, total: 2, skipped: 0 }), "0 of 2 submitted");
  const titles = new Map([["warm", "Be warm"]]);
  assert.equal(undoneText({ kind: "rating", commandment: "warm", conversation_id: "c1" }, titles, "c1"), "Undone: the rating of “Be warm”");
  assert.equal(undoneText({ kind: "submit", conversation_id: "c1" }, titles, "c2"), "Undone: the submit in conversation c1");
  assert.deepEqual(labelLines({ csat: 2, tags: ["a", "b"], more: { x: 1 } }), [["csat", "2"], ["tags", "a, b"], ["more", '{"x":1}']]);
});

test("a good answer is offered for what it passes, else for the active commandment", () => {
  const ratings = new Map([["a", { rating: "pass", evidence: [whole(3)] }], ["b", { rating: "fail", evidence: [whole(3)] }]]);
  assert.deepEqual(goodFor(ratings, 3, "b"), ["a"]);
  assert.deepEqual(goodFor(ratings, 1, "c"), ["c"]);
  assert.deepEqual(goodFor([["b", { rating: "partial", evidence: [whole(1)] }]], 1, "b"), []);
});

test("every key of the help does something, and every key stands in it", () => {
  const named = { "↓": "ArrowDown", "↑": "ArrowUp", Esc: "Escape" };
  const keys = HELP.flatMap(([, lines]) => lines).flatMap(([text]) => text.split(/\s+/)).filter((key) => !["Tab", "select", "+", "Shift", "letter"].includes(key));
  for (const key of keys) assert.ok(actionOf(named[key] ?? key), key);
  assert.equal(actionOf("toString"), null);
  const told = new Set(keys.map((key) => named[key] ?? key));
  for (const key of Object.keys(KEYS)) assert.ok(told.has(key), `${key} is missing in the help`);
});

test("a rating is based on what the row shows, also on what took it away", () => {
  const state = { ratings: { warm: { revision: 7 } }, cleared: { solve: 8 } };
  assert.deepEqual(["warm", "solve", "listen"].map((id) => baseOf(state, id)), [7, 8, 0]);
});

test("a rating waits for the act that rates the rest, where that one rates it", () => {
  const acts = [{ key: restKey("c0"), shown: { rest: ["warm", "clear"] } }];
  assert.equal(rateKey("c0", "warm", acts), restKey("c0"));
  assert.notEqual(rateKey("c0", "solve", acts), restKey("c0"));
  assert.notEqual(rateKey("c0", "warm", []), restKey("c0"));
});

test("the rest is shown as rated while it is on its way, and as not saved when it fails", () => {
  const act = { shown: { rest: ["warm"], values: { rating: "na" } } };
  assert.equal(ratingOf({ ratings: {} }, "warm", [act]).rating, "na");
  assert.equal(ratingOf({ ratings: {} }, "solve", [act]).rating, null);
});

test("fails without evidence are told, whatever the others lack", () => {
  const span = { position: 0, start: null, end: null };
  const ratings = new Map([["warm", { rating: "fail", evidence: [] }], ["solve", { rating: "fail", evidence: [span] }], ["clear", { rating: "partial", evidence: [] }]]);
  assert.deepEqual(lackEvidence(ratings), ["warm"]);
});

test("a commandment does not apply by what the kernel found, or until another one has such a rating", () => {
  const commandments = [
    { id: "solve", title: "Solve" }, { id: "repair", title: "Repair", applies: { when: { solve: ["partial", "fail"] } } },
    { id: "amends", title: "Amends", applies: { when: { solve: ["fail"] }, otherwise: "Nothing to make good." } }, { id: "prompt", title: "Prompt" },
  ];
  const rated = (rating) => new Map([["solve", { rating }]]);
  assert.deepEqual([...notApplicableNow(commandments, { prompt: "No times." }, rated(null))], [
    ["repair", "Applies once “Solve” is rated partial or fail."], ["amends", "Nothing to make good."], ["prompt", "No times."],
  ]);
  assert.deepEqual([...notApplicableNow(commandments, {}, rated("partial")).keys()], ["amends"]);
  assert.deepEqual([...notApplicableNow(commandments, {}, rated("fail"))], []);
});

test("a dispute counts while it is on its way", () => {
  const act = (id, wrong) => ({ shown: { fact: { id, wrong } } });
  assert.deepEqual([...disputedOf({ disputed_facts: ["blame:1"] }, [act("promise:2", true), act("blame:1", false)])], ["promise:2"]);
});
