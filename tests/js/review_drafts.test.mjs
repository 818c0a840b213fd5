import assert from "node:assert/strict";
import { test } from "node:test";
import { BrowserStorage } from "../../qa_toolkit/widgets/static/browser_storage.mjs";
import { Drafts } from "../../qa_toolkit/widgets/static/review_drafts.mjs";
import { FakeStorage } from "./fakes.mjs";

const draftsIn = (storage, reviewer = who) => new Drafts(reviewer, new BrowserStorage(storage));
const who = { sample: "first", reviewer: "ruth", rubric: "r1" };

test("a comment survives a reload until it is saved", () => {
  const storage = new FakeStorage();
  draftsIn(storage).set("c1", "warm", { comment: "cold" });
  const drafts = draftsIn(storage);
  assert.deepEqual(drafts.restore("c1", { warm: "", solve: "" }), ["warm"]);
  assert.deepEqual(drafts.get("c1", "warm"), { comment: "cold" });
  drafts.drop("c1", "warm");
  drafts.saved("c1", "warm", "older words");
  assert.equal(storage.size, 1);
  drafts.saved("c1", "warm", "cold");
  assert.equal(storage.size, 0);
});

test("a comment that the store has already does not come back", () => {
  const storage = new FakeStorage();
  draftsIn(storage).set("c1", "warm", { comment: "cold" });
  assert.deepEqual(draftsIn(storage).restore("c1", { warm: "cold" }), []);
  assert.equal(storage.size, 0);
});

test("evidence is not kept in the browser's storage, and another reviewer sees nothing", () => {
  const storage = new FakeStorage();
  const drafts = draftsIn(storage);
  drafts.set("c1", "warm", { evidence: [{ position: 1, start: null, end: null }] });
  assert.equal(storage.size, 0);
  drafts.set("c1", "warm", { comment: "cold" });
  assert.deepEqual(draftsIn(storage, { ...who, reviewer: "paul" }).restore("c1", { warm: "" }), []);
});

test("a storage that is forbidden or full costs nothing but the survival", () => {
  const broken = { getItem() { throw new Error(); }, setItem() { throw new Error(); }, removeItem() {} };
  for (const storage of [broken, null]) {
    const drafts = draftsIn(storage);
    drafts.set("c1", "warm", { comment: "cold" });
    assert.equal(drafts.get("c1", "warm").comment, "cold");
    assert.deepEqual(drafts.restore("c2", { warm: "" }), []);
  }
});
