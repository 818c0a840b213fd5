import assert from "node:assert/strict";
import { test } from "node:test";
import { assignmentText, takenText } from "../../qa_toolkit/widgets/static/review_assigned.mjs";

const NONE = { state: "open", due_at: null, overdue: false, lease_until: null };

test("when it is due and for how long it is kept, in words", () => {
  assert.equal(assignmentText(null), "");
  assert.equal(assignmentText(NONE), "");
  assert.equal(assignmentText({ ...NONE, due_at: "2026-03-10T23:59:59.999999+00:00" }), "due Tue 10 Mar 2026");
  assert.equal(assignmentText({ ...NONE, due_at: "2026-03-10T16:00:00+00:00", overdue: true }), "OVERDUE since Tue 10 Mar 2026, 16:00 UTC");
  const taken = { ...NONE, state: "taken", due_at: "2026-03-10T23:59:59.999999+00:00", lease_until: "2026-03-09T09:30:00+00:00" };
  assert.equal(assignmentText(taken), "due Tue 10 Mar 2026 · kept for you until 09:30 UTC");
});

test("what is done needs no date, and what is gone says why", () => {
  assert.equal(assignmentText({ ...NONE, state: "done", due_at: "2026-03-10T16:00:00+00:00" }), "");
  assert.match(assignmentText({ ...NONE, state: "lapsed" }), /no longer yours: your time for it ran out/);
  assert.match(assignmentText({ ...NONE, state: "replaced" }), /no longer in the sample/);
});

test("how many were taken", () => {
  assert.equal(takenText(1), "1 conversation taken from the pool");
  assert.equal(takenText(5), "5 conversations taken from the pool");
});
