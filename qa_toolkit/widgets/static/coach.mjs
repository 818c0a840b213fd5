// The coach screen: faults, the open fault, good answers, pins; built once and updated in place.
import { h, setText } from "./dom.mjs";
import { Fit } from "./fit.mjs";
import { guardKeys, mayTakeFocus } from "./keys.mjs";
import { packName, trayText } from "./coach_model.mjs";
import { faultIds } from "./coach_rates.mjs";
import { CoachClient } from "./coach_client.mjs";
import { dayField, Faults } from "./coach_faults.mjs";
import { Detail } from "./coach_detail.mjs";
import { SuggestionsPane } from "./coach_suggestions.mjs";
import { AgreedList } from "./coach_agreed.mjs";
import { Comparison, OWN } from "./coach_compare.mjs";
import { bytesOf, CoachHeader, coachHelp, download, PinsTray } from "./coach_parts.mjs";
import { coachPressed } from "./coach_keys.mjs";
import { Question } from "./coach_question.mjs";

const PACKS = {
  markdown: { name: "Markdown", ending: "md", type: "text/markdown" },
  html: { name: "HTML", ending: "html", type: "text/html" },
  docx: { name: "Word", ending: "docx", type: "application/vnd.openxmlformats-officedocument.wordprocessingml.document" },
};
class CoachScreen {
  constructor(model, el) {
    this.el = el;
    this.stop = new AbortController();
    this.question = new Question(this);
    this.client = new CoachClient(model, this);
    this.build();
    this.fit = new Fit(this.root, this.stop.signal);
    guardKeys(this.root, (event) => coachPressed(this, event), this.stop.signal);
    this.client.start();
  }

  // --- the parts ---

  build() {
    const { client } = this;
    this.header = new CoachHeader({ again: () => (client.again(), this.focusHere()), help: () => this.help() });
    this.faults = new Faults({ choose: (agent) => this.choose(agent), filter: (filters) => this.filter(filters), open: (fault) => this.open(fault) });
    this.detail = new Detail({ conversation: () => this.conversation(), back: () => this.back() }, this.stop.signal);
    this.suggestions = new SuggestionsPane({
      toggle: (suggestion) => this.togglePin(suggestion), judge: (suggestion, useful) => this.judge(suggestion, useful),
      compare: (suggestion) => this.compare(OWN, suggestion.rank), note: (suggestion, text) => client.pin(suggestion, text),
      read: (suggestion) => client.read(suggestion.conversation_id, { answer: suggestion }),
      search: (text) => this.search(text), wanted: (values) => this.wanted(values),
    });
    this.comparison = new Comparison({ toggle: (suggestion) => this.togglePin(suggestion), close: () => this.compared(), chosen: () => this.changed() });
    this.agreed = new AgreedList({ agree: (item) => client.agree(item) });
    this.tray = new PinsTray({ unpin: (pin) => client.unpin(pin), go: (pin) => this.goTo(pin) }, this.agreed.root);
    this.helpPanel = coachHelp(() => this.help(false));
    this.panes = h("div", { class: "qa-panes", hidden: true }, this.faults.root, this.detail.root, this.suggestions.root, this.comparison.root);
    this.nothing = h("div", { class: "qa-done", hidden: true }, h("h3", { text: "No faults yet" }),
      h("p", { text: "There is something to coach once a review with a fail or a partial has been submitted." }));
    this.root = h("div", { class: "qa qa-coach", tabindex: 0, role: "region", "aria-label": "Coach" },
      this.header.root, this.panes, this.nothing, this.tray.root, this.foot(), this.helpPanel);
    this.el.replaceChildren(this.root);
  }

  foot() {
    const { client } = this;
    const button = (click, ...inside) => h("button", { class: "qa-button", type: "button", on: { click } }, inside);
    this.pinCount = h("span");
    this.pinsButton = button(() => this.showPins(), this.pinCount, h("kbd", { text: "p", "aria-hidden": "true" }));
    this.pinsButton.setAttribute("aria-expanded", "false");
    this.notice = h("span", { class: "qa-notice", role: "status" });
    this.session = dayField("Day of the earlier session, for before and after");
    this.session.title = "The pack begins with what became of this agent since that day";
    this.exports = Object.keys(PACKS).map((kind) => button(() => this.export(kind), PACKS[kind].name));
    return h("footer", { class: "qa-foot" }, this.pinsButton, this.notice, h("span", { class: "qa-hint", text: "coaching pack as" }), this.exports,
      h("label", { class: "qa-pair" }, "since the session of", this.session));
  }

  get order() {
    return this.faults.order;
  }

  get agentPins() {
    return this.client.pins.filter(({ agent }) => agent === this.client.agent);
  }

  // --- what the client tells ---

  started() {
    const { hello, agent } = this.client;
    this.panes.hidden = hello.agents.length === 0;
    this.nothing.hidden = !this.panes.hidden;
    this.faults.start(hello, agent);
    this.suggestions.start(hello);
    this.takeFocus();
  }

  listed() {
    this.faults.agent.value = this.client.agent;
    this.faults.show(this.client);
  }

  opened() {
    const { fault } = this.client;
    this.suggestions.field.value = "";
    this.compared(false);
    this.faults.moveTo(fault);
    this.detail.show(fault);
    this.said("");
    this.changed();
  }

