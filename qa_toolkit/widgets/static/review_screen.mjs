// The review screen: header, transcript, commandments, foot; built once and updated in place.
import { h, setText } from "./dom.mjs";
import { Fit } from "./fit.mjs";
import { guardKeys, mayTakeFocus } from "./keys.mjs";
import { factsShown, marksByMessage, moved } from "./review_model.mjs";
import { ReviewClient } from "./review_client.mjs";
import { Commandments } from "./review_commandments.mjs";
import { DonePanel } from "./review_forms.mjs";
import { Header } from "./review_header.mjs";
import { pressed } from "./review_keys.mjs";
import { Pace } from "./review_pace.mjs";
import { Panels } from "./review_panels.mjs";
import { Refusals } from "./review_refusals.mjs";
import { watchReviewer } from "./review_watch.mjs";
import { Transcript } from "./review_transcript.mjs";

const READ_TIME = 4000;

export class ReviewScreen extends Panels {
  constructor(model, el) {
    super();
    this.el = el;
    this.stop = new AbortController();
    this.client = this.makeClient(model);
    this.pace = new Pace(this);
    this.build();
    this.fit = new Fit(this.root, this.stop.signal);
    guardKeys(this.root, (event) => pressed(this, event), this.stop.signal);
    watchReviewer(this.client, this.root, this.stop.signal, this.refreshEvery);
    this.client.hello();
  }

  // --- the parts; a screen that does more has others ---

  get name() {
    return "Review";
  }

  /** Keys of this screen alone: what each does. */
  get moreKeys() {
    return {};
  }

  makeClient(model) {
    return new ReviewClient(model, this);
  }

  build() {
    const { client } = this;
    this.header = new Header({ again: () => client.again(), help: () => this.help(), details: () => this.header.toggleDetails(), goTo: (item) => this.transcript.goTo(item) });
    this.transcript = new Transcript({
      toggle: (item) => this.toggle(item), extend: (items) => this.extend(items), activate: (id) => this.activate(id), said: (text) => this.said(text),
    }, this.stop.signal);
    this.done = new DonePanel({ back: () => client.back(), open: () => client.hello(), undo: () => client.undo(), take: (number) => this.take(number) });
    this.makeOverlays();
    this.notice = h("span", { class: "qa-notice", role: "status" });
    this.place = h("div", { class: "qa-place" });
    this.refusals = new Refusals();
    this.panes = h("div", { class: "qa-panes", hidden: true }, this.transcript.root);
    this.root = h("div", { class: "qa", tabindex: 0, role: "region", "aria-label": this.name },
      this.header.root, this.refusals.root, this.panes, this.done.root, this.place, this.foot(), this.overlays);
    this.el.replaceChildren(this.root);
  }

  foot() {
    const { client } = this;
    const button = (text, key, click, kind = "") =>
      h("button", { class: `qa-button ${kind}`.trim(), type: "button", on: { click } }, text, h("kbd", { text: key, "aria-hidden": "true" }));
    this.rated = h("span", { class: "qa-rated" });
    this.back = button("Hand back", "h", () => this.handBack());
    this.footer = h("footer", { class: "qa-foot" },
      button("Back", "p", () => client.back()), button("Next", "n", () => client.move("next")),
      button("Skip", "s", () => this.skip()), this.back, button("Undo", "u", () => client.undo()), button("Facts", "f", () => this.showFacts()), this.notice, this.rated,
      button("Rest N/A", "x", () => this.rest()), button("Submit & next", "↵", () => this.submit(), "qa-primary"));
    return this.footer;
  }

  /** The client knows reviewer and rubric: build what depends on them. */
  started() {
    const { client } = this;
    this.commandments?.root.remove();
    this.commandments = new Commandments(client.rubric, this.rowActs());
    this.panes.append(this.commandments.root);
    this.makeForms();
  }

  rowActs() {
    const { client } = this;
    return {
      rate: (id, rating) => this.clicked(id, rating), activate: (id) => this.activate(id), toggle: (item) => this.toggle(item),
      goTo: (item) => this.transcript.goTo(item), causes: (ids) => this.causes(ids), dispute: (...values) => this.dispute(...values), typed: (text) => client.typed(this.active, text), left: () => client.saveComments(),
      typedOverall: (text) => client.typed("", text), leftOverall: () => client.saveComments(),
    };
  }

  // --- what the client tells ---

  get active() {
    return this.commandments.active;
  }

  shown(same) {
    const { conversation, progress, state } = this.client;
    this.closeForms();
    this.closeOver();
    this.panes.hidden = this.footer.hidden = !conversation;
    this.done.root.hidden = Boolean(conversation);
    this.header.show(conversation, state, progress.total);
    this.said("");
    if (!conversation) this.done.show(progress, this.client.assigned);
    else if (!same) this.showOther(conversation);
    this.changed();
    this.takeFocus();
  }

  showOther(conversation) {
    const { missing } = this.client;
    const { ids } = this.commandments;
    this.transcript.show(conversation);
    this.commandments.root.scrollTop = 0;
    this.commandments.open(ids.find((id) => missing.includes(id)) ?? ids[0]);
    this.pace.opened();
    this.commandments.revealActive();
  }

