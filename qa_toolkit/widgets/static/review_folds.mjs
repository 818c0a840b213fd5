// Quoted mail and signatures: in the text, but out of sight until they are asked for.
import { h } from "./dom.mjs";
import { toUnits } from "./offsets.mjs";

/** "12 quoted lines", "signature" */
export function foldName({ kind, start, end }, text) {
  if (kind === "signature") return "signature";
  const lines = text.slice(toUnits(text, start), toUnits(text, end)).split("\n").filter((line) => line.trim()).length;
  return `${lines} quoted ${lines === 1 ? "line" : "lines"}`;
}

/** The folded parts of one message. What stands in the page is the whole text: a button's words are painted, not written, so that offsets hold. */
export class Folds {
  constructor({ text, folded = [] }) {
    this.open = new Set();
    this.spans = folded.map((fold, number) => ({ fold: number, name: foldName(fold, text), from: toUnits(text, fold.start), to: toUnits(text, fold.end) }));
  }

  /** The text is about to be made anew. */
  begin() {
    this.buttons = new Map();
    this.boxes = this.spans.map(() => []);
  }

  /** Make nodes of the pieces of a text: those of a folded part go into a box behind a button. */
  wrap(pieces, nodeOf) {
    const nodes = [];
    let last = null;
    for (const piece of pieces) {
      const span = piece.marks.find((mark) => mark.fold !== undefined);
      const node = nodeOf(piece, piece.marks.filter((mark) => mark.fold === undefined));
      if (!span) nodes.push(node);
      else if (last?.fold === span.fold) last.box.append(node);
      else nodes.push(...this.#begin(span, node));
      last = span ? { fold: span.fold, box: this.boxes[span.fold].at(-1) } : null;
    }
    return nodes;
  }

  #begin({ fold, name }, node) {
    const box = h("span", { class: "qa-folded", hidden: !this.open.has(fold) }, node);
    this.boxes[fold].push(box);
    if (this.buttons.has(fold)) return [box];
    const button = h("button", { class: "qa-fold", type: "button", data: { name }, on: { click: () => this.toggle(fold) } });
    this.buttons.set(fold, button);
    this.#tell(fold);
    return [button, box];
  }

  #tell(fold) {
    const isOpen = this.open.has(fold);
    const button = this.buttons.get(fold);
    button?.setAttribute("aria-expanded", String(isOpen));
    button?.setAttribute("aria-label", `${isOpen ? "Hide" : "Show"} ${button.dataset.name}`);
  }

  toggle(fold, isOpen = !this.open.has(fold)) {
    this.open[isOpen ? "add" : "delete"](fold);
    for (const box of this.boxes[fold]) box.hidden = !isOpen;
    this.#tell(fold);
  }

  /** Open what lies between two places of the text, in UTF-16 units; all of it by default. */
  openAt(from = 0, to = Infinity) {
    for (const span of this.spans) if (span.from < to && span.to > from) this.toggle(span.fold, true);
  }

  /** Open all, or close all where all are open; false where there is none. */
  toggleAll() {
    const isOpen = this.open.size < this.spans.length;
    for (const { fold } of this.spans) this.toggle(fold, isOpen);
    return this.spans.length > 0;
  }
}
