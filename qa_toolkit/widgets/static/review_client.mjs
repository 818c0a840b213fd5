// What the reviewer does; knows no element of the page.
import { baseOf, canHaveCauses, disputedOf, rateKey, restKey, toggled, undoneText, withAll } from "./review_model.mjs";
import { takenText } from "./review_assigned.mjs";
import { Link } from "./review_link.mjs";

const TYPING_PAUSE = 1500;

/** What is done is an act on its way until the store has it; what is typed is a draft until it is an act. */
export class ReviewClient extends Link {
  #act({ name, shown = {}, fields = {}, ...rest }) {
    const conversation = this.id;
    this.outbox.put({ ...rest, shown: { conversation, name, ...shown }, fields });
  }

  /** What a rating and a submit say besides. */
  get stated() {
    return {};
  }

  /** The act that writes the comment on the conversation. */
  get overallAct() {
    return { kind: "comment", name: "the comment on the conversation" };
  }

  hereAct({ fields = {}, ...rest }) {
    this.#act({ ...rest, fields: { conversation_id: this.id, ...fields } });
  }

  // --- ratings ---

  rate(commandment, rating, values = {}) {
    const { id } = this;
    const { evidence, comment, root_causes: causes } = this.rating(commandment);
    const wanted = { rating, evidence, comment, root_causes: canHaveCauses(rating) ? causes : [], ...values };
    this.drafts.drop(id, commandment);
    this.hereAct({
      kind: "rate", key: rateKey(id, commandment, this.under(id)), name: this.titles.get(commandment), shown: { commandment, values: wanted },
      fields: { commandment, ...wanted, ...this.stated }, guard: "base", event: baseOf(this.state, commandment),
    });
  }

  toggle(commandment, item) {
    this.#setEvidence(commandment, toggled(this.rating(commandment).evidence, item));
  }

  /** Add evidence, as one act. */
  addEvidence(commandment, items) {
    this.#setEvidence(commandment, withAll(this.rating(commandment).evidence, items));
  }

  #setEvidence(commandment, evidence) {
    const shown = this.rating(commandment);
    this.screen.said(""); // it may have asked for evidence
    if (shown.rating) this.rate(commandment, shown.rating, { evidence });
    else this.drafts.set(this.id, commandment, { evidence });
    this.screen.changed();
  }

  /** Rate all that is not rated as N/A; returns how many. */
  rest() {
    const missing = this.ids.filter((one) => !this.rating(one).rating);
    const shown = { rest: missing, values: { rating: "na" } };
    if (missing.length) this.hereAct({ kind: "rate_rest", key: restKey(this.id), name: "the rest as N/A", shown, fields: { rating: "na" } });
    return missing.length;
  }

  // --- words ---

  typed(commandment, comment) {
    this.drafts.set(this.id, commandment, { comment, refused: false });
    clearTimeout(this.typing);
    this.typing = setTimeout(() => this.saveComments(), TYPING_PAUSE);
    this.screen.changed();
  }

  /** Send what was typed here and can be stored: a comment on a commandment goes with its rating. */
  saveComments() {
    clearTimeout(this.typing);
    this.typing = null;
    if (!this.conversation) return;
    for (const commandment of this.ids) {
      const { rating } = this.rating(commandment);
      const draft = this.drafts.get(this.id, commandment);
      if (rating && draft && !draft.refused) this.rate(commandment, rating);
    }
    const overall = this.drafts.get(this.id);
    if (overall && !overall.refused) this.#saveOverall(overall.comment);
    this.screen.changed();
  }

  #saveOverall(text) {
    this.drafts.drop(this.id);
    this.hereAct({ ...this.overallAct, key: `${this.id}/comment`, shown: { overall: text }, fields: { text } });
  }

  /** The commandment that an act has words on ("" for the conversation) and the words, or null. */
  #words({ kind, fields: { commandment, comment, text } }) {
    if (kind === "rate") return [commandment, comment];
    return kind === this.overallAct.kind ? ["", text] : null;
  }

  /** After a refusal the words stay where they were typed, until the reviewer changes or rates them. */
  #keepTyped(id, [commandment, comment]) {
    const state = this.states.get(id);
    const stored = commandment ? state?.ratings[commandment]?.comment : state?.comment;
    if (comment !== (stored ?? "") && !this.drafts.get(id, commandment)) this.drafts.set(id, commandment, { comment, refused: true });
  }

  markGood(values) {
    const { position } = values;
    this.hereAct({
      kind: "mark_good", key: `${this.id}/good/${position}`, name: `the good answer, message ${position + 1}`, shown: { good: values }, fields: values,
    });
  }

  // --- facts ---

  /** What the kernel says of this conversation, or null before it did; `asked`: those that judge words too. */
  facts(asked = false) {
    return this.conversation && this.known.of(this.id, asked);
  }

  get disputed() {
    return disputedOf(this.state, this.under(this.id));
  }

  dispute(fact, wrong, note = "") {
    const [key, shown] = [`${this.id}/fact/${fact}`, { fact: { id: fact, wrong } }];
    this.hereAct({ kind: "dispute_fact", key, name: "what you said of a fact", shown, fields: { fact, wrong, note } });
  }

  // --- the whole conversation ---

  submit({ withoutEvidence = false } = {}) {
    if (this.outbox.failed.length) this.again();
    else this.#leave("submit", "the submit", { without_evidence: withoutEvidence, ...this.stated });
  }

  skip(reason) {
    this.#leave("skip", "the skip", { reason });
  }

  handBack(reason) {
    this.#leave("hand_back", "handing it back", { reason });
  }

  /** Take the next conversations from the pool. */
  take(number) {
    this.#act({ kind: "take", name: "taking from the pool", fields: { n: number } });
  }

  #leave(kind, name, fields) {
    if (this.moving) return;
    this.saveComments();
    this.hereAct({ kind, name, fields });
  }

  undo() {
    if (this.moving) return;
    this.saveComments();
    this.#act({ kind: "undo", name: "the undo", guard: "after", event: this.newest });
  }

  #undone({ undone, view, state }) {
    const before = this.id;
    this.show(view ?? { conversation: this.conversation, state });
    this.screen.undone(undone.commandment);
    this.screen.said(this.undoneText(undone, before));
  }

  undoneText(undone, here) {
    return undoneText(undone, this.titles, here);
  }

  /** A conversation was finished: go to what is to be done next. */
  goOn() {
    this.move("next");
  }

  // --- what became of it ---

  saved(act, result) {
    super.saved(act, result);
    const { kind, restored, shown: { conversation, commandment } } = act;
    const words = this.#words(act);
    if (words) this.drafts.saved(conversation, ...words);
    if (commandment) this.known.rated(conversation, this.rubric.commandments.find(({ id }) => id === commandment)?.facts);
    if (restored) return;
    // The move waits until this act has left the outbox: until then nothing may move.
    if (["submit", "skip", "hand_back"].includes(kind)) queueMicrotask(() => this.id === conversation && this.goOn());
    if (kind === "undo") this.#undone(result);
    if (kind === "take") this.show(result.view), this.screen.said(takenText(result.taken));
  }

  refused(act, error) {
    if (error?.state?.conversation_id) this.adopt(error.state);
    const words = this.#words(act);
    if (words) this.#keepTyped(act.shown.conversation, words);
    super.refused(act, error);
  }

  close() {
    if (this.rubric) this.saveComments();
    super.close();
  }
}
