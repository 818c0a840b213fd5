// What the review screen shows, worked out without a browser.
import { cut, toUnits } from "./offsets.mjs";

export const RATINGS = ["pass", "partial", "fail", "na"];
export const RATING_NAMES = { pass: "Pass", partial: "Partial", fail: "Fail", na: "N/A" };
export const ROLE_NAMES = { customer: "Customer", agent: "Agent", bot: "Bot", system: "System", note: "Internal note" };
export const SHOWN_LIMIT = 20000;

const EMPTY = { rating: null, evidence: [], comment: "", root_causes: [], revision: 0 };

/** One commandment's rating as the reviewer sees it: what is stored, then what is on its way, then what is typed. */
export function ratingOf(state, commandment, acts = [], draft = null) {
  let shown = { ...EMPTY, ...state?.ratings?.[commandment] };
  for (const act of acts)
    if (ratedBy(act).includes(commandment)) shown = { ...shown, ...act.shown.values };
  return draft ? { ...shown, ...draft } : shown;
}

/** The event that a commandment's row shows: its rating, or what took it away, or 0 for none. */
export function baseOf(state, commandment) {
  return state.ratings[commandment]?.revision ?? state.cleared?.[commandment] ?? 0;
}

/** Whether root causes can be given with a rating. */
export const canHaveCauses = (rating) => rating === "partial" || rating === "fail";

/** Commandments that fail without evidence. `ratings`: a Map of what is shown by commandment. */
export function lackEvidence(ratings) {
  return [...ratings].filter(([, { rating, evidence }]) => rating === "fail" && !evidence.length).map(([id]) => id);
}

/**
 * Why commandments do not apply: `fixed`, what the kernel found in the conversation, and the conditions that what is
 * rated so far does not meet. A Map of a text for each commandment, in the order of the rubric.
 */
export function notApplicableNow(commandments, fixed, ratings) {
  const titles = new Map(commandments.map(({ id, title }) => [id, title]));
  const reasons = commandments.map(({ id, applies }) => [id, fixed[id] ?? unmet(applies ?? {}, titles, ratings)]);
  return new Map(reasons.filter(([, reason]) => reason));
}

function unmet({ when = {}, otherwise }, titles, ratings) {
  const broken = Object.entries(when).find(([other, calling]) => !calling.includes(ratings.get(other)?.rating));
  return broken && (otherwise || `Applies once “${titles.get(broken[0])}” is rated ${broken[1].join(" or ")}.`);
}

/** Commandments in the order of the screen: by group, in the rubric's order of groups. */
export function byGroup(rubric) {
  const groups = Object.entries(rubric.groups).map(([id, title]) => ({ id, title, commandments: [] }));
  const places = new Map(groups.map((group) => [group.id, group]));
  for (const commandment of rubric.commandments) {
    if (!places.has(commandment.group)) {
      places.set(commandment.group, { id: commandment.group, title: commandment.group, commandments: [] });
      groups.push(places.get(commandment.group));
    }
    places.get(commandment.group).commandments.push(commandment);
  }
  return groups.filter((group) => group.commandments.length);
}

const sameSpan = (one, other) =>
  one.position === other.position && (one.start ?? null) === (other.start ?? null) && (one.end ?? null) === (other.end ?? null);

/** The evidence with `item` added, or without it where it was there already; in the order of the transcript. */
export function toggled(evidence, item) {
  if (evidence.some((one) => sameSpan(one, item))) return evidence.filter((one) => !sameSpan(one, item));
  const order = (one, other) => one.position - other.position || (one.start ?? -1) - (other.start ?? -1);
  return [...evidence, item].sort(order);
}

/** The evidence with all of `items` in it, in the order of the transcript. */
export const withAll = (evidence, items) =>
  items.reduce((all, item) => (all.some((one) => sameSpan(one, item)) ? all : toggled(all, item)), evidence);

