import assert from "node:assert/strict";
import { test } from "node:test";
import {
  apart, asReviewed, axisOf, byDifference, CALIBRATE_HELP, comparison, decisionsOf, differText, evidenceFor, excuseOf, gainColumns, gainText, isRating, isRevealed, likeliest, lockedText, lowestFirst, marksOfRow, neighbour, nextToDo, ownProgress, placeOn, rowText,
  saidOf, situationOf, spreadOf, STAGES, takenBackText, votesOf,
} from "../../qa_toolkit/widgets/static/calibrate_model.mjs";

const rated = (rating, evidence = [], comment = "") => ({ rating, evidence, comment });
const COMMANDMENTS = [["listen", "Listen"], ["solve", "Solve"], ["warm", "Be warm"], ["own", "Own it"]].map(([id, title]) => ({ id, title }));
const FIRST = { listen: rated("pass"), solve: rated("pass", [{ position: 3, start: 1, end: 4 }]), warm: rated("partial"), own: rated("na") };
const BEN = { listen: rated("pass"), solve: rated("fail", [{ position: 1 }], "no van"), warm: rated("pass"), own: rated("fail") };
const CARA = { listen: rated("pass"), solve: rated("pass"), warm: rated("pass"), own: rated("na") };
const PEERS = [{ reviewer: "ben", ratings: BEN, again: {}, submitted_again: true }, { reviewer: "cara", ratings: CARA, again: {}, submitted_again: false }];
const votes = (again = {}, others = {}) => votesOf({ reviewer: "ruth", first: FIRST, again }, [{ ...PEERS[0], again: others }, PEERS[1]]);

test("every stage has a name and a sign of its own, and is either before the reveal or after it", () => {
  assert.deepEqual(Object.keys(STAGES), ["open", "draft", "waiting", "revealed", "again", "decided"]);
  assert.equal(new Set(Object.values(STAGES).map(({ sign }) => sign)).size, 6);
  assert.deepEqual(Object.keys(STAGES).map((stage) => [isRating(stage), isRevealed(stage)]),
    [[true, false], [true, false], [false, false], [false, true], [false, true], [false, true]]);
});

test("progress counts one's own conversations", () => {
  const list = ["open", "draft", "waiting", "decided"].map((stage) => ({ stage }));
  assert.deepEqual(ownProgress(list), { submitted: 2, skipped: 0, total: 4 });
});

test("neighbours stay inside the list; what is to be rated comes before what is to be discussed", () => {
  const list = [["a", "revealed"], ["b", "waiting"], ["c", "draft"], ["d", "decided"]].map(([conversation_id, stage]) => ({ conversation_id, stage }));
  assert.deepEqual([neighbour(list, "a", 1), neighbour(list, "d", 1), neighbour(list, "a", -1)], ["b", "d", "a"]);
  assert.equal(nextToDo(list, "d"), "c");
  assert.equal(nextToDo(list, "c"), "a");
  assert.equal(nextToDo(list.slice(1, 2), "b"), null);
  assert.equal(neighbour([], null, 1), null);
});

const STATE = {
  conversation_id: "c0", stage: "draft", round: 1, revision: 9, submitted: false, submitted_again: false, again: {}, decisions: {},
  ratings: { listen: { ...rated("pass"), revision: 7 }, solve: { ...rated("fail"), revision: 9 } }, notes: [{ reviewer: "ruth", text: "mine" }],
};

test("before the reveal a rating on the screen is the first one, after it the second one where there is one", () => {
  const before = asReviewed(STATE, "ruth");
  assert.equal(before.ratings.solve.revision, 9);
  assert.deepEqual([before.comment, before.status], ["mine", "begun"]);
  const again = { solve: { ...rated("partial"), revision: 12 } };
  const after = asReviewed({ ...STATE, stage: "again", again, notes: [{ reviewer: "ben", text: "his" }] }, "ruth");
  assert.deepEqual([after.ratings.solve.rating, after.ratings.solve.revision, after.first.solve.rating], ["partial", 12, "fail"]);
  assert.deepEqual([after.ratings.listen.rating, after.ratings.listen.revision, after.comment], ["pass", 0, ""]);
  assert.equal(asReviewed(after, "ruth"), after);
});

