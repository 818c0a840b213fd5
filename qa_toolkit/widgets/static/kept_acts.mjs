// Acts that were not answered yet, kept in the browser so that another page sends them if this one goes.
import { BrowserStorage } from "./browser_storage.mjs";

const KEPT = ["id", "kind", "key", "fields", "shown", "guard", "event", "follows", "tried"];
let newest = 0;

/** A text for each act that is kept; they sort in the order in which they were made, in all tabs. */
function nextPlace(now = Date.now()) {
  newest = Math.max(newest + 1, now * 1000);
  return String(newest).padStart(18, "0");
}

/** The acts of one reviewer in one sample by one rubric, or of one coach in one project. They hold ids, numbers, names of agents and that person's words. */
export class KeptActs {
  constructor({ sample, reviewer, rubric }, name = "act", storage = new BrowserStorage()) {
    this.prefix = ["qa_toolkit", name, sample, reviewer, rubric].map(encodeURIComponent).join("/");
    Object.assign(this, { storage, complete: true });
  }

  #key(act) {
    return `${this.prefix}/${act.place}/${act.id}`;
  }

  write(act) {
    act.place ??= nextPlace();
    const kept = Object.fromEntries(KEPT.map((name) => [name, act[name]]));
    this.complete = this.storage.write(this.#key(act), JSON.stringify(kept));
  }

  forget(act) {
    this.storage.remove(this.#key(act));
  }

  /** What is kept of an act: null once another tab got its answer, undefined where the storage does not say. */
  find(act) {
    const key = this.#key(act);
    const text = this.storage.read(key);
    return typeof text === "string" ? this.#parsed(key) : text;
  }

  /** What is kept, in the order in which it was done. */
  list() {
    return this.storage.keys(`${this.prefix}/`).map((key) => this.#parsed(key)).filter(Boolean);
  }

  #parsed(key) {
    try {
      const act = JSON.parse(this.storage.read(key));
      const [place, id] = key.slice(this.prefix.length + 1).split("/");
      if (act.id === id && typeof act.kind === "string" && act.fields && act.shown) return { ...act, place };
    } catch {
      // Not ours, or cut off.
    }
    return this.storage.remove(key), null;
  }
}
