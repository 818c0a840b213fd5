// What the calibration screen shows, worked out without a browser.
import { RATING_NAMES, RATINGS } from "./review_model.mjs";

/** What stands beside a conversation of the list, and what a reviewer is to do with it. */
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

/** "2 of 6 submitted": how far one is oneself; of the others nothing is known. */
export function ownProgress(conversations) {
  const done = conversations.filter(({ stage }) => !isRating(stage)).length;
  return { done, total: conversations.length, text: `${done} of ${conversations.length} submitted` };
}

/** Where `from` in the list goes with `step`; for "todo", to the next that asks for something, from the start again after the last. */
export function neighbour(conversations, from, step) {
  const at = conversations.findIndex(({ conversation_id: id }) => id === from);
  if (step !== "todo") return conversations[Math.min(conversations.length - 1, Math.max(0, at + step))]?.conversation_id ?? null;
  const round = [...conversations.slice(at + 1), ...conversations.slice(0, Math.max(0, at))];
  const wanted = [isRating, (stage) => stage === "revealed"];
  const found = wanted.map((is) => round.find(({ stage }) => is(stage))).find(Boolean);
  return found?.conversation_id ?? null;
}

// --- who rated what ---

const LEVELS = { fail: 0, partial: 1, pass: 2 };

/** How far two ratings are apart: fail to pass 2, one step 1, and 1 where only one of two finds that it applies. */
export function apart(one, other) {
  if (one === other) return 0;
  if (!one || !other) return 0;
  return one === "na" || other === "na" ? 1 : Math.abs(LEVELS[one] - LEVELS[other]);
}

/** All reviewers' ratings, one's own first: {reviewer, mine, first, again}, where `again` holds what was rated anew. */
export function votesOf(reviewer, own, peers) {
  return [{ reviewer, mine: true, ...own }, ...peers.map((peer) => ({ mine: false, ...peer }))];
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

/** "3 of 10 differ", and once something was rated again "3 of 10 differed, 1 still does". */
export function differText(rows) {
  const [first, now] = ["first", "now"].map((round) => rows.filter((row) => row[round].widest > 0).length);
  const again = rows.some(({ said }) => said.some((one) => one.again));
  if (!again) return first ? `${first} of ${rows.length} ${first === 1 ? "differs" : "differ"}` : `All ${rows.length} agree`;
  return `${first} of ${rows.length} differed, ${now || "none"} still ${now > 1 ? "do" : "does"}`;
}

/** "you pass, ben fail (first partial)": a row for those who hear it. */
export function rowText(row) {
  return row.said.map(({ reviewer, mine, first, again, now }) => {
    const changed = again && first && again.rating !== first.rating ? ` (first ${RATING_NAMES[first.rating]})` : "";
    return `${mine ? "you" : reviewer} ${now?.rating ? RATING_NAMES[now.rating] : "not rated"}${changed}`;
  }).join(", ");
}

/** How often each rating was given, most often first: [["fail", 2], ["pass", 1]]. */
export function countsOf(ratings) {
  const counts = RATINGS.map((rating) => [rating, ratings.filter((one) => one === rating).length]);
  return counts.filter(([, count]) => count).sort(([, one], [, other]) => other - one);
}

/** The rating that a decision is offered with: what most say now, or null where no rating is ahead. */
export function likeliest(row) {
  const [first, second] = countsOf(row.said.map(({ now }) => now?.rating));
  return first && first[1] !== second?.[1] ? first[0] : null;
}

/** What is evidence for anybody, as marks of the transcript: a list for each position. */
export function marksOfAll(rows) {
  const marks = new Map();
  for (const { commandment: { id, title }, said } of rows) {
    for (const { now, reviewer, mine } of said) {
      for (const { position, start = null, end = null } of now?.evidence ?? []) {
        if (!marks.has(position)) marks.set(position, []);
        marks.get(position).push({ commandment: id, title: `${title} (${mine ? "you" : reviewer})`, rating: now.rating, start, end });
      }
    }
  }
  return marks;
}

// --- results ---

const hundredth = (value) => (Math.round(100 * value) / 100).toFixed(2).replace("-0.00", "0.00").replace("-", "−");

/** "0.41 (95% 0.20 to 0.62)", or "not known" where there is no number. */
export function intervalText({ value, low, high } = {}, level = 0.95) {
  if (value === null || value === undefined) return "not known";
  const around = low === null || low === undefined ? "" : ` (${Math.round(100 * level)}% ${hundredth(low)} to ${hundredth(high)})`;
  return `${hundredth(value)}${around}`;
}

/** The ends of the axis on which coefficients are drawn: 0 to 1, and below 0 in steps of a half where one goes there. */
export function axisOf(values) {
  const lowest = Math.min(0, ...values.flatMap(({ value, low }) => [value, low]).filter(Number.isFinite));
  return { from: Math.max(-1, Math.floor(2 * lowest) / 2), to: 1 };
}

/** Where a number stands on the axis, in percent of its length; what is outside stands at its end. */
export function placeOn({ from, to }, value) {
  return Math.min(100, Math.max(0, (100 * (value - from)) / (to - from)));
}
