// The right side after the reveal: reviewers beside one another, commandments below one another, differences first.
import { h, setText } from "./dom.mjs";
import { Commandments } from "./review_commandments.mjs";
import { byDifference, nameOf } from "./calibrate_model.mjs";
import { VoteDetail, VoteRow } from "./calibrate_rows.mjs";

export const NOTE_WORDS = ["Your note for the discussion", "Your note for the discussion (o): the others see it once all have submitted"];

/** `acts`: those of Commandments, and decide(). `rows`: what all say of each commandment, in the order to show. */
export class Comparison extends Commandments {
  constructor(rubric, rows, acts) {
    super(byDifference(rubric, rows), acts, NOTE_WORDS);
    const names = rows[0]?.said ?? [];
    this.heads = h("div", { class: "qa-vote-head", "aria-hidden": "true" },
      h("span", { class: "qa-votes" }, names.map((said) => h("bdi", { class: said.mine ? "qa-mine" : "", title: said.reviewer, text: nameOf(said) }))));
    this.root.prepend(this.heads);
    this.root.classList.add("qa-comparison");
    this.root.classList.toggle("qa-many", names.length > 4);
    this.root.setAttribute("aria-label", "Comparison");
    this.root.style.setProperty("--qa-reviewers", names.length);
  }

  makeRow(commandment, acts) {
    return new VoteRow(commandment, acts);
  }

  makeDetail(rubric, acts) {
    return new VoteDetail(rubric, acts);
  }

  covered(row) {
    return this.heads.offsetHeight + super.covered(row);
  }

  open(id, how) {
    super.open(id, how);
    this.detail.take(this.rows.get(id));
  }

  counted(ids) {
    const open = ids.map((id) => this.compared.get(id)).filter(({ row, decision }) => row.now.widest && !decision);
    return [open.length ? `${open.length} without a decision` : "", String(ids.length)];
  }

  marksOf(id, marks) {
    const { locked, mayRate, mayDecide } = marks;
    return { ...super.marksOf(id, marks), ...this.compared.get(id), locked, mayRate, mayDecide };
  }

  /** `marks`: those of Commandments, and rows, decisions, locked, mayRate, mayDecide. */
  paint(ratings, marks) {
    this.compared = new Map(marks.rows.map((row) => [row.commandment.id, { row, decision: marks.decisions[row.commandment.id] }]));
    super.paint(ratings, marks);
    this.root.classList.toggle("qa-locked", Boolean(marks.locked));
  }
}

/** What stands above the commandments: that one waits, or how much differs, and the notes of the others. */
export class Situation {
  constructor() {
    this.head = h("strong");
    this.text = h("span");
    this.notes = h("ul", { class: "qa-notes", "aria-label": "Notes of the others", tabindex: 0 });
    this.root = h("div", { class: "qa-situation" }, h("div", { class: "qa-situation-words", role: "status" }, this.head, this.text), this.notes);
  }

  /** `notes`: [{reviewer, text}] */
  paint({ kind, head, text }, notes) {
    this.root.hidden = !head;
    this.root.dataset.kind = kind;
    setText(this.head, head);
    setText(this.text, text);
    const key = JSON.stringify(notes);
    if (key === this.painted) return;
    this.painted = key;
    this.notes.hidden = !notes.length;
    this.notes.replaceChildren(...notes.map(({ reviewer, text: words }) => h("li", {}, h("bdi", { class: "qa-says-who", text: reviewer }), h("span", { dir: "auto", text: words }))));
  }
}
