// The left side: messages, what they are evidence of, and which are good answers.
import { h, reveal, setText } from "./dom.mjs";
import { cut, toCodePoints, toUnits } from "./offsets.mjs";
import { clockOf, dayOf, gapBetween } from "./times.mjs";
import { blocks, pieces, RATING_NAMES, ROLE_NAMES, SHOWN_LIMIT } from "./review_model.mjs";

/** One message: made once for a conversation, marked anew whenever its evidence changes. */
class MessageView {
  constructor(message, before, acts) {
    Object.assign(this, { message, acts, whole: message.text.length <= SHOWN_LIMIT, painted: "[]" });
    this.pick = h("button", { class: "qa-pick", type: "button", tabindex: -1, data: { act: "pick" } });
    this.text = h("div", { class: "qa-text", dir: "auto" });
    this.more = h("button", { class: "qa-link", type: "button", on: { click: () => this.showAll() } });
    this.marks = h("div", { class: "qa-marks" });
    this.good = h("div", { class: "qa-good", hidden: true });
    this.root = h("div", { class: `qa-msg qa-${message.role}`, role: "listitem", tabindex: -1, "aria-label": this.name() },
      this.head(before), this.text, this.more, this.marks, this.good);
    this.root.dataset.position = message.position;
    this.paintText([]);
    this.paintPick(false, false);
  }

  name() {
    const { position, role, author, sent_at: sentAt } = this.message;
    const when = sentAt ? `, ${dayOf(sentAt)} ${clockOf(sentAt)}` : "";
    return `Message ${position + 1}, ${ROLE_NAMES[role] ?? role}${author ? `, ${author}` : ""}${when}`;
  }

  head(before) {
    const { position, role, author, sent_at: sentAt } = this.message;
    const gap = gapBetween(before?.sent_at, sentAt);
    return h("div", { class: "qa-msg-head" },
      h("span", { class: "qa-no", text: String(position + 1) }),
      h("span", { class: "qa-role", text: ROLE_NAMES[role] ?? role }),
      author && author.toLowerCase() !== role ? h("bdi", { class: "qa-author", text: author }) : null,
      sentAt ? h("time", { datetime: sentAt, title: `${dayOf(sentAt)} ${clockOf(sentAt)} UTC`, text: clockOf(sentAt) }) : null,
      gap ? h("span", { class: "qa-gap", title: "since the message before", text: gap }) : null,
      h("span", { class: "qa-space" }), this.pick);
  }

  showAll() {
    this.whole = true;
    this.paintText(JSON.parse(this.painted));
    this.root.focus({ preventScroll: true });
  }

  paintText(marks) {
    const { text } = this.message;
    const shown = this.whole ? text : cut(text, SHOWN_LIMIT);
    const spans = marks.filter((mark) => mark.start !== null)
      .map((mark) => ({ ...mark, from: toUnits(text, mark.start), to: toUnits(text, mark.end) }));
    const parts = blocks(shown);
    let at = 0;
    const nodes = parts.map((part) => {
      const inside = spans.map((span) => ({ ...span, from: span.from - at, to: span.to - at }))
        .filter((span) => span.from < part.length && span.to > 0);
      at += part.length;
      return pieces(part, inside).map((piece) => (piece.marks.length ? markedPiece(piece) : piece.text));
    });
    this.text.replaceChildren(...(parts.length > 1 ? nodes.map((part) => h("div", { class: "qa-block" }, part)) : nodes.flat()));
    this.text.classList.toggle("qa-empty", !text.trim());
    this.more.hidden = this.whole;
    if (!this.whole) setText(this.more, `Show all ${text.length.toLocaleString("en")} characters`);
  }

  paint(marks, active, good, titles) {
    const key = JSON.stringify(marks.map((mark) => ({ ...mark, active: mark.commandment === active })));
    if (key !== this.painted) {
      this.painted = key;
      const kept = JSON.parse(key);
      if (kept.some((mark) => mark.start !== null) || this.text.querySelector("mark")) this.paintText(kept);
      this.marks.replaceChildren(...kept.map((mark) => this.chip(mark)));
    }
    this.isWhole = marks.some((mark) => mark.commandment === active && mark.start === null);
    this.root.classList.toggle("qa-evidence", marks.some((mark) => mark.commandment === active));
    this.paintPick(this.isWhole, this.pickSpan);
    this.paintGood(good, titles);
  }

  chip(mark) {
    const rated = mark.rating ? RATING_NAMES[mark.rating] : "not rated";
    return h("button", { class: `qa-mark${mark.active ? " qa-on" : ""}`, type: "button", tabindex: -1,
      title: `Evidence for “${mark.title}”: ${rated}`, "aria-label": `Evidence for ${mark.title}: ${rated}`,
      on: { click: () => this.acts.activate(mark.commandment) } },
    h("span", { class: `qa-dot qa-r-${mark.rating ?? "none"}` }), mark.title, mark.start === null ? "" : " “…”");
  }

  paintGood(good, titles) {
    this.root.classList.toggle("qa-is-good", Boolean(good));
    this.good.hidden = !good;
    if (!good) return setText(this.good, "");
    const what = good.commandments.map((id) => titles.get(id) ?? id).join(", ");
    setText(this.good, `★ Good answer${what ? `: ${what}` : ""}${good.note ? ` (${good.note})` : ""}`);
  }

  /** `span`: whether words of this message are selected. */
  paintPick(whole, span) {
    this.pickSpan = span;
    setText(this.pick, span ? "+ selection (e)" : whole ? "− evidence (e)" : "+ evidence (e)");
    this.pick.classList.toggle("qa-ready", span);
  }
}

