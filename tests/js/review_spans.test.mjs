import assert from "node:assert/strict";
import { test } from "node:test";
import { matchesOf } from "../../qa_toolkit/widgets/static/review_find.mjs";
import { wordsAfter, wordsOf } from "../../qa_toolkit/widgets/static/review_spans.mjs";

const TEXT = "Hello Nora. I am sorry for that!\nYour parcel 📦 comes today.";
const words = wordsOf(TEXT);
const at = (place) => TEXT.slice(words[place].from, words[place].to);
const after = (place, key, extend = false) => wordsAfter(place, key, extend, TEXT, words);

test("words are what stands between spaces, a pair of units is not cut", () => {
  assert.deepEqual(words.map(({ from, to }) => TEXT.slice(from, to)).slice(7), ["Your", "parcel", "📦", "comes", "today."]);
  assert.deepEqual(wordsOf(" \n "), []);
});

test("left and right go by words and stop at the ends", () => {
  assert.deepEqual(after({ anchor: 0, head: 0 }, "ArrowLeft"), { anchor: 0, head: 0 });
  assert.deepEqual(after({ anchor: 0, head: 0 }, "ArrowRight"), { anchor: 1, head: 1 });
  assert.deepEqual(after({ anchor: 2, head: 4 }, "ArrowRight", true), { anchor: 2, head: 5 });
  assert.deepEqual(after({ anchor: 11, head: 11 }, "ArrowRight"), { anchor: 11, head: 11 });
});

test("down goes to the next sentence, with shift to the end of this one, then of the next", () => {
  assert.equal(at(after({ anchor: 0, head: 0 }, "ArrowDown").head), "I");
  assert.equal(at(after({ anchor: 2, head: 2 }, "ArrowDown", true).head), "that!");
  assert.equal(at(after({ anchor: 2, head: 6 }, "ArrowDown", true).head), "today.");
  assert.equal(at(after({ anchor: 9, head: 9 }, "ArrowDown").head), "today.");
});

test("up goes to the beginning of the sentence, then of the one before", () => {
  assert.equal(at(after({ anchor: 9, head: 9 }, "ArrowUp").head), "Your");
  assert.equal(at(after({ anchor: 7, head: 7 }, "ArrowUp").head), "I");
  assert.equal(at(after({ anchor: 0, head: 0 }, "ArrowUp").head), "Hello");
});

test("home and end go to the ends; another key is not for words", () => {
  assert.deepEqual(after({ anchor: 4, head: 4 }, "End", true), { anchor: 4, head: 11 });
  assert.deepEqual(after({ anchor: 4, head: 6 }, "Home"), { anchor: 0, head: 0 });
  assert.equal(after({ anchor: 4, head: 6 }, "constructor"), null);
});

const messages = ["Where is it? (a+b)", "IT is here.", "no"].map((text, position) => ({ position, text }));

test("every place is found, whatever the case, and what is typed is no pattern", () => {
  assert.deepEqual(matchesOf(messages, "it"), [{ position: 0, from: 9, to: 11 }, { position: 1, from: 0, to: 2 }]);
  assert.deepEqual(matchesOf(messages, "(a+b)"), [{ position: 0, from: 13, to: 18 }]);
  for (const query of ["", "  ", ".*", "[", "\\"]) assert.deepEqual(matchesOf(messages, query), []);
});

test("a text full of places ends the search at a limit", () => {
  assert.equal(matchesOf([{ position: 0, text: "e".repeat(1e6) }], "e").length, 5000);
});
