// The review screen: header, transcript, commandments, foot; built once and updated in place.
import { h, setText } from "./dom.mjs";
import { guardKeys, mayTakeFocus } from "./keys.mjs";
import { canBeGood, goodFor, marksByMessage, moved } from "./review_model.mjs";
import { ReviewClient } from "./review_client.mjs";
import { Commandments } from "./review_commandments.mjs";
import { DonePanel, GoodForm, helpPanel, MissingForm, SkipForm } from "./review_forms.mjs";
import { Header } from "./review_header.mjs";
import { pressed } from "./review_keys.mjs";
import { Refusals } from "./review_refusals.mjs";
import { watchReviewer } from "./review_watch.mjs";
import { Transcript } from "./review_transcript.mjs";

const READ_TIME = 4000;

class ReviewScreen {
  constructor(model, el) {
    this.el = el;
    this.stop = new AbortController();
    this.client = new ReviewClient(model, this);
    this.build();
    guardKeys(this.root, (event) => pressed(this, event), this.stop.signal);
    watchReviewer(this.client, this.root, this.stop.signal);
    this.client.hello();
  }

  // --- the parts ---

  build() {
    const { client } = this;
    this.header = new Header({ again: () => client.again(), help: () => this.help(), details: () => this.header.toggleDetails() });
    this.transcript = new Transcript({
      toggle: (item) => this.toggle(item), extend: (items) => this.extend(items), activate: (id) => this.activate(id), said: (text) => this.said(text),
    }, this.stop.signal);
    this.done = new DonePanel({ back: () => client.back(), open: () => client.hello(), undo: () => client.undo() });
    this.helpPanel = helpPanel(() => this.help(false));
    this.notice = h("span", { class: "qa-notice", role: "status" });
    this.place = h("div", { class: "qa-place" });
    this.refusals = new Refusals();
    this.panes = h("div", { class: "qa-panes", hidden: true }, this.transcript.root);
    this.root = h("div", { class: "qa", tabindex: 0, role: "region", "aria-label": "Review" },
      this.header.root, this.refusals.root, this.panes, this.done.root, this.place, this.foot(), this.helpPanel);
    this.el.replaceChildren(this.root);
  }

  foot() {
    const { client } = this;
    const button = (text, key, click, kind = "") =>
      h("button", { class: `qa-button ${kind}`.trim(), type: "button", on: { click } }, text, h("kbd", { text: key, "aria-hidden": "true" }));
    this.rated = h("span", { class: "qa-rated" });
    this.footer = h("footer", { class: "qa-foot" },
      button("Back", "p", () => client.back()), button("Next", "n", () => client.move("next")),
      button("Skip", "s", () => this.skip()), button("Undo", "u", () => client.undo()), this.notice, this.rated,
      button("Rest N/A", "x", () => this.rest()), button("Submit & next", "↵", () => this.submit(), "qa-primary"));
    return this.footer;
  }

  /** The client knows reviewer and rubric: build what depends on them. */
  started() {
    const { client } = this;
    this.commandments?.root.remove();
    this.commandments = new Commandments(client.rubric, {
      rate: (id, rating) => this.clicked(id, rating), activate: (id) => this.activate(id), toggle: (item) => this.toggle(item),
      goTo: (item) => this.transcript.goTo(item), typed: (text) => client.typed(this.active, text), left: () => client.saveComments(),
      typedOverall: (text) => client.typed("", text), leftOverall: () => client.saveComments(),
    });
    this.panes.append(this.commandments.root);
    const closed = () => this.closeForms();
    this.forms = {
      good: new GoodForm(this.commandments.order, (...values) => this.saveGood(...values), closed),
      skip: new SkipForm((reason) => (this.closeForms(), client.skip(reason)), closed),
      missing: new MissingForm(() => this.rest(), (id) => (this.closeForms(), this.activate(id)), closed),
    };
  }

  // --- what the client tells ---

  get active() {
    return this.commandments.active;
  }

  shown(same) {
    const { conversation, progress, state } = this.client;
    this.closeForms();
    this.panes.hidden = this.footer.hidden = !conversation;
    this.done.root.hidden = Boolean(conversation);
    this.header.show(conversation, state, progress.total);
    this.said("");
    if (!conversation) this.done.show(progress);
    else if (!same) this.showOther(conversation);
    this.changed();
    this.takeFocus();
  }

