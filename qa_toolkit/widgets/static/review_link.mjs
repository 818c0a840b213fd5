// How the review screen and the kernel keep up with one another; knows no element of the page.
import { Wire } from "./wire.mjs";
import { Outbox } from "./outbox.mjs";
import { baseOf } from "./review_model.mjs";
import { changedText, refusedText, resentText } from "./review_words.mjs";
import { Drafts } from "./review_drafts.mjs";
import { Facts } from "./review_facts.mjs";
import { Shown } from "./review_shown.mjs";
import { TimeTracker } from "./review_time.mjs";
import { KeptActs } from "./kept_acts.mjs";

const LOST = "The connection to the kernel was lost. What is marked as saved is in the store. Run the cell again.";
const LEFT_BEHIND = 30_000; // milliseconds after which another tab is taken not to be sending an act
const SILENT = "The kernel does not answer: it is busy or gone. If it was restarted, run the cell again.";

/**
 * Says hello, sends again what an earlier page left, moves between conversations and looks what the store says.
 * `screen` hears: started(), shown(same), changed(), said(text, kind), refused(texts), missing(ids),
 * lackingEvidence(ids), undone(commandment).
 */
export class Link extends Shown {
  constructor(model, screen) {
    super();
    Object.assign(this, { screen, last: null, newest: null, resent: 0, opened: false, refreshing: false, clock: new TimeTracker() });
    this.wire = new Wire(model, {
      heard: (message) => this.#heard(message), alive: (ok) => this.#alive(ok), lost: () => this.#connectionLost(), slowed: () => screen.changed(),
    });
    this.outbox = new Outbox(this.wire, {
      changed: () => this.#changed(), standsOn: (...values) => this.standsOn(...values),
      saved: (act, result) => this.saved(act, result), refused: (act, error) => this.refused(act, error),
    });
    // Reports of time wait for nothing and nothing waits for them; one that is lost is no reviewer's work.
    this.times = new Outbox(this.wire);
    this.known = new Facts((fields) => this.wire.ask("facts", fields), () => screen.changed());
  }

  // --- asking ---

  hello() {
    this.ask("hello", {}, (hello) => {
      this.begin(hello);
      this.restoring = this.outbox.restore(this.outbox.kept.list()).length > 0;
      if (this.restoring) this.#settle();
      else this.show(hello.view);
    });
  }

  begin(hello) {
    Object.assign(this, { progress: hello.progress, settings: hello.settings, newest: hello.newest, assigned: hello.assigned ?? false });
    this.clock.idleAfter = hello.settings.idle_after;
    if (this.rubric?.hash === hello.rubric.hash) return;
    Object.assign(this, { rubric: hello.rubric, reviewer: hello.reviewer, sample: hello.sample });
    this.titles = new Map(hello.rubric.commandments.map(({ id, title }) => [id, title]));
    const who = { sample: hello.sample, reviewer: hello.reviewer, rubric: hello.rubric.hash };
    this.drafts = new Drafts(who);
    this.outbox.kept = new KeptActs(who);
    this.times.kept = new KeptActs(who, "time");
    this.times.restore(this.times.kept.list());
    this.screen.started();
  }

