// Finding words in the transcript: a bar above it, every place marked, Enter for the next one.
import { h, setText } from "./dom.mjs";
import { rangeOf } from "./review_spans.mjs";

const MOST = 5000;

/** Where `query` stands in the messages, whatever the case: {position, from, to} in UTF-16 units, in order. */
export function matchesOf(messages, query) {
  if (!query.trim()) return [];
  const pattern = new RegExp(query.replace(/[.*+?^${}()|[\]\\/-]/g, "\\$&"), "gi");
  const found = [];
  for (const { position, text } of messages) {
    for (const { index, 0: words } of text.matchAll(pattern)) {
      found.push({ position, from: index, to: index + words.length });
      if (found.length === MOST) return found;
    }
  }
  return found;
}

/** What the browser paints as found, beside the text and not in it. */
export function highlight(name) {
  if (!globalThis.CSS?.highlights || !globalThis.Highlight) return new Set();
  if (!CSS.highlights.has(name)) CSS.highlights.set(name, new Highlight());
  return CSS.highlights.get(name);
}

/** `transcript` offers messages, current, isBuilt(position), viewAtPosition(position) and reveal(range, position). */
export class FindBar {
  constructor(transcript, closed) {
    Object.assign(this, { transcript, closed, matches: [], at: -1, ranges: new Map(), here: null });
    this.input = h("input", { type: "search", class: "qa-input qa-find-input", dir: "auto", "aria-label": "Find in the transcript", placeholder: "Find in the transcript",
      maxlength: 200, on: { input: () => this.search(), keydown: (event) => this.pressed(event) } });
    this.count = h("span", { class: "qa-hint qa-find-count", role: "status" });
    const step = (text, label, by) => h("button", { class: "qa-tool", type: "button", "aria-label": label, title: label, text, on: { click: () => this.step(by) } });
    this.root = h("div", { class: "qa-find", role: "search", hidden: true }, this.input, this.count,
      step("↑", "Previous place (Shift+Enter)", -1), step("↓", "Next place (Enter)", 1),
      h("button", { class: "qa-tool", type: "button", "aria-label": "Close the search (Escape)", title: "Close (Escape)", text: "×", on: { click: () => this.close() } }));
  }

  get isOpen() {
    return !this.root.hidden;
  }

  open() {
    this.root.hidden = false;
    this.input.focus({ preventScroll: true });
    this.input.select();
    if (this.input.value) this.search();
  }

  close() {
    if (!this.isOpen) return;
    this.root.hidden = true;
    this.#unpaint();
    this.closed();
  }

  /** Another conversation: what is searched for stays in the field, its places do not. */
  forget() {
    this.#unpaint();
    Object.assign(this, { matches: [], at: -1 });
    this.root.hidden = true;
    setText(this.count, "");
  }

  pressed(event) {
    if (event.isComposing || !["Enter", "Escape"].includes(event.key)) return;
    event.preventDefault();
    event.stopPropagation(); // or the screen would take it for its own
    if (event.key === "Escape") this.close();
    else this.step(event.shiftKey ? -1 : 1);
  }

  search() {
    this.#unpaint();
    this.matches = matchesOf(this.transcript.messages, this.input.value);
    for (const position of new Set(this.matches.map((match) => match.position)))
      if (this.transcript.isBuilt(position)) this.paint(position);
    const here = this.matches.findIndex(({ position }) => position >= this.transcript.current);
    this.at = this.matches.length ? Math.max(0, here) : -1;
    this.#show();
  }

  step(by) {
    if (!this.matches.length) return;
    this.at = (this.at + by + this.matches.length) % this.matches.length;
    this.#show();
  }

  #show() {
    const { length } = this.matches;
    const some = length === MOST ? `${MOST} or more` : String(length);
    setText(this.count, length ? `${this.at + 1} of ${some}` : this.input.value.trim() ? "not found" : "");
    const here = highlight("qa-found-here");
    if (this.here) here.delete(this.here);
    this.here = null;
    if (!length) return;
    const { position, from, to } = this.matches[this.at];
    const view = this.transcript.viewAtPosition(position);
    view.openAt(from, to);
    this.paint(position);
    this.here = rangeOf(view.text, from, to);
    here.add(this.here);
    this.transcript.reveal(this.here, position);
  }

  /** Mark the places in one message, which is in the page by now, or whose text was made anew. */
  paint(position) {
    if (!this.isOpen) return;
    const found = highlight("qa-found");
    for (const range of this.ranges.get(position) ?? []) found.delete(range);
    const { text } = this.transcript.viewAtPosition(position);
    const ranges = this.matches.filter((match) => match.position === position).map(({ from, to }) => rangeOf(text, from, to)).filter(Boolean);
    this.ranges.set(position, ranges);
    for (const range of ranges) found.add(range);
  }

  #unpaint() {
    const found = highlight("qa-found");
    for (const ranges of this.ranges.values()) for (const range of ranges) found.delete(range);
    if (this.here) highlight("qa-found-here").delete(this.here);
    this.here = null;
    this.ranges.clear();
  }
}
