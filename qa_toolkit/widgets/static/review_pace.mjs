// Rating key by key: one digit for each commandment. What was rated since its row was opened is changed by no digit.

const LAST = "That was the last one: Enter submits; 0 takes its rating away.";

/** `screen`: the review screen; it says what is open, and opens, rates and says. */
export class Pace {
  constructor(screen) {
    Object.assign(this, { screen, given: null });
  }

  /** A row was opened: the next digit is for it. */
  opened() {
    this.given = null;
  }

  /** The open row was rated: the next digit is for the one behind it. */
  gave() {
    const { active, client } = this.screen;
    this.given = { id: active, rating: client.rating(active).rating };
  }

  get isDone() {
    return this.given !== null && this.given.id === this.screen.active;
  }

  /** Who rates key by key must not rate what cannot apply without a look at it. */
  get next() {
    const { client, active, commandments: { ids } } = this.screen;
    const reasons = client.notApplicable;
    return ids.slice(ids.indexOf(active) + 1).find((id) => !reasons.has(id)) ?? active;
  }

  /** A digit: the open commandment has this rating, and the next one opens; a fail without evidence is asked for it first. */
  rate(rating) {
    const { screen } = this;
    if (this.isDone && this.next === screen.active) return screen.said(LAST);
    if (this.isDone) screen.activate(this.next);
    const before = screen.client.rating(screen.active);
    screen.rate(rating);
    this.gave();
    if (rating === "fail" && screen.asksForEvidence && before.rating !== "fail" && !before.evidence.length)
      return screen.said("Which message shows it? Click it, or [ ] and e. The next digit goes on without");
    this.goOn();
  }

  goOn() {
    const { next, screen } = this;
    if (next !== screen.active) return screen.activate(next);
    screen.changed();
    screen.commandments.revealActive();
    screen.commandments.focusActive();
  }

  /** What an undo left as it was is still rated. */
  undone(id) {
    const { given, screen } = this;
    screen.activate(id);
    if (given && screen.client.rating(given.id).rating === given.rating) this.given = given;
  }

  /** What the open row says of the next digit. */
  get words() {
    if (!this.isDone) return "";
    const { screen, next } = this;
    if (next === screen.active) return LAST;
    return `1 2 3 4 now rate “${screen.client.titles.get(next)}”; 0 takes this rating away.`;
  }
}
