// Two answers beside each other: of the suggestions, and what the agent wrote.
import { h, setText } from "./dom.mjs";
import { dayOf } from "./times.mjs";
import { RATING_NAMES } from "./review_model.mjs";
import { folded } from "./coach_detail.mjs";
import { fill } from "./coach_faults.mjs";
import { alike } from "./coach_match.mjs";
import { closenessText } from "./coach_model.mjs";
import { evidenceOf } from "./coach_rates.mjs";

export const OWN = 0; // the number of what the agent wrote

/** What the agent wrote, in the fields of a suggestion. */
function ownAnswer(fault) {
  const wrote = evidenceOf(fault).filter(({ role }) => role === "agent");
  const found = [fault, ...fault.others].map(({ reviewer, rating, comment }) => `${RATING_NAMES[rating]} for ${fault.title} by ${reviewer}${comment ? `: ${comment}` : ""}`);
  return {
    rank: OWN, agent: fault.agent, channel: fault.channel, sent_at: wrote[0]?.sent_at ?? fault.started_at, situation: fault.situation,
    answer: wrote.map(({ quote }) => quote).join("\n\n"), why: found, passes: [], closeness: null,
  };
}

const wordCount = (text) => text.split(/\s+/).filter(Boolean).length;

/** `acts`: toggle(suggestion), close(). */
export class Comparison {
  constructor(acts) {
    Object.assign(this, { acts, answers: new Map(), chosen: [], pins: [] });
    this.choices = ["left", "right"].map((side, place) => h("select", { class: "qa-select", "aria-label": `On the ${side}`, on: { change: (event) => this.choose(place, Number(event.target.value)) } }));
    this.sides = this.choices.map((_, place) => h("article", { class: "qa-compared", "aria-label": `On the ${["left", "right"][place]}` }));
    this.hint = h("span", { class: "qa-hint", role: "status" });
    this.root = h("section", { class: "qa-pane qa-compare", "aria-label": "Two answers beside each other", tabindex: -1, hidden: true },
      h("div", { class: "qa-reading-head" }, h("h3", { class: "qa-reading-title", text: "Beside each other" }), this.hint, h("span", { class: "qa-space" }),
        h("button", { class: "qa-button", type: "button", on: { click: acts.close } }, "Close", h("kbd", { text: "Esc", "aria-hidden": "true" }))),
      h("div", { class: "qa-sides" }, this.sides));
  }

  get isOpen() {
    return !this.root.hidden;
  }

  /** Show two of what is there, by their numbers. */
  open({ fault, results }, numbers) {
    const own = fault ? [ownAnswer(fault)] : [];
    this.answers = new Map([...own, ...(results?.suggestions ?? [])].map((one) => [one.rank, one]));
    this.chosen = [...numbers];
    const options = [...this.answers.values()].map(({ rank, agent }) => [String(rank), rank === OWN ? `what ${agent ?? "the agent"} wrote` : `answer ${rank}, by ${agent ?? "unknown agent"}`]);
    this.choices.forEach((choice, place) => fill(choice, options, String(this.chosen[place])));
    this.root.hidden = false;
    this.root.scrollTop = 0;
    this.show();
  }

  has(number) {
    return this.answers.has(number);
  }

  choose(place, number) {
    this.chosen[place] = number;
    this.show();
    this.acts.chosen();
  }

  close() {
    this.root.hidden = true;
  }

  show() {
    const [left, right] = this.chosen.map((number) => this.answers.get(number));
    this.pins = [];
    const shared = [[left, right], [right, left]].map(([one, other], place) => this.side(place, one, other));
    setText(this.hint, shared.some(Boolean) ? "what both say is paler" : "");
  }

  /** Fill one side; returns whether its answer says anything that the other says too. */
  side(place, one, other) {
    const { rank, agent, channel, sent_at: at, situation, answer, passes, why } = one;
    const parts = alike(answer, other.answer);
    const said = parts.map(([text, isShared]) => (isShared ? h("span", { class: "qa-both", text }) : text));
    const label = (text) => h("div", { class: "qa-fault-meta qa-over-words", text });
    const words = (kind, ...inside) => h("div", { class: `qa-words qa-open ${kind}`, dir: "auto" }, inside);
    const part = (title, ...nodes) => h("div", { class: "qa-side-part" }, label(title), nodes);
    this.sides[place].replaceChildren(
      h("div", { class: "qa-line qa-side-head" }, this.choices[place], h("span", { class: "qa-space" }), rank === OWN ? null : this.pinOf(one)),
      h("div", { class: "qa-fault-meta", text: [agent, channel, dayOf(at).slice(4), closenessText(one)].filter(Boolean).join(" · ") }),
      part("The customer had written", situation ? folded(situation, "qa-customer-words qa-short", "what the customer had written") : h("p", { class: "qa-hint", text: "nothing" })),
      part(`${rank === OWN ? "What the agent wrote" : "The answer"} · ${wordCount(answer)} words`,
        answer ? words(`qa-agent-words ${rank === OWN ? "" : "qa-good-words"}`, said) : h("p", { class: "qa-hint", text: "The reviewer marked no message of the agent as evidence; the conversation shows all of them." })),
      part(rank === OWN ? "What was found" : "Why", h("ul", { class: "qa-whys" }, why.map((text) => h("li", { class: "qa-why" }, h("bdi", { text }))))),
      this.merits(passes, other.passes));
    return parts.some(([, isShared]) => isShared);
  }

  /** What an answer is good at: first what the other is not. */
  merits(mine, others) {
    const [alone, both] = [mine.filter((one) => !others.includes(one)), mine.filter((one) => others.includes(one))];
    const line = (title, names) => (names.length ? h("p", { class: "qa-hint" }, h("span", { class: "qa-role", text: title }), names.join(", ")) : null);
    return h("div", { class: "qa-side-part" }, line(others.length ? "Good at, and the other not: " : "Good at: ", alone), line("Both good at: ", both));
  }

  pinOf(suggestion) {
    const text = h("span");
    const button = h("button", { class: "qa-button qa-pin", type: "button", on: { click: () => this.acts.toggle(suggestion) } }, text, h("kbd", { text: String(suggestion.rank), "aria-hidden": "true" }));
    this.pins.push({ button, text, suggestion });
    return button;
  }

  paint(client) {
    for (const { button, text, suggestion } of this.pins) {
      const isPinned = Boolean(client.pinOf(suggestion.exemplar_id));
      button.disabled = !client.fault;
      button.setAttribute("aria-pressed", String(isPinned));
      setText(text, isPinned ? "★ Pinned" : "Pin");
    }
  }
}
