// A decision with its reason, and the agreement before and after.
import { h, setText } from "./dom.mjs";
import { RATING_NAMES } from "./review_model.mjs";
import { actions, button, Form } from "./review_forms.mjs";
import { Ratings } from "./review_row.mjs";
import { axisOf, COEFFICIENTS, evidenceFor, gainColumns, gainText, likeliest, lowestFirst, placeOn } from "./calibrate_model.mjs";

/** What a commandment is decided to be, and why. `save(commandment, {rating, reason, evidence, example})`. */
export class DecideForm extends Form {
  constructor(save, closed) {
    const title = h("p", { class: "qa-form-title" });
    const place = h("div", { class: "qa-decide-ratings" });
    const reason = h("textarea", { class: "qa-input", rows: 2, dir: "auto", maxlength: 2000, required: true, placeholder: "The reason: what the next reviewer should go by", "aria-label": "Reason of the decision", on: { input: () => reason.setCustomValidity("") } });
    const example = h("input", { type: "checkbox" });
    const evidence = h("p", { class: "qa-hint" });
    super("Decision", () => this.submit(), title, place, reason,
      h("label", { class: "qa-check" }, example, h("span", { text: "Offer it as an example for the rubric" })), evidence,
      actions(h("button", { class: "qa-button qa-primary", type: "submit", text: "Decide" }), button("Cancel", closed)));
    Object.assign(this, { title, place, reason, example, evidence, save });
  }

  /** `row`: what all say; `decision`: what was decided before, or nothing. */
  show(place, row, decision) {
    const { commandment } = row;
    this.row = row;
    this.ratings = new Ratings(commandment, (rating) => this.choose(rating));
    this.place.replaceChildren(this.ratings.root);
    setText(this.title, `Decide: ${commandment.title}`);
    this.reason.value = decision?.reason ?? "";
    this.example.checked = decision?.example ?? false;
    this.choose(decision?.rating ?? likeliest(row));
    this.open(place, this.rating ? this.reason : this.ratings.buttons[0]);
  }

  choose(rating) {
    this.rating = rating;
    this.ratings.paint(rating, true);
    this.reason.setCustomValidity("");
    const found = rating ? evidenceFor(this.row, rating) : [];
    const where = [...new Set(found.map(({ position }) => position + 1))];
    setText(this.evidence, where.length ? `With the evidence of those who say ${RATING_NAMES[rating]}: message ${where.join(", ")}` : "Nobody who says so has marked evidence");
    this.evidence.hidden = !rating;
  }

  submit() {
    const reason = this.reason.value.trim();
    this.reason.setCustomValidity(!this.rating ? "Choose a rating first" : reason ? "" : "Say why, in a sentence");
    if (!this.root.reportValidity()) return;
    this.save(this.row.commandment.id, { rating: this.rating, reason, evidence: evidenceFor(this.row, this.rating), example: this.example.checked });
  }
}

/** Before and after on one axis, and between which values the gain lies. */
function picture(gain, axis) {
  const at = (value) => `${placeOn(axis, value)}%`;
  const bar = (kind, from, to) => h("i", { class: kind, style: `left: ${at(Math.min(from, to))}; right: ${100 - placeOn(axis, Math.max(from, to))}%` });
  const known = gain && gain.before !== null && gain.after !== null;
  return h("span", { class: "qa-gain", role: "img", "aria-label": gainText(gain) },
    axis.from < 0 ? h("i", { class: "qa-gain-zero", style: `left: ${at(0)}` }) : null,
    known && gain.low !== null ? bar("qa-gain-range", gain.before + gain.low, gain.before + gain.high) : null,
    known ? [h("i", { class: "qa-gain-before", style: `left: ${at(gain.before)}` }), h("i", { class: "qa-gain-after", style: `left: ${at(gain.after)}` })] : null);
}

/** The agreement before and after, over the screen. */
export class Agreement {
  constructor(closed) {
    this.closedBy = ["Escape", "a", "Enter"];
    this.close = closed;
    this.words = h("p", { class: "qa-gain-words" });
    this.lines = h("div", { class: "qa-gains" });
    this.root = h("div", { class: "qa-over", role: "dialog", "aria-modal": "true", "aria-label": "Agreement", tabindex: -1, hidden: true },
      h("div", { class: "qa-card" }, h("div", { class: "qa-card-head" }, h("h3", { text: "Agreement before and after" }), button("Close (Esc)", closed, "qa-primary")), this.words,
        h("p", { class: "qa-hint", text: "Ring: first ratings. Disc: after the reveal. Line: where the disc may lie, by the 95% interval of the gain." }), this.lines));
  }

  get isOpen() {
    return !this.root.hidden;
  }

  show() {
    setText(this.words, "…");
    this.lines.replaceChildren();
    this.root.hidden = false;
    this.root.focus({ preventScroll: true });
  }

  paint({ words, overall, commandments }) {
    const whole = overall ? Object.entries(COEFFICIENTS).filter(([id]) => overall[id]).map(([id, title]) => ({ title, ...overall[id] })) : [];
    const axis = axisOf([...whole, ...commandments]);
    const cells = (texts) => texts.map((text) => h("span", { class: "qa-gain-text", "aria-hidden": "true", text }));
    const line = (gain, kind) => h("div", { class: `qa-gain-line ${kind}` }, h("span", { class: "qa-gain-title", text: gain.title, title: gain.title }), picture(gain, axis), cells(gainColumns(gain)));
    const head = h("div", { class: "qa-gain-line" }, h("span"), h("span"), cells(["before → after", "gain (95%)", "n"]));
    setText(this.words, words);
    this.lines.replaceChildren(...(whole.length ? [head] : []), ...whole.map((gain) => line(gain, "qa-gain-whole")), ...lowestFirst(commandments).map((gain) => line(gain, "qa-gain-one")));
  }
}
