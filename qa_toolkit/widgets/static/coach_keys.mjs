// Which key does what on the coach screen, and where.
import { plainKey } from "./keys.mjs";
import { coachAction } from "./coach_model.mjs";

const STEPS = new Set(["up", "down"]);

/** Do what a key asks of `screen`. */
export function coachPressed(screen, event) {
  const key = plainKey(event);
  if (key === null) return;
  if (!screen.helpPanel.hidden) return pressedUnderHelp(screen, event, key);
  const field = event.target.closest("input, select, textarea");
  if (field && field.type !== "checkbox") return pressedInField(screen, event, key);
  if ((key === " " || key === "Enter") && event.target.closest("button, input")) return;
  if (screen.question.what && /^[0-5]$/.test(key)) return event.preventDefault(), screen.question.answer(Number(key));
  screen.question.forget();
  const action = coachAction(key);
  if (action || key === " ") event.preventDefault();
  if (action && (!event.repeat || STEPS.has(action))) perform(screen, action);
}

function pressedUnderHelp(screen, event, key) {
  if (!["Escape", "?", "Enter"].includes(key)) return;
  event.preventDefault();
  screen.help(false);
}

function pressedInField(screen, event, key) {
  const isNote = event.target.closest(".qa-answer");
  if (key !== "Escape" && !(key === "Enter" && isNote)) return;
  event.preventDefault();
  screen.suggestions.saveNotes();
  screen.focusHere();
}

const DOES = {
  down: (screen) => screen.faults.step(1),
  up: (screen) => screen.faults.step(-1),
  open: (screen) => screen.faults.cursor && screen.open(screen.faults.cursor),
  conversation: (screen) => screen.conversation(),
  search: (screen) => screen.suggestions.field.select(),
  filter: (screen) => screen.faults.openFilters(),
  agent: (screen) => screen.faults.agent.focus({ preventScroll: true }),
  pins: (screen) => screen.showPins(),
  agree: (screen) => screen.noteAgreed(),
  used: (screen) => screen.question.ask("used"),
  notUseful: (screen) => screen.question.ask("not useful"),
  compare: (screen) => screen.question.ask("compare"),
  help: (screen) => screen.help(),
  close: (screen) => screen.close(),
};

function perform(screen, action) {
  if (action.startsWith("pin") && action !== "pins") return screen.pinAt(Number(action.slice(3)));
  DOES[action](screen);
}
