// The calibration screen: conversations, transcript, commandments; after the reveal what all say, side by side.
import { h, setText } from "./dom.mjs";
import { helpPanel } from "./review_forms.mjs";
import { Commandments } from "./review_commandments.mjs";
import { ReviewScreen } from "./review_screen.mjs";
import { CALIBRATE_HELP, isRevealed, marksOfRow, situationOf } from "./calibrate_model.mjs";
import { CalibrateClient } from "./calibrate_client.mjs";
import { ConversationList } from "./calibrate_list.mjs";
import { Comparison, NOTE_WORDS, Situation } from "./calibrate_comparison.mjs";
import { Agreement, DecideForm } from "./calibrate_forms.mjs";

const LOOK = 5000; // milliseconds between two looks at whether all have submitted

class CalibrateScreen extends ReviewScreen {
  // --- the parts ---

  get name() {
    return "Calibration";
  }

  get refreshEvery() {
    return LOOK;
  }

  get moreKeys() {
    return { a: () => this.showAgreement(), d: () => this.decide() };
  }

  makeClient(model) {
    return new CalibrateClient(model, this);
  }

  build() {
    super.build();
    this.root.classList.add("qa-calibrate");
    this.list = new ConversationList((id) => this.client.move("view", id));
    this.situation = new Situation();
    this.side = h("div", { class: "qa-side" }, this.situation.root);
    this.panes.prepend(this.list.root);
    this.panes.append(this.side);
  }

  makeOverlays() {
    this.over = new Agreement(() => this.showAgreement(false));
    this.helpPanel = helpPanel(() => this.help(false), CALIBRATE_HELP);
  }

  closeOver() {
    this.over.root.hidden = true;
  }

  /** There are none: they could sway the rating. */
  paintFacts() {
    return null;
  }

  get overlays() {
    return [this.over.root, this.helpPanel];
  }

  foot() {
    const { client } = this;
    const make = (text, key, click, kind = "") =>
      h("button", { class: `qa-button ${kind}`.trim(), type: "button", on: { click } }, h("span", { text }), h("kbd", { text: key, "aria-hidden": "true" }));
    this.rated = h("span", { class: "qa-rated" });
    this.restButton = make("Rest N/A", "x", () => this.rest());
    this.submitButton = make("Submit", "↵", () => this.submit(), "qa-primary");
    this.footer = h("footer", { class: "qa-foot" }, make("Back", "p", () => client.back()), make("Next", "n", () => client.move("next")), make("Undo", "u", () => client.undo()),
      make("Agreement", "a", () => this.showAgreement()), this.notice, this.rated, this.restButton, this.submitButton);
    return this.footer;
  }

  rowActs() {
    return { ...super.rowActs(), decide: () => this.decide() };
  }

  /** What is known of the rubric is the same for all conversations; what all say is made for each. */
  started() {
    this.boardOf = null;
    this.commandments?.root.remove();
    this.commandments = new Commandments(this.client.rubric, this.rowActs(), NOTE_WORDS);
    this.side.append(this.commandments.root);
    this.makeForms();
  }

  makeForms() {
    super.makeForms();
    this.forms.decide = new DecideForm((commandment, values) => (this.closeForms(), this.client.decide(commandment, values)), () => this.closeForms());
  }

  /** Show the commandments to rate, or what all say of them; whether that had to be made. */
  setBoard() {
    const { client } = this;
    const wanted = isRevealed(client.stage) ? client.id : "first";
    if (wanted === this.boardOf) return false;
    const active = this.boardOf === "first" && wanted !== "first" ? null : this.commandments.active;
    this.boardOf = wanted;
    const hadFocus = this.commandments.root.contains(document.activeElement);
    this.commandments.root.remove();
    this.commandments = wanted === "first" ? new Commandments(client.rubric, this.rowActs(), NOTE_WORDS) : new Comparison(client.rubric, client.rows, this.rowActs());
    this.side.append(this.commandments.root);
    this.commandments.open(active ?? this.commandments.ids[0]);
    if (hadFocus) this.commandments.focusActive();
    return true;
  }

  // --- what the client tells ---

  showOther(conversation) {
    this.boardOf = null;
    this.setBoard();
    super.showOther(conversation);
  }

  paint() {
    const { client } = this;
    if (client.rubric && client.conversation && this.boardOf) this.setBoard();
    super.paint();
    if (!client.rubric) return;
    this.list.paint(client.conversations, client.id);
    if (client.conversation && this.active) this.paintStage();
  }

