import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { KeptActs } from "../../qa_toolkit/widgets/static/kept_acts.mjs";
import { BrowserStorage } from "../../qa_toolkit/widgets/static/browser_storage.mjs";
import { Outbox } from "../../qa_toolkit/widgets/static/outbox.mjs";
import { Wire } from "../../qa_toolkit/widgets/static/wire.mjs";
import { fakeModel, FakeStorage, settled } from "./fakes.mjs";

const who = { sample: "first", reviewer: "ruth", rubric: "r1" };
const keptIn = (storage) => new KeptActs(who, "act", new BrowserStorage(storage));

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout"] });
});

/** An outbox on a fake model, what it told, and the kinds that were sent. */
function setUp(storage = null) {
  const [model, told] = [fakeModel(), []];
  const wire = new Wire(model, { heard: (message) => outbox.late(message), alive: (ok) => outbox.alive(ok), lost: () => outbox.lost() });
  const outbox = new Outbox(wire, {
    saved: (act, result) => told.push([act.kind, result]), refused: (act, error) => told.push([act.kind, error?.code ?? null]),
    standsOn: (next, act, result) => result.event_id,
  }, storage && keptIn(storage));
  const put = (kind, key, more = {}) => outbox.put({ kind, key, fields: {}, shown: { conversation: "c1" }, ...more });
  return { model, outbox, told, put, kinds: () => model.sent.map(({ kind }) => kind) };
}
const stale = { code: "stale", message: "changed" };

test("acts with one key go one after another, others at once, and one without a key waits for all", async () => {
  const { model, put, kinds } = setUp();
  put("a1", "a");
  put("a2", "a");
  put("b1", "b");
  put("submit", null);
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
  const { model, outbox, put } = setUp();
  put("rate", "a", { fields: { rating: "pass" }, guard: "base", event: 4 });
  model.emit("comm_live_update");
  await settled();
  assert.equal(outbox.failed.length, 1);
  outbox.retry();
  assert.equal(model.sent[0].base, 4);
  assert.deepEqual(model.sent[1], model.sent[0]);
  model.answer(1);
  await settled();
  assert.equal(outbox.acts.length, 0);
});

test("what is not answered is sent again by itself, after pauses that grow, until the connection is gone", async () => {
  const { model, outbox, put } = setUp();
  const passed = async (seconds) => (mock.timers.tick(1000 * seconds), await settled());
  put("rate", "a");
  await passed(5.9);
  assert.equal(outbox.failed.length, 0);
  await passed(0.1);
  for (const pause of [1, 2, 4, 8, 16, 30, 30]) {
    const before = model.sent.length;
    assert.equal(outbox.failed.length, 1);
    await passed(pause - 0.1);
    assert.equal(model.sent.length, before);
    await passed(0.1);
    assert.equal(model.sent.length, before + 1);
    assert.equal(outbox.failed.length, 1, "it stays unsaved while it is sent again");
    await passed(6);
  }
  model.emit("comm_live_update");
  const before = model.sent.length;
  await passed(600);
  assert.equal(model.sent.length, before);
  assert.equal(new Set(model.sent.map(({ id }) => id)).size, 1);
});

test("one act asks whether the kernel is back, and with its answer all others go", async () => {
  const { model, outbox, put, kinds } = setUp();
  for (const name of ["a", "b", "c"]) put(name, name);
  mock.timers.tick(6000);
  await settled();
  mock.timers.tick(1000);
  await settled();
  assert.deepEqual(kinds(), ["a", "b", "c", "a"]);
  model.answer(3);
  await settled();
  assert.deepEqual(kinds(), ["a", "b", "c", "a", "b", "c"]);
  assert.equal(outbox.acts.length, 2);
});

test("an act that the kernel cannot do is not sent again and again at once", async () => {
  const { model, put } = setUp();
  put("rate", "a");
  for (const at of [0, 1]) {
    model.refuse(at, { code: "internal", message: "wrong" });
    await settled();
    assert.equal(model.sent.length, at + 1);
    mock.timers.tick(1000 * 2 ** at);
    await settled();
  }
  assert.equal(model.sent.length, 3);
});

test("an answer that comes late still counts, once", async () => {
  const { model, put, told } = setUp();
  put("rate", "a");
  model.emit("comm_live_update");
  await settled();
  model.answer(0, "late");
  model.answer(0, "late");
  assert.deepEqual(told, [["rate", "late"]]);
});

test("an act stands on the event that the one before it made, not on what came in between", async () => {
  const { model, put } = setUp();
  put("rate", "a", { guard: "base", event: 3 });
  put("rate", "a", { guard: "base", event: 3 });
  put("undo", null, { guard: "after", event: 3 });
  model.answer(0, { event_id: 7 });
  await settled();
  model.answer(1, { event_id: 8 });
  await settled();
  assert.deepEqual(model.sent.map(({ base, after }) => base ?? after), [3, 7, 8]);
});

