import assert from "node:assert/strict";
import { test } from "node:test";
import { TimeTracker } from "../../qa_toolkit/widgets/static/review_time.mjs";

/** A tracker that idles after 60 s, and a function that lets seconds pass. */
function timed() {
  let now = 1_000_000;
  const clock = new TimeTracker({ idleAfter: 60, now: () => now });
  const pass = (seconds) => (now += 1000 * seconds);
  clock.open("c1");
  return { clock, pass };
}
const spent = (seconds, idle, conversation_id = "c1") => ({ conversation_id, seconds, idle });

test("time is active until nothing was done for a while, and idle from then on", () => {
  const { clock, pass } = timed();
  clock.did();
  pass(30);
  clock.did();
  pass(200);
  clock.did();
  pass(5);
  assert.deepEqual(clock.take(), spent(95, 140));
  assert.equal(clock.take(), null);
});

test("a page that only lies open is idle", () => {
  const { clock, pass } = timed();
  pass(300);
  assert.equal(clock.take(1), null);
  assert.deepEqual(clock.take(), spent(0, 300));
});

test("a page that is not looked at counts nothing, so that two tabs count once", () => {
  const [one, other] = [timed(), timed()];
  const both = (seconds) => [one, other].forEach(({ pass }) => pass(seconds));
  other.clock.watch(false);
  one.clock.did();
  both(20);
  one.clock.watch(false);
  other.clock.watch(true);
  other.clock.did();
  both(15);
  assert.deepEqual(one.clock.take(), spent(20, 0));
  assert.deepEqual(other.clock.take(), spent(15, 0));
});

test("what is done beside the screen ends its time until something is done here", () => {
  const { clock, pass } = timed();
  clock.did();
  pass(10);
  clock.left();
  pass(500);
  clock.did();
  pass(7);
  assert.deepEqual(clock.take(), spent(17, 0));
});

test("each conversation has its own time, and parts of seconds are not lost", () => {
  const { clock, pass } = timed();
  clock.did();
  pass(1.6);
  assert.deepEqual(clock.take(), spent(1, 0));
  pass(1.6);
  assert.deepEqual(clock.open("c2"), spent(2, 0));
  pass(4);
  assert.equal(clock.open("c2"), null);
  assert.deepEqual(clock.open(null), spent(4, 0, "c2"));
  pass(100);
  assert.equal(clock.take(), null);
});

test("a clock that is set back counts nothing, and a weekend is a day at most", () => {
  const { clock, pass } = timed();
  clock.did();
  pass(-100);
  assert.equal(clock.take(), null);
  pass(200_000);
  assert.equal(clock.take().idle, 86_400);
});
