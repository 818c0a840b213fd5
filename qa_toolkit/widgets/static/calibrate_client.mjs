// What a reviewer does in a calibration: as in a review, then once more after the reveal; knows no element of the page.
import { ReviewClient } from "./review_client.mjs";
import { baseOf } from "./review_model.mjs";
import { asReviewed, comparison, decisionsOf, excuseOf, isRevealed, lockedText, neighbour, nextToDo, ownProgress, takenBackText, votesOf } from "./calibrate_model.mjs";

/** `screen` hears what the review screen hears, and revealed() and agreed(results). */
export class CalibrateClient extends ReviewClient {
  constructor(model, screen) {
    super(model, screen);
    Object.assign(this, { conversations: [], peers: new Map(), name: "", isReviewer: true, mayDecide: false, alone: false });
  }

  // --- what is known ---

  get whose() {
    return `${this.reviewer} · calibration ${this.name}`;
  }

  get stage() {
    return this.state.stage;
  }

  /** One's own excuse from this conversation, or null. */
  get excuse() {
    return excuseOf(this.state, this.reviewer);
  }

  get mayRate() {
    return this.isReviewer && !this.excuse;
  }

  /** Why nothing can be rated now, or "". */
  get locked() {
    return lockedText(this.state, this.mayRate, this.excuse);
  }

  /** A second rating that is taken back shows the first. */
  rating(commandment, id = this.id) {
    const shown = super.rating(commandment, id);
    const { stage, first } = this.states.get(id);
    return shown.rating || !isRevealed(stage) ? shown : { ...shown, ...first[commandment], revision: 0 };
  }

  get votes() {
    const { first, again } = this.state;
    const sent = this.under(this.id).filter(({ kind, fields }) => kind === "rate" && fields.round === 2);
    const anew = Object.fromEntries(sent.map(({ shown: { commandment, values } }) => [commandment, values]));
    const own = { reviewer: this.reviewer, first, again: { ...again, ...anew }, done: this.state.submitted_again };
    return votesOf(this.mayRate ? own : null, this.peers.get(this.id) ?? []);
  }

  /** What all say of each commandment; only after the reveal there is anything of the others. */
  get rows() {
    return comparison(this.rubric.commandments, this.votes);
  }

  get decisions() {
    return decisionsOf(this.state, this.under(this.id), this.reviewer);
  }

  /** No time is measured here. */
  spend() {}

  // --- acts ---

  get stated() {
    return { round: this.state.round };
  }

  get overallAct() {
    return { kind: "note", name: "the note for the discussion" };
  }

  rest() {
    const missing = this.ids.filter((one) => !this.rating(one).rating);
    for (const one of missing) this.rate(one, "na");
    return missing.length;
  }

  decide(commandment, values) {
    this.hereAct({
      kind: "decide", key: `${this.id}/decide/${commandment}`, name: `the decision on “${this.titles.get(commandment)}”`, shown: { decided: commandment },
      fields: { commandment, ...values }, guard: "base", event: this.state.decisions[commandment]?.uid ?? "",
    });
  }

  standsOn(next, act, result) {
    if (next.guard === "after") return result.newest;
    const { conversation, commandment, decided } = next.shown;
    const state = result.state.conversation_id === conversation ? asReviewed(result.state, this.reviewer) : this.states.get(conversation);
    if (!state) return null;
    return next.kind === "decide" ? (state.decisions[decided]?.uid ?? "") : baseOf(state, commandment);
  }

  undoneText(undone, here) {
    return takenBackText(undone, this.titles, here);
  }

  // --- moving ---

  move(kind, id = this.id) {
    if (kind === "view") return super.move(kind, id);
    const there = neighbour(this.conversations, this.id, kind === "next" ? 1 : -1);
    if (there !== this.id) super.move("view", there);
    else this.screen.said(`This is the ${kind === "next" ? "last" : "first"} conversation`);
  }

  goOn() {
    if (isRevealed(this.stage) && !this.state.submitted_again && !this.alone) return this.screen.revealed();
    const next = nextToDo(this.conversations, this.id);
    if (next) this.move("view", next);
    else this.screen.said("Nothing waits for you now");
  }

  // --- what the kernel says ---

  begin(hello) {
    Object.assign(this, { name: hello.name, isReviewer: hello.may_rate, mayDecide: hello.may_decide, hidesAgent: hello.hide_agent, alone: hello.reviewers.length === 1, conversations: hello.conversations });
    super.begin({ ...hello, sample: `calibration:${hello.name}`, progress: ownProgress(hello.conversations) });
  }

  show(view) {
    if (!view) return super.show(view);
    this.told(view);
    // Hidden names are all the same: there is nothing to tell of them.
    super.show(this.hidesAgent ? { ...view, conversation: { ...view.conversation, agent: null } } : view);
  }

  told({ conversations, newest, state, peers }) {
    if (conversations) Object.assign(this, { conversations, progress: ownProgress(conversations) });
    if (Number.isFinite(newest)) this.newest = Math.max(this.newest ?? 0, newest);
    if (state && peers !== undefined) this.peers.set(state.conversation_id, peers);
  }

  adopt(state) {
    super.adopt(asReviewed(state, this.reviewer));
  }

  adoptOfOthers(state) {
    const before = this.state;
    super.adoptOfOthers(asReviewed(state, this.reviewer));
    if (before && !isRevealed(before.stage) && isRevealed(this.stage)) this.screen.revealed();
  }

  saved(act, result) {
    super.saved(act, { ...result, event_id: result.revision });
  }

  /** Ask for the agreement before and after. */
  agreement() {
    this.wire.ask("results").then((results) => this.screen.agreed(results), (error) => this.screen.agreed({ words: error.message, overall: null, commandments: [] }));
  }
}
