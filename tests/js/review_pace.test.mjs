import assert from "node:assert/strict";
import { test } from "node:test";
import { Pace } from "../../qa_toolkit/widgets/static/review_pace.mjs";

const IDS = ["a", "b", "c", "d"];

/** A screen of four commandments, of which some do not apply, and its pace. */
function paced({ out = [], asksForEvidence = true } = {}) {
  const ratings = new Map(IDS.map((id) => [id, { rating: null, evidence: [] }]));
  const client = { rating: (id) => ratings.get(id), notApplicable: new Map(out.map((id) => [id, "not here"])), titles: new Map(IDS.map((id) => [id, `Be ${id}`])) };
  const screen = {
    client, asksForEvidence, active: "a", notice: "", commandments: { ids: IDS, revealActive() {}, focusActive() {} },
    activate(id) { this.active = id; this.pace.opened(); },
    rate(rating) { ratings.set(this.active, { ...ratings.get(this.active), rating }); this.notice = ""; },
    said(text) { this.notice = text; }, changed() {},
  };
  screen.pace = new Pace(screen);
  const type = (digits) => [...digits].forEach((digit) => screen.pace.rate(["pass", "partial", "fail", "na"][digit - 1]));
  const rated = () => IDS.map((id) => ratings.get(id).rating?.[0] ?? "-").join("");
  return { screen, ratings, type, rated };
}

test("each digit rates one commandment, whatever comes before it", () => {
  for (const [digits, expected] of [["132", "pfp-"], ["33", "ff--"], ["331", "ffp-"], ["3333", "ffff"], ["1342", "pfnp"]]) {
    const { type, rated } = paced();
    type(digits);
    assert.equal(rated(), expected, digits);
  }
});

test("a fail stays for its evidence and says what the next digit is for", () => {
  const { screen, type } = paced({ out: ["c"] });
  type("13");
  assert.equal(screen.active, "b");
  assert.match(screen.notice, /Which message shows it/);
  assert.match(screen.pace.words, /now rate “Be d”/);
  type("1");
  assert.equal(screen.active, "d");
});

test("a fail that has evidence, or a team that does not ask, goes on at once", () => {
  const { screen, ratings, type } = paced();
  ratings.get("a").evidence.push({ position: 0 });
  type("3");
  assert.equal(screen.active, "b");
  const other = paced({ asksForEvidence: false });
  other.type("3");
  assert.equal(other.screen.active, "b");
});

test("behind the last one no digit changes anything", () => {
  const { screen, type, rated } = paced();
  type("111123");
  assert.equal(rated(), "pppp");
  assert.match(screen.notice, /the last one/);
  screen.activate("d");
  type("2");
  assert.equal(rated(), "pppp");
  assert.equal(screen.client.rating("d").rating, "partial");
});

test("an undo of the rating gives the next digit back to its commandment, an undo of evidence does not", () => {
  const { screen, ratings, type, rated } = paced();
  type("3");
  screen.pace.undone("a");
  type("1");
  assert.equal(rated(), "fp--");
  type("3");
  ratings.set("c", { rating: null, evidence: [] });
  screen.pace.undone("c");
  type("2");
  assert.equal(rated(), "fpp-");
  assert.equal(screen.client.rating("c").rating, "partial");
});
