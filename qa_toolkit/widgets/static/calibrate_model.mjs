// What the calibration screen shows, worked out without a browser.
import { HELP, RATING_NAMES, RATINGS, withAll } from "./review_model.mjs";

/** What stands beside a conversation of the list: how far one is with it oneself. */
export const STAGES = {
  open: { name: "to rate", sign: "○" },
  draft: { name: "begun", sign: "◐" },
  waiting: { name: "waiting", sign: "◷" },
  revealed: { name: "to discuss", sign: "◆" },
  again: { name: "rated again", sign: "◇" },
  decided: { name: "decided", sign: "●" },
};

/** Whether the ratings of the others are there to be seen. */
export const isRevealed = (stage) => ["revealed", "again", "decided"].includes(stage);

/** Whether one's first ratings can still be changed. */
export const isRating = (stage) => ["open", "draft"].includes(stage);

/** How many conversations one has submitted oneself; of the others nothing is known. */
export const ownProgress = (conversations) =>
  ({ submitted: conversations.filter(({ stage }) => !isRating(stage)).length, skipped: 0, total: conversations.length });

/** The conversation `step` places from `id`, or the same at the ends of the list. */
export function neighbour(conversations, id, step) {
  const at = conversations.findIndex((one) => one.conversation_id === id) + step;
  return conversations[Math.min(conversations.length - 1, Math.max(0, at))]?.conversation_id ?? null;
}

/** The next conversation that waits for oneself, to be rated before to be discussed, from the start again after the last; or null. */
export function nextToDo(conversations, id) {
  const at = conversations.findIndex((one) => one.conversation_id === id);
  const round = [...conversations.slice(at + 1), ...conversations.slice(0, Math.max(0, at))];
  const found = [isRating, (stage) => stage === "revealed"].map((is) => round.find(({ stage }) => is(stage)));
  return found.find(Boolean)?.conversation_id ?? null;
}

/** The kernel's state of a conversation as that of a review: after the reveal a rating is the second one, else the first. */
export function asReviewed(state, reviewer) {
  if ("first" in state) return state;
  const open = isRevealed(state.stage);
  const first = Object.entries(state.ratings).map(([id, rating]) => [id, { ...rating, revision: open ? 0 : rating.revision }]);
  return {
    ...state, first: state.ratings, ratings: { ...Object.fromEntries(first), ...(open ? state.again : {}) }, cleared: {},
    status: STAGES[state.stage].name, comment: noteOf(state.notes, reviewer), good_answers: [], disputed_facts: [],
  };
}

const noteOf = (notes, reviewer) => notes.find((note) => note.reviewer === reviewer)?.text ?? "";

/** The excuse of a reviewer from a conversation, {reviewer, by, reason}, or null. */
export const excuseOf = ({ excused }, who) => excused.find(({ reviewer }) => reviewer === who) ?? null;

/** Why nothing can be rated now, or ""; `excuse`: one's own. */
export function lockedText({ stage, round, submitted_again: done }, mayRate, excuse = null) {
  if (round) return "";
  if (excuse) return "You are excused from this conversation";
  if (!mayRate) return "You lead this calibration and do not rate";
  if (stage === "waiting") return "Submitted: your first ratings stand as they are";
  return done ? "You are done rating again; u takes that back" : "Nothing can be rated here now";
}

/** What stands above the commandments: {kind, head, text}; `rows` as of `comparison`, `alone`: there is one reviewer. */
export function situationOf({ stage, submitted_again: done, excused }, rows, { mayRate, alone, excuse = null }) {
  if (isRating(stage)) return { kind: "first", head: "", text: "" };
  if (stage === "waiting" && excuse) {
    return { kind: "waiting", head: `${excuse.by} has excused you here: ${excuse.reason}`, text: "You see what the others gave once all of them have submitted." };
  }
  if (stage === "waiting" && !mayRate) return { kind: "waiting", head: "The reviewers are rating.", text: "You see their ratings once all of them have submitted." };
  if (stage === "waiting") {
    const text = "You see nothing of theirs until everybody has submitted, and they see nothing of yours. Then it appears here by itself.";
    return { kind: "waiting", head: "Submitted. Waiting for the others.", text };
  }
  if (alone) return { kind: "open", head: "You rate alone here.", text: "There is nobody to compare with; a later calibration can be compared with this one." };
  const next = done ? "You are done rating again." : "Discuss what differs, then rate again where you see it otherwise.";
  const toDo = mayRate ? next : excuse ? "Discuss what differs." : "Decide where they still differ.";
  return { kind: "open", head: differText(rows), text: [toDo, ...excused.map(excusedText)].join(" ") };
}

