import assert from "node:assert/strict";
import { test } from "node:test";
import { foldName } from "../../qa_toolkit/widgets/static/review_folds.mjs";

test("a fold says what it holds: lines with words, counted; offsets are code points", () => {
  const text = "📦 Thanks\n> one\n>\n\n> two\n-- \nNora";
  const of = (kind, start, end) => foldName({ kind, start, end }, text);
  assert.equal(of("quote", 9, 23), "3 quoted lines");
  assert.equal(of("quote", 9, 14), "1 quoted line");
  assert.equal(of("signature", 24, 31), "signature");
});
