// What is on its way to the store.
import { newId, WireError } from "./wire.mjs";

/**
 * Acts on their way to the store, in order. An act with a key waits for the one before it with the same key; an act
 * without a key waits for all before it. An act stays until it is answered, and is sent again with the same id.
 */
export class Outbox {
  constructor(wire, changed = () => {}) {
    Object.assign(this, { wire, changed, acts: [] });
  }

  /** `fields` is called once, when the act is first sent: by then the one before it was answered. */
  put({ kind, key = null, fields, shown = {}, done = () => {}, refused = () => {} }) {
    const act = { id: newId(), kind, key, fields, shown, done, refused, state: "waiting", sent: null };
    this.acts.push(act);
    this.#pump();
    return act;
  }

  get failed() {
    return this.acts.filter((act) => act.state === "failed");
  }

  retry() {
    for (const act of this.failed) act.state = "waiting";
    this.#pump();
  }

  /** An answer that came after its time: true if it belongs to an act here. */
  late(message) {
    const act = this.acts.find(({ id }) => id === message.id);
    if (!act) return false;
    if (message.ok) this.#saved(act, message.result);
    else this.#stopped(act, new WireError(message.error));
    return true;
  }

  #pump() {
    for (const [place, act] of this.acts.entries())
      if (act.state === "waiting" && !this.acts.slice(0, place).some((before) => goesBefore(before, act))) this.#send(act);
    this.changed();
  }

  #send(act) {
    act.state = "sent";
    act.sent ??= act.fields();
    this.wire.ask(act.kind, act.sent, act.id).then(
      (result) => this.#saved(act, result),
      (error) => this.#stopped(act, error),
    );
  }

  #saved(act, result) {
    if (!this.#take(act)) return;
    act.done(result);
    this.#pump();
  }

  #stopped(act, error) {
    if (!this.acts.includes(act)) return;
    if (error.again) {
      act.state = "failed";
      return this.changed();
    }
    // What was to come after a refused act was meant for another state: it is not sent.
    const held = this.acts.slice(this.acts.indexOf(act) + 1).filter((later) => !later.sent && later.key === null);
    for (const one of [act, ...held]) this.#take(one);
    act.refused(error);
    for (const one of held) one.refused(null);
    this.#pump();
  }

  #take(act) {
    const place = this.acts.indexOf(act);
    if (place >= 0) this.acts.splice(place, 1);
    return place >= 0;
  }
}

function goesBefore(before, act) {
  return before.key === null || act.key === null || before.key === act.key;
}