  /** Paint what changed, once for all that changes in the same turn. */
  changed() {
    if (this.changing) return;
    this.changing = true;
    queueMicrotask(() => {
      this.changing = false;
      if (!this.stop.signal.aborted) this.paint();
    });
  }

  paint() {
    const { client } = this;
    this.header.paintSaved(client);
    if (!client.rubric) return;
    this.header.paintProgress(client);
    this.root.classList.toggle("qa-moving", client.moving);
    if (client.assigned && client.opened && !client.conversation) this.done.show(client.progress, true);
    if (!client.conversation || !this.active) return;
    const { ratings } = client;
    this.header.paintState(client.state);
    this.header.paintAssignment(client.assignment);
    if (this.back) this.back.hidden = !client.canHandBack;
    this.commandments.paint(ratings, this.marks(this.paintFacts()));
    this.transcript.paint(this.evidenceMarks(ratings), this.active, client.goods, client.titles);
    setText(this.rated, `${[...ratings.values()].filter(({ rating }) => rating).length} of ${ratings.size} rated`);
  }

  /** Show the facts where facts are shown, and return them. */
  paintFacts() {
    const { client } = this;
    const facts = factsShown(client.facts(this.asked.has(client.id)), client.disputed);
    this.header.paintTimings(facts);
    this.factCard.list.paint(facts);
    return facts;
  }

  /** What is to be said of rows besides their ratings. */
  marks(facts) {
    const { client } = this;
    return {
      statuses: client.statuses, reasons: client.notApplicable, lacking: this.asksForEvidence ? client.lacking : [], messages: client.conversation.messages, facts, overall: client.overall, onward: this.pace.words,
    };
  }

  evidenceMarks(ratings) {
    return marksByMessage(this.commandments.order, ratings);
  }

  said(text, kind = "") {
    // Who rates fast must not miss that something was refused.
    if (!text && this.notice.dataset.kind === "bad" && Date.now() - this.saidAt < READ_TIME) return;
    this.saidAt = Date.now();
    setText(this.notice, text);
    setText(this.done.said, this.done.root.hidden ? "" : text);
    this.notice.title = text;
    this.notice.dataset.kind = kind;
  }

  /** Acts of before that were refused when they were sent again. */
  refused(texts) {
    this.refusals.add(texts);
  }

  undone(commandment) {
    if (this.client.titles.has(commandment)) this.pace.undone(commandment);
  }

  // --- what the reviewer does ---

  activate(id, { still = false } = {}) {
    if (id !== this.active) this.client.saveComments(), this.said("");
    this.commandments.open(id, { still });
    this.pace.opened();
    this.paint();
    if (!still) this.commandments.revealActive();
    this.commandments.focusActive();
  }

  clicked(id, rating) {
    if (this.client.moving) return;
    this.activate(id, { still: true });
    this.rate(rating);
    this.pace.gave();
  }

  rate(rating) {
    const { client, active } = this;
    if (client.rating(active).rating !== rating || client.drafts.get(client.id, active)) client.rate(active, rating);
    this.said("");
  }

  get asksForEvidence() {
    return this.client.settings.evidence_on_fail !== "off";
  }

  rateAndMove(rating) {
    this.pace.rate(rating);
  }

  causes(ids) {
    const { rating } = this.client.rating(this.active);
    if (!this.client.moving) this.client.rate(this.active, rating, { root_causes: ids });
  }

  chooseCauses() {
    if (!this.commandments.detail.focusCauses()) this.said("Root causes go with a partial or a fail");
  }

  clear() {
    this.pace.opened();
    if (this.client.rating(this.active).rating) this.client.rate(this.active, null);
  }

  toggle(item) {
    if (!this.client.moving) this.client.toggle(this.active, item);
  }

  extend(items) {
    if (!this.client.moving) this.client.addEvidence(this.active, items);
  }

  submit() {
    this.client.submit();
  }

  rest() {
    this.closeForms();
    const number = this.client.rest();
    this.said(number ? `${number} rated N/A` : "Everything is rated already");
  }

  step(by) {
    if (this.inTranscript) this.transcript.step(by, true);
    else this.activate(moved(this.commandments.ids, this.active, by));
  }

  write(field) {
    field.focus({ preventScroll: true });
    if (field === this.commandments.overall) this.commandments.root.scrollTop = this.commandments.root.scrollHeight;
    else this.commandments.revealActive();
  }

  close() {
    this.closeForms();
    this.header.toggleDetails(false);
    this.said("");
    this.commandments.focusActive();
  }

  // --- focus ---

  get inTranscript() {
    return this.transcript.root.contains(document.activeElement);
  }

  focusHere() {
    if (this.client.conversation) this.commandments.focusActive();
    else if (!this.done.root.hidden) this.done.root.focus({ preventScroll: true });
    else this.root.focus({ preventScroll: true });
  }

  takeFocus() {
    this.fit.shown();
    if (mayTakeFocus(this.root)) this.focusHere();
  }

  leave() {
    this.client.close();
    this.stop.abort();
    this.el.replaceChildren();
  }
}
