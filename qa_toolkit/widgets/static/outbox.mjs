// What is on its way to the store.
import { newId, WireError } from "./wire.mjs";

const PAUSES = [1, 2, 4, 8, 16, 30]; // seconds before it is sent again, each time

/**
 * Acts on their way to the store, in order. An act with a key waits for the one before it with the same key; an act
 * without a key waits for all before it. An act stays until it is answered, and is sent again with the same id, by
 * itself, for as long as there is a connection.
 *
 * `hears`: changed(), saved(act, result), refused(act, error), where the error is null for an act that was not sent
 * because one before it was refused; standsOn(next, act, result) gives the event that `next` stands on.
 */
export class Outbox {
  constructor(wire, hears = {}, kept = null) {
    const deaf = { changed() {}, saved() {}, refused() {}, standsOn: () => null };
    Object.assign(this, { wire, kept, hears: { ...deaf, ...hears }, acts: [], timer: null, tries: 0, gone: false });
  }

  /**
   * `guard` names the field that says on which event of the log the act stands: `event`, or the one that an act before
   * it is about to make.
   */
  put({ kind, key = null, fields, shown = {}, guard = null, event = null }) {
    const act = { id: newId(), kind, key, fields, shown, guard, event, follows: null, tried: false, state: "waiting", late: false };
    if (guard) act.follows = this.acts.findLast((before) => goesBefore(before, act))?.id ?? null;
    this.acts.push(act);
    this.#keep(act);
    this.#pump();
    return act;
  }

  /** Take up acts that an earlier page left behind; returns those that are not here yet. */
  restore(acts) {
    const left = acts.filter(({ id }) => !this.acts.some((act) => act.id === id));
    this.acts.push(...left.map((act) => ({ ...act, state: "waiting", late: false, restored: true })));
    this.#pump();
    return left;
  }

  /** What was not answered in time. */
  get failed() {
    return this.acts.filter((act) => act.late);
  }

  /** What was not answered in time, and what waits for it. */
  get unsaved() {
    return this.failed.length ? this.acts.filter((act) => act.late || act.state === "waiting") : [];
  }

  /** Send all again that was not answered, now. */
  retry() {
    this.tries = 0;
    this.#again(() => true);
  }

  /** The kernel is there: send what it has not heard. `ok`: it could do what it was asked. */
  alive(ok) {
    this.gone = false;
    if (ok) this.tries = 0;
    this.#again(({ error }) => error.unheard);
  }

  /** There is no connection any more: to send again is of no use. */
  lost() {
    this.gone = true;
    this.#stop();
  }

  /** An answer that came after its time: true if it belongs to an act here. */
  late(message) {
    const act = this.acts.find(({ id }) => id === message.id);
    if (!act) return false;
    if (message.ok) this.#saved(act, message.result);
    else this.#stopped(act, new WireError(message.error));
    return true;
  }

  close() {
    this.gone = true;
    this.#stop();
  }

  #again(due) {
    const late = this.failed.filter((act) => act.state === "failed").filter(due);
    for (const act of late) act.state = "waiting";
    if (late.length) this.#pump();
  }

  #pump() {
    for (const act of [...this.acts]) {
      const before = this.acts.slice(0, this.acts.indexOf(act)); // what another page has had answered leaves on the way
      if (act.state === "waiting" && !before.some((one) => goesBefore(one, act))) this.#send(act);
    }
    this.hears.changed();
  }

  #send(act) {
    if (act.restored && !this.#isStillKept(act)) return void this.#take(act);
    Object.assign(act, { state: "sent", tried: true });
    this.#keep(act);
    const fields = act.guard ? { ...act.fields, [act.guard]: act.event } : act.fields;
    this.wire.ask(act.kind, fields, act.id).then((result) => this.#saved(act, result), (error) => this.#stopped(act, error));
  }

  /** Whether no other page got the answer to an act that was taken up; what that page noted of it is taken over. */
  #isStillKept(act) {
    const kept = this.kept.find(act);
    if (kept) Object.assign(act, { event: kept.event, follows: kept.follows });
    return kept !== null;
  }

  #saved(act, result) {
    if (!this.#take(act)) return;
    for (const next of this.acts.filter(({ follows }) => follows === act.id)) {
      if (next.restored && !this.#isStillKept(next) && this.#take(next)) continue;
      Object.assign(next, { event: this.hears.standsOn(next, act, result), follows: null });
      this.#keep(next);
    }
    this.hears.saved(act, result);
    this.#pump();
  }

  #stopped(act, error) {
    if (!this.acts.includes(act)) return;
    if (error.again) {
      Object.assign(act, { state: "failed", late: true, error });
      this.#later();
      return this.hears.changed();
    }
    const held = this.#held(act);
    for (const one of [act, ...held]) this.#take(one);
    this.hears.refused(act, error);
    for (const one of held) this.hears.refused(one, null);
    this.#pump();
  }

  /** What was to come after a refused act was meant for another state: it is not sent. */
  #held(act) {
    const held = [act];
    for (const later of this.acts.slice(this.acts.indexOf(act) + 1)) {
      const here = later.guard ? later.follows !== null : later.shown.conversation === act.shown.conversation;
      const stands = held.some(({ id }) => id === later.follows) || (later.key === null && here);
      if (!later.tried && stands) held.push(later);
    }
    return held.slice(1);
  }

  /** Send again after a while: the first that was not heard, and all that the kernel could not do. */
  #later() {
    if (this.timer || this.gone) return;
    this.timer = setTimeout(() => {
      this.timer = null;
      this.tries += 1;
      const [first] = this.failed;
      this.#again((act) => act === first || !act.error.unheard);
    }, 1000 * PAUSES[Math.min(this.tries, PAUSES.length - 1)]);
  }

  #stop() {
    clearTimeout(this.timer);
    this.timer = null;
  }

  #keep(act) {
    this.kept?.write(act);
  }

  #take(act) {
    const place = this.acts.indexOf(act);
    if (place >= 0) this.acts.splice(place, 1);
    if (place >= 0) this.kept?.forget(act);
    return place >= 0;
  }
}

function goesBefore(before, act) {
  return before.key === null || act.key === null || before.key === act.key;
}
