// The screen on which a second reviewer decides disputes: the review screen, with only what is disputed of each conversation.
import { h } from "./dom.mjs";
import { helpPanel } from "./review_forms.mjs";
import { HELP } from "./review_model.mjs";
import { ReviewClient } from "./review_client.mjs";
import { ReviewScreen } from "./review_screen.mjs";

const LEFT_OUT = ["x", "o", "g", "s", "f", "z", "Shift + letter"];
const DECIDE_HELP = HELP.map(([title, keys]) => [title, keys.filter(([key]) => !LEFT_OUT.includes(key))]);

class DecideClient extends ReviewClient {
  get whose() {
    return `${this.reviewer} · disputes`;
  }

  /** No time is measured here. */
  spend() {}

  /** Each conversation comes with the commandments that are disputed in it. */
  show(view) {
    const ids = view?.rubric.commandments.map(({ id }) => id) ?? this.ids;
    if (String(ids) !== String(this.ids)) {
      this.rubric = view.rubric;
      this.titles = new Map(view.rubric.commandments.map(({ id, title }) => [id, title]));
      this.screen.started();
    }
    super.show(view);
  }
}

class DecideScreen extends ReviewScreen {
  get name() {
    return "Disputes";
  }

  makeClient(model) {
    return new DecideClient(model, this);
  }

  makeOverlays() {
    this.helpPanel = helpPanel(() => this.help(false), DECIDE_HELP);
  }

  get overlays() {
    return [this.helpPanel];
  }

  closeOver() {}

  /** There are none: they could sway the rating. */
  paintFacts() {
    return null;
  }

  foot() {
    const { client } = this;
    const make = (text, key, click, kind = "") =>
      h("button", { class: `qa-button ${kind}`.trim(), type: "button", on: { click } }, text, h("kbd", { text: key, "aria-hidden": "true" }));
    this.rated = h("span", { class: "qa-rated" });
    this.footer = h("footer", { class: "qa-foot" }, make("Back", "p", () => client.back()), make("Next", "n", () => client.move("next")),
      make("Undo", "u", () => client.undo()), this.notice, this.rated, make("Decide & next", "↵", () => this.submit(), "qa-primary"));
    return this.footer;
  }

  started() {
    super.started();
    const { root, overall } = this.commandments;
    overall.parentNode.remove();
    root.prepend(h("p", { class: "qa-asked", text: "An agent disputes how this was rated. Rate it anew, by what you read: what you decide holds." }));
  }

  /** Rows that were made anew for the same conversation have to be opened. */
  shown(same) {
    super.shown(same && Boolean(this.active));
  }

  missing([id]) {
    this.activate(id);
    this.said("Rate it first", "bad");
  }

  write(field) {
    if (field !== this.commandments.overall) super.write(field);
    else this.said("A comment goes with the rating: c");
  }

  rest() {
    this.said("What is disputed is rated one by one");
  }

  good() {
    this.said("Good answers are marked in a review");
  }

  skip() {
    this.said("Go on with n: somebody else can decide it");
  }

  showFacts() {
    this.said("There are no facts here: they could sway the rating");
  }
}

export default {
  render({ model, el }) {
    const screen = new DecideScreen(model, el);
    return () => screen.leave();
  },
};
