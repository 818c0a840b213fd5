import assert from "node:assert/strict";
import { test } from "node:test";
import {
  COACH_HELP, coachAction, countsText, dayAfter, faultFields, faultMarks, isAgainst, isDay, isOverdue, NO_FILTERS, OTHERS, packName, problemText, reasons, shownAgreed, shownJudged, shownPins, suggestionFilters, trayText,
} from "../../qa_toolkit/widgets/static/coach_model.mjs";

const fault = (id, commandment, rating) => ({ fault_id: id, commandment, rating, title: commandment.toUpperCase() });

test("counts are in words", () => {
  assert.equal(countsText({ fail: 2, partial: 0 }), "2 fails");
  assert.equal(countsText({ fail: 0, partial: 2 }), "2 partials");
  assert.equal(countsText({ fail: 0, partial: 0 }), "no faults");
});

test("a period includes its last day, also over the end of a month and a year", () => {
  assert.equal(dayAfter("2026-03-31"), "2026-04-01");
  assert.equal(dayAfter("2027-12-31"), "2028-01-01");
  assert.deepEqual(faultFields("derek", { ...NO_FILTERS, since: "2026-03-01", to: "2026-03-31" }), {
    agent: "derek", commandment: null, channel: null, language: null, since: "2026-03-01", until: "2026-04-01",
  });
});

test("only days are days", () => {
  assert.ok(isDay("2026-02-28"));
  for (const text of ["", "2026-02-30", "2026-13-01", "28.02.2026", "2026-2-8", "2026-02-28T00"]) assert.ok(!isDay(text), text);
});

test("suggestions are asked for with what is chosen, and nothing else", () => {
  const none = { answerer: "", channel: "", language: "", since: "", to: "", verified: false };
  assert.deepEqual(suggestionFilters(none, "derek"), {});
  assert.deepEqual(suggestionFilters({ ...none, answerer: OTHERS, verified: true }, "derek"), { not_agent: "derek", include_unverified: false });
  assert.deepEqual(suggestionFilters({ ...none, answerer: "mei", commandment: "warm", to: "2026-01-01" }, "derek"), {
    until: "2026-01-02", commandment: "warm", agent: "mei",
  });
});

test("reasons about the commandment come first; other merits are kept apart", () => {
  const why = ["marked good for Be warm by ruth", "rated pass for Be clear by ruth", "failed for Be quick", "shares: parcel"];
  assert.deepEqual(reasons({ why }, "Be warm"), [["marked good for Be warm by ruth", "failed for Be quick", "shares: parcel"], ["rated pass for Be clear by ruth"]]);
  assert.deepEqual(reasons({ why }, ""), [why, []]);
  assert.deepEqual(reasons({ why: ["a", "b", "c"].map((name) => `rated pass for ${name} by ruth`) }, "")[1], ["rated pass for c by ruth"]);
  assert.deepEqual(why.map(isAgainst), [false, false, true, false]);
});

test("pins on their way are shown over those that are stored", () => {
  const pin = (exemplar, note = "") => ({ fault_id: "f", exemplar_id: exemplar, note, agent: "derek" });
  const act = (values) => ({ shown: { pin: values } });
  const acts = [act({ ...pin("b"), pinned: true }), act({ ...pin("a"), pinned: false }), act({ ...pin("b", "why"), pinned: true }), { shown: {} }];
  assert.deepEqual(shownPins([pin("a")], acts).map(({ exemplar_id: id, note }) => [id, note]), [["b", "why"]]);
});

test("what a coach said and agreed is shown as it is on its way", () => {
  const judged = (exemplar, useful) => ({ fault_id: "f", exemplar_id: exemplar, useful });
  const saying = [judged("a", null), judged("b", "used")].map((one) => ({ shown: { judged: one } }));
  assert.deepEqual(shownJudged([judged("a", "used"), judged("c", "not useful")], saying).map(({ exemplar_id: id, useful }) => [id, useful]), [["c", "not useful"], ["b", "used"]]);
  const item = (id, values) => ({ item_id: id, text: id, ...values });
  const agreeing = [item("1", { done: true }), item("2", { dropped: true }), item("3", {})].map((one) => ({ shown: { agreed: one } }));
  assert.deepEqual(shownAgreed([item("1", { done: false }), item("2", {})], agreeing).map(({ item_id: id, done }) => [id, done]), [["1", true], ["3", undefined]]);
});

test("what is agreed is overdue from the day after", () => {
  assert.ok(isOverdue({ due: "2026-03-31", done: false }, "2026-04-01"));
  for (const item of [{ due: "2026-04-01", done: false }, { due: "2026-03-31", done: true }, { due: "", done: false }]) assert.ok(!isOverdue(item, "2026-04-01"));
  assert.equal(trayText(1, 0, "derek"), "1 pin for derek");
  assert.equal(trayText(2, 3, ""), "2 pins, 3 agreed");
});

test("a file is named for the agent, whatever the agent is called", () => {
  assert.equal(packName("derek", "md"), "coaching-pack-derek.md");
  assert.equal(packName("Jörg Müller", "html"), "coaching-pack-Jörg-Müller.html");
  assert.equal(packName("../../etc/pass\u202ewd\n<img>", "md"), "coaching-pack-etc-pass-wd-img.md");
  assert.equal(packName("../", "md"), "coaching-pack-all.md");
  assert.equal(packName(null, "md"), "coaching-pack-all.md");
  assert.equal(packName("🙂".repeat(90) + "名".repeat(90), "md"), `coaching-pack-${"名".repeat(60)}.md`);
});

test("the evidence of a fault marks its messages", () => {
  const evidence = [{ position: 3, start: 1, end: 4, quote: "x" }, { position: 3, start: null, end: null, quote: "y" }];
  const marks = faultMarks({ ...fault("1", "warm", "fail"), evidence });
  assert.deepEqual([...marks.keys()], [3]);
  assert.deepEqual(marks.get(3)[0], { commandment: "warm", title: "WARM", rating: "fail", start: 1, end: 4 });
});

test("every key of the help does something, and no other name is a key", () => {
  for (const [, keys] of COACH_HELP)
    for (const [names] of keys)
      for (const name of names.split(/\s+/)) {
        const key = { "↓": "ArrowDown", "↑": "ArrowUp", Esc: "Escape" }[name] ?? name;
        assert.ok(coachAction(key), key);
      }
  assert.equal(coachAction("constructor"), null);
  assert.equal(coachAction("x"), null);
});

test("what is not saved is named once, with the reason", () => {
  assert.equal(problemText([], ""), "");
  assert.equal(problemText([], "Gone."), "Gone.");
  assert.equal(problemText(["Warm", "Warm", "Solve"], "Gone."), "NOT SAVED: Warm, Solve. Gone.");
});