test("the situation is that of the stage, and before the reveal it counts nothing", () => {
  const situation = (stage, values = {}, who = {}) => situationOf({ stage, submitted_again: false, excused: [], ...values }, comparison(COMMANDMENTS, votes()), { mayRate: true, alone: false, ...who });
  assert.equal(situation("draft").head, "");
  assert.match(situation("waiting").head, /Waiting for the others/);
  assert.doesNotMatch(Object.values(situation("waiting")).join(" "), /\d/);
  assert.match(situation("waiting", {}, { mayRate: false }).head, /are rating/);
  assert.deepEqual([situation("revealed").head, situation("again", { submitted_again: true }).text], ["3 of 4 differ", "You are done rating again."]);
  assert.match(situation("revealed", {}, { mayRate: false }).text, /^Decide/);
  assert.match(situation("decided", {}, { alone: true }).head, /alone/);
});

test("who is excused is told so, and after the reveal all are", () => {
  const excused = [{ reviewer: "ben", by: "ines", reason: "ill" }, { reviewer: "ruth", by: "ines", reason: "On leave." }];
  const [excuse, rows] = [excuseOf({ excused }, "ruth"), comparison(COMMANDMENTS, votes())];
  assert.deepEqual([excuse, excuseOf({ excused }, "cara")], [excused[1], null]);
  const who = { mayRate: false, alone: false, excuse };
  const waiting = situationOf({ stage: "waiting", submitted_again: false, excused: [excuse] }, rows, who);
  assert.deepEqual([waiting.kind, waiting.head], ["waiting", "ines has excused you here: On leave."]);
  assert.equal(situationOf({ stage: "revealed", submitted_again: false, excused }, rows, who).text, "Discuss what differs. ines excused ben: ill. ines excused ruth: On leave.");
  assert.match(lockedText({ stage: "waiting", round: 0, submitted_again: false }, false, excuse), /^You are excused/);
});

test("what cannot be rated says why", () => {
  const locked = (values, mayRate = true) => lockedText({ stage: "again", round: 0, submitted_again: false, ...values }, mayRate);
  assert.equal(locked({ round: 2 }), "");
  assert.match(locked({ stage: "waiting" }), /^Submitted/);
  assert.match(locked({ submitted_again: true }), /u takes that back$/);
  assert.match(locked({ stage: "waiting" }, false), /do not rate$/);
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
  assert.equal(differText(comparison(COMMANDMENTS.slice(0, 1), votes())), "All ratings agree");
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
  assert.equal(differText(comparison(COMMANDMENTS.slice(0, 1), votes({ listen: rated("fail") }))), "None of 1 differed, 1 now does");
});

test("a row is said in words", () => {
  const [solve] = comparison(COMMANDMENTS, votes({}, { solve: rated("partial") }));
  assert.equal(rowText(solve), "you Pass, ben Partial (first Fail), cara Pass");
  assert.equal(rowText({ said: [{ reviewer: "ben", mine: false, first: null, again: null, now: null }] }), "ben not rated");
});

test("a decision is offered what most say now, and nothing where no rating is ahead", () => {
  const [solve, warm] = comparison(COMMANDMENTS, votes());
  assert.equal(likeliest(solve), "pass");
  assert.equal(likeliest({ said: warm.said.slice(0, 2) }), null);
  assert.equal(likeliest({ said: [] }), null);
});

test("a decision takes the evidence of those who say so now", () => {
  const [solve] = comparison(COMMANDMENTS, votes({ solve: rated("fail", [{ position: 1, start: null, end: null }, { position: 0, start: 1, end: 2 }]) }));
  assert.deepEqual(evidenceFor(solve, "fail"), [{ position: 0, start: 1, end: 2 }, { position: 1, start: null, end: null }]);
  assert.deepEqual(evidenceFor(solve, "partial"), []);
});

test("evidence of all for the open commandment is marked with whose it is", () => {
  const marks = marksOfRow(comparison(COMMANDMENTS, votes())[0]);
  assert.deepEqual(marks.get(3), [{ commandment: "solve", title: "Solve (you)", rating: "pass", start: 1, end: 4, mine: true }]);
  assert.deepEqual(marks.get(1), [{ commandment: "solve", title: "Solve (ben)", rating: "fail", start: null, end: null, mine: false }]);
  const again = marksOfRow(comparison(COMMANDMENTS, votes({}, { solve: rated("pass", [{ position: 0 }]) }))[0]);
  assert.deepEqual([...again.keys()].sort(), [0, 3]);
});

