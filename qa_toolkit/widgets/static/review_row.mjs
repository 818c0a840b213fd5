// One row of the right side: a commandment, its rating, and what is to be said about either.
import { h, setText } from "./dom.mjs";
import { RATING_NAMES, RATINGS } from "./review_model.mjs";

/** Pass, partial, fail and N/A side by side. `rate(rating)` is called for a click, also on what is chosen already. */
export class Ratings {
  constructor(commandment, rate) {
    this.buttons = RATINGS.map((rating, at) => this.button(commandment, rating, at, rate));
    this.root = h("div", { class: "qa-ratings", role: "radiogroup", "aria-label": commandment.title, on: { keydown: (event) => this.arrow(event) } }, this.buttons);
  }

  button(commandment, rating, at, rate) {
    const { [rating === "na" ? "not_applicable" : rating]: anchor } = commandment;
    return h("button", { class: `qa-rate qa-r-${rating}`, type: "button", role: "radio", "aria-checked": "false", tabindex: -1,
      "aria-label": RATING_NAMES[rating], title: anchor, on: { click: () => rate(rating) } },
    h("kbd", { text: String(at + 1), "aria-hidden": "true" }), h("span", { text: RATING_NAMES[rating] }));
  }

  /** Left and right move inside the radiogroup; they choose nothing, since every choice is an entry in the log. */
  arrow(event) {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const at = this.buttons.indexOf(event.target);
    if (!step || at < 0) return;
    event.preventDefault();
    this.rove(this.buttons[(at + step + this.buttons.length) % this.buttons.length]).focus({ preventScroll: true });
  }

  rove(button) {
    for (const one of this.buttons) one.setAttribute("tabindex", one === button ? "0" : "-1");
    return button;
  }

  /** `reached`: whether Tab leads here. */
  paint(chosen, reached) {
    for (const [at, rating] of RATINGS.entries()) this.buttons[at].setAttribute("aria-checked", String(rating === chosen));
    this.rove(reached ? this.buttons[Math.max(0, RATINGS.indexOf(chosen))] : null);
  }
}

/** `acts`: rate(id, rating), activate(id). */
export class Row {
  constructor(commandment, acts) {
    Object.assign(this, { commandment, painted: "" });
    this.peek = h("span", { class: "qa-peek", dir: "auto" });
    this.numbers = h("span", { class: "qa-nums" });
    this.ratings = new Ratings(commandment, (rating) => acts.rate(commandment.id, rating));
    const { title, critical, key } = commandment;
    this.head = h("div", { class: "qa-row-head" },
      key ? h("kbd", { class: "qa-jump", text: key, title: `Shift+${key} opens it`, "aria-hidden": "true" }) : null,
      h("span", { class: "qa-title", text: title, title }),
      critical ? h("span", { class: "qa-critical", text: "critical", title: "A fail spoils the whole conversation" }) : null, this.peek, this.numbers,
      this.ratings.root);
    this.root = h("div", { class: `qa-row${critical ? " qa-is-critical" : ""}`, role: "listitem", tabindex: -1, data: { id: commandment.id } }, this.head);
    this.head.addEventListener("click", (event) => event.target.closest("button") || acts.activate(commandment.id));
  }

  /** What the eye sees in the row, for those who hear its name. */
  describe(parts) {
    const text = parts.filter(Boolean).join(", ");
    if (text) this.root.setAttribute("aria-description", text);
    else this.root.removeAttribute("aria-description");
  }

  /** `status`: why it is not as saved as it looks; `lacks`: it is failed without evidence; `reason`: why it cannot apply. */
  paint(shown, active, { status = "", lacks = false, reason = "" }) {
    const key = JSON.stringify([shown, active, status, lacks, reason]);
    if (key === this.painted) return;
    this.painted = key;
    this.ratings.paint(shown.rating, active);
    const rated = shown.rating ? `rated ${RATING_NAMES[shown.rating]}` : reason ? "cannot apply" : "not rated";
    const where = [...new Set(shown.evidence.map((item) => item.position + 1))];
    const alarm = status || (lacks ? "no evidence yet" : "");
    const more = alarm || (reason && !shown.rating ? reason : active ? "" : shown.comment);
    const { title, critical } = this.commandment;
    this.root.setAttribute("aria-label", `${title}, ${rated}${status ? `, ${status}` : ""}`);
    this.describe([critical ? "critical" : "", lacks ? "no evidence yet" : "", shown.rating ? "" : reason]);
    this.root.classList.toggle("qa-active", active);
    this.root.classList.toggle("qa-out", Boolean(reason) && !shown.rating);
    this.root.setAttribute("tabindex", active ? "0" : "-1");
    if (active) this.root.setAttribute("aria-current", "true");
    else this.root.removeAttribute("aria-current");
    this.root.dataset.status = status;
    setText(this.peek, more);
    this.peek.title = more;
    this.peek.classList.toggle("qa-alarm", Boolean(alarm));
    this.numbers.replaceChildren(...where.map((number) => h("span", { class: "qa-num", title: `message ${number}`, text: String(number) })));
  }
}
