import assert from "node:assert/strict";
import { test } from "node:test";
import { Outbox } from "../../qa_toolkit/widgets/static/outbox.mjs";
import { Wire } from "../../qa_toolkit/widgets/static/wire.mjs";
import { fakeModel, settled } from "./fakes.mjs";

test("acts with one key go one after another, others at once, and one without a key waits for all", async () => {
  const model = fakeModel();
  const outbox = new Outbox(new Wire(model));
  const kinds = () => model.sent.map(({ kind }) => kind);
  outbox.put({ kind: "a1", key: "a", fields: () => ({}) });
  outbox.put({ kind: "a2", key: "a", fields: () => ({}) });
  outbox.put({ kind: "b1", key: "b", fields: () => ({}) });
  outbox.put({ kind: "submit", fields: () => ({}) });
  assert.deepEqual(kinds(), ["a1", "b1"]);
  model.answer(0);
  await settled();
  assert.deepEqual(kinds(), ["a1", "b1", "a2"]);
  model.answer(1);
  model.answer(2);
  await settled();
  assert.deepEqual(kinds(), ["a1", "b1", "a2", "submit"]);
});

test("an act that is lost is sent again as it was, with the same id", async () => {
  const model = fakeModel();
  let made = 0;
  const outbox = new Outbox(new Wire(model));
  outbox.put({ kind: "rate", key: "a", fields: () => ({ base: (made += 1) }) });
  model.emit("comm_live_update");
  await settled();
  assert.equal(outbox.failed.length, 1);
  outbox.retry();
  assert.deepEqual(model.sent[1], model.sent[0]);
  model.answer(1);
  await settled();
  assert.equal(outbox.acts.length, 0);
});

test("an answer that comes late still counts, once", async () => {
  const model = fakeModel();
  const done = [];
  const outbox = new Outbox(new Wire(model, { heard: (message) => outbox.late(message) }));
  outbox.put({ kind: "rate", key: "a", fields: () => ({}), done: (result) => done.push(result) });
  model.emit("comm_live_update");
  await settled();
  model.answer(0, "late");
  model.answer(0, "late");
  assert.deepEqual(done, ["late"]);
});

test("what was to follow a refused act is not sent", async () => {
  const model = fakeModel();
  const refused = [];
  const outbox = new Outbox(new Wire(model));
  outbox.put({ kind: "rate", key: "a", fields: () => ({}), refused: (error) => refused.push(error.code) });
  outbox.put({ kind: "submit", fields: () => ({}), refused: (error) => refused.push(error) });
  model.refuse(0, { code: "stale", message: "changed" });
  await settled();
  assert.deepEqual(refused, ["stale", null]);
  assert.deepEqual(model.sent.map(({ kind }) => kind), ["rate"]);
});