/** "message 3", or with the words of a span: "message 3: “as you asked”". */
export function evidenceLabel(item, messages) {
  const name = `message ${item.position + 1}`;
  if ((item.start ?? null) === null) return name;
  const text = messages[item.position]?.text ?? "";
  const words = text.slice(toUnits(text, item.start), toUnits(text, item.end)).replace(/\s+/g, " ");
  return `${name}: “${words.length > 32 ? `${cut(words, 30)}…` : words}”`;
}

/** What each message is evidence of: a list for each position of {commandment, title, rating, start, end}. */
export function marksByMessage(commandments, ratings) {
  const marks = new Map();
  for (const { id, title } of commandments) {
    for (const { position, start = null, end = null } of ratings.get(id).evidence) {
      if (!marks.has(position)) marks.set(position, []);
      marks.get(position).push({ commandment: id, title, rating: ratings.get(id).rating, start, end });
    }
  }
  return marks;
}

/** Cut `text` where marks begin and end ({from, to}, in UTF-16 units): pieces of {text, marks} that together are the text. */
export function pieces(text, marks) {
  const cuts = new Set([0, text.length]);
  for (const { from, to } of marks) for (const at of [from, to]) if (at > 0 && at < text.length) cuts.add(at);
  const places = [...cuts].sort((one, other) => one - other);
  return places.slice(1).map((to, at) => ({
    text: text.slice(places[at], to),
    marks: marks.filter((mark) => mark.from <= places[at] && mark.to >= to),
  }));
}

/** Blocks of about `size` units, cut behind a line break or a space where there is one: a browser lays them out one by one. */
export function blocks(text, size = SHOWN_LIMIT) {
  const parts = [];
  for (let at = 0; at < text.length; ) {
    const most = cut(text.slice(at, at + size + 1), size);
    const end = at + most.length >= text.length ? most.length : Math.max(most.lastIndexOf("\n"), most.lastIndexOf(" ")) + 1;
    parts.push(most.slice(0, end || most.length));
    at += parts.at(-1).length;
  }
  return parts;
}

/** Which commandment comes `step` rows on, staying inside the list. */
export function moved(ids, id, step) {
  return ids[Math.min(ids.length - 1, Math.max(0, ids.indexOf(id) + step))];
}

/** "3 of 60 submitted · 1 skipped" */
export function progressText(progress) {
  const skipped = progress.skipped ? ` · ${progress.skipped} skipped` : "";
  return `${progress.submitted} of ${progress.total} submitted${skipped}`;
}

/** What was taken back, in words. */
export function undoneText(undone, titles, here) {
  const what = undone.number > 1 && undone.kind !== "submit" ? `${undone.number} ratings` : {
    rating: `the rating of “${titles.get(undone.commandment) ?? undone.commandment}”`,
    comment: "the comment on the conversation",
    good_answer: "the mark of a good answer",
    submit: "the submit",
    skip: "the skip",
    fact: "what was said of a fact",
  }[undone.kind];
  const where = undone.conversation_id && undone.conversation_id !== here ? ` in conversation ${undone.conversation_id}` : "";
  return `Undone: ${what ?? undone.kind}${where}`;
}

/** The commandments that an act rates. */
export const ratedBy = ({ shown }) => shown.rest ?? [shown.commandment];

/** The queue of the act that rates the rest. */
export const restKey = (id) => `${id}/rest`;

/** The queue of a rating: it waits for the act that is rating the rest, since only then is it known what it replaces. */
export function rateKey(id, commandment, acts) {
  const waits = acts.some((act) => act.key === restKey(id) && ratedBy(act).includes(commandment));
  return waits ? restKey(id) : `${id}/rate/${commandment}`;
}

/** The comment on the conversation as the reviewer sees it. */
export function overallOf(state, acts, draft) {
  const act = acts.findLast(({ shown }) => shown.overall !== undefined);
  return draft?.comment ?? act?.shown.overall ?? state.comment;
}

/** The good answers as the reviewer sees them, the ones on their way included. */
export function goodsOf(state, acts) {
  const marked = new Map(state.good_answers.map((good) => [good.position, good]));
  for (const { shown: { good } } of acts) if (good) marked.set(good.position, good);
  return [...marked.values()].filter((good) => good.good !== false);
}

