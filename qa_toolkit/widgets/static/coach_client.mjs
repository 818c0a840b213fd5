// What the coach does and what the kernel answers; knows no element of the page.
import { Wire } from "./wire.mjs";
import { Outbox } from "./outbox.mjs";
import { faultFields, NO_FILTERS, pinKey, problemText, RESULTS, shownPins, suggestionFilters } from "./coach_model.mjs";

const TIMEOUT = 20_000;
// The first suggestions wait for the model, and for vectors of what was never embedded.
const SLOW_TIMEOUT = 120_000;

/** `screen` hears: started(), listed(), opened(), changed(), said(text, kind), read(conversation, about), exported(pack, ...). */
export class CoachClient {
  constructor(model, screen) {
    Object.assign(this, {
      screen, hello: null, agent: "", filters: { ...NO_FILTERS }, faults: [], fault: null, stored: [], lost: "", asking: 0, warm: false,
      wanted: { answerer: "", commandment: "", channel: "", language: "", since: "", to: "", verified: false },
      text: "", results: null, known: new Map(), turn: 0, listing: 0,
    });
    this.wire = new Wire(model, {
      timeout: TIMEOUT, heard: (message) => this.heard(message), alive: (ok) => this.outbox.alive(ok), lost: () => this.connectionLost(),
    });
    this.slow = new Wire(model, { timeout: SLOW_TIMEOUT });
    this.outbox = new Outbox(this.wire, {
      changed: () => screen.changed(),
      saved: (_, { pins }) => Object.assign(this, { stored: pins, lost: "" }),
      refused: (_, error) => error && screen.said(error.message, "bad"),
    });
  }

  // --- reading ---

  start() {
    return this.#ask("hello", {}, (hello) => {
      Object.assign(this, { hello, stored: hello.pins });
      this.known.clear();
      this.screen.started();
      const agents = hello.agents.map(({ agent }) => agent);
      if (agents.length) return this.choose(agents.includes(this.agent) ? this.agent : worst(hello.agents));
      this.screen.listed();
    });
  }

  choose(agent) {
    this.agent = agent;
    return this.list();
  }

  /** Ask for the faults that the filters let through; open the one that is wanted, or stay at the one that is open by then. */
  list(wanted = null) {
    const turn = (this.listing += 1);
    return this.#ask("faults", faultFields(this.agent, this.filters), ({ faults }) => {
      if (turn !== this.listing) return;
      this.faults = faults;
      this.screen.listed();
      const id = wanted ?? this.fault?.fault_id;
      this.open(this.screen.order.find((one) => one.fault_id === id) ?? this.screen.order[0] ?? null);
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
    return shownPins(this.stored, this.outbox.acts);
  }

  pinOf(exemplar) {
    if (!this.fault) return null;
    const key = pinKey({ fault_id: this.fault.fault_id, exemplar_id: exemplar });
    return this.pins.find((pin) => pinKey(pin) === key) ?? null;
  }

  /** Pin a suggestion to the open fault, or change the note of its pin. */
  pin(suggestion, note = "") {
    const { fault } = this;
    this.#put({
      fault_id: fault.fault_id, exemplar_id: suggestion.exemplar_id, note, pinned: true, agent: fault.agent, title: fault.title,
      commandment: fault.commandment, answer: suggestion.answer, answered_by: suggestion.agent, holds: true,
    });
  }

  unpin(pin) {
    this.#put({ ...pin, note: "", pinned: false });
  }

  #put(pin) {
    const { fault_id, exemplar_id, note, pinned } = pin;
    this.outbox.put({
      kind: "pin", key: pinKey(pin), shown: { pin, name: `the pin of ${pin.answered_by ?? "an answer"}` },
      fields: { fault_id, exemplar_id, note, pinned },
    });
  }

  export(format, ending) {
    const agent = this.agent || null;
    return this.#ask("export", { format, agent }, (pack) => this.screen.exported(pack, agent, ending));
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
    if (Array.isArray(message.result?.pins) && !message.result.agents) this.stored = message.result.pins;
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

/** Who needs coaching most: the agent with the most fails. */
function worst(agents) {
  return agents.reduce((most, one) => (one.fail > most.fail ? one : most)).agent;
}