const excusedText = ({ reviewer, by, reason }) => `${by} excused ${reviewer}: ${reason}.`.replace(/([.!?])\.$/, "$1");

// --- who rated what ---

const LEVELS = { fail: 0, partial: 1, pass: 2 };

/** How far two ratings are apart: fail to pass 2, one step 1, and 1 where only one of two finds that it applies. */
export function apart(one, other) {
  if (!one || !other || one === other) return 0;
  return one === "na" || other === "na" ? 1 : Math.abs(LEVELS[one] - LEVELS[other]);
}

/** All reviewers' ratings, one's own first: {reviewer, mine, first, again}; `own` is null for who leads and does not rate. */
export function votesOf(own, peers) {
  const others = peers.map(({ reviewer, ratings, again, submitted_again: done }) => ({ reviewer, mine: false, first: ratings, again, done }));
  return own ? [{ ...own, mine: true }, ...others] : others;
}

/** What a reviewer says of a commandment: {first, again, now}, each with rating, evidence and comment, or null. */
export function saidOf(vote, commandment) {
  const [first, again] = [vote.first?.[commandment] ?? null, vote.again?.[commandment] ?? null];
  return { first, again: again?.rating ? again : null, now: again?.rating ? again : first };
}

/** How far ratings are apart at most, and how many pairs of them differ. */
export function spreadOf(ratings) {
  const given = ratings.filter(Boolean);
  const gaps = given.flatMap((one, at) => given.slice(at + 1).map((other) => apart(one, other)));
  return { widest: Math.max(0, ...gaps), pairs: gaps.filter(Boolean).length };
}

/**
 * One row for each commandment, with what all say of it: those that differ most come first. The order is that of the
 * first ratings, so that no row moves while somebody rates again.
 */
export function comparison(commandments, votes) {
  const rows = commandments.map((commandment, place) => {
    const said = votes.map((vote) => ({ reviewer: vote.reviewer, mine: vote.mine, ...saidOf(vote, commandment.id) }));
    const [first, now] = ["first", "now"].map((round) => spreadOf(said.map((one) => one[round]?.rating)));
    return { commandment, place, said, first, now };
  });
  return rows.sort((one, other) => other.first.widest - one.first.widest || other.first.pairs - one.first.pairs || one.place - other.place);
}

/** The rubric in two groups: where the first ratings differ, and where they agree. */
export function byDifference(rubric, rows) {
  const commandments = rows.map(({ commandment, first }) => ({ ...commandment, group: first.widest ? "differ" : "agree" }));
  return { ...rubric, id: "calibration", groups: { differ: "Different at first", agree: "The same at first" }, commandments };
}

/** "3 of 10 differ", and once something was rated again "3 of 10 differed, 1 still does". */
export function differText(rows) {
  const [first, now] = ["first", "now"].map((round) => rows.filter((row) => row[round].widest > 0).length);
  const again = rows.some(({ said }) => said.some((one) => one.again));
  if (!again) return first ? `${first} of ${rows.length} ${first === 1 ? "differs" : "differ"}` : "All ratings agree";
  return `${first || "None"} of ${rows.length} differed, ${now || "none"} ${first ? "still " : "now "}${now > 1 ? "do" : "does"}`;
}

export const nameOf = ({ reviewer, mine }) => (mine ? "you" : reviewer);

/** Whether a rating was changed after the reveal. */
export const isChanged = ({ first, again }) => Boolean(again && first && again.rating !== first.rating);

/** "you Pass, ben Fail (first Partial)": a row for those who hear it. */
export function rowText({ said }) {
  return said.map((one) => {
    const before = isChanged(one) ? ` (first ${RATING_NAMES[one.first.rating]})` : "";
    return `${nameOf(one)} ${RATING_NAMES[one.now?.rating] ?? "not rated"}${before}`;
  }).join(", ");
}

/** The rating that a decision is offered with: what most say now, or null where none is ahead. */
export function likeliest({ said }) {
  const counts = RATINGS.map((rating) => [rating, said.filter(({ now }) => now?.rating === rating).length]);
  const [[rating, most], [, second]] = counts.sort(([, one], [, other]) => other - one);
  return most > second ? rating : null;
}

