import assert from "node:assert/strict";
import { test } from "node:test";
import { cut, toCodePoints, toUnits } from "../../qa_toolkit/widgets/static/offsets.mjs";

const TEXT = "a😀b👩‍🔧é";

test("offsets count code points, as Python does", () => {
  assert.equal(toCodePoints(TEXT, TEXT.length), [...TEXT].length);
  assert.equal(toCodePoints(TEXT, TEXT.indexOf("b")), 2);
  assert.equal(toUnits(TEXT, 2), TEXT.indexOf("b"));
  for (let points = 0; points <= [...TEXT].length; points += 1) assert.equal(toCodePoints(TEXT, toUnits(TEXT, points)), points);
});

test("a cut leaves no half character", () => {
  assert.equal(cut("ab😀", 3), "ab");
  assert.equal(cut("ab😀", 4), "ab😀");
  assert.equal(cut("abc", 2), "ab");
});
