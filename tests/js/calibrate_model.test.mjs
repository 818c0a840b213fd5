import assert from "node:assert/strict";
import { test } from "node:test";
import {
  apart, axisOf, comparison, countsOf, differText, intervalText, isRating, isRevealed, likeliest, marksOfAll, neighbour, ownProgress, placeOn, rowText, saidOf, spreadOf, STAGES, votesOf,
} from "../../qa_toolkit/widgets/static/calibrate_model.mjs";

const rated = (rating, evidence = [], comment = "") => ({ rating, evidence, comment });
const COMMANDMENTS = [["listen", "Listen"], ["solve", "Solve"], ["warm", "Be warm"], ["own", "Own it"]].map(([id, title]) => ({ id, title }));
const FIRST = { listen: rated("pass"), solve: rated("pass", [{ position: 3, start: 1, end: 4 }]), warm: rated("partial"), own: rated("na") };
const BEN = { listen: rated("pass"), solve: rated("fail", [{ position: 1 }], "no van"), warm: rated("pass"), own: rated("fail") };
const CARA = { listen: rated("pass"), solve: rated("pass"), warm: rated("pass"), own: rated("na") };
const votes = (again = {}, others = {}) =>
  votesOf("ruth", { first: FIRST, again }, [{ reviewer: "ben", first: BEN, again: others }, { reviewer: "cara", first: CARA, again: {} }]);

test("every stage has a name and a sign of its own, and is either before the reveal or after it", () => {
  assert.deepEqual(Object.keys(STAGES), ["open", "draft", "waiting", "revealed", "again", "decided"]);
  assert.equal(new Set(Object.values(STAGES).map(({ sign }) => sign)).size, 6);
  assert.deepEqual(Object.keys(STAGES).map((stage) => [isRating(stage), isRevealed(stage)]),
    [[true, false], [true, false], [false, false], [false, true], [false, true], [false, true]]);
});

test("progress counts one's own conversations", () => {
  const list = ["open", "draft", "waiting", "decided"].map((stage) => ({ stage }));
  assert.deepEqual(ownProgress(list), { done: 2, total: 4, text: "2 of 4 submitted" });
  assert.equal(ownProgress([]).text, "0 of 0 submitted");
});

test("neighbours stay inside the list; what is to be rated comes before what is to be discussed", () => {
  const list = [["a", "revealed"], ["b", "waiting"], ["c", "draft"], ["d", "decided"]].map(([conversation_id, stage]) => ({ conversation_id, stage }));
  assert.deepEqual([neighbour(list, "a", 1), neighbour(list, "d", 1), neighbour(list, "a", -1)], ["b", "d", "a"]);
  assert.equal(neighbour(list, "d", "todo"), "c");
  assert.equal(neighbour(list, "c", "todo"), "a");
  assert.equal(neighbour(list.slice(1, 2), "b", "todo"), null);
  assert.equal(neighbour([], null, 1), null);
});

test("how far ratings are apart does not depend on their order", () => {
  for (const [one, other, gap] of [["fail", "pass", 2], ["fail", "partial", 1], ["partial", "pass", 1], ["na", "fail", 1], ["na", "na", 0], ["pass", "pass", 0], ["pass", null, 0]]) {
    assert.equal(apart(one, other), gap);
    assert.equal(apart(other, one), gap);
  }
  assert.deepEqual(spreadOf(["pass", "fail", "pass", null]), { widest: 2, pairs: 2 });
  assert.deepEqual(spreadOf([]), { widest: 0, pairs: 0 });
});

test("what was rated again stands beside the first rating, and one that was taken back does not", () => {
  const [vote] = votes({ solve: rated("fail"), warm: rated(null) });
  assert.deepEqual(saidOf(vote, "solve"), { first: FIRST.solve, again: rated("fail"), now: rated("fail") });
  assert.deepEqual(saidOf(vote, "warm"), { first: FIRST.warm, again: null, now: FIRST.warm });
  assert.deepEqual(saidOf(vote, "nothing"), { first: null, again: null, now: null });
});