  /** Once nothing of before is on its way any more: show what the store holds now. */
  #settle() {
    if (this.outbox.acts.some((act) => act.restored && !act.late)) return;
    this.restoring = false;
    this.hello();
  }

  #changed() {
    if (this.restoring && !this.asking) this.#settle();
    if (this.opened && !this.moving && !this.outbox.acts.some(({ restored }) => restored)) this.#tellResent();
    this.screen.changed();
  }

  #tellResent(words = "") {
    const text = [resentText(this.resent), words].filter(Boolean).join(". ");
    this.resent = 0;
    if (text) this.screen.said(text);
  }

  move(kind, id = this.id) {
    if (this.moving) return;
    this.saveComments();
    this.ask(kind, { conversation_id: id }, (view) => this.#moved(kind, view));
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

  ask(kind, fields, done) {
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
    if (!this.conversation || error.unheard) this.lost = `${text} If the kernel was restarted, run the cell again.`;
    this.screen.said(text, "bad");
    this.screen.changed();
  }

  show(view) {
    const same = view !== null && this.id === view.conversation.conversation_id;
    this.opened = true;
    this.conversation = view?.conversation ?? null;
    if (!same || view.assignment !== undefined) this.assignment = view?.assignment ?? null;
    this.last = this.id ?? this.last;
    this.spend(this.clock.open(this.id));
    if (view) this.adopt(view.state);
    if (view?.not_applicable) this.fixed = view.not_applicable;
    if (view?.state.revision) this.event ??= { id: view.state.revision };
    if (!same) this.known.opened(this.id);
    const back = view && !same ? this.#restoreDrafts() : [];
    this.screen.shown(same);
    this.#tellResent(back.length ? `A comment that was not saved is back: ${back.join(", ")}` : "");
  }

  #restoreDrafts() {
    const comments = this.ids.map((id) => [id, this.state.ratings[id]?.comment ?? ""]);
    const back = this.drafts.restore(this.id, { "": this.state.comment, ...Object.fromEntries(comments) });
    return back.map((id) => this.titles.get(id) ?? "on the conversation");
  }

  /** What comes last is newest: the kernel answers one after another (numbers fall when something is undone). */
  adopt(state) {
    this.states.set(state.conversation_id, state);
    if (this.newest !== null) this.newest = Math.max(this.newest, state.revision);
  }

  // --- the same in another tab, by this kernel or by another ---

  /** An answer to another tab, or one that came late: to a hello that waited for other cells, say. */
  #heard(message) {
    if (this.outbox.late(message) || this.times.late(message)) return;
    if (!this.rubric) return void (message.ok && !this.asking && this.hello());
    const { result, error } = message;
    const state = result?.state ?? result?.view?.state ?? error?.state;
    if (result) this.told(result);
    if (state?.conversation_id === this.id) this.adoptOfOthers(state);
    this.screen.changed();
  }

  /** What an answer says besides the state of a review. */
  told({ progress, assigned }) {
    if (progress) this.progress = progress;
    if (assigned !== undefined) this.assigned = assigned;
  }

  adoptOfOthers(state) {
    const mine = this.under(this.id).map(({ shown: { commandment } }) => commandment);
    const others = [...this.titles].filter(([id]) => !mine.includes(id));
    const text = changedText(this.state, state, others);
    this.adopt(state);
    if (text) this.screen.said(text);
  }

  /** Ask what the store holds now, unless an answer that says so is on its way anyway. */
  refresh() {
    if (this.asking || this.restoring || this.refreshing) return;
    if (!this.opened) return this.hello();
    if (this.outbox.acts.length) return;
    this.#takeOver();
    const { id } = this;
    this.refreshing = true;
    this.wire.ask("refresh", { conversation_id: id }).then((result) => {
      Object.assign(this, { lost: "", refreshing: false });
      this.told(result);
      if (result.state && id === this.id) this.adoptOfOthers(result.state);
      if (result.assignment !== undefined && id === this.id) this.assignment = result.assignment;
      this.screen.changed();
    }, (error) => {
      this.refreshing = false;
      if (error.unheard && !this.lost) this.lost = SILENT;
      this.screen.changed();
    });
  }

  /** Send what another tab left behind when it was closed, or cannot send since its kernel is gone. */
  #takeOver() {
    const left = this.outbox.kept.list().filter(({ place }) => Date.now() - Number(place) / 1000 > LEFT_BEHIND);
    if (left.length) this.outbox.restore(left);
  }

  // --- the connection ---

  #alive(ok) {
    if (this.lost === SILENT || this.lost === LOST) this.lost = "";
    this.outbox.alive(ok);
    this.times.alive(ok);
    if (ok && this.rubric && !this.opened && !this.asking && !this.restoring) this.hello();
  }

  #connectionLost() {
    this.lost = LOST;
    this.outbox.lost();
    this.times.lost();
    this.screen.changed();
  }

  again() {
    this.lost = "";
    if (this.outbox.failed.length) this.outbox.retry();
    else if (this.conversation) this.move("view");
    else this.hello();
  }

  // --- what became of acts ---

  /** The event on which an act stands that was made while the one before it was on its way. */
  standsOn(next, act, result) {
    const { commandment } = next.shown;
    if (next.guard === "after" || (act.kind === "rate" && act.shown.commandment === commandment)) return result.event_id;
    const state = result.state.conversation_id === next.shown.conversation ? result.state : this.states.get(next.shown.conversation);
    return state ? baseOf(state, commandment) : null;
  }

  saved(act, result) {
    const { state, event_id: id, at } = result;
    Object.assign(this, { event: { id, at }, lost: "" });
    this.told(result);
    if (this.newest !== null) this.newest = Math.max(this.newest, id);
    if (act.restored) this.resent += 1;
    this.adopt(state);
  }

  refused(act, error) {
    const { conversation } = act.shown;
    if (act.restored) return this.screen.refused([refusedText(act, error)]);
    if (!error) return this.screen.said(`${act.shown.name} was not sent, since what came before it was refused`, "bad");
    if (error.code === "stale" && !error.state?.conversation_id && conversation === this.id) this.move("view");
    if (error.code === "incomplete") return this.screen.missing(this.missing);
    if (error.code === "evidence") return this.screen.lackingEvidence(this.lacking);
    const now = act.kind === "undo" ? "Undo again to take that back." : "You see now what is stored.";
    this.screen.said(error.code === "stale" ? `${error.message} ${now}` : error.message, "bad");
  }

  // --- time ---

  spend(spent = this.clock.take()) {
    if (spent) this.times.put({ kind: "spent", key: "time", fields: spent });
  }

  close() {
    this.spend();
    this.outbox.close();
    this.times.close();
    this.wire.close();
  }
}
