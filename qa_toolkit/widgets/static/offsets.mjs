// Offsets: the store counts code points, as Python does; the browser counts UTF-16 units.

const isHigh = (unit) => unit >= 0xd800 && unit < 0xdc00;
const isLow = (unit) => unit >= 0xdc00 && unit < 0xe000;
const isPair = (text, at) => isHigh(text.charCodeAt(at)) && isLow(text.charCodeAt(at + 1));

/** The number of code points in the first `units` UTF-16 units of `text`. */
export function toCodePoints(text, units) {
  let count = 0;
  for (let at = 0; at < units; at += isPair(text, at) ? 2 : 1) count += 1;
  return count;
}

/** The number of UTF-16 units in the first `points` code points of `text`. */
export function toUnits(text, points) {
  let at = 0;
  for (let count = 0; count < points && at < text.length; count += 1) at += isPair(text, at) ? 2 : 1;
  return at;
}

/** The first `limit` units of `text`, or one less where that would cut a character in two. */
export function cut(text, limit) {
  if (text.length <= limit) return text;
  return text.slice(0, isPair(text, limit - 1) ? limit - 1 : limit);
}
