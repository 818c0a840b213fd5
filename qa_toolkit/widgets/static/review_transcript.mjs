// The left side: messages, what they are evidence of, and which are good answers.
import { h, reveal, setText } from "./dom.mjs";
import { toUnits } from "./offsets.mjs";
import { dayOf } from "./times.mjs";
import { FindBar, highlight } from "./review_find.mjs";
import { MessageView } from "./review_message.mjs";
import { rangeOf, spanOf, WordChooser } from "./review_spans.mjs";

const CHUNK = 30; // messages that are made together
const GUESS = 96; // pixels of a message that was not laid out yet

const whole = (position) => ({ position, start: null, end: null });

/** `acts`: toggle(item), extend(items), activate(commandment), said(text). */
export class Transcript {
  constructor(acts, signal) {
    Object.assign(this, { acts, messages: [], views: [], chunks: [], current: -1, clearing: false, marked: new Set(), last: null, picked: null });
    this.words = new WordChooser();
    this.list = h("div", { role: "list", class: "qa-list", "aria-label": "Messages" });
    this.gone = h("p", { class: "qa-nothing", role: "note", hidden: true });
    this.pane = h("div", { class: "qa-pane qa-scroll" }, this.gone, this.list);
    this.find = new FindBar(this, () => this.stepTo(Math.max(0, this.current), { focus: true }));
    this.root = h("section", { class: "qa-transcript", "aria-label": "Transcript" }, this.tools(), this.find.root, this.pane);
    this.near = new IntersectionObserver((entries) => entries.forEach((entry) => entry.isIntersecting && this.fill(entry.target.chunk)),
      { root: this.pane, rootMargin: "1200px 0px" });
    signal.addEventListener("abort", () => this.near.disconnect());
    this.listen(signal);
  }

  tools() {
    const tool = (text, key, title, click) => h("button", { class: "qa-tool", type: "button", title, on: { click } }, text, h("kbd", { text: key, "aria-hidden": "true" }));
    this.place = h("span", { class: "qa-hint qa-place-text" });
    return h("div", { class: "qa-tools", role: "toolbar", "aria-label": "Transcript" }, this.place, h("span", { class: "qa-space" }),
      tool("Agent ↑", "{", "The agent's message before", () => this.stepAgent(-1)), tool("Agent ↓", "}", "The agent's next message", () => this.stepAgent(1)),
      tool("Find", "/", "Find in the transcript", () => this.find.open()));
  }

  listen(signal) {
    this.list.addEventListener("pointerdown", () => (this.clearing = this.selection() !== null));
    this.list.addEventListener("pointerover", (event) => this.viewAt(event.target)?.offerPick());
    this.list.addEventListener("mousedown", (event) => event.target.closest(".qa-pick") && event.preventDefault());
    this.list.addEventListener("click", (event) => this.clicked(event));
    this.list.addEventListener("focusin", (event) => this.stepTo(this.viewAt(event.target)?.message.position));
    document.addEventListener("selectionchange", () => this.paintPicks(), { signal });
  }

  // --- messages are made in chunks: the first at once, the others when they come near or when there is time ---

  show(conversation) {
    this.near.disconnect();
    this.find.forget();
    this.words.stop();
    Object.assign(this, { messages: conversation.messages, views: [], current: -1, marked: new Set(), last: null, picked: null });
    this.chunks = Array.from({ length: Math.ceil(this.messages.length / CHUNK) }, (_, number) => this.chunk(number));
    this.list.replaceChildren(...(this.chunks.length ? this.chunks.map(({ root }) => root) : [h("p", { class: "qa-nothing", text: "This conversation has no messages." })]));
    this.gone.hidden = !conversation.forgotten_at;
    setText(this.gone, conversation.forgotten_at ? `Its customer was forgotten on ${dayOf(conversation.forgotten_at)}: the texts are gone, ratings and their places stay.` : "");
    this.pane.scrollTop = 0;
    if (this.chunks.length) this.fill(this.chunks[0]);
    for (const chunk of this.chunks) if (!chunk.filled) this.near.observe(chunk.root);
    this.fillLater(this.chunks);
    this.stepTo(0);
  }

