// Which key does what, and where: on the screen, in a form, in a field, under the help.
import { isTyping, plainKey } from "./keys.mjs";
import { actionOf, RATINGS } from "./review_model.mjs";

const HELD = new Set(["up", "down", "messageUp", "messageDown", "agentUp", "agentDown"]);

/** Do what a key asks of `screen`. */
export function pressed(screen, event) {
  const { target } = event;
  if ((event.ctrlKey || event.metaKey) && event.key === "Enter" && isTyping(target)) return leaveField(screen, event);
  const key = plainKey(event);
  if (key === null) return;
  if (!screen.helpPanel.hidden) return pressedInHelp(screen, event, key);
  if (screen.over?.isOpen) return pressedOver(screen.over, event, key);
  if (screen.factCard?.isOpen) return pressedInFacts(screen, event, key);
  if (target.closest("form")) return pressedInForm(screen, event, key);
  if (isTyping(target)) return void (key === "Escape" && leaveField(screen, event));
  if (isForButton(target.closest("button"), key)) return;
  if (screen.transcript.words.isOn && screen.transcript.wordKey(key, event.shiftKey)) return event.preventDefault();
  const jump = screen.commandments?.jumps.get(key);
  if (jump && screen.client.conversation) return void (event.preventDefault(), screen.activate(jump));
  const more = screen.moreKeys[key];
  if (more) return void (event.preventDefault(), event.repeat || more());
  const action = actionOf(key);
  if (action || key === " ") event.preventDefault();
  if (action && (!event.repeat || HELD.has(action))) run(screen, action);
}

/** Space presses any button; Enter presses all but ratings, where it submits as in any form. */
function isForButton(button, key) {
  if (!button) return false;
  return key === " " || (key === "Enter" && button.getAttribute("role") !== "radio");
}

function leaveField(screen, event) {
  event.preventDefault();
  screen.client.saveComments();
  screen.focusHere();
}

function pressedInHelp(screen, event, key) {
  if (!["Escape", "?", "Enter"].includes(key)) return;
  event.preventDefault();
  screen.help(false);
}

/** `over`: what lies over the screen: {isOpen, closedBy, close()}. */
function pressedOver(over, event, key) {
  if (!over.closedBy.includes(key)) return;
  event.preventDefault();
  over.close();
}

function pressedInFacts(screen, event, key) {
  const { list } = screen.factCard;
  if (event.target.closest("form") && key !== "Escape") return;
  if (key === "Escape" && list.isOpen) list.close(), screen.factCard.root.focus({ preventScroll: true });
  else if (key === "Escape" || key === "f") screen.showFacts(false);
  else return;
  event.preventDefault();
}

function pressedInForm(screen, event, key) {
  if (key === "Escape" && screen.commandments.detail.facts.isOpen) screen.commandments.detail.facts.close(), screen.focusHere();
  else if (key === "Escape") screen.closeForms();
  else if (key === "x" && screen.forms.missing.isOpen) screen.rest();
  else if (key === "Enter" && event.target.tagName === "INPUT") event.target.form.requestSubmit();
  else return;
  event.preventDefault();
}

const ANYWHERE = { help: (screen) => screen.help(), undo: (screen) => screen.client.undo(), previous: (screen) => screen.client.back(), take: (screen) => screen.take(1), takeMore: (screen) => screen.take(5) };

const HERE = {
  close: (screen) => screen.close(),
  details: (screen) => screen.header.toggleDetails(),
  down: (screen) => screen.step(1),
  up: (screen) => screen.step(-1),
  messageDown: (screen) => screen.transcript.step(1, screen.inTranscript),
  messageUp: (screen) => screen.transcript.step(-1, screen.inTranscript),
  agentDown: (screen) => screen.transcript.stepAgent(1, screen.inTranscript),
  agentUp: (screen) => screen.transcript.stepAgent(-1, screen.inTranscript),
  facts: (screen) => screen.showFacts(),
  causes: (screen) => screen.chooseCauses(),
  fold: (screen) => screen.commandments.fold(),
  find: (screen) => screen.transcript.find.open(),
  words: (screen) => screen.transcript.chooseWords(),
  unfold: (screen) => screen.transcript.unfold(),
  comment: (screen) => screen.write(screen.commandments.detail.comment),
  overall: (screen) => screen.write(screen.commandments.overall),
};

const ACTS = {
  clear: (screen) => screen.clear(),
  evidence: (screen) => screen.transcript.pick(),
  extend: (screen) => screen.transcript.extend(),
  good: (screen) => screen.good(),
  skip: (screen) => screen.skip(),
  handBack: (screen) => screen.handBack(),
  rest: (screen) => screen.rest(),
  submit: (screen) => screen.submit(),
  next: (screen) => screen.client.move("next"),
};
for (const rating of RATINGS) ACTS[rating] = (screen) => screen.rateAndMove(rating);

function run(screen, action) {
  if (Object.hasOwn(ANYWHERE, action)) return ANYWHERE[action](screen);
  if (!screen.client.conversation) return;
  if (Object.hasOwn(HERE, action)) return HERE[action](screen);
  if (screen.client.moving) return screen.said("One moment: the next conversation is on its way");
  ACTS[action](screen);
}
