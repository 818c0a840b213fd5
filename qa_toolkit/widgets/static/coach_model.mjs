// What the coach screen shows, worked out without a browser.
import { evidenceOf } from "./coach_rates.mjs";

export const RESULTS = 5;
export const NO_FILTERS = { commandment: "", channel: "", language: "", since: "", to: "" };

const plural = (number, one, many) => `${number} ${number === 1 ? one : many}`;

/** "3 fails, 1 partial" of {fail, partial}; the rating that does not occur is left out. */
export function countsText({ fail, partial }) {
  const parts = [fail && plural(fail, "fail", "fails"), partial && plural(partial, "partial", "partials")].filter(Boolean);
  return parts.join(", ") || "no faults";
}

/** "2 pins and 1 agreed for derek". */
export function trayText(pins, agreed, agent) {
  const parts = [plural(pins, "pin", "pins"), agreed ? `${agreed} agreed` : ""].filter(Boolean);
  return `${parts.join(", ")}${agent ? ` for ${agent}` : ""}`;
}

/** What `faults` is asked with: a period that includes its last day, and null where nothing is filtered. */
export function faultFields(agent, filters) {
  const { commandment, channel, language, since, to } = filters;
  const fields = { agent, commandment, channel, language, since, until: to && dayAfter(to) };
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, value || null]));
}

/** What suggestions are filtered by; the commandment only where it is asked for. */
export function suggestionFilters({ answerer, commandment, channel, language, since, to, verified }, agent) {
  const filters = { channel, language, since, until: to && dayAfter(to), commandment };
  if (answerer === OTHERS) filters.not_agent = agent;
  else filters.agent = answerer;
  const given = Object.entries(filters).filter(([, value]) => value);
  return { ...Object.fromEntries(given), ...(verified ? { include_unverified: false } : {}) };
}

export const OTHERS = "\u0000others";

const midnight = (day) => (/^\d{4}-\d\d-\d\d$/.test(day) ? Date.parse(`${day}T00:00:00Z`) : NaN);

/** Whether a text is a day such as "2026-03-31". */
export const isDay = (text) => !Number.isNaN(midnight(text)) && new Date(midnight(text)).toISOString().startsWith(text);

/** "2026-04-01" for "2026-03-31". */
export const dayAfter = (day) => new Date(midnight(day) + 86_400_000).toISOString().slice(0, 10);

/** Reasons in two parts: those to show at once, and other merits. Without a title, two merits stand for all. */
export function reasons({ why }, title) {
  const isMerit = (text) => /^(marked good|rated pass) for /.test(text);
  const merits = why.filter(isMerit);
  const first = new Set(title ? merits.filter((text) => text.includes(` for ${title} by `)) : merits.slice(0, 2));
  const isMain = (text) => !isMerit(text) || first.has(text);
  return [why.filter(isMain), why.filter((text) => !isMain(text))];
}

/** Whether a reason speaks against the answer. */
export const isAgainst = (reason) => /^failed for /.test(reason);

/** How close an answer is, for people, or "". */
export const closenessText = ({ closeness }) => (closeness === null ? "" : `closeness ${Math.round(closeness * 100)}%`);
export const CLOSENESS = "Of suggestions as much alike as this one, so many were relevant when it was measured.";

export const pinKey = ({ fault_id: fault, exemplar_id: exemplar }) => JSON.stringify([fault, exemplar]);

/** What is stored, with what is on its way over it: what acts show as `name`, until it `isThere` no more. */
const overlaid = (name, keyOf, isThere) => (stored, acts) => {
  const found = new Map(stored.map((one) => [keyOf(one), one]));
  for (const one of acts.map(({ shown }) => shown[name]).filter(Boolean)) {
    if (isThere(one)) found.set(keyOf(one), { ...found.get(keyOf(one)), ...one });
    else found.delete(keyOf(one));
  }
  return [...found.values()];
};
export const shownPins = overlaid("pin", pinKey, ({ pinned }) => pinned);
export const shownJudged = overlaid("judged", pinKey, ({ useful }) => useful !== null);
export const shownAgreed = overlaid("agreed", ({ item_id: id }) => id, ({ dropped }) => !dropped);

/** Whether something that was agreed should be done by now; `today` as "2026-03-31". */
export const isOverdue = ({ due, done }, today) => Boolean(due) && !done && due < today;

/** A file name of letters, digits, "-" and "_" only, whatever the agent is called. */
export function packName(agent, ending) {
  const plain = (agent ?? "").normalize("NFC").replace(/[^\p{L}\p{M}\p{N}_-]+/gu, "-").replace(/^-+|-+$/g, "");
  return `coaching-pack-${[...plain].slice(0, 60).join("") || "all"}.${ending}`;
}

/** The evidence of a fault as marks of a transcript: a list for each position. */
export function faultMarks(fault) {
  const marks = new Map();
  for (const { position, start, end } of evidenceOf(fault)) {
    if (!marks.has(position)) marks.set(position, []);
    marks.get(position).push({ commandment: fault.commandment, title: fault.title, rating: fault.rating, start, end });
  }
  return marks;
}

const COACH_KEYS = {
  j: "down", ArrowDown: "down", k: "up", ArrowUp: "up", Enter: "open", o: "open", c: "conversation",
  1: "pin1", 2: "pin2", 3: "pin3", 4: "pin4", 5: "pin5", "/": "search", f: "filter", a: "agent", p: "pins", t: "agree",
  u: "used", n: "notUseful", v: "compare",
  "?": "help", Escape: "close",
};

/** What a key does on the coach screen, or null. */
export const coachAction = (key) => (Object.hasOwn(COACH_KEYS, key) ? COACH_KEYS[key] : null);

export const COACH_HELP = [
  ["Faults", [["j k  ↓ ↑", "through the faults"], ["Enter", "open the fault"], ["a", "choose the agent"], ["f", "filter the faults"]]],
  ["Good answers", [["1 2 3 4 5", "pin the answer of that number, or take its pin back"], ["u", "then a number: that answer was used, or take it back"], ["n", "then a number: not useful, or take it back"],
    ["v", "then two numbers: these beside each other; 0 is what the agent wrote"], ["/", "search in your own words"], ["c", "the whole conversation, or back"]]],
  ["Here", [["p", "what is pinned and agreed"], ["t", "note what was agreed"], ["?", "these keys"], ["Esc", "close, back to the keys"]]],
];

/** What is not saved and why, or what else is wrong, or "". */
export function problemText(names, lost) {
  if (!names.length) return lost;
  return `NOT SAVED: ${[...new Set(names)].join(", ")}. ${lost || "The kernel does not answer; if it was restarted, run the cell again."}`;
}
