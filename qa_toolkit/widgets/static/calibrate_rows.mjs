// A commandment after the reveal: what all say of it side by side, and what it comes to.
import { h, setText } from "./dom.mjs";
import { evidenceLabel, RATING_NAMES } from "./review_model.mjs";
import { Detail } from "./review_detail.mjs";
import { Row } from "./review_row.mjs";
import { isChanged, nameOf, rowText } from "./calibrate_model.mjs";

/** "Pass", or "Fail → Pass" where it was changed after the reveal. */
export function verdict(said) {
  const { first, now } = said;
  const text = RATING_NAMES[now?.rating] ?? "–";
  const before = isChanged(said) ? [h("s", { text: RATING_NAMES[first.rating] }), h("span", { text: "→" })] : [];
  return h("span", { class: `qa-vote qa-r-${now?.rating ?? "none"}` }, before, h("b", { text }));
}

/** One row: the title, and the rating of each reviewer under the name of that reviewer. */
export class VoteRow extends Row {
  constructor(commandment, acts) {
    super(commandment, acts);
    this.ratings.root.remove(); // they go into the detail, below what all say
    this.votes = h("span", { class: "qa-votes", "aria-hidden": "true" });
    this.outcome = h("span", { class: "qa-outcome" });
    this.head.append(this.outcome, this.votes);
  }

  paint(shown, active, marks) {
    super.paint(shown, active, marks);
    const { row, decision, status } = marks;
    const outcome = decision ? `decided ${RATING_NAMES[decision.rating]}` : row.now.widest ? "differs" : row.first.widest ? "agreed" : "";
    this.root.setAttribute("aria-label", [this.commandment.title, rowText(row), outcome, status].filter(Boolean).join(", "));
    const key = JSON.stringify([row.said, outcome]);
    if (key === this.compared) return;
    this.compared = key;
    this.votes.replaceChildren(...row.said.map((said) => {
      const cell = verdict(said);
      cell.title = [nameOf(said), said.now?.comment].filter(Boolean).join(": ");
      cell.classList.toggle("qa-mine", said.mine);
      if (said.now?.comment) cell.append(h("i", { class: "qa-commented", text: "”" }));
      return cell;
    }));
    setText(this.outcome, outcome);
    this.outcome.dataset.kind = decision ? "decided" : outcome;
  }
}

/** The active commandment: what all say with their evidence, the decision, and one's own second rating. */
export class VoteDetail extends Detail {
  constructor(rubric, acts) {
    super(rubric, acts);
    this.said = h("ul", { class: "qa-said", "aria-label": "What all say" });
    this.decision = h("div", { class: "qa-decision" });
    this.before = h("span", { class: "qa-hint" });
    this.place = h("div", { class: "qa-again" }, h("span", { class: "qa-again-name", text: "Rate again" }), this.before);
    this.mine = h("div", { class: "qa-own" }, this.place, this.chips, this.causeGroup, this.comment);
    this.root.append(this.said, this.decision, this.mine);
  }

  /** Take in the ratings of the row that is open. */
  take(row) {
    this.ratings?.remove();
    this.ratings = row.ratings.root;
    this.before.before(this.ratings);
  }

  paint(shown, marks) {
    super.paint(shown, marks);
    this.paintOwn(marks);
    const key = JSON.stringify([marks.row.said, marks.decision, marks.mayDecide, marks.row.commandment.id]);
    if (key === this.compared) return;
    this.compared = key;
    this.said.replaceChildren(...marks.row.said.map((said) => this.line(said, marks.messages)));
    this.paintDecision(marks);
  }

  paintOwn({ locked, row, mayRate }) {
    const own = row.said.find(({ mine }) => mine);
    this.mine.hidden = !mayRate;
    this.causeGroup.hidden ||= !own?.again;
    this.chips.hidden = !own?.again;
    setText(this.before, locked || (own?.again ? `your first: ${RATING_NAMES[own.first?.rating] ?? "not rated"}; 0 goes back to it` : "your first stands until you do"));
  }

  line(said, messages) {
    const { first, again, now } = said;
    const words = [first?.comment, again?.comment].filter((text, at, all) => text && all.indexOf(text) === at);
    return h("li", { class: said.mine ? "qa-says qa-mine" : "qa-says" }, h("bdi", { class: "qa-says-who", text: nameOf(said) }), verdict(said),
      h("div", { class: "qa-says-what" },
        words.map((text, at) => h("p", { dir: "auto" }, at ? h("span", { class: "qa-hint", text: "then: " }) : null, text)),
        (now?.evidence ?? []).map((item) => h("button", { class: "qa-says-go", type: "button", dir: "auto", title: "Show it", text: evidenceLabel(item, messages), on: { click: () => this.acts.goTo(item) } })),
        words.length || now?.evidence.length ? null : h("span", { class: "qa-hint", text: "no comment, no evidence" })));
  }

  paintDecision({ decision, mayDecide }) {
    const said = decision ? [
      h("b", { text: `Decided: ${RATING_NAMES[decision.rating]}` }), h("span", { dir: "auto", class: "qa-reason-text", text: decision.reason }),
      h("span", { class: "qa-hint", text: `by ${decision.by}` }), decision.example ? h("span", { class: "qa-example", text: "example for the rubric" }) : null,
    ] : [];
    const button = h("button", { class: "qa-button", type: "button", on: { click: () => this.acts.decide() } }, decision ? "Decide anew" : "Decide", h("kbd", { text: "d", "aria-hidden": "true" }));
    this.decision.replaceChildren(...[...said, mayDecide ? button : null].filter(Boolean));
  }
}