  showOther(conversation) {
    const { ids } = this.commandments;
    this.transcript.show(conversation);
    this.commandments.root.scrollTop = 0;
    this.commandments.open(ids.find((id) => !this.client.rating(id).rating) ?? ids[0]);
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
    if (!client.conversation || !this.active) return;
    const ratings = this.ratings();
    this.header.paintState(client.state);
    this.commandments.paint(ratings, client.statuses, client.conversation.messages, client.overall);
    this.transcript.paint(marksByMessage(this.commandments.order, ratings), this.active, client.goods, client.titles);
    setText(this.rated, `${[...ratings.values()].filter(({ rating }) => rating).length} of ${ratings.size} rated`);
  }

  ratings() {
    return new Map(this.commandments.ids.map((id) => [id, this.client.rating(id)]));
  }

  said(text, kind = "") {
    // Who rates fast must not miss that something was refused.
    if (!text && this.notice.dataset.kind === "bad" && Date.now() - this.saidAt < READ_TIME) return;
    this.saidAt = Date.now();
    setText(this.notice, text);
    this.notice.title = text;
    this.notice.dataset.kind = kind;
  }

  missing(ids) {
    this.closeForms();
    this.forms.missing.show(this.place, this.commandments.order.filter(({ id }) => ids.includes(id)));
  }

  lackingEvidence(ids) {
    this.warned = this.client.id;
    this.said(`No evidence for ${ids.map((id) => this.client.titles.get(id)).join(", ")}. Mark it, or submit again without it`, "bad");
  }

  /** Acts of before that were refused when they were sent again. */
  refused(texts) {
    this.refusals.add(texts);
  }

  undone(commandment) {
    if (this.client.titles.has(commandment)) this.activate(commandment);
  }

  // --- what the reviewer does ---

  activate(id, { still = false } = {}) {
    if (id !== this.active) this.client.saveComments();
    this.commandments.open(id, { still });
    this.paint();
    if (!still) this.commandments.revealActive();
    this.commandments.focusActive();
  }

  clicked(id, rating) {
    if (this.client.moving) return;
    this.activate(id, { still: true });
    this.rate(rating);
  }

  rate(rating) {
    const { client, active } = this;
    if (client.rating(active).rating !== rating || client.drafts.get(client.id, active)) client.rate(active, rating);
    this.said("");
  }

  rateAndMove(rating) {
    this.rate(rating);
    this.activate(moved(this.commandments.ids, this.active, 1));
  }

  clear() {
    if (this.client.rating(this.active).rating) this.client.rate(this.active, null);
  }

  toggle(item) {
    if (!this.client.moving) this.client.toggle(this.active, item);
  }

  extend(items) {
    if (!this.client.moving) this.client.addEvidence(this.active, items);
  }

  submit() {
    this.client.submit({ withoutEvidence: this.warned === this.client.id });
  }

  rest() {
    this.closeForms();
    const number = this.client.rest();
    this.said(number ? `${number} rated N/A` : "Everything is rated already");
  }

  good() {
    const { client, transcript: { current, views } } = this;
    if (!canBeGood(client.conversation.messages[current])) return this.said("Only an answer can be good: choose a message of an agent", "bad");
    this.closeForms();
    const marked = client.goods.find((good) => good.position === current);
    const commandments = marked?.commandments ?? goodFor(this.ratings(), current, this.active);
    this.goodAt = current;
    this.forms.good.show(views[current].root, { commandments, note: marked?.note ?? "", marked: Boolean(marked) });
  }

  saveGood(commandments, note, good) {
    this.closeForms();
    this.client.markGood({ position: this.goodAt, commandments, note, good });
  }

  skip() {
    this.closeForms();
    this.forms.skip.show(this.place);
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

  help(open = this.helpPanel.hidden) {
    this.helpPanel.hidden = !open;
    if (open) this.helpPanel.focus({ preventScroll: true });
    else this.focusHere();
  }

  closeForms() {
    const forms = Object.values(this.forms ?? {});
    const inside = forms.some((form) => form.root.contains(document.activeElement));
    for (const form of forms) form.close();
    if (inside && this.client.conversation) this.commandments.focusActive();
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
    if (mayTakeFocus(this.root)) this.focusHere();
  }

  leave() {
    this.client.close();
    this.stop.abort();
    this.el.replaceChildren();
  }
}

export default {
  render({ model, el }) {
    const screen = new ReviewScreen(model, el);
    return () => screen.leave();
  },
};
