// What opens over the review screen or inside it: forms, the keys, the facts of the conversation.
import { FactCard } from "./fact_list.mjs";
import { EvidenceForm, GoodForm, HandBackForm, helpPanel, MissingForm, SkipForm } from "./review_forms.mjs";
import { canBeGood, goodFor } from "./review_model.mjs";

/** The half of the review screen that opens and closes things; the other half makes and paints what stands there always. */
export class Panels {
  makeOverlays() {
    this.helpPanel = helpPanel(() => this.help(false));
    this.asked = new Set();
    this.factCard = new FactCard({ goTo: (item) => this.transcript.goTo(item), dispute: (...values) => this.dispute(...values) }, () => this.showFacts(false));
  }

  get overlays() {
    return [this.factCard.root, this.helpPanel];
  }

  makeForms() {
    const { client } = this;
    const closed = () => this.closeForms();
    this.forms = {
      good: new GoodForm(this.commandments.order, (...values) => this.saveGood(...values), closed),
      skip: new SkipForm((reason) => (this.closeForms(), client.skip(reason)), closed),
      handBack: new HandBackForm((reason) => (this.closeForms(), client.handBack(reason)), closed),
      missing: new MissingForm(() => this.rest(), (id) => (this.closeForms(), this.activate(id)), closed),
      evidence: new EvidenceForm((id) => (this.closeForms(), this.activate(id)), () => (this.closeForms(), client.submit({ withoutEvidence: true })), closed),
    };
  }

  // --- forms ---

  missing(ids) {
    this.closeForms();
    this.said("");
    this.forms.missing.show(this.place, this.commandments.order.filter(({ id }) => ids.includes(id)));
  }

  lackingEvidence(ids) {
    this.closeForms();
    this.said("");
    this.forms.evidence.show(this.place, this.commandments.order.filter(({ id }) => ids.includes(id)), this.client.settings.evidence_on_fail === "ask");
  }

  good() {
    const { client, transcript: { current, views } } = this;
    if (!canBeGood(client.conversation.messages[current])) return this.said("Only an answer can be good: choose a message of an agent", "bad");
    this.closeForms();
    const marked = client.goods.find((good) => good.position === current);
    const commandments = marked?.commandments ?? goodFor(client.ratings, current, this.active);
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

  handBack() {
    if (!this.client.canHandBack) return this.said("Only what is assigned to you, and not done, can be handed back", "bad");
    this.closeForms();
    this.forms.handBack.show(this.place);
  }

  /** Take from the pool, once there is nothing else to do. */
  take(number) {
    const { client } = this;
    if (client.assigned && !client.conversation && !client.moving) client.take(number);
  }

  closeForms() {
    const forms = Object.values(this.forms ?? {});
    const inside = forms.some((form) => form.root.contains(document.activeElement));
    for (const form of forms) form.close();
    if (inside && this.client.conversation) this.commandments.focusActive();
  }

  // --- over the screen ---

  closeOver() {
    this.factCard.root.hidden = true;
  }

  help(open = this.helpPanel.hidden) {
    this.helpPanel.hidden = !open;
    if (open) this.helpPanel.focus({ preventScroll: true });
    else this.focusHere();
  }

  /** Open the facts of the conversation: from now on those that judge words are seen too. */
  showFacts(open = !this.factCard.isOpen) {
    if (open) this.asked.add(this.client.id);
    else this.factCard.list.close();
    this.factCard.root.hidden = !open;
    if (!open) return this.focusHere();
    this.changed();
    this.factCard.root.focus({ preventScroll: true });
  }

  dispute(fact, wrong, note) {
    this.client.dispute(fact, wrong, note);
    if (this.factCard.isOpen) this.factCard.root.focus({ preventScroll: true });
    else this.focusHere();
  }
}
