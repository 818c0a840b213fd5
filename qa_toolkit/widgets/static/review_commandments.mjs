// The right side: commandments by group; the active one opens and shows what it asks.
import { h, reveal, setText } from "./dom.mjs";
import { byGroup } from "./review_model.mjs";
import { BrowserStorage } from "./browser_storage.mjs";
import { Detail } from "./review_detail.mjs";
import { Row } from "./review_row.mjs";

/** The heading of a group, which folds it. */
class Group {
  constructor({ id, title, commandments }, rows, acts) {
    Object.assign(this, { id, ids: commandments.map((one) => one.id), folded: false });
    this.count = h("span", { class: "qa-count" });
    this.list = h("div", { role: "list", "aria-label": title }, this.ids.map((one) => rows.get(one).root));
    this.button = h("button", { class: "qa-group-button", type: "button", tabindex: -1, title: "Fold it, or open it (z)", "aria-expanded": "true", on: { click: () => acts.fold(id) } }, h("span", { text: title }), this.count);
    this.root = h("div", { class: "qa-group" }, h("h3", { class: "qa-group-head" }, this.button), this.list);
  }

  fold(folded) {
    this.folded = folded;
    this.list.hidden = folded;
    this.button.setAttribute("aria-expanded", String(!folded));
  }

  /** `text`: what is counted in it; `alarm`: something of it is not saved. */
  paint(text, alarm) {
    setText(this.count, text);
    this.count.classList.toggle("qa-alarm", alarm);
  }
}

const OVERALL_WORDS = ["Comment on the conversation", "Comment on the whole conversation (o)"];

/**
 * `acts`: rate(id, rating), activate(id), typed(text), left(), goTo(item), toggle(item), causes(ids),
 * dispute(fact, wrong, note), typedOverall(text), leftOverall(). `overall`: name and placeholder of the comment on the whole.
 */
export class Commandments {
  constructor(rubric, acts, overall = OVERALL_WORDS) {
    const groups = byGroup(rubric);
    Object.assign(this, { active: null, storage: new BrowserStorage(), key: `qa_toolkit/folded/${encodeURIComponent(rubric.id)}` });
    this.order = groups.flatMap((group) => group.commandments);
    this.jumps = new Map(this.order.filter(({ key }) => key).map(({ key, id }) => [key, id]));
    this.rows = new Map(this.order.map((commandment) => [commandment.id, this.makeRow(commandment, acts)]));
    this.groups = groups.map((group) => new Group(group, this.rows, { fold: (id) => this.fold(id) }));
    this.detail = this.makeDetail(rubric, acts);
    this.overall = h("textarea", { class: "qa-input", rows: 2, dir: "auto", maxlength: 10000, "aria-label": overall[0], placeholder: overall[1],
      on: { input: () => acts.typedOverall(this.overall.value), blur: () => acts.leftOverall() } });
    this.root = h("section", { class: "qa-pane qa-commandments", "aria-label": "Commandments" },
      this.groups.map(({ root }) => root), h("div", { class: "qa-overall" }, this.overall));
    for (const id of (this.storage.read(this.key) ?? "").split(" ")) this.groups.find((group) => group.id === id)?.fold(true);
  }

  makeRow(commandment, acts) {
    return new Row(commandment, acts);
  }

  makeDetail(rubric, acts) {
    return new Detail(rubric, acts);
  }

  get ids() {
    return this.order.map(({ id }) => id);
  }

  groupOf(id) {
    return this.groups.find((group) => group.ids.includes(id));
  }

  /** Fold a group (that of the active commandment, if none is named) or open it; the browser remembers it. */
  fold(id = this.groupOf(this.active).id) {
    const group = this.groups.find((one) => one.id === id);
    group.fold(!group.folded);
    const folded = this.groups.filter((one) => one.folded).map((one) => one.id);
    if (folded.length) this.storage.write(this.key, folded.join(" "));
    else this.storage.remove(this.key);
    this.focusActive();
    const here = this.groupOf(this.active);
    if (here.folded) reveal(this.root, here.root);
  }

  /** Open a row; `still` keeps it where it is on the screen, for the mouse that is on it. */
  open(id, { still = false } = {}) {
    const row = this.rows.get(id);
    this.groupOf(id).fold(false);
    const before = row.root.getBoundingClientRect().top;
    if (id !== this.active) {
      this.active = id;
      this.detail.facts.close();
      this.detail.open(row.commandment);
      row.root.append(this.detail.root);
    }
    if (still) this.root.scrollTop += row.root.getBoundingClientRect().top - before;
  }

  revealActive() {
    const row = this.rows.get(this.active);
    reveal(this.root, row.root, this.covered(row));
  }

  /** How much of the pane, in pixels, lies under what sticks to its top when a row is there. */
  covered(row) {
    return row.root.parentNode.previousSibling.offsetHeight;
  }

  /** A row that is folded away takes no focus, and without focus keys are the notebook's: the heading has it then. */
  focusActive() {
    const { folded, button } = this.groupOf(this.active);
    (folded ? button : this.rows.get(this.active).root).focus({ preventScroll: true });
  }

  paintGroup(group, ratings, { statuses }) {
    const unsaved = group.ids.some((id) => statuses.get(id));
    const parts = this.counted(group.ids, ratings);
    group.paint([unsaved ? "not saved" : "", ...parts].filter(Boolean).join(" · "), unsaved);
  }

  /** What is counted in the heading of a group. */
  counted(ids, ratings) {
    const rated = ids.filter((id) => ratings.get(id).rating);
    const fails = rated.filter((id) => ratings.get(id).rating === "fail").length;
    return [fails ? `${fails} fail${fails > 1 ? "s" : ""}` : "", `${rated.length}/${ids.length}`];
  }

  marksOf(id, { statuses, reasons, lacking }) {
    return { status: statuses.get(id), reason: reasons.get(id), lacks: lacking.includes(id) };
  }

  /** `marks`: statuses and reasons (Maps by id), lacking (ids), messages, facts, overall, onward (what the next digit does). */
  paint(ratings, marks) {
    for (const [id, row] of this.rows) row.paint(ratings.get(id), id === this.active, this.marksOf(id, marks));
    this.detail.paint(ratings.get(this.active), { messages: marks.messages, facts: marks.facts, onward: marks.onward, ...this.marksOf(this.active, marks) });
    for (const group of this.groups) this.paintGroup(group, ratings, marks);
    if (this.overall.value !== marks.overall) this.overall.value = marks.overall;
  }
}
