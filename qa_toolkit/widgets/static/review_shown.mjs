// What the reviewer sees: the store's state, then the acts that are on their way, then what is typed.
import { goodsOf, lackEvidence, notApplicableNow, overallOf, ratingOf } from "./review_model.mjs";
import { problemText, savedText, statusesOf } from "./review_words.mjs";

/** One reviewer's view of one conversation at a time; it asks and writes nothing. */
export class Shown {
  constructor() {
    Object.assign(this, { states: new Map(), conversation: null, fixed: {}, lost: "", event: null, typing: null, asking: false, restoring: false, assigned: false, assignment: null });
  }

  get whose() {
    return `${this.reviewer} · sample ${this.sample}`;
  }

  get id() {
    return this.conversation?.conversation_id ?? null;
  }

  get state() {
    return this.states.get(this.id);
  }

  get ids() {
    return this.rubric.commandments.map(({ id }) => id);
  }

  /** Whether the next conversation may be about to come: what is pressed now could be meant for it. */
  get moving() {
    if (this.asking || this.restoring) return true;
    return !this.outbox.failed.length && this.outbox.acts.some((act) => act.key === null);
  }

  /** What is on its way to the store, for one conversation. */
  under(id) {
    return this.outbox.acts.filter(({ shown }) => shown.conversation === id);
  }

  rating(commandment, id = this.id) {
    return ratingOf(this.states.get(id), commandment, this.under(id), this.drafts.get(id, commandment));
  }

  get ratings() {
    return new Map(this.ids.map((id) => [id, this.rating(id)]));
  }

  /** Whether this conversation is the reviewer's to hand back. */
  get canHandBack() {
    return Boolean(this.assignment) && ["open", "draft"].includes(this.state.status) && ["open", "taken"].includes(this.assignment.state);
  }

  get overall() {
    return overallOf(this.state, this.under(this.id), this.drafts.get(this.id));
  }

  get goods() {
    return goodsOf(this.state, this.under(this.id));
  }

  /** Why commandments do not apply here: a text for each that does not, by the conversation or by what is rated. */
  get notApplicable() {
    return notApplicableNow(this.rubric.commandments, this.fixed, this.ratings);
  }

  /** Commandments that are neither rated nor out of place. */
  get missing() {
    const reasons = this.notApplicable;
    return this.ids.filter((id) => !this.rating(id).rating && !reasons.has(id));
  }

  /** Commandments that are failed without evidence. */
  get lacking() {
    return lackEvidence(this.ratings);
  }

  /** Why a row is not as saved as it looks: a text for each commandment that has one. */
  get statuses() {
    const typed = this.ids.map((id) => [id, this.drafts.get(this.id, id), this.rating(id).rating]).filter(([, draft]) => draft);
    return statusesOf(typed, this.outbox.unsaved.filter(({ shown }) => shown.conversation === this.id));
  }

  get problem() {
    return problemText(this.outbox.unsaved, this);
  }

  /** Whether all is saved: {text, state}. */
  get savedState() {
    return savedText(this);
  }
}
