// What the screen says of facts, worked out without a browser.

const WITHHELD = {
  "not-asked": "shown when you ask (f), or once every commandment that has them is rated",
  "not-rated": "shown once every commandment that has them is rated",
  "too-often-wrong": "not shown: too often wrong on lines that its rule had never seen",
};

const percent = (share) => `${Math.round(100 * share)} %`;

/** "right in 21 of 22, finds 21 of 22", and the whole sentence behind it; null where nothing was counted. */
export function qualityText(quality) {
  if (!quality || !quality.n) return null;
  const { right, found, there } = quality;
  const precision = found ? `Where it was found, it was right in ${right} of ${found} held-out lines.` : "";
  const recall = there ? `Of ${there} held-out lines that have it, ${right} were found (${percent(right / there)}).` : "";
  return { short: found ? `right ${right} of ${found}` : "", whole: [precision, recall].filter(Boolean).join(" ") };
}

/** What one fact says: for none found, how much of it is found at all. */
export function factText({ state, title, text, quality }) {
  if (state === "found") return text;
  const finds = quality?.there ? `; the rule finds ${quality.right} of ${quality.there}` : "";
  return `${title}: none found, which is not to say that there is none${finds}`;
}

/** Kinds that were not computed: a line for each reason. */
export function notComputedLines(facts) {
  const titles = new Map();
  for (const { state, title, text } of facts) if (state === "not-computed") titles.set(text, [...(titles.get(text) ?? []), title]);
  return [...titles].map(([text, of]) => `${of.join(", ")}: ${text}`);
}

/** Why kinds are not shown: a line for each reason, of those that are worth a word. */
export function withheldLines(withheld) {
  return Object.entries(WITHHELD).map(([why, text]) => {
    const titles = withheld.filter((one) => one.why === why).map(({ title }) => title);
    return titles.length ? `${titles.join(", ")}: ${text}` : null;
  }).filter(Boolean);
}

/** The facts and the withheld kinds that belong to a commandment; null before the kernel has said. */
export function factsFor(commandment, answer) {
  if (!answer) return null;
  const kinds = commandment.facts ?? [];
  const ours = ({ kind }) => kinds.includes(kind);
  return { facts: answer.facts.filter(ours), withheld: answer.withheld.filter(ours) };
}

const TIMINGS = ["first-response", "customer-wait", "agent-wait"];

/** The timings of a conversation that may be seen. */
export const timingsOf = (answer) => (answer?.facts ?? []).filter(({ kind, state }) => TIMINGS.includes(kind) && state === "found");