  paintStage() {
    const { client } = this;
    const { round, notes } = client.state;
    this.commandments.root.classList.toggle("qa-locked", Boolean(client.locked));
    this.lockComment(Boolean(client.locked));
    this.restButton.hidden = this.rated.hidden = round !== 1;
    this.submitButton.hidden = round === 0;
    setText(this.submitButton.firstChild, round === 2 ? "Done rating again" : "Submit");
    this.root.classList.toggle("qa-no-evidence", Boolean(client.locked) || this.lacksSecond);
    this.situation.paint(situationOf(client.state, client.rows, client), notes.filter(({ reviewer }) => reviewer !== client.reviewer));
  }

  lockComment(locked) {
    const { comment } = this.commandments.detail;
    comment.readOnly = locked;
    comment.placeholder = locked ? "" : "Comment (c)";
  }

  marks(facts) {
    const marks = super.marks(facts);
    const { client } = this;
    if (!isRevealed(client.stage)) return marks;
    const { rows, decisions, locked, mayRate, mayDecide } = client;
    return { ...marks, lacking: [], reasons: new Map(), onward: "", rows, decisions, locked, mayRate, mayDecide };
  }

  evidenceMarks(ratings) {
    return isRevealed(this.client.stage) ? marksOfRow(this.row) : super.evidenceMarks(ratings);
  }

  /** What all say of the open commandment. */
  get row() {
    return this.client.rows.find(({ commandment }) => commandment.id === this.active);
  }

  revealed() {
    this.said("All have submitted: here is what everybody says");
  }

  agreed(results) {
    this.over.paint(results);
  }

  // --- what the reviewer does: as in a review, while it may be rated ---

  /** Whether nothing can be rated now; then the screen says why. */
  refusesRating() {
    const { locked } = this.client;
    if (locked) this.said(locked);
    return Boolean(locked);
  }

  clicked(id, rating) {
    if (!this.refusesRating()) super.clicked(id, rating);
  }

  /** After the reveal one stays where one rates again: there is something to discuss. */
  rateAndMove(rating) {
    if (this.refusesRating()) return;
    if (isRevealed(this.client.stage)) this.rate(rating);
    else super.rateAndMove(rating);
  }

  toggle(item) {
    if (!this.refusesEvidence()) super.toggle(item);
  }

  extend(items) {
    if (!this.refusesEvidence()) super.extend(items);
  }

  /** After the reveal messages are clicked to be talked about: that alone must not make a second rating. */
  refusesEvidence() {
    if (this.refusesRating()) return true;
    if (this.lacksSecond) this.said("Evidence goes with a second rating: rate again first");
    return this.lacksSecond;
  }

  /** Whether the open commandment could be rated again and is not. */
  get lacksSecond() {
    return isRevealed(this.client.stage) && !this.row.said.some(({ mine, again }) => mine && again);
  }

  causes(ids) {
    if (!this.refusesRating()) super.causes(ids);
  }

  /** The first rating is taken away; the second one gives way to the first. */
  clear() {
    if (this.refusesRating()) return;
    if (!isRevealed(this.client.stage)) return super.clear();
    if (this.client.state.again[this.active]) this.client.rate(this.active, null, { evidence: [], comment: "", root_causes: [] });
  }

  rest() {
    if (!this.refusesRating()) super.rest();
  }

  submit() {
    if (!this.refusesRating()) super.submit();
  }

  decide() {
    const { client } = this;
    if (!isRevealed(client.stage)) return this.said("There is nothing to decide before all have submitted");
    if (!client.mayDecide) return this.said("Who leads this calibration decides");
    this.closeForms();
    this.forms.decide.show(this.place, this.row, client.decisions[this.active]);
  }

  showAgreement(open = !this.over.isOpen) {
    if (open) this.over.show(), this.client.agreement();
    else this.over.root.hidden = true, this.focusHere();
  }

  good() {
    this.said("Good answers are marked in a review");
  }

  skip() {
    this.said("Nothing is skipped in a calibration: rate N/A what cannot be judged");
  }

  showFacts() {
    this.said("There are no facts in a calibration: they could sway the rating");
  }
}

export default {
  render({ model, el }) {
    const screen = new CalibrateScreen(model, el);
    return () => screen.leave();
  },
};