  changed() {
    const { client } = this;
    this.header.paint(client);
    if (!client.hello) return;
    const pins = this.agentPins;
    this.faults.paint(client.fault, client.pins);
    this.suggestions.paint(client);
    this.comparison.paint(client);
    this.tray.paint(pins, client.agent);
    this.agreed.paint(client.agreed, client.agent);
    setText(this.pinCount, trayText(pins.length, client.agreed.filter(({ done }) => !done).length, client.agent));
    for (const one of this.exports) one.disabled = pins.length + client.agreed.length === 0;
  }

  said(text, kind = "") {
    setText(this.notice, text);
    this.notice.title = text;
    this.notice.dataset.kind = kind;
  }

  read(conversation, about) {
    this.detail.read(conversation, about);
  }

  exported({ text, data, used, left_out: left }, agent, kind) {
    const { ending, type } = PACKS[kind];
    const name = packName(agent, ending);
    download(data ? bytesOf(data) : text, name, type);
    const without = left ? `; ${left} left out, because the rating or the answer was judged anew` : "";
    this.said(`${name}: ${used} ${used === 1 ? "example" : "examples"}${without}`);
  }

  sentAgain(acts) {
    if (acts) this.said(`Of an earlier page, ${acts} ${acts === 1 ? "act was" : "acts were"} not saved: sent again`);
  }

  notAgreed(item) {
    this.showPins(true);
    this.agreed.giveBack(item);
  }

  // --- what the coach does ---

  choose(agent) {
    this.suggestions.saveNotes();
    this.client.choose(agent);
    this.focusHere();
  }

  filter(filters) {
    this.client.filters = filters;
    this.client.list();
  }

  open(fault) {
    this.suggestions.saveNotes();
    this.client.open(fault);
  }

  conversation() {
    const { fault } = this.client;
    if (this.detail.isReading) this.back();
    else if (fault) this.client.read(fault.conversation_id, { fault });
  }

  back() {
    this.detail.close();
    this.focusHere();
  }

  search(text) {
    this.suggestions.saveNotes();
    this.client.search(text);
    this.focusHere();
  }

  wanted(values) {
    Object.assign(this.client.wanted, values);
    this.client.suggest();
  }

  pinAt(rank) {
    const suggestion = this.suggestions.at(rank);
    if (suggestion) this.togglePin(suggestion);
    else this.said(`There is no answer ${rank} to pin`);
  }

  togglePin(suggestion) {
    const { client } = this;
    if (!client.fault) return this.said("Choose a fault first: an answer is pinned to what it helps with", "bad");
    const pin = client.pinOf(suggestion.exemplar_id);
    if (pin) client.unpin(pin);
    else client.pin(suggestion);
    this.said(`Answer ${suggestion.rank}: ${pin ? "the pin was taken back" : "pinned"}`);
  }

  judge(suggestion, useful) {
    const { client } = this;
    const isTakenBack = client.judgedOf(suggestion.exemplar_id)?.useful === useful;
    client.judge(suggestion, isTakenBack ? null : useful);
    this.said(`Answer ${suggestion.rank}: ${useful}${isTakenBack ? ", taken back" : ""}`);
  }

  /** Show two answers beside each other, in the place of the fault and the answers. */
  compare(...numbers) {
    const missing = numbers.find((number) => (number === OWN ? !this.client.fault : !this.suggestions.at(number)));
    if (missing !== undefined) return this.said(`There is no answer ${missing} to compare`);
    if (numbers[0] === numbers[1]) return this.said("Choose two answers that are not the same");
    this.comparison.open(this.client, numbers);
    this.compared(true);
  }

  compared(isOpen = false) {
    if (!isOpen && !this.comparison.isOpen) return;
    if (!isOpen) this.comparison.close();
    this.detail.root.hidden = this.suggestions.root.hidden = isOpen;
    this.changed();
    if (isOpen) this.comparison.root.focus({ preventScroll: true });
    else this.focusHere();
  }

  export(kind) {
    if (this.session.reportValidity()) this.client.export(kind, this.session.value.trim());
  }

  noteAgreed() {
    this.showPins(true);
    this.agreed.text.focus({ preventScroll: true });
  }

  showPins(open = this.tray.root.hidden) {
    this.tray.root.hidden = !open;
    this.pinsButton.setAttribute("aria-expanded", String(open));
    this.changed();
  }

  /** Open the fault of a pin, also where a filter hides it. */
  goTo(pin) {
    const fault = this.order.find((one) => faultIds(one).includes(pin.fault_id));
    if (fault) return this.open(fault);
    this.faults.clear();
    this.client.filters = this.faults.filters;
    this.client.list(pin.fault_id);
  }

  help(open = this.helpPanel.hidden) {
    this.helpPanel.hidden = !open;
    if (open) this.helpPanel.focus({ preventScroll: true });
    else this.focusHere();
  }

  /** Close what is open: the newest first. */
  close() {
    const { client } = this;
    if (this.comparison.isOpen) this.compared();
    else if (this.detail.isReading) this.back();
    else if (client.text) this.open(client.fault);
    else if (!this.tray.root.hidden) this.showPins(false);
    else this.faults.openFilters(false);
    this.said("");
    this.focusHere();
  }

  // --- focus ---

  focusHere() {
    (this.panes.hidden ? this.root : this.faults.list).focus({ preventScroll: true });
  }

  takeFocus() {
    this.fit.shown();
    if (mayTakeFocus(this.root)) this.focusHere();
  }

  leave() {
    this.suggestions.saveNotes();
    this.client.close();
    this.stop.abort();
    this.el.replaceChildren();
  }
}

export default {
  render({ model, el }) {
    const screen = new CoachScreen(model, el);
    return () => screen.leave();
  },
};
