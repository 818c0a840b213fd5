// What the coach does and what the kernel answers; knows no element of the page.
import { Wire } from "./wire.mjs";
import { Outbox } from "./outbox.mjs";
import { KeptActs } from "./kept_acts.mjs";
import { byCertainty, faultIds } from "./coach_rates.mjs";
import { faultFields, NO_FILTERS, pinKey, problemText, RESULTS, shownAgreed, shownJudged, shownPins, suggestionFilters } from "./coach_model.mjs";

const TIMEOUT = 20_000;
// The first suggestions wait for the model, and for vectors of what was never embedded.
const SLOW_TIMEOUT = 120_000;

/** `screen` hears: started(), listed(), opened(), changed(), said(text, kind), read(conversation, about), exported(pack, ...). */
export class CoachClient {
  constructor(model, screen) {
    Object.assign(this, {
      screen, hello: null, agent: "", filters: { ...NO_FILTERS }, faults: [], rates: {}, ofDesign: true, fault: null, stored: { pins: [], judged: [], agreed: [] }, library: null, lost: "", asking: 0, warm: false,
      wanted: { answerer: "", commandment: "", channel: "", language: "", since: "", to: "", verified: false },
      text: "", results: null, known: new Map(), answers: new Map(), turn: 0, listing: 0,
    });
    this.wire = new Wire(model, {
      timeout: TIMEOUT, heard: (message) => this.heard(message), alive: (ok) => this.outbox.alive(ok), lost: () => this.connectionLost(),
    });
    this.slow = new Wire(model, { timeout: SLOW_TIMEOUT });
    this.outbox = new Outbox(this.wire, {
      changed: () => screen.changed(),
      saved: (_, result) => this.#saved(result),
      refused: (act, error) => this.#refused(act, error),
    });
  }

  // --- reading ---

