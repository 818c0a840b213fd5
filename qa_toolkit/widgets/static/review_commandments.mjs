// The right side: one row for each commandment; the active one opens and shows what it asks.
import { h, reveal, setText } from "./dom.mjs";
import { byGroup, evidenceLabel, RATING_NAMES, RATINGS } from "./review_model.mjs";

class Row {
  constructor(commandment, acts) {
    Object.assign(this, { commandment, painted: "" });
    this.peek = h("span", { class: "qa-peek", dir: "auto" });
    this.numbers = h("span", { class: "qa-nums" });
    this.buttons = RATINGS.map((rating, at) => this.button(rating, at, acts));
    const critical = commandment.critical ? h("span", { class: "qa-critical", text: "critical" }) : null;
    this.head = h("div", { class: "qa-row-head" },
      h("span", { class: "qa-title", text: commandment.title, title: commandment.title }), critical, this.peek, this.numbers,
      h("div", { class: "qa-ratings", role: "radiogroup", "aria-label": commandment.title }, this.buttons));
    this.root = h("div", { class: "qa-row", role: "listitem", tabindex: -1, data: { id: commandment.id } }, this.head);
    this.head.addEventListener("click", (event) => event.target.closest("button") || acts.activate(commandment.id));
    this.head.addEventListener("keydown", (event) => this.arrow(event));
  }