/** Labels as lines of text: {"csat": 2, "tags": ["mail"]} gives [["csat", "2"], ["tags", "mail"]]. */
export function labelLines(labels) {
  const text = (value) => {
    if (Array.isArray(value)) return value.map(text).join(", ");
    return value !== null && typeof value === "object" ? JSON.stringify(value) : String(value);
  };
  return Object.entries(labels ?? {}).map(([name, value]) => [name, text(value)]);
}

/** Which facts the reviewer says are wrong, what is on its way included: a Set of ids. */
export function disputedOf(state, acts) {
  const disputed = new Set(state.disputed_facts);
  for (const { shown: { fact } } of acts) if (fact) disputed[fact.wrong ? "add" : "delete"](fact.id);
  return disputed;
}

/** What the kernel says of facts, with what the reviewer says of them; null before it did. */
export const factsShown = (answer, disputed) =>
  answer && { ...answer, facts: answer.facts.map((fact) => ({ ...fact, disputed: disputed.has(fact.id) })) };

/** Who may have given a good answer. */
export const canBeGood = (message) => message?.role === "agent";

/** The commandments to offer first for a good answer: those it passes with this message as evidence, else the active
 * one, unless that is rated otherwise. */
export function goodFor(ratings, position, active) {
  const passed = [...ratings].filter(
    ([, row]) => row.rating === "pass" && row.evidence.some((item) => item.position === position),
  );
  if (passed.length) return passed.map(([id]) => id);
  return ["pass", null, undefined].includes(new Map(ratings).get(active)?.rating) ? [active] : [];
}

export const KEYS = {
  j: "down", ArrowDown: "down", k: "up", ArrowUp: "up", "[": "messageUp", "]": "messageDown", "{": "agentUp", "}": "agentDown",
  1: "pass", 2: "partial", 3: "fail", 4: "na", 0: "clear",
  e: "evidence", E: "extend", v: "words", q: "unfold", "/": "find", c: "comment", o: "overall", g: "good", Enter: "submit", n: "next", p: "previous", b: "previous",
  h: "handBack", t: "take", T: "takeMore", s: "skip", u: "undo", x: "rest", i: "details", f: "facts", r: "causes", z: "fold", "?": "help", Escape: "close",
};

/** What a key does, or null. */
export const actionOf = (key) => (Object.hasOwn(KEYS, key) ? KEYS[key] : null);

export const HELP = [
  ["Rate", [["1 2 3 4", "pass, partial, fail, N/A, and on to the next"], ["3", "a fail stays open for its evidence; the next digit rates the next all the same"], ["0", "take the rating away, to rate anew"], ["x", "rate the rest N/A"], ["r", "root causes of a partial or a fail: arrows, space"], ["c", "comment on the commandment"], ["o", "comment on the conversation"]]],
  ["Evidence", [["e", "this message is evidence, or no longer"], ["select + e", "the selected words are evidence"], ["v", "select words by keys: ← → ↑ ↓, with Shift more, then e"], ["E", "all messages up to this one, from the one picked last"], ["g", "this message is a good answer"]]],
  ["Move", [["j k  ↓ ↑", "through commandments, or messages when you are there"], ["[ ]", "message before, after"], ["{ }", "the agent's message before, after"], ["q", "quoted mail and signature of this message"], ["/", "find in the transcript"], ["Shift + letter", "to the commandment with that letter, where the rubric gives any"], ["z", "fold the group, or open it"], ["Tab", "transcript, commandments, buttons"]]],
  ["Conversation", [["Enter", "submit and go on"], ["n", "next"], ["p b", "back"], ["s", "skip, with a reason"], ["h", "hand back to the pool, with a reason (assigned samples)"], ["t T", "take the next from the pool, or five, at the end of the queue"], ["u", "undo"], ["f", "facts: waits, promises, apologies, hand-overs …"], ["i", "all that is known about it"]]],
  ["Here", [["?", "these keys"], ["Esc", "close, back to the keys"]]],
];
