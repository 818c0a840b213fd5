// What the reviewer does and what the store answers; knows no element of the page.
import { Wire } from "./wire.mjs";
import { Outbox } from "./outbox.mjs";
import { baseOf, goodsOf, overallOf, problemText, rateKey, ratingOf, restKey, statusesOf, toggled, undoneText, withAll } from "./review_model.mjs";
import { Drafts } from "./review_drafts.mjs";

const TYPING_PAUSE = 1500;

/**
 * What is shown is the store's state, then the acts that are on their way, then what is typed.
 * `screen` hears: started(hello), shown(view, same), changed(), said(text, kind), missing(ids), undone(commandment).
 */
export class ReviewClient {
  constructor(model, screen) {
    Object.assign(this, { screen, states: new Map(), conversation: null, last: null, asking: false, lost: "", event: null, typing: null });
    this.wire = new Wire(model, { heard: (message) => this.heard(message), lost: () => this.connectionLost() });
    this.outbox = new Outbox(this.wire, () => screen.changed());
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
    return this.asking || (!this.outbox.failed.length && this.outbox.acts.some((act) => act.key === null));
  }

  /** What is on its way to the store, for one conversation. */
  #under(id) {
    return this.outbox.acts.filter(({ shown }) => shown.conversation === id);
  }

  rating(commandment, id = this.id) {
    return ratingOf(this.states.get(id), commandment, this.#under(id), this.drafts.get(id, commandment));
  }

  get overall() {
    return overallOf(this.state, this.#under(this.id), this.drafts.get(this.id));
  }

  get goods() {
    return goodsOf(this.state, this.#under(this.id));
  }

  /** Why a row is not as saved as it looks: a text for each commandment that has one. */
  get statuses() {
    const typed = this.ids.filter((id) => !this.rating(id).rating && this.drafts.get(this.id, id));
    return statusesOf(typed, this.outbox.failed.filter(({ shown }) => shown.conversation === this.id));
  }

  get problem() {
    return problemText(this.outbox.failed.map(({ shown }) => shown.name), this.lost);
  }

  // --- asking ---

  hello() {
    this.#ask("hello", {}, (hello) => {
      this.#begin(hello);
      this.show(hello.view);
    });
  }

  #begin(hello) {
    this.progress = hello.progress;
    if (this.rubric?.hash === hello.rubric.hash) return;
    Object.assign(this, { rubric: hello.rubric, reviewer: hello.reviewer, sample: hello.sample });
    this.titles = new Map(hello.rubric.commandments.map(({ id, title }) => [id, title]));
    this.drafts = new Drafts({ sample: hello.sample, reviewer: hello.reviewer, rubric: hello.rubric.hash });
    this.screen.started();
  }

  move(kind, id = this.id) {
    if (this.moving) return;
    this.saveComments();
    this.#ask(kind, { conversation_id: id }, (view) => this.#moved(kind, view));
  }

  #moved(kind, view) {
    const before = this.id;
    if (kind === "previous" && view === null) this.screen.said("This is the first conversation");
    else this.show(view);
    if (kind === "next" && view && this.id === before) this.screen.said("No other conversation is open");
    this.screen.changed();
  }

  back() {
    if (!this.conversation && this.last) this.move("view", this.last);
    else this.move("previous");
  }

  #ask(kind, fields, done) {
    this.asking = true;
    this.wire.ask(kind, fields).then((result) => {
      Object.assign(this, { asking: false, lost: "" });
      done(result);
    }, (error) => this.#unanswered(error));
    this.screen.changed();
  }

  #unanswered(error) {
    this.asking = false;
    const text = `The conversation did not come. ${error.message}`;
    if (!this.conversation) this.lost = `${text} If the kernel was restarted, run the cell again.`;
    this.screen.said(text, "bad");
    this.screen.changed();
  }

  show(view) {
    const same = view !== null && this.id === view.conversation.conversation_id;
    this.conversation = view?.conversation ?? null;
    this.last = this.id ?? this.last;
    if (view) this.#adopt(view.state);
    if (view?.state.revision) this.event ??= { id: view.state.revision };
    const back = view && !same ? this.#restoreDrafts() : [];
    this.screen.shown(same);
    if (back.length) this.screen.said(`A comment that was not saved is back: ${back.join(", ")}`);
  }

  #restoreDrafts() {
    const comments = this.ids.map((id) => [id, this.state.ratings[id]?.comment ?? ""]);
    const back = this.drafts.restore(this.id, { "": this.state.comment, ...Object.fromEntries(comments) });
    return back.map((id) => this.titles.get(id) ?? "on the conversation");
  }

  /** What comes last is newest: the kernel answers one after another (numbers fall when something is undone). */
  #adopt(state) {
    this.states.set(state.conversation_id, state);
  }

  /** An answer to another tab, or one that came late: to a hello that waited for other cells, say. */
  heard(message) {
    if (this.outbox.late(message)) return;
    if (!this.rubric) return void (message.ok && !this.asking && this.hello());
    const { result, error } = message;
    const state = result?.state ?? result?.view?.state ?? error?.state;
    if (result?.progress) this.progress = result.progress;
    if (state?.conversation_id === this.id) this.#adopt(state);
    this.screen.changed();
  }

  connectionLost() {
    this.lost = "The connection to the kernel was lost. What is marked as saved is in the store. Run the cell again.";
    this.screen.changed();
  }

  again() {
    this.lost = "";
    if (this.outbox.failed.length) this.outbox.retry();
    else if (this.conversation) this.move("view");
    else this.hello();
  }

  // --- acts ---

  #act({ name, done = () => {}, refused = () => {}, shown = {}, ...rest }) {
    const conversation = this.id;
    this.outbox.put({
      ...rest, shown: { conversation, name, ...shown },
      done: (result) => {
        this.#saved(result);
        done(result);
      },
      refused: (error) => {
        refused();
        if (error) this.#refused(error, conversation);
      },
    });
  }

  #saved({ state, progress, event_id: id, at }) {
    Object.assign(this, { progress, event: { id, at }, lost: "" });
    this.#adopt(state);
  }

  #refused(error, conversation) {
    if (error.state?.conversation_id) this.states.set(error.state.conversation_id, error.state);
    else if (error.code === "stale" && conversation === this.id) this.move("view");
    if (error.code === "incomplete") return this.screen.missing(this.ids.filter((id) => !this.rating(id).rating));
    this.screen.said(error.code === "stale" ? `${error.message} You see now what is stored.` : error.message, "bad");
  }

  rate(commandment, rating, values = {}) {
    const { id } = this;
    const { evidence, comment, root_causes: causes = [] } = this.rating(commandment);
    const kept = ["partial", "fail"].includes(rating) ? causes : [];
    const wanted = { rating, evidence, comment, root_causes: kept, ...values };
    this.drafts.drop(id, commandment);
    this.#act({
      kind: "rate", key: rateKey(id, commandment, this.#under(id)), name: this.titles.get(commandment), shown: { commandment, values: wanted },
      fields: () => ({ conversation_id: id, commandment, ...wanted, base: baseOf(this.states.get(id), commandment) }),
      done: () => this.drafts.saved(id, commandment, wanted.comment),
      refused: () => this.#keepTyped(id, commandment, wanted.comment),
    });
  }

  /** After a refusal the words stay where they were typed. */
  #keepTyped(id, commandment, comment) {
    const state = this.states.get(id);
    const stored = commandment ? state.ratings[commandment]?.comment : state.comment;
    if (comment !== (stored ?? "") && !this.drafts.get(id, commandment)) this.drafts.set(id, commandment, { comment });
  }

  toggle(commandment, item) {
    const shown = this.rating(commandment);
    const evidence = toggled(shown.evidence, item);
    if (shown.rating) this.rate(commandment, shown.rating, { evidence });
    else this.drafts.set(this.id, commandment, { evidence });
    this.screen.changed();
  }

  /** Add evidence, as one act. */
  addEvidence(commandment, items) {
    const shown = this.rating(commandment);
    const evidence = withAll(shown.evidence, items);
    if (shown.rating) this.rate(commandment, shown.rating, { evidence });
    else this.drafts.set(this.id, commandment, { evidence });
    this.screen.changed();
  }

  /** Rate all that is not rated as N/A; returns how many. */
  rest() {
    const { id } = this;
    const missing = this.ids.filter((one) => !this.rating(one).rating);
    const [shown, fields] = [{ rest: missing, values: { rating: "na" } }, () => ({ conversation_id: id, rating: "na" })];
    if (missing.length) this.#act({ kind: "rate_rest", key: restKey(id), name: "the rest as N/A", shown, fields });
    return missing.length;
  }

  typed(commandment, comment) {
    this.drafts.set(this.id, commandment, { comment });
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
      if (rating && this.drafts.get(this.id, commandment)) this.rate(commandment, rating);
    }
    const overall = this.drafts.get(this.id);
    if (overall) this.#saveOverall(overall.comment);
    this.screen.changed();
  }

  #saveOverall(text) {
    const { id } = this;
    this.drafts.drop(id);
    this.#act({
      kind: "comment", key: `${id}/comment`, name: "the comment on the conversation", shown: { overall: text },
      fields: () => ({ conversation_id: id, text }),
      done: () => this.drafts.saved(id, "", text), refused: () => this.#keepTyped(id, "", text),
    });
  }

  markGood(values) {
    const { id } = this;
    const [key, name] = [`${id}/good/${values.position}`, `the good answer, message ${values.position + 1}`];
    this.#act({ kind: "mark_good", key, name, shown: { good: values }, fields: () => ({ conversation_id: id, ...values }) });
  }

  submit() {
    if (this.outbox.failed.length) this.again();
    else this.#leave("submit", "the submit", { without_evidence: true });
  }

  skip(reason) {
    this.#leave("skip", "the skip", { reason });
  }

  #leave(kind, name, values) {
    if (this.moving) return;
    this.saveComments();
    const { id } = this;
    // The move waits until this act has left the outbox: until then nothing may move.
    const done = () => queueMicrotask(() => this.id === id && this.move("next"));
    this.#act({ kind, name, fields: () => ({ conversation_id: id, ...values }), done });
  }

  undo() {
    if (this.moving) return;
    this.saveComments();
    this.#act({ kind: "undo", name: "the undo", fields: () => ({}), done: (result) => this.#undone(result) });
  }

  #undone({ undone, view, state }) {
    const before = this.id;
    this.show(view ?? { conversation: this.conversation, state });
    this.screen.undone(undone.commandment);
    this.screen.said(undoneText(undone, this.titles, before));
  }

  close() {
    if (this.rubric) this.saveComments();
    this.wire.close();
  }
}
