import assert from "node:assert/strict";
import { test } from "node:test";
import { alike, placeOf, sentencesOf } from "../../qa_toolkit/widgets/static/coach_match.mjs";

test("a sentence is found however its lines are set, and only as text", () => {
  const text = "Hello.\nWhere is (my)\n  parcel [1]? $5.";
  const [start, end] = placeOf(text, "Where is (my) parcel [1]?");
  assert.equal(text.slice(start, end), "Where is (my)\n  parcel [1]?");
  assert.deepEqual(placeOf("a long one, cut here", "…long one, cut…"), [2, 15]);
  for (const missing of ["", "   ", "…", "Where .* parcel", "not there"]) assert.equal(placeOf(text, missing), null, missing);
});

test("sentences hold all of a text", () => {
  const text = "Dear Ada,\n\nSorry! It comes at 4.30 p.m. Bye… 好。再见。";
  assert.equal(sentencesOf(text).join(""), text);
  assert.deepEqual(sentencesOf(text).slice(0, 2), ["Dear Ada,\n\n", "Sorry! "]);
  assert.deepEqual(sentencesOf(""), []);
});

test("what both say is told from what one says", () => {
  const parts = alike("Sorry for the wait. It is on the van.\n\nBest,", "SORRY for  the wait. Call us.");
  assert.deepEqual(parts.map(([text, isShared]) => [text.trim(), isShared]), [["Sorry for the wait.", true], ["It is on the van.", false], ["Best,", false]]);
  assert.deepEqual(alike("\n\n", "\n\n").map(([, isShared]) => isShared), [false]);
});
