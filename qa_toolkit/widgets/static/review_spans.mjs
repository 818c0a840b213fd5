// Words within a message: what the mouse has selected, and the same by keys.
import { toCodePoints } from "./offsets.mjs";

/** The words of a text as {from, to} in UTF-16 units. */
export function wordsOf(text) {
  return [...text.matchAll(/\S+/gu)].map((found) => ({ from: found.index, to: found.index + found[0].length }));
}

/** Whether a sentence or a line ends with the word at `place`. */
function endsSentence(text, words, place) {
  if (place === words.length - 1) return true;
  const { from, to } = words[place];
  return /[.!?…]["”’)]*$/u.test(text.slice(from, to)) || text.slice(to, words[place + 1].from).includes("\n");
}

/**
 * Where a selection of words goes when a key is pressed: {anchor, head} are places in `words`; null for another key.
 * Left and right go by words, up and down by sentences, Home and End to the ends of the message.
 */
export function wordsAfter({ anchor, head }, key, extend, text, words) {
  const last = words.length - 1;
  const ends = (place) => endsSentence(text, words, place);
  const start = (place) => {
    while (place > 0 && !ends(place - 1)) place -= 1;
    return place;
  };
  const end = (place) => {
    while (!ends(place)) place += 1;
    return place;
  };
  const moves = {
    ArrowRight: () => Math.min(last, head + 1),
    ArrowLeft: () => Math.max(0, head - 1),
    ArrowDown: () => (extend ? end(ends(head) ? Math.min(last, head + 1) : head) : Math.min(last, end(head) + 1)),
    ArrowUp: () => start(start(head) === head ? Math.max(0, head - 1) : head),
    Home: () => 0,
    End: () => last,
  };
  if (!Object.hasOwn(moves, key)) return null;
  const to = moves[key]();
  return { anchor: extend ? anchor : to, head: to };
}

/** The characters `from` to `to` of the text inside `node`, as a range of the page. */
export function rangeOf(node, from, to) {
  const range = document.createRange();
  const walker = document.createTreeWalker(node, NodeFilter.SHOW_TEXT);
  let at = 0;
  let begun = false;
  for (let text = walker.nextNode(); text; text = walker.nextNode()) {
    const end = at + text.length;
    if (!begun && from < end) {
      range.setStart(text, from - at);
      begun = true;
    }
    if (begun && to <= end) {
      range.setEnd(text, to - at);
      return range;
    }
    at = end;
  }
  return null;
}

/** A range inside a message as {position, start, end} in code points, without the space around it; null for no words. */
export function spanOf(view, range) {
  const { text } = view.message;
  const before = document.createRange();
  before.selectNodeContents(view.text);
  before.setEnd(range.startContainer, range.startOffset);
  const inside = range.cloneRange();
  if (!view.text.contains(range.endContainer)) inside.setEnd(view.text, view.text.childNodes.length);
  const chosen = inside.toString();
  const from = before.toString().length + (chosen.length - chosen.trimStart().length);
  const words = chosen.trim();
  if (!words) return null;
  const start = toCodePoints(text, from);
  return { position: view.message.position, start, end: start + toCodePoints(words, words.length) };
}

/** Selects words of one message by keys; the selection is the page's own, so that it is picked as with the mouse. */
export class WordChooser {
  constructor() {
    Object.assign(this, { view: null, words: [], place: null });
  }

  get isOn() {
    return this.view !== null;
  }

  start(view) {
    view.openAt();
    this.words = wordsOf(view.message.text);
    if (!this.words.length) return false;
    Object.assign(this, { view, place: { anchor: 0, head: 0 } });
    this.#select();
    return true;
  }

  stop() {
    if (!this.isOn) return;
    this.view = null;
    document.getSelection().removeAllRanges();
  }

  /** Move or extend the selection; false for a key that does neither. */
  press(key, extend) {
    const place = wordsAfter(this.place, key, extend, this.view.message.text, this.words);
    if (!place) return false;
    this.place = place;
    this.#select();
    return true;
  }

  #select() {
    const [first, last] = [this.place.anchor, this.place.head].sort((one, other) => one - other);
    const range = rangeOf(this.view.text, this.words[first].from, this.words[last].to);
    const selection = document.getSelection();
    selection.removeAllRanges();
    selection.addRange(range);
    this.range = range;
  }

  /** The selected words, cut short, to be said aloud. */
  get said() {
    const words = this.range.toString().replace(/\s+/g, " ");
    return words.length > 80 ? `${words.slice(0, 38)} … ${words.slice(-38)}` : words;
  }
}