  button(rating, at, acts) {
    return h("button", { class: `qa-rate qa-r-${rating}`, type: "button", role: "radio", "aria-checked": "false", tabindex: -1,
      "aria-label": RATING_NAMES[rating], on: { click: () => acts.rate(this.commandment.id, rating) } },
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

  paint(shown, active, status) {
    const key = JSON.stringify([shown, active, status]);
    if (key === this.painted) return;
    this.painted = key;
    for (const [at, rating] of RATINGS.entries()) this.buttons[at].setAttribute("aria-checked", String(rating === shown.rating));
    const chosen = this.buttons[Math.max(0, RATINGS.indexOf(shown.rating))];
    for (const one of this.buttons) one.setAttribute("tabindex", active && one === chosen ? "0" : "-1");
    const rated = shown.rating ? `rated ${RATING_NAMES[shown.rating]}` : "not rated";
    const where = [...new Set(shown.evidence.map((item) => item.position + 1))];
    this.root.setAttribute("aria-label", `${this.commandment.title}, ${rated}${status ? `, ${status}` : ""}`);
    this.root.className = `qa-row${active ? " qa-active" : ""}`;
    this.root.setAttribute("tabindex", active ? "0" : "-1");
    this.root.toggleAttribute("aria-current", active);
    this.root.dataset.status = status;
    setText(this.peek, status || (active ? "" : shown.comment));
    this.peek.classList.toggle("qa-alarm", Boolean(status));
    this.numbers.replaceChildren(...where.map((number) => h("span", { class: "qa-num", title: `message ${number}`, text: String(number) })));
  }
}

/** What the active commandment asks, its anchors, its evidence and its comment; there is one, and it moves. */
class Detail {
  constructor(acts) {
    this.acts = acts;
    this.asks = h("p", { class: "qa-asks" });
    this.anchors = Object.fromEntries(RATINGS.map((rating) => [rating, h("dd")]));
    this.chips = h("div", { class: "qa-chips", role: "group", "aria-label": "Evidence" });
    this.comment = h("textarea", { class: "qa-input", rows: 1, dir: "auto", maxlength: 10000, placeholder: "Comment (c)",
      on: { input: () => acts.typed(this.comment.value), blur: () => acts.left() } });
    this.root = h("div", { class: "qa-detail" }, this.asks,
      h("dl", { class: "qa-anchors" }, RATINGS.map((rating) => [
        h("dt", { class: `qa-r-${rating}`, text: RATING_NAMES[rating] }), this.anchors[rating]])),
      this.chips, this.comment);
  }

  open(commandment) {
    const { title, asks, pass, partial, fail, not_applicable: na } = commandment;
    setText(this.asks, asks);
    for (const [rating, text] of Object.entries({ pass, partial, fail, na })) setText(this.anchors[rating], text);
    this.comment.setAttribute("aria-label", `Comment on ${title}`);
  }

  paint(shown, messages) {
    const chips = shown.evidence.map((item) => this.chip(item, messages));
    const hint = h("span", { class: "qa-hint", text: chips.length ? "" : "Click a message, or select words in it and press e." });
    this.chips.replaceChildren(h("span", { class: "qa-hint", text: "Evidence" }), ...chips, hint);
    if (this.comment.value !== shown.comment) this.comment.value = shown.comment;
    this.grow();
  }

  chip(item, messages) {
    const label = evidenceLabel(item, messages);
    return h("span", { class: "qa-chip" },
      h("button", { type: "button", class: "qa-chip-go", dir: "auto", text: label, title: "Show it", on: { click: () => this.acts.goTo(item) } }),
      h("button", { type: "button", class: "qa-chip-off", text: "×", "aria-label": `Remove ${label}`, on: { click: () => this.acts.toggle(item) } }));
  }

  grow() {
    this.comment.rows = Math.min(8, Math.max(1, this.comment.value.split("\n").length + Math.floor(this.comment.value.length / 90)));
  }
}

/** `acts`: rate(id, rating), activate(id), typed(text), left(), goTo(item), toggle(item), typedOverall(text), leftOverall(). */
export class Commandments {
  constructor(rubric, acts) {
    this.groups = byGroup(rubric);
    this.order = this.groups.flatMap((group) => group.commandments);
    this.rows = new Map(this.order.map((commandment) => [commandment.id, new Row(commandment, acts)]));
    this.detail = new Detail(acts);
    this.counts = new Map(this.groups.map(({ id }) => [id, h("span", { class: "qa-count" })]));
    this.overall = h("textarea", { class: "qa-input", rows: 2, dir: "auto", maxlength: 10000, "aria-label": "Comment on the conversation",
      placeholder: "Comment on the whole conversation (o)",
      on: { input: () => acts.typedOverall(this.overall.value), blur: () => acts.leftOverall() } });
    this.root = h("section", { class: "qa-pane qa-commandments", "aria-label": "Commandments" },
      this.groups.map((group) => this.group(group)), h("div", { class: "qa-overall" }, this.overall));
    this.active = null;
  }

  get ids() {
    return this.order.map(({ id }) => id);
  }

  group({ id, title, commandments }) {
    return h("div", {},
      h("h3", { class: "qa-group-head" }, title, this.counts.get(id)),
      h("div", { role: "list", "aria-label": title }, commandments.map((commandment) => this.rows.get(commandment.id).root)));
  }

  /** Open a row; `still` keeps it where it is on the screen, for the mouse that is on it. */
  open(id, { still = false } = {}) {
    const row = this.rows.get(id);
    const before = row.root.getBoundingClientRect().top;
    if (id !== this.active) {
      this.active = id;
      this.detail.open(row.commandment);
      row.root.append(this.detail.root);
    }
    if (still) this.root.scrollTop += row.root.getBoundingClientRect().top - before;
  }

  revealActive() {
    const row = this.rows.get(this.active);
    reveal(this.root, row.root, row.root.parentNode.previousSibling.offsetHeight);
  }

  focusActive() {
    this.rows.get(this.active).root.focus({ preventScroll: true });
  }

  paint(ratings, statuses, messages, overall) {
    for (const [id, row] of this.rows) row.paint(ratings.get(id), id === this.active, statuses.get(id) ?? "");
    this.detail.paint(ratings.get(this.active), messages);
    for (const group of this.groups) {
      const rated = group.commandments.filter(({ id }) => ratings.get(id).rating).length;
      setText(this.counts.get(group.id), `${rated}/${group.commandments.length}`);
    }
    if (this.overall.value !== overall) this.overall.value = overall;
  }
}