/** The evidence of those who say now what is decided. */
export const evidenceFor = ({ said }, rating) =>
  said.filter(({ now }) => now?.rating === rating).reduce((all, { now }) => withAll(all, now.evidence), []).map(({ position, start = null, end = null }) => ({ position, start, end }));

/** What is evidence for anybody's rating of one commandment, as marks of the transcript: a list for each position. */
export function marksOfRow({ commandment: { id, title }, said }) {
  const marks = new Map();
  for (const one of said) {
    for (const { position, start = null, end = null } of one.now?.evidence ?? []) {
      if (!marks.has(position)) marks.set(position, []);
      marks.get(position).push({ commandment: id, title: `${title} (${nameOf(one)})`, rating: one.now.rating, start, end, mine: one.mine });
    }
  }
  return marks;
}

/** The decisions as they are seen: what is stored, then what is on its way. */
export function decisionsOf(state, acts, reviewer) {
  const sent = acts.filter(({ kind }) => kind === "decide").map(({ fields }) => [fields.commandment, { ...fields, by: reviewer, at: null }]);
  return { ...state.decisions, ...Object.fromEntries(sent) };
}

/** What was taken back, in words. */
export function takenBackText({ kind, round, commandment, conversation_id: id }, titles, here) {
  const title = `“${titles.get(commandment) ?? commandment}”`;
  const what = {
    rate: `${round === 2 ? "the second rating" : "the rating"} of ${title}`, submit: "that you are done rating again", note: "the note", decide: `the decision on ${title}`,
  }[kind];
  return `Undone: ${what ?? kind}${id && id !== here ? ` in conversation ${id}` : ""}`;
}

// --- agreement before and after ---

const hundredth = (value) => value.toFixed(2).replace(/^-(?=0\.00$)/, "").replace("-", "−");
export const COEFFICIENTS = { percent: "Percent agreement", ac1: "Gwet’s AC1" };

const isKnown = (gain) => Boolean(gain) && gain.before !== null && gain.after !== null;
const signed = (value) => `${value < 0 ? "" : "+"}${hundredth(value)}`;

/** "0.62 → 0.81", "+0.19 (0.05 to 0.33)", "3": the columns beside a picture. */
export function gainColumns(gain) {
  if (!isKnown(gain)) return ["not known yet", "", ""];
  const around = gain.low === null ? "" : ` (${hundredth(gain.low)} to ${hundredth(gain.high)})`;
  return [`${hundredth(gain.before)} → ${hundredth(gain.after)}`, `${signed(gain.gain)}${around}`, String(gain.n)];
}

/** Where the agreement is lowest comes first, and what is not known last. */
export const lowestFirst = (gains) => [...gains].sort((one, other) => (one.after ?? 9) - (other.after ?? 9) || (one.before ?? 9) - (other.before ?? 9));

/** "0.62 before, 0.81 after: gain 0.19 (95% 0.05 to 0.33), n = 3", or why there is no number. */
export function gainText(gain) {
  if (!isKnown(gain)) return "not known yet";
  const around = gain.low === null ? "too few conversations for an interval" : `95% ${hundredth(gain.low)} to ${hundredth(gain.high)}`;
  return `${hundredth(gain.before)} before, ${hundredth(gain.after)} after: gain ${hundredth(gain.gain)} (${around}), n = ${gain.n}`;
}

/** The axis on which coefficients are drawn: 0 to 1, and as far below 0, in steps of a half, as one of them stands. */
export function axisOf(gains) {
  const lowest = Math.min(0, ...gains.flatMap(({ before, after }) => [before, after]).filter(Number.isFinite));
  return { from: Math.max(-1, Math.floor(2 * lowest) / 2), to: 1 };
}

/** Where a number stands on the axis, in percent of its length; what is outside stands at its end. */
export const placeOn = ({ from, to }, value) => Math.min(100, Math.max(0, (100 * (value - from)) / (to - from)));

const NOT_HERE = new Set(["g", "s", "f"]);
const kept = HELP.map(([title, keys]) => [title, keys.filter(([key]) => !NOT_HERE.has(key))]);
export const CALIBRATE_HELP = kept.map(([title, keys]) => {
  if (title === "Conversation") return [title, [["Enter", "submit, or say that you are done rating again"], ["n  p", "next, back"], ["u", "undo"], ["i", "all that is known about it"], ["a", "agreement before and after"]]];
  return title === "Rate" ? [title, [...keys.map(([key, what]) => [key, key === "o" ? "note for the discussion" : what]), ["d", "decide, with the reason"]]] : [title, keys];
});
