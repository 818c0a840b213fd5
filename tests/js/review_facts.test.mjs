import assert from "node:assert/strict";
import { test } from "node:test";
import { Facts } from "../../qa_toolkit/widgets/static/review_facts.mjs";
import { settled } from "./fakes.mjs";

/** Facts whose answers are given by hand. */
function asked() {
  const questions = [];
  let changes = 0;
  const facts = new Facts((fields) => new Promise((resolve, reject) => questions.push({ fields, resolve, reject })), () => (changes += 1));
  return { facts, questions, changes: () => changes };
}
const answer = (...withheld) => ({ facts: [], withheld });

test("facts are asked for once, and what is known stays while more is asked for", async () => {
  const { facts, questions, changes } = asked();
  assert.equal(facts.of("c1"), null);
  facts.of("c1");
  assert.deepEqual(questions.map(({ fields }) => fields), [{ conversation_id: "c1", asked: false }]);
  questions[0].resolve(answer());
  await settled();
  assert.equal(changes(), 1);
  const before = facts.of("c1");
  assert.equal(facts.of("c1", true), before);
  assert.equal(questions[1].fields.asked, true);
  questions[1].resolve({ ...answer(), more: true });
  await settled();
  assert.ok(facts.of("c1").more);
  assert.ok(facts.of("c1", true).more);
  assert.equal(questions.length, 2);
});

test("a stored rating asks anew where it can open what is withheld", async () => {
  const { facts, questions } = asked();
  facts.rated("c1", ["apology"]);
  facts.of("c1");
  questions[0].resolve(answer({ kind: "apology", why: "not-rated" }, { kind: "blame", why: "too-often-wrong" }));
  await settled();
  facts.rated("c1", ["blame", "promise"]);
  facts.of("c1");
  assert.equal(questions.length, 1);
  facts.rated("c1", ["apology"]);
  facts.of("c1");
  assert.equal(questions.length, 2);
});

test("an answer from before the rating is not kept", async () => {
  const { facts, questions } = asked();
  facts.of("c1");
  facts.rated("c1", ["apology"]);
  questions[0].resolve(answer());
  await settled();
  facts.of("c1");
  assert.equal(questions.length, 2);
});

test("what did not come is not asked for again and again, but when the reviewer asks or comes back", async () => {
  const { facts, questions } = asked();
  facts.of("c1");
  questions[0].reject(new Error("gone"));
  await settled();
  facts.of("c1");
  assert.equal(questions.length, 1);
  facts.opened("c1");
  facts.of("c1");
  questions[1].reject(new Error("gone"));
  await settled();
  facts.of("c1", true);
  assert.equal(questions.length, 3);
});
