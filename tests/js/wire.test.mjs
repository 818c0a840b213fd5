import assert from "node:assert/strict";
import { test } from "node:test";
import { newId, Wire } from "../../qa_toolkit/widgets/static/wire.mjs";
import { fakeModel } from "./fakes.mjs";

test("the wire gives each answer to its question, and others to whoever listens", async () => {
  const [model, others] = [fakeModel(), []];
  const wire = new Wire(model, { heard: (message) => others.push(message.id) });
  const [first, second] = [wire.ask("view", { conversation_id: "c1" }), wire.ask("view", { conversation_id: "c2" })];
  model.answer(1, "two");
  model.answer(0, "one");
  model.answer(0, "one again");
  model.emit("msg:custom", { something: "else" });
  assert.deepEqual([await first, await second], ["one", "two"]);
  assert.deepEqual(others, [model.sent[0].id]);
  assert.deepEqual(model.sent[0], { v: 1, id: model.sent[0].id, kind: "view", conversation_id: "c1" });
  wire.close();
  assert.equal(model.listeners(), 0);
});

test("a kernel that does not answer, is not there, or goes away, refuses", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const model = fakeModel();
  let lost = 0;
  const wire = new Wire(model, { timeout: 6000, lost: () => (lost += 1) });
  const late = wire.ask("hello");
  t.mock.timers.tick(6000);
  await assert.rejects(late, { code: "timeout", again: true });
  const gone = wire.ask("hello");
  model.emit("comm_live_update");
  await assert.rejects(gone, { code: "lost" });
  assert.equal(lost, 1);
  model.dead = true;
  await assert.rejects(wire.ask("hello"), { code: "lost" });
});

test("ids differ", () => assert.equal(new Set(Array.from({ length: 100 }, newId)).size, 100));
