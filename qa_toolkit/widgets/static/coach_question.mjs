// Which answer? What a key asks, and the numbers that are its answer.

const ASKED = {
  used: "Used: which answer? Press its number.",
  "not useful": "Not useful: which answer? Press its number.",
  compare: "Beside each other: press the numbers of two answers; 0 is what the agent wrote.",
};

export class Question {
  constructor(screen) {
    Object.assign(this, { screen, what: null, numbers: [] });
  }

  ask(what) {
    Object.assign(this, { what, numbers: [] });
    this.screen.said(ASKED[what]);
  }

  forget() {
    if (this.what) this.screen.said("");
    this.what = null;
  }

  answer(number) {
    const { screen, what } = this;
    this.numbers.push(number);
    if (what === "compare" && this.numbers.length < 2) return screen.said(`Beside each other: ${number} and which? Press its number.`);
    this.forget();
    if (what === "compare") return screen.compare(...this.numbers);
    const suggestion = screen.suggestions.at(number);
    if (suggestion) screen.judge(suggestion, what);
    else screen.said(`There is no answer ${number}`);
  }
}
