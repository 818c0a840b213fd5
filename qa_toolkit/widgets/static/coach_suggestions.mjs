// The right side: a search, what to choose from, and ranked good answers with their pins.
import { h, setText } from "./dom.mjs";
import { dayOf } from "./times.mjs";
import { anyOf, choice, fill, period } from "./coach_faults.mjs";
import { folded } from "./coach_detail.mjs";
import { placeOf } from "./coach_match.mjs";
import { CLOSENESS, closenessText, isAgainst, OTHERS, reasons } from "./coach_model.mjs";

const NOTE_PAUSE = 1200;

/** One good answer. `acts`: toggle(suggestion), judge(suggestion, useful), compare(suggestion), note(suggestion, text), read(suggestion). */
class SuggestionView {
  constructor(suggestion, title, acts) {
    Object.assign(this, { suggestion, acts, timer: null });
    const { rank, agent, channel, sent_at: at, situation, answer, verified, passes, matched, exemplar_id: id } = suggestion;
    this.pinText = h("span");
    this.pin = h("button", { class: "qa-button qa-pin", type: "button", "aria-pressed": "false", on: { click: () => acts.toggle(suggestion) } }, this.pinText, h("kbd", { text: String(rank), "aria-hidden": "true" }));
    this.note = h("input", { class: "qa-input", type: "text", dir: "auto", maxlength: 10000, placeholder: "Note for the agent: what to see in it", "aria-label": `Note on answer ${rank}`, hidden: true,
      on: { input: () => this.typed(), change: () => this.save() } });
    this.judged = Object.fromEntries([["used", "Used"], ["not useful", "Not useful"]].map(([useful, text]) => [useful,
      h("button", { class: "qa-judge", type: "button", "aria-pressed": "false", text, "aria-label": `${text}: answer ${rank}`, on: { click: () => acts.judge(suggestion, useful) } })]));
    const head = h("div", { class: "qa-answer-head" }, h("span", { class: "qa-rank", text: String(rank) }), h("bdi", { class: "qa-role", text: agent || "unknown agent" }),
      h("span", { class: "qa-fault-meta", text: [channel, dayOf(at).slice(4)].filter(Boolean).join(" · ") }),
      h("span", { class: `qa-label ${verified ? "qa-is-verified" : ""}`.trim(), text: verified ? "verified" : "not verified" }), closenessOf(suggestion),
      h("span", { class: "qa-space" }), this.pin);
    const foot = h("div", { class: "qa-line" }, h("button", { class: "qa-link", type: "button", text: "conversation", "aria-label": `Conversation of answer ${rank}`, on: { click: () => acts.read(suggestion) } }),
      h("button", { class: "qa-link", type: "button", text: "compare", "aria-label": `Compare answer ${rank}`, on: { click: () => acts.compare(suggestion) } }),
      h("span", { class: "qa-space" }), Object.values(this.judged));
    const label = (text) => h("div", { class: "qa-fault-meta qa-over-words", text });
    const [inSituation, inAnswer] = [situation, answer].map((text) => (matched && placeOf(text, matched) ? matched : ""));
    const earlier = matched && !inSituation && !inAnswer ? h("p", { class: "qa-further", dir: "auto" }, "what matches, from before: ", h("mark", { class: "qa-matched", text: matched })) : null;
    this.root = h("article", { class: "qa-answer", "aria-label": `Answer ${rank}, by ${agent || "unknown agent"}`, data: { exemplar: id } }, head,
      situation ? [label("The customer had written"), folded(situation, "qa-customer-words qa-short", "what the customer had written", inSituation)] : null, earlier,
      label("The answer"), folded(answer, "qa-agent-words qa-good-words", "the answer", inSituation ? "" : inAnswer), this.note, this.reasons(title), this.passed(passes), foot);
  }

  reasons(title) {
    const [main, others] = reasons(this.suggestion, title);
    const chips = (texts) => texts.map((text) => h("li", { class: isAgainst(text) ? "qa-why qa-against" : "qa-why" }, h("bdi", { text })));
    const list = h("ul", { class: "qa-whys", "aria-label": "Why it was suggested" }, chips(main));
    if (others.length) {
      const more = h("button", { class: "qa-link", type: "button", text: `${others.length} more`, on: { click: () => more.parentNode.replaceWith(...chips(others)) } });
      list.append(h("li", {}, more));
    }
    return list;
  }

  passed(titles) {
    return titles.length ? h("p", { class: "qa-hint qa-passes" }, "Good at: ", titles.join(", ")) : null;
  }

  paint(pin, judged, canPin) {
    for (const [useful, button] of Object.entries(this.judged)) {
      button.hidden = !canPin;
      button.setAttribute("aria-pressed", String(judged?.useful === useful));
    }
    this.pinned = pin;
    this.pin.disabled = !canPin;
    this.pin.title = canPin ? "" : "Choose a fault to pin it to";
    this.pin.setAttribute("aria-pressed", String(Boolean(pin)));
    setText(this.pinText, pin ? "★ Pinned" : "Pin");
    this.root.classList.toggle("qa-is-pinned", Boolean(pin));
    this.note.hidden = !pin;
    if (document.activeElement !== this.note && this.timer === null) this.note.value = pin?.note ?? "";
  }

