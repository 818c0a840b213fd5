// What is typed or picked and not in the store yet. Comments also survive a reload; nothing of a customer's is kept.
import { BrowserStorage } from "./browser_storage.mjs";

const OVERALL = "";

/** Drafts by conversation and commandment ("" for the comment on the conversation). */
export class Drafts {
  constructor({ sample, reviewer, rubric }, storage = new BrowserStorage()) {
    this.prefix = ["qa_toolkit", "comment", sample, reviewer, rubric].map(encodeURIComponent).join("/");
    Object.assign(this, { storage, kept: new Map() });
  }

  #key(conversation, commandment) {
    return `${this.prefix}/${encodeURIComponent(conversation)}/${encodeURIComponent(commandment)}`;
  }

  get(conversation, commandment = OVERALL) {
    return this.kept.get(this.#key(conversation, commandment)) ?? null;
  }

  set(conversation, commandment, values) {
    const key = this.#key(conversation, commandment);
    this.kept.set(key, { ...this.kept.get(key), ...values });
    if ("comment" in values) this.#write(key, values.comment);
  }

  /** Forget a draft on the screen: it is on its way. The browser keeps the comment until `saved`. */
  drop(conversation, commandment = OVERALL) {
    this.kept.delete(this.#key(conversation, commandment));
  }

  saved(conversation, commandment, comment) {
    const key = this.#key(conversation, commandment);
    if (this.#read(key) === comment) this.#write(key, null);
  }

  /** Take up what an earlier page left behind; returns the commandments whose comments came back. */
  restore(conversation, comments) {
    return Object.entries(comments).filter(([commandment, stored]) => {
      const key = this.#key(conversation, commandment);
      const left = this.#read(key);
      if (left === null || this.kept.get(key)?.comment !== undefined) return false;
      if (left === stored) return void this.#write(key, null);
      this.kept.set(key, { ...this.kept.get(key), comment: left });
      return true;
    }).map(([commandment]) => commandment);
  }

  #read(key) {
    return this.storage.read(key) ?? null;
  }

  #write(key, text) {
    if (text === null) this.storage.remove(key);
    else this.storage.write(key, text);
  }
}
