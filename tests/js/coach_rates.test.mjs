import assert from "node:assert/strict";
import { test } from "node:test";
import { evidenceOf, faultIds, groupFaults, rateText, reviewersOf } from "../../qa_toolkit/widgets/static/coach_rates.mjs";

const fault = (id, commandment, rating, others = {}) => ({
  fault_id: `${id}#${others.reviewer ?? "ruth"}`, conversation_id: id, agent: "derek", commandment, rating, title: commandment, critical: false, reviewer: "ruth", evidence: [], ...others,
});
const rate = (low, middle) => ({ n: 9, low, rate: middle, high: 1 });
const names = (groups) => groups.map(({ id }) => id);

test("commandments stand by the lower limit of their rate, not by counts", () => {
  const faults = [fault("1", "often", "fail"), fault("2", "often", "fail"), fault("3", "certain", "fail"), fault("4", "unknown", "fail")];
  const rates = { often: rate(0.3, 0.9), certain: rate(0.4, 0.5) };
  assert.deepEqual(names(groupFaults(faults, [], rates)), ["certain", "often", "unknown"]);
  assert.deepEqual(groupFaults(faults, [], rates).map((group) => group.rate?.low), [0.4, 0.3, undefined]);
});

test("equals stand by rate, then critical ones, then by counts, then as in the rubric", () => {
  const commandments = [{ id: "a" }, { id: "b" }, { id: "c" }, { id: "d" }];
  const faults = [fault("1", "b", "partial"), fault("2", "a", "partial"), fault("3", "c", "fail"), fault("4", "d", "partial", { critical: true })];
  assert.deepEqual(names(groupFaults(faults, commandments)), ["d", "c", "a", "b"]);
  // The last digits of a sum say nothing.
  assert.deepEqual(names(groupFaults(faults, commandments, { a: rate(0.1 + 0.2, 0.5), b: rate(0.3, 0.6) }))[0], "b");
});

test("a conversation stands once: fails first, then what several found, then as they came", () => {
  const faults = [
    fault("1", "a", "fail"), fault("2", "a", "fail"), fault("3", "a", "partial", { reviewer: "otto" }), fault("2", "a", "partial", { reviewer: "otto" }), fault("3", "a", "partial"), fault("4", "a", "partial"),
  ];
  const [group] = groupFaults(faults, []);
  assert.deepEqual(group.faults.map((one) => one.conversation_id), ["2", "1", "3", "4"]);
  assert.deepEqual([group.fail, group.partial], [2, 2]);
  assert.deepEqual(faultIds(group.faults[0]), ["2#ruth", "2#otto"]);
  assert.equal(reviewersOf(group.faults[0]), "ruth and otto");
});

test("what two agents did in one conversation are two faults", () => {
  assert.equal(groupFaults([fault("1", "a", "fail"), fault("1", "a", "fail", { agent: "mei" })], [])[0].faults.length, 2);
});

test("the evidence of several reviewers stands once", () => {
  const [at, other] = [{ position: 1, start: 0, end: 4 }, { position: 1, start: null, end: null }];
  assert.deepEqual(evidenceOf({ evidence: [at], others: [{ evidence: [{ ...at }, other] }] }), [at, other]);
});

test("a rate is said with its interval, or as what was reviewed only", () => {
  assert.equal(rateText({ rate: 0.909, low: 0.6226, high: 0.9838 }, true), "91% (62% to 98%)");
  assert.equal(rateText({ rate: 0.909, low: 0.6226, high: 0.9838 }, false), "91% of what was reviewed");
});