test("what was to follow a refused act is not sent, in its own conversation; what does not rest on it is", async () => {
  const { model, put, told, kinds } = setUp();
  put("rate", "a", { guard: "base", event: 0 });
  put("rate again", "a", { guard: "base" });
  put("comment", "c");
  put("submit", null);
  put("undo", null, { guard: "after" });
  put("skip", null, { shown: { conversation: "c2" } });
  model.refuse(0, stale);
  await settled();
  assert.deepEqual(told, [["rate", "stale"], ["rate again", null], ["submit", null], ["undo", null]]);
  model.answer(1);
  await settled();
  assert.deepEqual(kinds(), ["rate", "comment", "skip"]);
});

test("another page sends what was not answered, with the same ids and in the same order", async () => {
  const storage = new FakeStorage();
  const one = setUp(storage);
  one.put("rate", "a", { guard: "base", event: 2, fields: { comment: "cold" } });
  one.put("rate again", "a", { guard: "base" });
  one.put("submit", null);
  assert.equal(storage.size, 3);
  const two = setUp(storage);
  two.outbox.restore(two.outbox.kept.list());
  for (const event_id of [5, 6, 7]) {
    two.model.answer(two.model.sent.length - 1, { event_id });
    await settled();
  }
  assert.deepEqual(two.model.sent[0], one.model.sent[0]);
  assert.deepEqual(two.model.sent.map(({ id }) => id), one.outbox.acts.map(({ id }) => id));
  assert.equal(two.model.sent[1].base, 5);
  assert.deepEqual(two.told.map(([kind]) => kind), ["rate", "rate again", "submit"]);
  assert.equal(storage.size, 0);
  one.model.answer(0, { event_id: 5 });
  await settled();
  assert.equal(one.model.sent[1].base, 5, "the first page goes on with the same");
});

test("an act is taken up once, and not sent again and again when another page had its answer", async () => {
  const storage = new FakeStorage();
  const [one, two] = [setUp(storage), setUp(storage)];
  one.put("rate", "a");
  assert.equal(two.outbox.restore(two.outbox.kept.list()).length, 1);
  assert.equal(two.outbox.restore(two.outbox.kept.list()).length, 0);
  mock.timers.tick(6000);
  await settled();
  one.model.answer(0);
  await settled();
  mock.timers.tick(1000);
  await settled();
  assert.equal(two.model.sent.length, 1);
  assert.equal(two.outbox.acts.length, 0);
});

test("what waited for an act that another page had answered goes on, on the event that this page noted", async () => {
  const storage = new FakeStorage();
  const [one, two] = [setUp(storage), setUp(storage)];
  one.put("rate", "a", { guard: "base", event: 0 });
  one.put("undo", null, { guard: "after", event: 0 });
  two.outbox.restore(two.outbox.kept.list());
  mock.timers.tick(6000);
  await settled();
  one.model.answer(0, { event_id: 7 });
  await settled();
  mock.timers.tick(1000);
  await settled();
  assert.deepEqual(two.kinds(), ["rate", "undo"]);
  assert.equal(two.model.sent[1].after, 7);
});

test("what another page was refused is not sent by this one, though it waited here", async () => {
  const storage = new FakeStorage();
  const [one, two] = [setUp(storage), setUp(storage)];
  one.put("rate", "a", { guard: "base", event: 0 });
  one.put("undo", null, { guard: "after", event: 0 });
  two.outbox.restore(two.outbox.kept.list());
  one.model.refuse(0, stale);
  await settled();
  two.model.answer(0, { event_id: 7 });
  await settled();
  assert.deepEqual(two.kinds(), ["rate"]);
  assert.equal(two.outbox.acts.length, 0);
});

test("a storage that is full or forbidden loses nothing but the survival", async () => {
  const full = { getItem: () => null, setItem() { throw new Error("full"); }, removeItem() {}, key() { throw new Error(); }, length: 2 };
  for (const storage of [full, {}]) {
    const { model, outbox, put, told } = setUp(storage);
    put("rate", "a");
    assert.equal(outbox.kept.complete, false);
    model.answer(0, "saved");
    await settled();
    assert.deepEqual(told, [["rate", "saved"]]);
    assert.deepEqual(outbox.kept.list(), []);
  }
});

test("what is kept and cannot be read is thrown away", () => {
  const storage = new FakeStorage();
  const { outbox, put } = setUp(storage);
  put("rate", "a");
  const [key] = storage.keys();
  const other = '{"id": "of another act", "kind": "rate", "fields": {}, "shown": {}}';
  for (const text of ["{", "null", '{"id": 3}', '{"id": "a", "kind": "rate"}', other]) {
    storage.set(key, text);
    assert.deepEqual(outbox.kept.list(), []);
    assert.equal(storage.size, 0);
  }
});