  typed() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), NOTE_PAUSE);
  }

  save() {
    clearTimeout(this.timer);
    this.timer = null;
    if (this.pinned && this.pinned.note !== this.note.value.trim()) this.acts.note(this.suggestion, this.note.value.trim());
  }
}

/** How close an answer is, as a bar and in words; null where nothing says so. */
export function closenessOf(suggestion) {
  const text = closenessText(suggestion);
  if (!text) return null;
  const bar = h("i");
  bar.style.width = `${Math.round(suggestion.closeness * 100)}%`;
  return h("span", { class: "qa-close", title: CLOSENESS }, h("span", { class: "qa-close-bar", "aria-hidden": "true" }, bar), text);
}

/** `acts`: those of an answer, and search(text), wanted(values). */
export class SuggestionsPane {
  constructor(acts) {
    Object.assign(this, { acts, views: [], painted: null, wanted: {} });
    this.field = h("input", { class: "qa-input qa-search", type: "search", dir: "auto", maxlength: 10000, placeholder: "Search in your own words: customer wants refund, parcel lost", "aria-label": "Search good answers" });
    this.field.addEventListener("search", () => this.field.value.trim() || acts.search(""));
    const submit = (event) => (event.preventDefault(), acts.search(this.field.value));
    this.heading = h("h3");
    this.toggle = h("button", { class: "qa-link", type: "button", "aria-expanded": "false", on: { click: () => this.openFilters() } });
    this.selects = Object.fromEntries(["answerer", "commandment", "channel", "language"].map((name) => [name, choice(`Answers: ${name}`, (value) => this.changed(name, value))]));
    this.period = period("Answers", (name, value) => this.changed(name, value));
    this.verified = h("input", { type: "checkbox", on: { change: () => this.changed("verified", this.verified.checked) } });
    this.form = h("div", { class: "qa-filters qa-wide", role: "group", "aria-label": "Filter the answers", hidden: true }, Object.values(this.selects),
      this.period.nodes, h("label", { class: "qa-check" }, this.verified, h("span", { text: "verified only" })));
    this.progress = h("div", { class: "qa-progress", role: "status" });
    this.list = h("div");
    this.root = h("section", { class: "qa-pane qa-right", "aria-label": "Good answers" },
      h("div", { class: "qa-right-top" }, h("form", { role: "search", class: "qa-search-form", on: { submit } }, this.field, h("kbd", { text: "/", "aria-hidden": "true" })),
        h("div", { class: "qa-line" }, this.heading, h("span", { class: "qa-space" }), this.toggle), this.form), this.progress, this.list);
    this.paintToggle();
  }

  start({ answerers, commandments, channels, languages }) {
    fill(this.selects.answerer, [["", "by anybody"], [OTHERS, "by others only"], ...answerers.map((name) => [name, `by ${name}`])]);
    fill(this.selects.commandment, [["", "for any commandment"], ...commandments.map(({ id, title }) => [id, title])]);
    fill(this.selects.channel, anyOf("every channel", channels));
    fill(this.selects.language, anyOf("every language", languages));
    this.selects.language.hidden = languages.length < 2;
  }

  changed(name, value) {
    this.wanted = { ...this.wanted, [name]: value };
    this.paintToggle();
    this.acts.wanted(this.wanted);
  }

  paintToggle() {
    const number = Object.values(this.wanted).filter(Boolean).length;
    setText(this.toggle, number ? `${number} ${number === 1 ? "filter" : "filters"}` : "filter");
  }

  openFilters(open = this.form.hidden) {
    this.form.hidden = !open;
    this.toggle.setAttribute("aria-expanded", String(open));
  }

  paint(client) {
    const { fault, text, results } = client;
    this.selects.commandment.hidden = !text;
    setText(this.heading, text ? `Good answers for “${text}”` : fault ? "Good answers to learn from" : "Good answers");
    if (results !== this.painted || !results) this.show(client);
    for (const view of this.views) paintAnswer(view, client);
  }

  show({ fault, text, results, warm }) {
    this.painted = results;
    for (const view of this.views) view.save();
    const waiting = !results && (fault || text);
    this.root.setAttribute("aria-busy", String(Boolean(waiting)));
    this.progress.classList.toggle("qa-waiting", Boolean(waiting));
    this.progress.classList.toggle("qa-alarm", Boolean(results?.error));
    setText(this.progress, waiting ? (warm ? "Looking for answers…" : "Loading the model… the first answers take some seconds; faults and conversations can be read meanwhile.") : emptyText(results));
    this.views = (results?.suggestions ?? []).map((one) => new SuggestionView(one, text ? "" : fault?.title, this.acts));
    this.list.replaceChildren(...this.views.map(({ root }) => root));
    this.root.scrollTop = 0;
  }

  /** The answer with this number, counted from 1. */
  at(rank) {
    return this.views[rank - 1]?.suggestion ?? null;
  }

  saveNotes() {
    for (const view of this.views) view.save();
  }
}

function paintAnswer(view, client) {
  const { exemplar_id: id } = view.suggestion;
  view.paint(client.pinOf(id), client.judgedOf(id), Boolean(client.fault));
}

function emptyText(results) {
  if (!results || results.suggestions.length) return "";
  if (results.error) return `No answers came. ${results.error} Open the fault again to try once more.`;
  return results.reason || "Nothing found.";
}
