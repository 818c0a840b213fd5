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

  /** Whether sending the same again can help. */
  get again() {
    return ["timeout", "lost", "internal", "store"].includes(this.code);
  }
}

/** Asks the kernel and waits for the answer with the same id; `heard` gets the answers that nobody here waits for. */
export class Wire {
  constructor(model, { timeout = 6000, heard = () => {}, lost = () => {} } = {}) {
    Object.assign(this, { model, timeout, heard, lost, waiting: new Map() });
    this.receive = (message) => this.#receive(message);
    this.commChanged = () => this.#commChanged();
    model.on("msg:custom", this.receive);
    model.on("comm_live_update", this.commChanged);
  }

  ask(kind, fields = {}, id = newId()) {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#fail(id, "timeout", "The kernel has not answered."), this.timeout);
      this.waiting.set(id, { resolve, reject, timer });
      try {
        this.model.send({ v: PROTOCOL, id, kind, ...fields });
      } catch {
        this.#fail(id, "lost", "The kernel cannot be reached.");
      }
    });
  }

  #receive(message) {
    if (message?.v !== PROTOCOL || typeof message.ok !== "boolean") return;
    const asked = this.waiting.get(message.id);
    if (!asked) return void this.heard(message);
    this.#forget(message.id);
    if (message.ok) asked.resolve(message.result);
    else asked.reject(new WireError(message.error));
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
    clearTimeout(this.waiting.get(id).timer);
    this.waiting.delete(id);
  }

  close() {
    for (const { timer } of this.waiting.values()) clearTimeout(timer);
    this.waiting.clear();
    this.model.off("msg:custom", this.receive);
    this.model.off("comm_live_update", this.commChanged);
  }
}
