// Facts of a conversation as the kernel gives them: asked for once, and again when a rating may have opened more.

/** Facts by conversation. `ask(fields)` gives a promise of the kernel's answer; `changed()` is called when one came. */
export class Facts {
  constructor(ask, changed) {
    Object.assign(this, { ask, changed, kept: new Map() });
  }

  /** The answer that is known, or null; `asked`: the reviewer wants those that judge words too. */
  of(id, asked = false) {
    const known = this.kept.get(id) ?? { answer: null, asked: false, state: "old" };
    this.kept.set(id, known);
    if (asked && (!known.asked || known.state === "failed")) Object.assign(known, { asked, state: "old" });
    if (known.state === "old") this.#request(id, known);
    return known.answer;
  }

  #request(id, known) {
    const request = (known.request = {}); // an answer to an earlier one says less, or what was so before
    known.state = "asked";
    const asking = this.ask({ conversation_id: id, asked: known.asked });
    const arrived = (values) => {
      if (known.request === request) Object.assign(known, values, known.state === "old" ? { state: "old" } : {});
      this.changed();
    };
    asking.then((answer) => arrived({ answer, state: "known" }), () => arrived({ state: "failed" }));
  }

  /** A rating was stored: what was withheld for want of it may be seen now. */
  rated(id, kinds = []) {
    const known = this.kept.get(id);
    const opens = ({ kind, why }) => why.startsWith("not-") && kinds.includes(kind);
    if (known && (known.state !== "known" || known.answer.withheld.some(opens))) known.state = "old";
  }

  /** A conversation is shown: ask again for what did not come. */
  opened(id) {
    if (this.kept.get(id)?.state === "failed") this.kept.delete(id);
  }
}
