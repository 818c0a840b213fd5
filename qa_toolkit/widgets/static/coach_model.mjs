// What the coach screen shows, worked out without a browser.

export const RESULTS = 5;
export const NO_FILTERS = { commandment: "", channel: "", language: "", since: "", to: "" };

const plural = (number, one, many) => `${number} ${number === 1 ? one : many}`;

/** "3 fails, 1 partial" of {fail, partial}; the rating that does not occur is left out. */
export function countsText({ fail, partial }) {
  const parts = [fail && plural(fail, "fail", "fails"), partial && plural(partial, "partial", "partials")].filter(Boolean);
  return parts.join(", ") || "no faults";
}

/** Faults by commandment: most fails first, then most partials, then in the order of `commandments`. */
export function groupFaults(faults, commandments) {
  const places = new Map(commandments.map(({ id }, place) => [id, place]));
  const groups = new Map();
  for (const fault of faults) {
    if (!groups.has(fault.commandment)) groups.set(fault.commandment, { id: fault.commandment, title: fault.title, fail: 0, partial: 0, faults: [] });
    const group = groups.get(fault.commandment);
    group[fault.rating] += 1;
    group.faults.push(fault);
  }
  const order = (one, other) => other.fail - one.fail || other.partial - one.partial || places.get(one.id) - places.get(other.id);
  return [...groups.values()].sort(order);
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

/** The pins as the coach sees them: what is stored, then what is on its way. */
export function shownPins(stored, acts) {
  const pins = new Map(stored.map((pin) => [pinKey(pin), pin]));
  for (const { shown: { pin } } of acts) {
    if (!pin) continue;
    if (pin.pinned) pins.set(pinKey(pin), { ...pins.get(pinKey(pin)), ...pin });
    else pins.delete(pinKey(pin));
  }
  return [...pins.values()];
}

export const pinKey = ({ fault_id: fault, exemplar_id: exemplar }) => JSON.stringify([fault, exemplar]);

/** A file name of letters, digits, "-" and "_" only, whatever the agent is called. */
export function packName(agent, ending) {
  const plain = (agent ?? "").normalize("NFC").replace(/[^\p{L}\p{M}\p{N}_-]+/gu, "-").replace(/^-+|-+$/g, "");
  return `coaching-pack-${[...plain].slice(0, 60).join("") || "all"}.${ending}`;
}

/** The evidence of a fault as marks of a transcript: a list for each position. */
export function faultMarks(fault) {
  const marks = new Map();
  for (const { position, start, end } of fault.evidence) {
    if (!marks.has(position)) marks.set(position, []);
    marks.get(position).push({ commandment: fault.commandment, title: fault.title, rating: fault.rating, start, end });
  }
  return marks;
}

const COACH_KEYS = {
  j: "down", ArrowDown: "down", k: "up", ArrowUp: "up", Enter: "open", o: "open", c: "conversation",
  1: "pin1", 2: "pin2", 3: "pin3", 4: "pin4", 5: "pin5", "/": "search", f: "filter", a: "agent", p: "pins",
  "?": "help", Escape: "close",
};

/** What a key does on the coach screen, or null. */
export const coachAction = (key) => (Object.hasOwn(COACH_KEYS, key) ? COACH_KEYS[key] : null);

export const COACH_HELP = [
  ["Faults", [["j k  ↓ ↑", "through the faults"], ["Enter", "open the fault"], ["a", "choose the agent"], ["f", "filter the faults"]]],
  ["Good answers", [["1 2 3 4 5", "pin the answer of that number, or take its pin back"], ["/", "search in your own words"], ["c", "the whole conversation, or back"]]],
  ["Here", [["p", "what is pinned"], ["?", "these keys"], ["Esc", "close, back to the keys"]]],
];

/** What is not saved and why, or what else is wrong, or "". */
export function problemText(names, lost) {
  if (!names.length) return lost;
  return `NOT SAVED: ${[...new Set(names)].join(", ")}. ${lost || "The kernel does not answer; if it was restarted, run the cell again."}`;
}
