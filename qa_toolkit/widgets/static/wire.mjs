// The wire: {v, id, kind, ...} there, {v, id, ok, result | error} back.

const PROTOCOL = 1;

/** A new id; it works without a secure context, which `crypto.randomUUID` does not. */
export function newId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** An answer that was a refusal, or none at all (code "timeout" or "lost"). */
export class WireError extends Error {
  constructor({ code, message, state = null }) {
    super(message);
    this.code = code;
    this.state = state;
  }

  /** Whether the kernel was not reached. */
  get unheard() {
    return ["timeout", "lost"].includes(this.code);
  }

  /** Whether sending the same again can help. */
  get again() {
    return this.unheard || ["internal", "store"].includes(this.code);
  }
}

/**
 * Asks the kernel and waits for the answer with the same id. `heard` gets the answers that nobody here waits for;
 * `alive(ok)` is called after each, `lost` when the connection ends, `slowed` when an answer takes its time.
 */
export class Wire {
  constructor(model, { timeout = 6000, slow = 2000, heard = () => {}, alive = () => {}, lost = () => {}, slowed = () => {} } = {}) {
    Object.assign(this, { model, timeout, slow, heard, alive, lost, slowed, waiting: new Map() });
    this.receive = (message) => this.#receive(message);
    this.commChanged = () => this.#commChanged();
    model.on("msg:custom", this.receive);
    model.on("comm_live_update", this.commChanged);
  }

  /** Whether something waits for longer than a kernel at ease would take. */
  get isSlow() {
    return [...this.waiting.values()].some(({ slow }) => slow);
  }

  ask(kind, fields = {}, id = newId()) {
    return new Promise((resolve, reject) => {
      const timers = [
        setTimeout(() => this.#fail(id, "timeout", "The kernel has not answered."), this.timeout),
        setTimeout(() => this.#slow(id), this.slow),
      ];
      this.waiting.set(id, { resolve, reject, timers, slow: false });
      try {
        this.model.send({ v: PROTOCOL, id, kind, ...fields });
      } catch {
        this.#fail(id, "lost", "The kernel cannot be reached.");
      }
    });
  }

  #slow(id) {
    this.waiting.get(id).slow = true;
    this.slowed();
  }

  #receive(message) {
    if (message?.v !== PROTOCOL || typeof message.ok !== "boolean") return;
    const asked = this.waiting.get(message.id);
    if (asked) {
      this.#forget(message.id);
      if (message.ok) asked.resolve(message.result);
      else asked.reject(new WireError(message.error));
    } else this.heard(message);
    this.alive(message.ok);
  }

  #commChanged() {
    for (const id of [...this.waiting.keys()]) this.#fail(id, "lost", "The connection to the kernel was lost.");
    this.lost();
  }

  #fail(id, code, message) {
    const asked = this.waiting.get(id);
    if (!asked) return;
    this.#forget(id);
    asked.reject(new WireError({ code, message }));
  }

  #forget(id) {
    this.waiting.get(id).timers.forEach(clearTimeout);
    this.waiting.delete(id);
  }

  close() {
    for (const { timers } of this.waiting.values()) timers.forEach(clearTimeout);
    this.waiting.clear();
    this.model.off("msg:custom", this.receive);
    this.model.off("comm_live_update", this.commChanged);
  }
}
