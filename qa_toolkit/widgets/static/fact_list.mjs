// Facts as a list: each says what it is, how often its kind is right, and leads to the messages it rests on.
import { h } from "./dom.mjs";
import { factText, notComputedLines, qualityText, withheldLines } from "./fact_words.mjs";

/** `acts`: goTo(item), dispute(fact, wrong, note). */
export class FactList {
  constructor(acts) {
    Object.assign(this, { acts, painted: "", open: null });
    this.list = h("ul", { class: "qa-fact-list" });
    this.more = h("div", { class: "qa-fact-more" });
    this.root = h("div", { class: "qa-facts", role: "group", "aria-label": "Facts", hidden: true }, this.list, this.more);
  }

  /** `answer`: {facts, withheld}, each fact with what the reviewer says of it, or null for nothing known. */
  paint(answer) {
    const key = JSON.stringify([answer, this.open]);
    if (key === this.painted) return;
    this.painted = key;
    const facts = (answer?.facts ?? []).filter(({ state }) => state !== "not-computed");
    const lines = [...notComputedLines(answer?.facts ?? []), ...withheldLines(answer?.withheld ?? [])];
    this.answer = answer;
    this.root.hidden = !facts.length && !lines.length;
    this.list.replaceChildren(...facts.map((fact) => this.fact(fact)));
    this.more.replaceChildren(...lines.map((text) => h("p", { class: "qa-hint", text })));
  }

  fact(fact) {
    const { id, state, evidence, disputed, quality } = fact;
    const text = factText(fact);
    const counted = qualityText(quality);
    const where = [...new Map(evidence.map((item) => [item.position, item])).values()];
    return h("li", { class: `qa-fact qa-${state}${disputed ? " qa-disputed" : ""}`, data: { kind: fact.kind } },
      h("div", { class: "qa-fact-line" },
        where.length ? h("button", { class: "qa-fact-go", type: "button", dir: "auto", text, title: "Show it", on: { click: () => this.acts.goTo(where[0]) } })
          : h("span", { class: "qa-fact-text", dir: "auto", text }),
        where.length > 1 ? where.map((item) => h("button", { class: "qa-num qa-fact-num", type: "button", text: String(item.position + 1),
          "aria-label": `Show message ${item.position + 1}`, on: { click: () => this.acts.goTo(item) } })) : null,
        counted?.short && state === "found" ? h("span", { class: "qa-hint qa-fact-quality", title: counted.whole, text: counted.short }) : null,
        disputed ? h("span", { class: "qa-hint", text: "you said: wrong" }) : null,
        this.button(fact, text)),
      this.open === id ? this.form(fact, text) : null);
  }

  button(fact, text) {
    const click = () => (fact.disputed ? this.acts.dispute(fact.id, false, "") : this.turn(fact.id));
    return h("button", { class: "qa-link qa-fact-wrong", type: "button", text: fact.disputed ? "take back" : "wrong?",
      "aria-label": `${fact.disputed ? "Not wrong after all" : "This is wrong"}: ${text}`, on: { click } });
  }

  turn(id) {
    this.open = this.open === id ? null : id;
    this.paint(this.answer);
    this.list.querySelector("form input")?.focus({ preventScroll: true });
  }

  form({ id }, text) {
    const note = h("input", { type: "text", class: "qa-input", dir: "auto", maxlength: 2000, placeholder: "What is true instead (may be left empty)", "aria-label": "What is true instead" });
    const send = (event) => {
      event.preventDefault();
      this.open = null;
      this.acts.dispute(id, true, note.value.trim());
    };
    return h("form", { class: "qa-fact-form", "aria-label": `Wrong: ${text}`, novalidate: true, on: { submit: send } }, note,
      h("button", { class: "qa-button qa-primary", type: "submit", text: "It is wrong" }),
      h("button", { class: "qa-button", type: "button", text: "Cancel", on: { click: () => this.close() } }));
  }

  get isOpen() {
    return this.open !== null;
  }

  close() {
    if (this.open === null) return;
    this.open = null;
    this.paint(this.answer);
  }
}

/** All facts of the conversation, over the screen. */
export class FactCard {
  constructor(acts, close) {
    const go = (item) => (close(), acts.goTo(item));
    this.list = new FactList({ ...acts, goTo: go });
    this.root = h("div", { class: "qa-over", role: "dialog", "aria-modal": "true", "aria-label": "Facts", tabindex: -1, hidden: true },
      h("div", { class: "qa-card" }, h("h3", { text: "Facts of this conversation" }),
        h("p", { class: "qa-hint", text: "Computed from the transcript; they score nothing. “Right 21 of 22” counts lines that the rule had never seen: point at it for more." }),
        this.list.root, h("button", { class: "qa-button qa-primary", type: "button", text: "Close (Esc)", on: { click: close } })));
  }

  get isOpen() {
    return !this.root.hidden;
  }
}
