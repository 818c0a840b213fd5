import assert from "node:assert/strict";
import { test } from "node:test";
import { clockOf, dayOf, gapBetween } from "../../qa_toolkit/widgets/static/times.mjs";

test("times are shown in UTC, and gaps in two units", () => {
  assert.equal(dayOf("2026-03-10T23:30:00-02:00"), "Wed 11 Mar 2026");
  assert.equal(clockOf("2026-03-10T07:52:00"), "07:52");
  assert.equal(clockOf(null), "");
  assert.equal(clockOf("no time"), "");
  assert.equal(gapBetween("2026-03-10T09:00:00Z", "2026-03-10T16:26:00Z"), "+ 7 h 26 min");
  assert.equal(gapBetween("2026-03-10T09:00:00Z", "2026-03-10T09:00:12Z"), "+ 12 s");
  assert.equal(gapBetween("2026-03-10T09:00:00Z", "2026-03-12T12:00:00Z"), "+ 2 d 3 h");
  assert.equal(gapBetween("2026-03-10T09:00:00Z", "2026-03-10T08:00:00Z"), "− 1 h");
  assert.equal(gapBetween(null, "2026-03-10T08:00:00Z"), "");
});