  chunk(number) {
    const [from, to] = [number * CHUNK, Math.min(this.messages.length, (number + 1) * CHUNK)];
    const root = h("div", { class: "qa-chunk", role: "none", style: `--qa-guess: ${(to - from) * GUESS}px` });
    return (root.chunk = { from, to, root, filled: false });
  }

  fill(chunk) {
    if (chunk.filled) return;
    chunk.filled = true;
    this.near.unobserve(chunk.root);
    const nodes = [];
    for (let at = chunk.from; at < chunk.to; at += 1) {
      const [message, before] = [this.messages[at], this.messages[at - 1]];
      this.views[at] = new MessageView(message, before, this.acts, this.messages.length);
      const day = dayOf(message.sent_at);
      if (day && day !== dayOf(before?.sent_at)) nodes.push(h("div", { class: "qa-day", text: day, role: "presentation" }));
      nodes.push(this.views[at].root);
    }
    chunk.root.append(...nodes);
    for (const position of this.marked) if (position >= chunk.from && position < chunk.to) this.paintOne(position);
    if (this.find.isOpen) for (let at = chunk.from; at < chunk.to; at += 1) this.find.paint(at);
  }

  fillLater(chunks) {
    const idle = globalThis.requestIdleCallback ?? ((done) => setTimeout(done, 50));
    idle(() => {
      const chunk = chunks.find(({ filled }) => !filled);
      if (!chunk || chunks !== this.chunks || !this.root.isConnected) return;
      this.fill(chunk);
      this.fillLater(chunks);
    });
  }

  isBuilt(position) {
    return Boolean(this.views[position]);
  }

  /** The view of a message, made now if it was not there yet; undefined where there is no such message. */
  viewAtPosition(position) {
    const chunk = this.chunks[Math.floor(position / CHUNK)];
    if (chunk) this.fill(chunk);
    return this.views[position];
  }

  viewAt(node) {
    const root = node?.closest?.(".qa-msg");
    return root ? this.views[Number(root.dataset.position)] : undefined;
  }

  // --- what is marked: only messages that have marks, or had, are looked at ---

  paint(marks, active, goods, titles) {
    this.last = { marks, active, titles, goods: new Map(goods.map((good) => [good.position, good])) };
    const before = this.marked;
    this.marked = new Set([...marks.keys(), ...this.last.goods.keys()]);
    for (const position of new Set([...before, ...this.marked])) this.paintOne(position);
  }

  paintOne(position) {
    const { marks, active, goods, titles } = this.last;
    const anew = this.views[position]?.paint(marks.get(position) ?? [], active, goods.get(position), titles);
    if (anew) this.find.paint(position);
  }

  // --- moving ---

  /** Make a message the current one; `focus` also puts the keyboard there. */
  stepTo(position, { focus = false } = {}) {
    const view = position === undefined ? undefined : this.viewAtPosition(position);
    if (!view) return;
    if (position !== this.current) {
      this.words.stop();
      this.views[this.current]?.root.removeAttribute("aria-current");
      this.views[this.current]?.root.setAttribute("tabindex", "-1");
      this.current = position;
      view.root.setAttribute("aria-current", "true");
      view.root.setAttribute("tabindex", "0");
      view.offerPick();
      setText(this.place, `message ${position + 1} of ${this.messages.length}`);
    }
    if (focus) view.root.focus({ preventScroll: true });
  }

  step(by, focus) {
    this.stepTo(Math.min(this.messages.length - 1, Math.max(0, this.current + by)), { focus });
    this.revealCurrent();
  }

  /** Go to the next (1) or last (-1) message of an agent. */
  stepAgent(by, focus = true) {
    for (let at = this.current + by; at >= 0 && at < this.messages.length; at += by)
      if (this.messages[at].role === "agent") return void (this.stepTo(at, { focus }), this.revealCurrent());
    this.acts.said(by > 0 ? "No later message of an agent" : "No earlier message of an agent");
  }

  /** Show what is folded of the current message, or fold it again. */
  unfold() {
    if (!this.views[this.current]?.folds.toggleAll()) this.acts.said("Nothing is folded in this message");
    else this.revealCurrent();
  }

  revealCurrent() {
    if (this.views[this.current]) this.bring(this.views[this.current].root);
  }

