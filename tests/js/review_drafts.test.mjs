import assert from "node:assert/strict";
import { test } from "node:test";
import { Drafts } from "../../qa_toolkit/widgets/static/review_drafts.mjs";

class Storage extends Map {
  getItem(key) { return this.get(key) ?? null; }
  setItem(key, text) { this.set(key, text); }
  removeItem(key) { this.delete(key); }
}
const who = { sample: "first", reviewer: "ruth", rubric: "r1" };

test("a comment survives a reload until it is saved", () => {
  const storage = new Storage();
  new Drafts(who, storage).set("c1", "warm", { comment: "cold" });
  const drafts = new Drafts(who, storage);
  assert.deepEqual(drafts.restore("c1", { warm: "", solve: "" }), ["warm"]);
  assert.deepEqual(drafts.get("c1", "warm"), { comment: "cold" });
  drafts.drop("c1", "warm");
  drafts.saved("c1", "warm", "older words");
  assert.equal(storage.size, 1);
  drafts.saved("c1", "warm", "cold");
  assert.equal(storage.size, 0);
});

test("a comment that the store has already does not come back", () => {
  const storage = new Storage();
  new Drafts(who, storage).set("c1", "warm", { comment: "cold" });
  assert.deepEqual(new Drafts(who, storage).restore("c1", { warm: "cold" }), []);
  assert.equal(storage.size, 0);
});

test("evidence is not kept in the browser's storage, and another reviewer sees nothing", () => {
  const storage = new Storage();
  const drafts = new Drafts(who, storage);
  drafts.set("c1", "warm", { evidence: [{ position: 1, start: null, end: null }] });
  assert.equal(storage.size, 0);
  drafts.set("c1", "warm", { comment: "cold" });
  assert.deepEqual(new Drafts({ ...who, reviewer: "paul" }, storage).restore("c1", { warm: "" }), []);
});

test("a storage that is forbidden or full costs nothing but the survival", () => {
  const broken = { getItem() { throw new Error(); }, setItem() { throw new Error(); }, removeItem() {} };
  for (const storage of [broken, null]) {
    const drafts = new Drafts(who, storage);
    drafts.set("c1", "warm", { comment: "cold" });
    assert.equal(drafts.get("c1", "warm").comment, "cold");
    assert.deepEqual(drafts.restore("c2", { warm: "" }), []);
  }
});
