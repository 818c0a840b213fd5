// What stands in for the front end in these tests.

/** A model that keeps what was sent, and answers when told. */
export function fakeModel() {
  const heard = new Map();
  return {
    sent: [],
    on: (name, one) => heard.set(name, one),
    off: (name) => heard.delete(name),
    emit: (name, value) => heard.get(name)?.(value),
    send(message) {
      if (this.dead) throw new Error("Cannot send");
      this.sent.push(message);
    },
    answer(index, result = {}) { this.emit("msg:custom", { v: 1, id: this.sent[index].id, ok: true, result }); },
    refuse(index, error) { this.emit("msg:custom", { v: 1, id: this.sent[index].id, ok: false, error }); },
    listeners: () => heard.size,
  };
}

/** Let what waits for a promise go on. */
export const settled = () => new Promise((resolve) => setImmediate(resolve));

/** The browser's storage, as far as it is used. */
export class FakeStorage extends Map {
  getItem(key) { return this.get(key) ?? null; }
  setItem(key, text) { this.set(key, text); }
  removeItem(key) { this.delete(key); }
  key(at) { return [...this.keys()][at] ?? null; }
  get length() { return this.size; }
}