  /** Bring a place of a message into sight, for the search. */
  reveal(range, position) {
    this.stepTo(position);
    this.bring(range);
  }

  /** Twice, since what is laid out on the way may be higher than it was taken for. */
  bring(node) {
    reveal(this.pane, node, 8);
    requestAnimationFrame(() => reveal(this.pane, node, 8));
  }

  /** Bring the message of a piece of evidence into sight. */
  goTo(item) {
    const view = this.viewAtPosition(item.position);
    if (!view) return;
    if (item.end !== null) view.openAt(toUnits(view.message.text, item.start), toUnits(view.message.text, item.end));
    this.stepTo(item.position);
    this.bring(this.point(view, item) ?? view.text.querySelector("mark.qa-on") ?? view.root);
  }

  /** Mark words that were asked for, until others are; returns them, or null for a whole message. */
  point(view, { start = null, end = null }) {
    const pointed = highlight("qa-pointed");
    if (this.pointed) pointed.delete(this.pointed);
    const { text } = view.message;
    this.pointed = start === null || end === null ? null : rangeOf(view.text, toUnits(text, start), toUnits(text, end));
    if (this.pointed) pointed.add(this.pointed);
    return this.pointed;
  }

  // --- picking evidence ---

  clicked(event) {
    const view = this.viewAt(event.target);
    if (!view) return;
    const { position } = view.message;
    if (event.target.closest(".qa-pick")) return this.pick(position);
    if (event.target.closest("button, form")) return;
    if (event.shiftKey) return this.extend(position);
    this.stepTo(position, { focus: true });
    // A click that clears a selection, or that makes one, is not meant as evidence.
    if (this.clearing) this.clearing = false;
    else if (event.detail === 2 || !this.selection()) this.toggle(whole(position));
  }

  toggle(item) {
    this.picked = item.position;
    this.acts.toggle(item);
  }

  /** The evidence that the reviewer means: the selected words, else the current message. */
  pick(position = this.current) {
    const span = this.selected();
    this.stepTo(span?.position ?? position);
    this.words.stop();
    if (span) document.getSelection().removeAllRanges();
    this.toggle(span ?? whole(position));
  }

  /** All messages from the one picked last up to this one are evidence. */
  extend(position = this.current) {
    document.getSelection().removeAllRanges();
    const from = this.picked ?? position;
    const [first, last] = [Math.min(from, position), Math.max(from, position)];
    this.stepTo(position, { focus: true });
    this.picked = position;
    this.acts.extend(Array.from({ length: last - first + 1 }, (_, at) => whole(first + at)));
  }

  /** Begin to select words of the current message by keys. */
  chooseWords() {
    this.stepTo(this.current, { focus: true });
    if (!this.words.start(this.views[this.current])) return this.acts.said("This message has no words");
    this.chosen();
  }

  /** A key while words are chosen: true if it was for that. */
  wordKey(key, extend) {
    if (key === "Escape") this.words.stop();
    else if (!this.words.press(key, extend)) return false;
    this.chosen();
    return true;
  }

  chosen() {
    if (!this.words.isOn) return this.acts.said("");
    this.bring(this.words.range);
    this.acts.said(`“${this.words.said}” · ← → words, ↑ ↓ sentences, with Shift more · e picks`);
  }

  /** The message in which a selection begins, with the selection; null where nothing is selected. */
  selection() {
    const selection = document.getSelection();
    if (!selection || selection.isCollapsed || !selection.rangeCount) return null;
    const range = selection.getRangeAt(0);
    const start = range.startContainer;
    const view = this.viewAt(start.nodeType === Node.ELEMENT_NODE ? start : start.parentElement);
    return view && this.list.contains(view.root) && view.text.contains(start) ? { view, range } : null;
  }

  /** The selected words as {position, start, end} in code points, or null; cut off where the message ends. */
  selected() {
    const selection = this.selection();
    return selection && spanOf(selection.view, selection.range);
  }

  paintPicks() {
    const chosen = this.selection()?.view ?? null;
    for (const view of new Set([this.offered, chosen])) {
      if (!view) continue;
      view.hasSpan = view === chosen;
      view.offerPick();
      view.paintPick();
    }
    this.offered = chosen;
  }
}