  start() {
    return this.#ask("hello", {}, (hello) => {
      this.hello = hello;
      this.#keep(hello);
      this.known.clear();
      const left = this.#sendAgain(hello);
      this.screen.started();
      const agents = hello.agents.map(({ agent }) => agent);
      if (agents.length) return this.choose(agents.includes(this.agent) ? this.agent : worst(hello.agents)).then(() => this.screen.sentAgain(left));
      this.screen.listed();
    });
  }

  /** Send what an earlier page left unsaved; an act that was saved all the same is not written twice. */
  #sendAgain({ project, coach }) {
    this.outbox.kept ??= new KeptActs({ sample: project, reviewer: coach, rubric: "" }, "coach");
    return this.outbox.restore(this.outbox.kept.list()).length;
  }

  choose(agent) {
    this.agent = agent;
    return this.list();
  }

  /** Ask for the faults that the filters let through; open the one that is wanted, or stay at the one that is open by then. */
  list(wanted = null) {
    const turn = (this.listing += 1);
    return this.#ask("faults", faultFields(this.agent, this.filters), ({ faults, rates, of_design: ofDesign }) => {
      if (turn !== this.listing) return;
      Object.assign(this, { faults, rates, ofDesign });
      this.screen.listed();
      const id = wanted ?? this.fault?.fault_id;
      this.open(this.screen.order.find((one) => faultIds(one).includes(id)) ?? this.screen.order[0] ?? null);
    });
  }

  open(fault) {
    Object.assign(this, { fault, text: "" });
    this.screen.opened();
    return this.suggest();
  }

  read(id, about) {
    const turn = this.fault;
    return this.#ask("conversation", { conversation_id: id }, (conversation) => {
      if (turn === this.fault) this.screen.read(conversation, about);
    });
  }

  // --- good answers ---

  /** Ask for answers to the open fault, or to the words of a search; what was found once is kept. */
  suggest() {
    const { fault, text } = this;
    const turn = (this.turn += 1);
    this.results = null;
    if (!fault && !text) return this.screen.changed();
    const { commandment, ...others } = this.wanted;
    const filters = suggestionFilters(text ? this.wanted : others, this.agent);
    const [kind, fields] = text ? ["search", { text }] : ["suggest", { fault_id: fault.fault_id }];
    const message = { ...fields, k: RESULTS, filters };
    const found = this.known.get(JSON.stringify([kind, message]));
    if (found) return this.#found(found, turn);
    this.screen.changed();
    return this.slow.ask(kind, message).then((result) => {
      this.warm = true;
      this.#noticed(result);
      this.known.set(JSON.stringify([kind, message]), result);
      this.#found(result, turn);
    }, (error) => this.#found({ suggestions: [], reason: "", error: error.message }, turn));
  }

  #found(results, turn) {
    if (turn !== this.turn) return;
    this.results = results;
    this.screen.changed();
  }

  search(text) {
    this.text = text.trim();
    return this.suggest();
  }

  // --- pins ---

  get pins() {
    return shownPins(this.stored.pins, this.outbox.acts).map((pin) => ({ answer: this.answers.get(pin.exemplar_id) ?? "", ...pin }));
  }

  get agreed() {
    return shownAgreed(this.stored.agreed, this.outbox.acts).filter(({ agent }) => agent === this.agent);
  }

  pinOf(exemplar) {
    return this.#ofFault(this.pins, exemplar);
  }

  /** What the coach said of an answer to the open fault, or null. */
  judgedOf(exemplar) {
    return this.#ofFault(shownJudged(this.stored.judged, this.outbox.acts), exemplar);
  }

  #ofFault(all, exemplar) {
    const ids = this.fault ? faultIds(this.fault) : [];
    return all.find((one) => ids.includes(one.fault_id) && one.exemplar_id === exemplar) ?? null;
  }

  /** Pin a suggestion to the open fault, or change the note of its pin. */
  pin(suggestion, note = "") {
    const { fault } = this;
    this.answers.set(suggestion.exemplar_id, suggestion.answer);
    this.#put({
      fault_id: this.pinOf(suggestion.exemplar_id)?.fault_id ?? fault.fault_id, exemplar_id: suggestion.exemplar_id, note, pinned: true, agent: fault.agent, title: fault.title,
      commandment: fault.commandment, answered_by: suggestion.agent, holds: true,
    });
  }

  unpin(pin) {
    const { answer, ...others } = pin;
    this.#put({ ...others, note: "", pinned: false });
  }

  #put(pin) {
    const { fault_id, exemplar_id, note, pinned } = pin;
    this.outbox.put({
      kind: "pin", key: `pin ${pinKey(pin)}`, shown: { pin, name: `the pin of ${pin.answered_by ?? "an answer"}` },
      fields: { fault_id, exemplar_id, note, pinned },
    });
  }

  /** Say that an answer to the open fault was "used" or is "not useful", or take that back (null). */
  judge({ exemplar_id: exemplar, rank }, useful) {
    const judged = { fault_id: this.judgedOf(exemplar)?.fault_id ?? this.fault.fault_id, exemplar_id: exemplar, useful };
    this.outbox.put({
      kind: "judge", key: `judge ${pinKey(judged)}`, shown: { judged, name: `what you said of answer ${rank}` },
      fields: { ...judged, rank: this.text ? null : rank },
    });
  }

  /** Note what was agreed with the agent; or change, tick or drop what is there. */
  agree({ item_id: id = null, agent = this.agent, text, due, done = false, dropped = false }) {
    const agreed = { item_id: id, agent, text, due, done, dropped };
    const act = this.outbox.put({ kind: "agree", key: "agree", shown: { agreed, name: `“${text}”` }, fields: { ...agreed } });
    agreed.item_id ??= act.id;
    this.screen.changed();
  }

  export(format, at) {
    const agent = this.agent || null;
    return this.#ask("export", { format, agent, at: at || null }, (pack) => this.screen.exported(pack, agent, format));
  }

  // --- what comes back ---

  #keep(result) {
    for (const name of Object.keys(this.stored)) if (Array.isArray(result?.[name])) this.stored[name] = result[name];
  }

  #saved(result) {
    this.#keep(result);
    this.lost = "";
    if (this.#noticed(result)) this.suggest();
  }

  /** Whether answers were retired, or a customer forgotten, since answers were found: they are found anew then. */
  #noticed({ library }) {
    const isNew = library !== undefined && this.library !== null && library !== this.library;
    this.library = library ?? this.library;
    if (isNew) this.known.clear();
    return isNew;
  }

  /** What was typed is said again, so that it is not lost. */
  #refused({ kind, fields }, error) {
    const words = fields.note || fields.text;
    if (error) this.screen.said(`${error.message}${words ? ` Not saved: “${words}”` : ""}`, "bad");
    if (kind === "agree" && !fields.item_id) this.screen.notAgreed(fields);
  }

  // --- the connection ---

  #ask(kind, fields, done) {
    this.asking += 1;
    this.screen.changed();
    return this.wire.ask(kind, fields).then((result) => {
      this.asking -= 1;
      this.lost = "";
      done(result);
      this.screen.changed();
    }, (error) => {
      this.asking -= 1;
      if (error.again) this.lost = `${error.message} If the kernel was restarted, run the cell again.`;
      else this.screen.said(error.message, "bad");
      this.screen.changed();
    });
  }

  /** An answer to another tab, or one that came late: to a hello that waited for other cells, say. */
  heard(message) {
    if (this.outbox.late(message) || !message.ok) return;
    if (!this.hello) return void (this.asking || this.start());
    if (!message.result?.agents) this.#keep(message.result);
    this.screen.changed();
  }

  connectionLost() {
    this.outbox.lost();
    this.lost = "The connection to the kernel was lost. What is marked as saved is in the store. Run the cell again.";
    this.screen.changed();
  }

  get problem() {
    return problemText(this.outbox.failed.map(({ shown }) => shown.name), this.lost);
  }

  again() {
    this.lost = "";
    if (this.outbox.failed.length) this.outbox.retry();
    else this.start();
  }

  close() {
    this.outbox.close();
    this.wire.close();
    this.slow.close();
  }
}

/** Who needs coaching most: the agent who fails most often, as far as that is certain. */
function worst(agents) {
  return [...agents].sort((one, other) => byCertainty(one.rate, other.rate) || other.fail - one.fail)[0].agent;
}
