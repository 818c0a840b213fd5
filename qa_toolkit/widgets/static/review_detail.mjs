// What the active commandment asks, its anchors, evidence, root causes, facts and comment; there is one, and it moves.
import { h, setText } from "./dom.mjs";
import { canHaveCauses, evidenceLabel, RATING_NAMES, RATINGS } from "./review_model.mjs";
import { factsFor } from "./fact_words.mjs";
import { FactList } from "./fact_list.mjs";

/** `acts`: typed(text), left(), goTo(item), toggle(item), causes(ids), and those of FactList. */
export class Detail {
  constructor(rubric, acts) {
    Object.assign(this, { acts, rubric, causes: new Map() });
    this.asks = h("p", { class: "qa-asks" });
    this.reason = h("p", { class: "qa-reason" });
    this.anchors = Object.fromEntries(RATINGS.map((rating) => [rating, h("dd")]));
    this.chips = h("div", { class: "qa-chips", role: "group", "aria-label": "Evidence" });
    this.causeGroup = h("div", { class: "qa-causes", role: "group", "aria-label": "Root causes", on: { keydown: (event) => this.arrow(event) } });
    this.onward = h("p", { class: "qa-hint qa-onward" });
    this.facts = new FactList(acts);
    this.comment = h("textarea", { class: "qa-input", rows: 1, dir: "auto", maxlength: 10000, placeholder: "Comment (c)",
      on: { input: () => acts.typed(this.comment.value), blur: () => acts.left() } });
    this.root = h("div", { class: "qa-detail" }, this.asks, this.reason,
      h("dl", { class: "qa-anchors" }, RATINGS.map((rating) => [
        h("dt", { class: `qa-r-${rating}`, text: RATING_NAMES[rating] }), this.anchors[rating]])),
      this.facts.root, this.chips, this.onward, this.causeGroup, this.comment);
  }

  open(commandment) {
    const { title, asks, pass, partial, fail, not_applicable: na } = commandment;
    this.commandment = commandment;
    setText(this.asks, asks);
    for (const [rating, text] of Object.entries({ pass, partial, fail, na })) setText(this.anchors[rating], text);
    this.comment.setAttribute("aria-label", `Comment on ${title}`);
    this.makeCauses();
  }

  makeCauses() {
    const { root_causes: all = {} } = this.rubric;
    const ids = this.commandment.root_causes ?? Object.keys(all);
    this.causes = new Map(ids.map((id, at) => [id, h("button", { class: "qa-cause", type: "button", tabindex: at ? -1 : 0, "aria-pressed": "false", text: all[id], on: { click: () => this.chose(id) } })]));
    this.causeGroup.replaceChildren(h("span", { class: "qa-hint", text: "Root cause" }), h("kbd", { text: "r", "aria-hidden": "true" }), ...this.causes.values());
  }

  chose(id) {
    const pressed = [...this.causes].filter(([one, button]) => (button.getAttribute("aria-pressed") === "true") !== (one === id));
    this.acts.causes(pressed.map(([one]) => one));
  }

  /** The first root cause gets the keys; false where there is none to choose. */
  focusCauses() {
    const first = [...this.causes.values()].find((button) => button.tabIndex === 0);
    if (this.causeGroup.hidden || !first) return false;
    first.focus({ preventScroll: true });
    return true;
  }

  arrow(event) {
    const step = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key];
    const buttons = [...this.causes.values()];
    const at = buttons.indexOf(event.target);
    if (!step || at < 0) return;
    event.preventDefault();
    event.stopPropagation(); // or the screen would go to another commandment
    const next = buttons[(at + step + buttons.length) % buttons.length];
    for (const button of buttons) button.tabIndex = button === next ? 0 : -1;
    next.focus({ preventScroll: true });
  }

  paint(shown, { messages, reason, facts, lacks, onward = "" }) {
    setText(this.reason, reason ? `Cannot apply: ${reason} It can be rated all the same.` : "");
    this.reason.hidden = !reason;
    setText(this.onward, onward);
    this.onward.hidden = !onward;
    this.paintChips(shown, messages, lacks);
    this.paintCauses(shown);
    this.facts.paint(factsFor(this.commandment, facts));
    if (this.comment.value !== shown.comment) this.comment.value = shown.comment;
    this.comment.rows = Math.min(8, Math.max(1, this.comment.value.split("\n").length + Math.floor(this.comment.value.length / 90)));
  }

  /** `lacks`: a fail that is asked for evidence says so here too, where there is room at every width. */
  paintChips({ evidence }, messages, lacks) {
    const chips = evidence.map((item) => this.chip(item, messages));
    const [kind, text] = lacks ? ["qa-alarm", "None yet: click the message that shows it, or select words and press e."] : ["qa-hint", "Click a message, or select words in it and press e."];
    const hint = chips.length ? null : h("span", { class: kind, text });
    this.chips.replaceChildren(h("span", { class: "qa-hint", text: "Evidence" }), ...chips, ...[hint].filter(Boolean));
  }

  chip(item, messages) {
    const label = evidenceLabel(item, messages);
    return h("span", { class: "qa-chip" },
      h("button", { type: "button", class: "qa-chip-go", dir: "auto", text: label, title: "Show it", on: { click: () => this.acts.goTo(item) } }),
      h("button", { type: "button", class: "qa-chip-off", text: "×", "aria-label": `Remove ${label}`, on: { click: () => this.acts.toggle(item) } }));
  }

  paintCauses({ rating, root_causes: chosen = [] }) {
    this.causeGroup.hidden = !canHaveCauses(rating) || !this.causes.size;
    for (const [id, button] of this.causes) button.setAttribute("aria-pressed", String(chosen.includes(id)));
  }
}
