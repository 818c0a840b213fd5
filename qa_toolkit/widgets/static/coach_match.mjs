// Where a text holds what was asked, and what two texts both say.
import { h } from "./dom.mjs";

const escaped = (word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** Where `sentence` stands in `text`, however its spaces and lines are set: [start, end], or null. */
export function placeOf(text, sentence) {
  const words = sentence.replace(/^…|…$/g, "").split(/\s+/).filter(Boolean);
  const found = words.length ? new RegExp(words.map(escaped).join("\\s+")).exec(text) : null;
  return found && [found.index, found.index + found[0].length];
}

/** A part of a text that begins at `at`, as text and, where the place lies in it, a mark. */
export function markedParts(part, at, place) {
  const [start, end] = (place ?? [0, 0]).map((one) => Math.min(Math.max(one - at, 0), part.length));
  if (start === end) return [part];
  return [part.slice(0, start), h("mark", { class: "qa-matched", text: part.slice(start, end) }), part.slice(end)].filter(Boolean);
}

/** A text in sentences, each with the white space behind it. */
export const sentencesOf = (text) => text.match(/[\s\S]*?(?:[.!?…]\s+|[。！？]|\n+|$)/g).filter(Boolean);

const plain = (sentence) => sentence.trim().replace(/\s+/g, " ").toLowerCase();

/** [sentence, whether the other text says it too] of each sentence of a text. */
export function alike(text, other) {
  const there = new Set(sentencesOf(other).map(plain));
  return sentencesOf(text).map((sentence) => [sentence, plain(sentence) !== "" && there.has(plain(sentence))]);
}
