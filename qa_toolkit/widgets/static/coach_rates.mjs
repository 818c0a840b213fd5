// How often an agent fails: in words, as a small bar, and what is worst by it.
import { h } from "./dom.mjs";

const percent = (share) => `${Math.round(share * 100)}%`;

/** "91% (62% to 98%)"; where nothing was drawn by chance there is no interval: "91% of what was reviewed". */
export function rateText({ rate, low, high }, ofDesign) {
  return ofDesign ? `${percent(rate)} (${percent(low)} to ${percent(high)})` : `${percent(rate)} of what was reviewed`;
}

/** What the numbers beside an agent or a commandment mean. */
export const rateMeaning = (ofDesign) => (ofDesign
  ? "The share of fails among what applies, weighted by how the conversations were drawn. The true one may well lie anywhere in the 95% interval."
  : "The share of fails among what applies, of what was reviewed. Nothing was drawn by chance, so it says nothing of the other conversations.");

/** The interval as a line from 0 to 100%, with the rate as a dot. */
export function rateBar({ rate, low, high }, ofDesign) {
  const [range, point] = [h("i", { class: "qa-range" }), h("i", { class: "qa-point" })];
  Object.assign(range.style, { insetInlineStart: percent(low), width: percent(high - low) });
  point.style.insetInlineStart = percent(rate);
  return h("span", { class: "qa-rate-bar", "aria-hidden": "true" }, ofDesign ? range : null, point);
}

// Equal rates may differ in their last digits.
const rounded = (share) => Math.round((share ?? -1) * 1e9);

/** Which of two rates is worse and more certain: by the lower limits, then by the rates; for `sort`. */
export const byCertainty = (one, other) => rounded(other?.low) - rounded(one?.low) || rounded(other?.rate) - rounded(one?.rate);

/**
 * Faults by commandment, the worst and most certain first: by the lower limit of the rate of fails, then critical ones,
 * then by counts, then in the order of `commandments`. In a group fails come first, then what several reviewers saw.
 */
export function groupFaults(faults, commandments, rates = {}) {
  const places = new Map(commandments.map(({ id }, place) => [id, place]));
  const groups = new Map();
  for (const fault of once(faults)) {
    const { commandment: id, title, critical } = fault;
    if (!groups.has(id)) groups.set(id, { id, title, critical, rate: rates[id] ?? null, fail: 0, partial: 0, faults: [] });
    const group = groups.get(id);
    group[fault.rating] += 1;
    group.faults.push(fault);
  }
  const isPartial = ({ rating }) => Number(rating !== "fail");
  for (const group of groups.values()) group.faults.sort((one, other) => isPartial(one) - isPartial(other) || other.others.length - one.others.length);
  return [...groups.values()].sort((one, other) => byCertainty(one.rate, other.rate) || Number(other.critical) - Number(one.critical)
    || other.fail - one.fail || other.partial - one.partial || places.get(one.id) - places.get(other.id));
}

/** What several reviewers found in one conversation once: the first, which is the worst, with the `others`. */
function once(faults) {
  const found = new Map();
  for (const fault of faults) {
    const key = JSON.stringify([fault.conversation_id, fault.commandment, fault.agent]);
    if (found.has(key)) found.get(key).others.push(fault);
    else found.set(key, { ...fault, others: [] });
  }
  return [...found.values()];
}

const all = (fault) => [fault, ...(fault.others ?? [])];

/** The ids of a fault, as each of its reviewers found it. */
export const faultIds = (fault) => all(fault).map(({ fault_id: id }) => id);

/** Who found a fault. */
export const reviewersOf = (fault) => all(fault).map(({ reviewer }) => reviewer).join(" and ");

/** The evidence of all who found a fault, each piece once. */
export function evidenceOf(fault) {
  const pieces = all(fault).flatMap(({ evidence }) => evidence);
  return [...new Map(pieces.map((one) => [JSON.stringify([one.position, one.start, one.end]), one])).values()];
}