test("the widest disagreement comes first, then the one of most pairs, then the rubric's order", () => {
  const rows = comparison(COMMANDMENTS, votes());
  assert.deepEqual(rows.map(({ commandment }) => commandment.id), ["solve", "warm", "own", "listen"]);
  assert.deepEqual(rows[0].said.map(({ reviewer, mine, now }) => [reviewer, mine, now.rating]), [["ruth", true, "pass"], ["ben", false, "fail"], ["cara", false, "pass"]]);
  assert.equal(differText(rows), "3 of 4 differ");
  assert.equal(differText(comparison(COMMANDMENTS.slice(0, 1), votes())), "All 1 agree");
  assert.equal(differText(comparison(COMMANDMENTS.slice(0, 2), votes())), "1 of 2 differs");
});

test("no row moves when somebody rates again", () => {
  const rows = comparison(COMMANDMENTS, votes({ warm: rated("pass") }, { solve: rated("pass") }));
  assert.deepEqual(rows.map(({ commandment }) => commandment.id), ["solve", "warm", "own", "listen"]);
  assert.deepEqual(rows.map(({ now }) => now.widest), [0, 0, 1, 0]);
  assert.equal(differText(rows), "3 of 4 differed, 1 still does");
  assert.equal(differText(comparison(COMMANDMENTS, votes({ warm: rated("pass"), own: rated("fail") }, { solve: rated("pass") }))), "3 of 4 differed, 1 still does");
  assert.equal(differText(comparison(COMMANDMENTS.slice(0, 2), votes({}, { solve: rated("pass") }))), "1 of 2 differed, none still does");
  assert.equal(differText(comparison(COMMANDMENTS, votes({ listen: rated("pass") }))), "3 of 4 differed, 3 still do");
});

test("a row is said in words", () => {
  const [solve] = comparison(COMMANDMENTS, votes({}, { solve: rated("partial") }));
  assert.equal(rowText(solve), "you Pass, ben Partial (first Fail), cara Pass");
  assert.equal(rowText({ said: [{ reviewer: "ben", mine: false, first: null, again: null, now: null }] }), "ben not rated");
});

test("a decision is offered what most say now, and nothing where no rating is ahead", () => {
  const [solve, warm] = comparison(COMMANDMENTS, votes());
  assert.equal(likeliest(solve), "pass");
  assert.deepEqual(countsOf(["fail", "pass", "fail", undefined]), [["fail", 2], ["pass", 1]]);
  assert.equal(likeliest({ said: warm.said.slice(0, 2) }), null);
  assert.equal(likeliest({ said: [] }), null);
});

test("evidence of all is marked with whose it is", () => {
  const marks = marksOfAll(comparison(COMMANDMENTS, votes()));
  assert.deepEqual(marks.get(3), [{ commandment: "solve", title: "Solve (you)", rating: "pass", start: 1, end: 4 }]);
  assert.deepEqual(marks.get(1), [{ commandment: "solve", title: "Solve (ben)", rating: "fail", start: null, end: null }]);
  const again = marksOfAll(comparison(COMMANDMENTS, votes({}, { solve: rated("pass", [{ position: 0 }]) })));
  assert.deepEqual([...again.keys()].sort(), [0, 3]);
});

test("numbers come with their interval, or say that they are not known", () => {
  assert.equal(intervalText({ value: 0.412, low: 0.2, high: 0.615 }), "0.41 (95% 0.20 to 0.62)");
  assert.equal(intervalText({ value: -0.031, low: -0.4, high: 0.3 }, 0.9), "−0.03 (90% −0.40 to 0.30)");
  assert.equal(intervalText({ value: 1, low: null, high: null }), "1.00");
  assert.equal(intervalText({ value: -0.001 }), "0.00");
  assert.equal(intervalText({ value: null }), "not known");
  assert.equal(intervalText(undefined), "not known");
});

test("the axis goes from 0 to 1, and as far below as a number does", () => {
  assert.deepEqual(axisOf([{ value: 0.4, low: 0.1, high: 0.7 }]), { from: 0, to: 1 });
  assert.deepEqual(axisOf([{ value: 0.1, low: -0.2 }, { value: null, low: null }]), { from: -0.5, to: 1 });
  assert.deepEqual(axisOf([{ value: -0.9, low: -1.4 }]), { from: -1, to: 1 });
  assert.deepEqual([0, 0.25, 1, 7].map((value) => placeOn({ from: -0.5, to: 1 }, value)), [100 / 3, 50, 100, 100]);
});
