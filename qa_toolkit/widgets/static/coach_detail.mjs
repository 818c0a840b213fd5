// The middle: the open fault with its situation and evidence, and any conversation in place.
import { h, setText } from "./dom.mjs";
import { cut } from "./offsets.mjs";
import { clockOf, dayOf } from "./times.mjs";
import { blocks, RATING_NAMES, ROLE_NAMES } from "./review_model.mjs";
import { Transcript } from "./review_transcript.mjs";
import { markedParts, placeOf } from "./coach_match.mjs";
import { faultMarks } from "./coach_model.mjs";
import { evidenceOf } from "./coach_rates.mjs";

// More than the first lines of any screen can hold: the rest is laid out only when it is asked for.
const FOLDED_LIMIT = 3000;

/** Text that shows its first lines, and all of it on request; `matched` is a sentence of it to mark. */
export function folded(text, kind, label, matched = "") {
  const place = matched ? placeOf(text, matched) : null;
  const words = h("div", { class: `qa-words ${kind}`, dir: "auto" });
  const more = h("button", { class: "qa-link", type: "button", hidden: true, "aria-label": `All of ${label}`, on: { click: () => turn(!words.classList.contains("qa-open")) } });
  const turn = (open) => {
    words.classList.toggle("qa-open", open);
    let at = 0;
    const parts = blocks(open ? text : cut(text, FOLDED_LIMIT)).map((part) => markedParts(part, (at += part.length) - part.length, place));
    words.replaceChildren(...(parts.length > 1 ? parts.map((part) => h("div", { class: "qa-block" }, part)) : parts.flat()));
    more.setAttribute("aria-expanded", String(open));
    setText(more, open ? "less" : "more");
  };
  turn(false);
  // Known only when it is laid out: whether something is cut off.
  const isAll = () => text.length <= FOLDED_LIMIT && words.scrollHeight <= words.clientHeight + 1;
  const further = place ? h("div", { class: "qa-further", dir: "auto", hidden: true }, "further down: ", h("mark", { class: "qa-matched", text: matched })) : null;
  const isHidden = () => !words.querySelector("mark") || words.querySelector("mark").getBoundingClientRect().bottom > words.getBoundingClientRect().bottom + 4;
  new ResizeObserver(() => {
    more.hidden = !words.classList.contains("qa-open") && isAll();
    if (further) further.hidden = words.classList.contains("qa-open") || !isHidden();
  }).observe(words);
  return h("div", { class: "qa-folded" }, words, further, more);
}

const when = (iso) => (iso ? `${dayOf(iso)}, ${clockOf(iso)} UTC` : null);

/** `acts`: conversation(), back(). */
export class Detail {
  constructor(acts, signal) {
    this.acts = acts;
    this.body = h("div", { class: "qa-detail-body" });
    this.transcript = new Transcript({ toggle() {}, extend() {}, activate() {}, said() {} }, signal);
    this.readingTitle = h("h3", { class: "qa-reading-title" });
    this.reading = h("div", { class: "qa-reading", hidden: true },
      h("div", { class: "qa-reading-head" }, this.readingTitle, h("span", { class: "qa-space" }),
        h("button", { class: "qa-button", type: "button", on: { click: () => acts.back() } }, "Close", h("kbd", { text: "c", "aria-hidden": "true" }))),
      this.transcript.root);
    this.root = h("section", { class: "qa-pane qa-middle", "aria-label": "Fault" }, this.body, this.reading);
  }

  get isReading() {
    return !this.reading.hidden;
  }

  show(fault) {
    this.close();
    this.root.scrollTop = 0;
    if (!fault) return this.body.replaceChildren(h("p", { class: "qa-nothing", text: "Choose a fault on the left." }));
    const { title, rating, asks, critical, subject, conversation_id: id, channel, started_at: at, situation, others } = fault;
    const evidence = evidenceOf(fault);
    const parts = [
      h("h2", { class: "qa-subject" }, title, h("span", { class: `qa-verdict qa-r-${rating}`, text: RATING_NAMES[rating] }),
        critical ? h("span", { class: "qa-label qa-is-critical", text: "critical" }) : null),
      h("p", { class: "qa-asks", text: asks }),
      h("div", {}, h("bdi", { class: "qa-about-subject", text: subject || id }), h("div", { class: "qa-meta" }, [channel, when(at)].filter(Boolean).map((text) => h("bdi", { text })))),
      ...[fault, ...others].map((one) => this.found(one, rating)),
      situation ? this.part("The customer had written", folded(situation, "qa-customer-words", "what the customer had written")) : null,
      evidence.length ? this.part("Evidence", evidence.map((item) => this.quoted(item))) : null,
      h("p", {}, h("button", { class: "qa-button", type: "button", on: { click: () => this.acts.conversation() } }, "Show the conversation", h("kbd", { text: "c", "aria-hidden": "true" }))),
    ];
    this.body.replaceChildren(...parts.filter(Boolean));
  }

  /** What a reviewer said, with the rating where it is not the one of the heading. */
  found({ reviewer, comment, rating }, shown) {
    if (!comment && rating === shown) return null;
    return this.part(`${reviewer} found${rating === shown ? "" : ` (${RATING_NAMES[rating].toLowerCase()})`}`, h("div", { class: "qa-words qa-open qa-comment", dir: "auto", text: comment || "no comment" }));
  }

  part(title, ...nodes) {
    return h("section", { class: "qa-part" }, h("h3", { text: title }), nodes);
  }

  quoted({ position, role, author, sent_at: at, start, quote }) {
    const head = [`message ${position + 1}`, author || ROLE_NAMES[role], when(at), start === null ? null : "these words"];
    return h("div", { class: "qa-quoted" }, h("div", { class: "qa-fault-meta" }, h("bdi", { text: head.filter(Boolean).join(" · ") })),
      folded(quote, "qa-agent-words", `message ${position + 1}`));
  }

  /** Show a conversation: with the evidence of a fault marked, or with an answer as the good one. */
  read(conversation, { fault = null, answer = null }) {
    const { transcript } = this;
    this.reading.hidden = false;
    this.body.hidden = true;
    this.readingTitle.replaceChildren(h("bdi", { text: conversation.subject || conversation.conversation_id }));
    transcript.show(conversation);
    const good = answer ? [{ position: answer.position, commandments: [], note: "" }] : [];
    transcript.paint(fault ? faultMarks(fault) : new Map(), fault?.commandment, good, new Map());
    const place = answer ?? fault?.evidence[0];
    if (place) transcript.goTo({ position: place.position, start: null, end: place.end ?? null });
  }

  close() {
    this.reading.hidden = true;
    this.body.hidden = false;
  }
}
