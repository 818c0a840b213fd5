// One message of the transcript: made once, marked anew whenever its evidence changes.
import { h, setText } from "./dom.mjs";
import { cut, toUnits } from "./offsets.mjs";
import { clockOf, dayOf, gapBetween } from "./times.mjs";
import { Folds } from "./review_folds.mjs";
import { blocks, pieces, RATING_NAMES, ROLE_NAMES, SHOWN_LIMIT } from "./review_model.mjs";

/** `acts`: activate(commandment). What few messages have is made when it is needed: there may be thousands of them. */
export class MessageView {
  constructor(message, before, acts, total) {
    Object.assign(this, { message, acts, whole: message.text.length <= SHOWN_LIMIT, painted: "[]", pick: null, isWhole: false, hasSpan: false });
    this.text = h("div", { class: "qa-text", dir: "auto" });
    this.folds = new Folds(message);
    this.head = this.makeHead(before);
    this.root = h("div", { class: `qa-msg qa-${message.role}`, role: "listitem", tabindex: -1, "aria-label": this.name(),
      "aria-posinset": message.position + 1, "aria-setsize": total, data: { position: message.position } },
    this.head, this.text, this.whole ? null : this.makeMore(), this.attachments());
    this.paintText([]);
  }

  name() {
    const { position, role, author, sent_at: sentAt } = this.message;
    const when = sentAt ? `, ${dayOf(sentAt)} ${clockOf(sentAt)}` : "";
    return `Message ${position + 1}, ${ROLE_NAMES[role] ?? role}${author ? `, ${author}` : ""}${when}`;
  }

  makeHead(before) {
    const { position, role, author, sent_at: sentAt } = this.message;
    const gap = gapBetween(before?.sent_at, sentAt);
    return h("div", { class: "qa-msg-head" },
      h("span", { class: "qa-no", text: String(position + 1) }),
      h("span", { class: "qa-role", text: ROLE_NAMES[role] ?? role }),
      author && author.toLowerCase() !== role ? h("bdi", { class: "qa-author", text: author }) : null,
      sentAt ? h("time", { datetime: sentAt, title: `${dayOf(sentAt)} ${clockOf(sentAt)} UTC`, text: clockOf(sentAt) }) : null,
      gap ? h("span", { class: "qa-gap", title: "since the message before", text: gap }) : null);
  }

  attachments() {
    const names = this.message.attachments ?? [];
    if (!names.length) return null;
    return h("ul", { class: "qa-files", "aria-label": "Attachments" }, names.map((name) => h("li", { class: "qa-file" }, h("bdi", { text: name }))));
  }

  makeMore() {
    const text = `Show all ${this.message.text.length.toLocaleString("en")} characters`;
    return (this.more = h("button", { class: "qa-link", type: "button", text, on: { click: () => (this.showAll(), this.root.focus({ preventScroll: true })) } }));
  }

  showAll() {
    if (this.whole) return;
    this.whole = true;
    this.more.remove();
    this.paintText(JSON.parse(this.painted));
  }

  /** Show a part of the text, whatever hides it: the length of the message, a fold. */
  openAt(from = 0, to = this.message.text.length) {
    if (to > SHOWN_LIMIT) this.showAll();
    this.folds.openAt(from, to);
  }

  paintText(marks) {
    const { text } = this.message;
    const shown = this.whole ? text : cut(text, SHOWN_LIMIT);
    this.folds.begin();
    const spans = marks.filter((mark) => mark.start !== null)
      .map((mark) => ({ ...mark, from: toUnits(text, mark.start), to: toUnits(text, mark.end) }));
    const parts = blocks(shown);
    let at = 0;
    const nodes = parts.map((part) => {
      const inside = [...spans, ...this.folds.spans].map((span) => ({ ...span, from: span.from - at, to: span.to - at }))
        .filter((span) => span.from < part.length && span.to > 0);
      at += part.length;
      return this.folds.wrap(pieces(part, inside), (piece, kept) => (kept.length ? markedPiece({ ...piece, marks: kept }) : piece.text));
    });
    this.text.replaceChildren(...(parts.length > 1 ? nodes.map((part) => h("div", { class: "qa-block" }, part)) : nodes.flat()));
    this.text.classList.toggle("qa-empty", !text.trim());
  }

  /** Show what the message is evidence of, and whether it is a good answer; says whether the text was made anew. */
  paint(marks, active, good, titles) {
    const key = JSON.stringify(marks.map((mark) => ({ ...mark, active: mark.commandment === active })));
    const kept = JSON.parse(key);
    const anew = key !== this.painted && (kept.some((mark) => mark.start !== null) || Boolean(this.text.querySelector("mark")));
    if (key !== this.painted) {
      this.painted = key;
      if (anew) this.paintText(kept);
      this.paintMarks(kept);
    }
    this.isWhole = marks.some((mark) => mark.commandment === active && mark.start === null && mark.mine !== false);
    this.root.classList.toggle("qa-evidence", marks.some((mark) => mark.commandment === active));
    this.paintPick();
    this.paintGood(good, titles);
    return anew;
  }

  paintMarks(marks) {
    if (!marks.length && !this.marks) return;
    if (!this.marks) this.text.after(this.marks = h("div", { class: "qa-marks" }));
    this.marks.replaceChildren(...marks.map((mark) => this.chip(mark)));
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
    if (!good) return void (this.good &&= this.good.remove());
    if (!this.good) this.root.append(this.good = h("div", { class: "qa-good" }));
    const what = good.commandments.map((id) => titles.get(id) ?? id).join(", ");
    setText(this.good, `★ Good answer${what ? `: ${what}` : ""}${good.note ? ` (${good.note})` : ""}`);
  }

  /** The button that picks this message: made when the message is first pointed at or stepped to. */
  offerPick() {
    if (this.pick) return;
    this.pick = h("button", { class: "qa-pick", type: "button", tabindex: -1 });
    this.head.append(h("span", { class: "qa-space" }), this.pick);
    this.paintPick();
  }

  paintPick() {
    if (!this.pick) return;
    setText(this.pick, this.hasSpan ? "+ selection (e)" : this.isWhole ? "− evidence (e)" : "+ evidence (e)");
    this.pick.classList.toggle("qa-ready", this.hasSpan);
  }
}

function markedPiece(piece) {
  const active = piece.marks.some((mark) => mark.active);
  const titles = [...new Set(piece.marks.map((mark) => mark.title))].join(", ");
  return h("mark", { class: active ? "qa-span qa-on" : "qa-span", title: `Evidence for ${titles}`, text: piece.text });
}
