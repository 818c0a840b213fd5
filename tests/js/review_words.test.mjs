import assert from "node:assert/strict";
import { test } from "node:test";
import { changedText, problemText, refusedText, resentText, savedText, statusesOf } from "../../qa_toolkit/widgets/static/review_words.mjs";

const act = (name, conversation, more = {}) => ({ shown: { name, conversation }, ...more });

test("what is not saved is named once, with its conversation where that is another, and with the reason", () => {
  assert.equal(problemText([], { lost: "" }), "");
  assert.equal(problemText([], { lost: "Gone." }), "Gone.");
  const outbox = { kept: { complete: true } };
  const acts = [act("Warm", "c1"), act("Warm", "c1"), act("the submit", "c2")];
  assert.match(problemText(acts, { lost: "Gone.", id: "c1", outbox }), /^NOT SAVED: Warm, the submit \(conversation c2\)\. Gone\. .* sent again by itself\.$/);
  const refused = act("Warm", "c1", { error: { unheard: false, message: "The disk is full." } });
  assert.match(problemText([refused], { lost: "", id: "c1", outbox: { kept: { complete: false } } }), /The disk is full\. Leave this page open/);
});

test("the corner says what is most urgent", () => {
  const about = (values) => savedText({ outbox: { failed: [], acts: [] }, wire: { isSlow: false }, lost: "", ...values });
  const outbox = { failed: [], acts: [1] };
  assert.deepEqual(about({}), { text: "Nothing to save yet", state: "saved" });
  assert.equal(about({ event: { id: 7 } }).text, "Saved #7");
  assert.equal(about({ typing: 3 }).text, "Comment not saved yet");
  assert.equal(about({ outbox }).text, "Saving…");
  assert.equal(about({ outbox, wire: { isSlow: true } }).text, "The kernel is slow; still saving…");
  assert.equal(about({ asking: true, wire: { isSlow: true } }).text, "The kernel is slow; still loading…");
  assert.deepEqual(about({ lost: "Gone." }), { text: "Not connected", state: "lost" });
  assert.deepEqual(about({ lost: "Gone.", outbox }), { text: "NOT SAVED", state: "lost" });
  assert.deepEqual(about({ outbox: { failed: [1], acts: [1] } }), { text: "NOT SAVED", state: "lost" });
});

test("rows say what is not saved", () => {
  const failed = { shown: { rest: ["warm"], values: { rating: "na" } } };
  const typed = [["solve", {}, null], ["listen", {}, "pass"], ["clear", { refused: true }, "pass"]];
  assert.deepEqual([...statusesOf(typed, [failed])], [
    ["solve", "rate it to save"], ["clear", "comment not saved: rate it again"], ["warm", "not saved"],
  ]);
});

test("what was sent again is counted", () => {
  assert.equal(resentText(0), "");
  assert.equal(resentText(1), "1 act of before was sent again and saved");
  assert.equal(resentText(3), "3 acts of before were sent again and saved");
});

test("a refused act says all that it was", () => {
  const evidence = [{ position: 0 }, { position: 3 }];
  const rating = { shown: { name: "Listen", conversation: "c1", values: { rating: "fail", evidence } }, fields: { comment: "cold" } };
  assert.equal(refusedText(rating, { message: "Changed." }), "Listen: Fail, evidence message 1, 4, “cold” (conversation c1). Changed.");
  const skip = { shown: { name: "the skip", conversation: "c1" }, fields: { reason: "spam" } };
  assert.equal(refusedText(skip, { message: "No." }), "the skip: “spam” (conversation c1). No.");
  const cleared = { shown: { name: "Listen", conversation: "c1", values: { rating: null, evidence: [] } }, fields: { comment: "" } };
  assert.match(refusedText(cleared, null), /^Listen: not rated \(conversation c1\)\. It was not sent/);
});

test("what changed in another tab is named", () => {
  const state = (revision, ratings, more = {}) => ({ revision, ratings, cleared: {}, comment: "", status: "draft", ...more });
  const titles = [["listen", "Listen"], ["warm", "Warm"]];
  const before = state(3, { listen: { revision: 3 } });
  assert.equal(changedText(undefined, before, titles), "");
  assert.equal(changedText(before, before, titles), "");
  assert.equal(changedText(before, state(5, { listen: { revision: 3 }, warm: { revision: 5 } }), titles), "Changed in another tab: Warm");
  const after = state(9, {}, { cleared: { listen: 8 }, comment: "so so", status: "submitted" });
  assert.equal(changedText(before, after, titles), "Changed in another tab: Listen, the comment on the conversation, it is submitted");
});