test("who leads and does not rate has no column", () => {
  assert.deepEqual(votesOf(null, PEERS).map(({ reviewer, done }) => [reviewer, done]), [["ben", true], ["cara", false]]);
});

test("the rubric is shown in two groups, whatever its own are", () => {
  const rubric = byDifference({ id: "small", groups: { all: "All" }, root_causes: {} }, comparison(COMMANDMENTS, votes()));
  assert.deepEqual(rubric.commandments.map(({ id, group }) => [id, group]), [["solve", "differ"], ["warm", "differ"], ["own", "differ"], ["listen", "agree"]]);
  assert.deepEqual(Object.keys(rubric.groups), ["differ", "agree"]);
});

test("a decision on its way stands before the one that is stored", () => {
  const stored = { solve: { rating: "pass", reason: "old", by: "ben" }, warm: { rating: "fail", reason: "cold", by: "ben" } };
  const acts = [{ kind: "rate", fields: { commandment: "warm" } }, { kind: "decide", fields: { commandment: "solve", rating: "fail", reason: "new" } }];
  const found = decisionsOf({ decisions: stored }, acts, "ruth");
  assert.deepEqual([found.solve.reason, found.solve.by, found.warm.reason], ["new", "ruth", "cold"]);
});

test("what was taken back is named", () => {
  const titles = new Map([["solve", "Solve"]]);
  const text = (undone) => takenBackText({ conversation_id: "c0", commandment: "solve", round: 0, ...undone }, titles, "c0");
  assert.equal(text({ kind: "rate", round: 2 }), "Undone: the second rating of “Solve”");
  assert.equal(text({ kind: "rate", round: 1, conversation_id: "c1" }), "Undone: the rating of “Solve” in conversation c1");
  assert.equal(text({ kind: "decide" }), "Undone: the decision on “Solve”");
  assert.equal(text({ kind: "submit", round: 2, commandment: null }), "Undone: that you are done rating again");
});

const GAIN = { before: 0.62, after: 0.81, gain: 0.19, low: 0.05, high: 0.33, n: 3 };

test("a gain comes with its interval, or says why there is none", () => {
  assert.equal(gainText(GAIN), "0.62 before, 0.81 after: gain 0.19 (95% 0.05 to 0.33), n = 3");
  assert.equal(gainText({ ...GAIN, before: -0.031, gain: -0.001, low: null, high: null }), "−0.03 before, 0.81 after: gain 0.00 (too few conversations for an interval), n = 3");
  assert.equal(gainText({ ...GAIN, after: null }), "not known yet");
  assert.equal(gainText(null), "not known yet");
});

test("the columns say the same in short, and the lowest agreement comes first", () => {
  assert.deepEqual(gainColumns(GAIN), ["0.62 → 0.81", "+0.19 (0.05 to 0.33)", "3"]);
  assert.deepEqual(gainColumns({ ...GAIN, gain: -0.19, low: null, high: null }), ["0.62 → 0.81", "−0.19", "3"]);
  assert.deepEqual(gainColumns(null), ["not known yet", "", ""]);
  const lines = [{ after: null, before: null }, { after: 1, before: 1 }, { after: 0.5, before: 1 }, { after: 0.5, before: 0.2 }];
  assert.deepEqual(lowestFirst(lines).map(({ before }) => before), [0.2, 1, 1, null]);
});

test("the axis goes from 0 to 1, and as far below as a number does", () => {
  assert.deepEqual(axisOf([GAIN]), { from: 0, to: 1 });
  assert.deepEqual(axisOf([GAIN, { before: -0.2, after: null, low: null }]), { from: -0.5, to: 1 });
  assert.deepEqual(axisOf([{ before: -0.9, after: 0.1, low: -3 }]), { from: -1, to: 1 });
  assert.deepEqual([0, 0.25, 1, 7].map((value) => placeOn({ from: -0.5, to: 1 }, value)), [100 / 3, 50, 100, 100]);
});

test("the help names the keys of this screen and none that do nothing here", () => {
  const keys = CALIBRATE_HELP.flatMap(([, lines]) => lines.map(([key]) => key));
  for (const key of ["d", "a", "1 2 3 4", "o"]) assert.ok(keys.includes(key), key);
  for (const key of ["g", "s", "f"]) assert.ok(!keys.includes(key), key);
  assert.equal(new Set(keys).size, keys.length);
});