function markedPiece(piece) {
  const active = piece.marks.some((mark) => mark.active);
  const titles = [...new Set(piece.marks.map((mark) => mark.title))].join(", ");
  return h("mark", { class: active ? "qa-span qa-on" : "qa-span", title: `Evidence for ${titles}`, text: piece.text });
}

/** `acts`: toggle(item), activate(commandment). */
export class Transcript {
  constructor(acts, signal) {
    Object.assign(this, { acts, views: [], current: 0, clearing: false });
    this.list = h("div", { role: "list", class: "qa-list" });
    this.root = h("section", { class: "qa-pane qa-transcript", "aria-label": "Transcript" }, this.list);
    this.list.addEventListener("pointerdown", () => (this.clearing = this.selection() !== null));
    this.list.addEventListener("mousedown", (event) => event.target.closest(".qa-pick") && event.preventDefault());
    this.list.addEventListener("click", (event) => this.clicked(event));
    this.list.addEventListener("focusin", (event) => this.stepTo(this.viewAt(event.target)?.message.position));
    document.addEventListener("selectionchange", () => this.paintPicks(), { signal });
  }

  show(conversation) {
    const { messages } = conversation;
    const nodes = [];
    this.views = messages.map((message, at) => new MessageView(message, messages[at - 1], this.acts));
    for (const [at, view] of this.views.entries()) {
      const day = dayOf(messages[at].sent_at);
      if (day && day !== dayOf(messages[at - 1]?.sent_at)) nodes.push(h("div", { class: "qa-day", text: day, role: "presentation" }));
      nodes.push(view.root);
    }
    this.list.replaceChildren(...(nodes.length ? nodes : [h("p", { class: "qa-nothing", text: "This conversation has no messages." })]));
    this.root.scrollTop = 0;
    this.current = -1;
    this.stepTo(0);
  }

  paint(marks, active, goods, titles) {
    for (const view of this.views) {
      const { position } = view.message;
      view.paint(marks.get(position) ?? [], active, goods.find((good) => good.position === position), titles);
    }
  }

  viewAt(node) {
    const root = node?.closest?.(".qa-msg");
    return root ? this.views[this.views.findIndex((view) => view.root === root)] : undefined;
  }

  /** Make a message the current one; `focus` also puts the keyboard there. */
  stepTo(position, { focus = false } = {}) {
    const view = this.views[position];
    if (!view) return;
    if (position !== this.current) {
      this.views[this.current]?.root.removeAttribute("aria-current");
      this.views[this.current]?.root.setAttribute("tabindex", "-1");
      this.current = position;
      view.root.setAttribute("aria-current", "true");
      view.root.setAttribute("tabindex", "0");
    }
    if (focus) view.root.focus({ preventScroll: true });
  }

  step(by, focus) {
    this.stepTo(Math.min(this.views.length - 1, Math.max(0, this.current + by)), { focus });
    this.revealCurrent();
  }

  revealCurrent() {
    if (this.views[this.current]) reveal(this.root, this.views[this.current].root, 8);
  }

  /** Bring the message of a piece of evidence into sight. */
  goTo(item) {
    const view = this.views[item.position];
    if (!view) return;
    if (!view.whole && item.end !== null && toUnits(view.message.text, item.end) > SHOWN_LIMIT) view.showAll();
    this.stepTo(item.position);
    reveal(this.root, view.text.querySelector("mark.qa-on") ?? view.root, 8);
  }

  clicked(event) {
    const view = this.viewAt(event.target);
    if (!view) return;
    const { position } = view.message;
    if (event.target.closest(".qa-pick")) return this.pick(position);
    if (event.target.closest("button, form")) return;
    this.stepTo(position, { focus: true });
    // A click that clears a selection, or that makes one, is not meant as evidence.
    if (this.clearing) this.clearing = false;
    else if (event.detail === 2 || !this.selection()) this.acts.toggle(whole(position));
  }

  /** The evidence that the reviewer means: the selected words, else the current message. */
  pick(position = this.current) {
    const span = this.selected();
    this.stepTo(span?.position ?? position);
    if (span) document.getSelection().removeAllRanges();
    this.acts.toggle(span ?? whole(position));
  }

  /** The message in which a selection begins, with the selection; null where nothing is selected. */
  selection() {
    const selection = document.getSelection();
    if (!selection || selection.isCollapsed || !selection.rangeCount) return null;
    const range = selection.getRangeAt(0);
    const view = this.views.find(({ text }) => text.contains(range.startContainer));
    return view ? { view, range } : null;
  }

  /** The selected words as {position, start, end} in code points, or null; cut off where the message ends. */
  selected() {
    const selection = this.selection();
    return selection && spanOf(selection.view, selection.range);
  }

  paintPicks() {
    const chosen = this.selection()?.view;
    for (const view of this.views)
      if (view === chosen || view.pickSpan) view.paintPick(view.isWhole, view === chosen);
  }
}

const whole = (position) => ({ position, start: null, end: null });

function spanOf(view, range) {
  const { text } = view.message;
  const before = document.createRange();
  before.selectNodeContents(view.text);
  before.setEnd(range.startContainer, range.startOffset);
  const inside = range.cloneRange();
  if (!view.text.contains(range.endContainer)) inside.setEnd(view.text, view.text.childNodes.length);
  const chosen = inside.toString();
  const from = before.toString().length + (chosen.length - chosen.trimStart().length);
  const words = chosen.trim();
  if (!words) return null;
  const start = toCodePoints(text, from);
  return { position: view.message.position, start, end: start + toCodePoints(words, words.length) };
}
