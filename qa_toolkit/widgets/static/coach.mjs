// The coach screen: faults, the open fault, good answers, pins; built once and updated in place.
import { h, setText } from "./dom.mjs";
import { guardKeys, mayTakeFocus } from "./keys.mjs";
import { packName } from "./coach_model.mjs";
import { CoachClient } from "./coach_client.mjs";
import { Faults } from "./coach_faults.mjs";
import { Detail } from "./coach_detail.mjs";
import { SuggestionsPane } from "./coach_suggestions.mjs";
import { CoachHeader, coachHelp, download, PinsTray } from "./coach_parts.mjs";
import { coachPressed } from "./coach_keys.mjs";

class CoachScreen {
  constructor(model, el) {
    this.el = el;
    this.stop = new AbortController();
    this.client = new CoachClient(model, this);
    this.build();
    guardKeys(this.root, (event) => coachPressed(this, event), this.stop.signal);
    this.client.start();
  }

  // --- the parts ---

  build() {
    const { client } = this;
    this.header = new CoachHeader({ again: () => client.again(), help: () => this.help() });
    this.faults = new Faults({ choose: (agent) => this.choose(agent), filter: (filters) => this.filter(filters), open: (fault) => this.open(fault) });
    this.detail = new Detail({ conversation: () => this.conversation(), back: () => this.back() }, this.stop.signal);
    this.suggestions = new SuggestionsPane({
      toggle: (suggestion) => this.togglePin(suggestion), note: (suggestion, text) => client.pin(suggestion, text),
      read: (suggestion) => client.read(suggestion.conversation_id, { answer: suggestion }),
      search: (text) => this.search(text), wanted: (values) => this.wanted(values),
    });
    this.tray = new PinsTray({ unpin: (pin) => client.unpin(pin), go: (pin) => this.goTo(pin) });
    this.helpPanel = coachHelp(() => this.help(false));
    this.panes = h("div", { class: "qa-panes", hidden: true }, this.faults.root, this.detail.root, this.suggestions.root);
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
    this.exports = [button(() => client.export("markdown", "md"), "Markdown"), button(() => client.export("html", "html"), "HTML")];
    return h("footer", { class: "qa-foot" }, this.pinsButton, this.notice, h("span", { class: "qa-hint", text: "coaching pack as" }), this.exports);
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
    const { agent, faults, hello } = this.client;
    this.faults.agent.value = agent;
    this.faults.show(faults, hello.commandments);
  }

  opened() {
    const { fault } = this.client;
    this.suggestions.field.value = "";
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
    this.tray.paint(pins, client.agent);
    setText(this.pinCount, `${pins.length} ${pins.length === 1 ? "pin" : "pins"}${client.agent ? ` for ${client.agent}` : ""}`);
    for (const one of this.exports) one.disabled = pins.length === 0;
  }

  said(text, kind = "") {
    setText(this.notice, text);
    this.notice.title = text;
    this.notice.dataset.kind = kind;
  }

  read(conversation, about) {
    this.detail.read(conversation, about);
  }

  exported({ text, used, left_out: left }, agent, ending) {
    const name = packName(agent, ending);
    download(text, name, ending === "md" ? "text/markdown" : "text/html");
    const without = left ? `; ${left} left out, because the rating or the answer was judged anew` : "";
    this.said(`${name}: ${used} ${used === 1 ? "example" : "examples"}${without}`);
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

  showPins(open = this.tray.root.hidden) {
    this.tray.root.hidden = !open;
    this.pinsButton.setAttribute("aria-expanded", String(open));
    this.changed();
  }

  /** Open the fault of a pin, also where a filter hides it. */
  goTo(pin) {
    const fault = this.order.find(({ fault_id: id }) => id === pin.fault_id);
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
    if (this.detail.isReading) this.back();
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
