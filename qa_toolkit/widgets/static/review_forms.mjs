// Small forms that open in place: a good answer, a skip, what is missing, the keys, the end of the queue.
import { h, setText } from "./dom.mjs";
import { HELP, labelLines, progressText } from "./review_model.mjs";

const SKIP_REASONS = ["Not a support conversation", "I know the people in it", "Cannot be judged from this text", "In a language I do not read"];

const HAND_BACK_REASONS = ["I know the people in it", "In a language I do not read", "I have no time for it"];

export function actions(...buttons) {
  return h("div", { class: "qa-form-actions" }, buttons);
}

export function button(text, click, kind = "") {
  return h("button", { class: `qa-button ${kind}`.trim(), type: "button", text, on: { click } });
}

/** A form that opens where it is put and closes on Escape; Enter in it is its first button. */
export class Form {
  constructor(label, submit, ...children) {
    this.root = h("form", { class: "qa-form", "aria-label": label, novalidate: true, on: { submit: (event) => (event.preventDefault(), submit()) } }, children);
  }

  get isOpen() {
    return this.root.isConnected;
  }

  open(place, focus) {
    place.append(this.root);
    focus?.focus({ preventScroll: true });
    if (place.closest(".qa-pane")) this.root.scrollIntoView({ block: "nearest" });
  }

  close() {
    this.root.remove();
  }
}

/** Which commandments a message is a good answer for, and a note. `save(commandments, note, good)`. */
export class GoodForm extends Form {
  constructor(commandments, save, closed) {
    const boxes = commandments.map(({ id, title }) => {
      const box = h("input", { type: "checkbox", value: id, on: { change: () => this.boxes[0].setCustomValidity("") } });
      return [box, h("label", { class: "qa-check" }, box, h("span", { text: title }))];
    });
    const note = h("input", { type: "text", class: "qa-input", dir: "auto", maxlength: 10000, placeholder: "Note (what makes it good)", "aria-label": "Note on the good answer" });
    const taken = button("Not a good answer", () => save([], "", false));
    super("Good answer", () => this.submit(), h("p", { class: "qa-form-title", text: "A good answer for" }),
      h("div", { class: "qa-checks" }, boxes.map(([, label]) => label)), note,
      actions(h("button", { class: "qa-button qa-primary", type: "submit", text: "Mark as good" }), taken, button("Cancel", closed)));
    Object.assign(this, { boxes: boxes.map(([box]) => box), note, taken, save });
  }

  submit() {
    const chosen = this.boxes.filter((box) => box.checked).map((box) => box.value);
    this.boxes[0].setCustomValidity(chosen.length ? "" : "Choose what it is a good answer for");
    if (this.root.reportValidity()) this.save(chosen, this.note.value.trim(), true);
  }

  show(place, { commandments, note, marked }) {
    for (const box of this.boxes) box.checked = commandments.includes(box.value);
    this.note.value = note;
    this.taken.hidden = !marked;
    this.open(place, this.boxes.find((box) => box.checked) ?? this.boxes[0]);
  }
}

/** Why a conversation is left. `reasons` to choose from; `save(reason)`. */
class ReasonForm extends Form {
  constructor({ name, title, label, reasons }, save, closed) {
    const reason = h("input", { type: "text", class: "qa-input", dir: "auto", maxlength: 2000, placeholder: "Another reason", "aria-label": label });
    super(name, () => reason.value.trim() ? save(reason.value.trim()) : reason.focus(),
      h("p", { class: "qa-form-title", text: title }),
      h("div", { class: "qa-form-actions" }, reasons.map((text) => button(text, () => save(text)))), reason,
      actions(h("button", { class: "qa-button qa-primary", type: "submit", text: name }), button("Cancel", closed)));
    this.reason = reason;
  }

  show(place) {
    this.reason.value = "";
    this.open(place, this.root.querySelector("button"));
  }
}

/** Why a conversation is skipped. `save(reason)`. */
export class SkipForm extends ReasonForm {
  constructor(save, closed) {
    super({ name: "Skip", title: "Skip this conversation, because", label: "Reason for the skip", reasons: SKIP_REASONS }, save, closed);
  }
}

/** Why a conversation goes back to the pool. `save(reason)`. */
export class HandBackForm extends ReasonForm {
  constructor(save, closed) {
    super({ name: "Hand back", title: "Hand it back, so that somebody else gets it and not you again, because", label: "Reason for handing it back", reasons: HAND_BACK_REASONS }, save, closed);
  }
}

/** What is not rated yet, after a submit was refused. `rest()`, `activate(id)`. */
export class MissingForm extends Form {
  constructor(rest, activate, closed) {
    const title = h("p", { class: "qa-form-title" });
    const links = h("div", { class: "qa-form-links" });
    const first = h("button", { class: "qa-button qa-primary", type: "submit", text: "Rate the rest N/A (x)" });
    super("Not rated yet", rest, title, links, actions(first, button("Go on rating", closed)));
    Object.assign(this, { title, links, first, activate });
  }

  show(place, commandments) {
    setText(this.title, `Not submitted: ${commandments.length} not rated yet`);
    this.links.replaceChildren(...commandments.map(({ id, title }) =>
      h("button", { type: "button", class: "qa-link", text: title, on: { click: () => this.activate(id) } })));
    this.open(place, this.first);
  }
}

/** Fails without evidence, after a submit was refused. `activate(id)`, `all()` submits all the same. */
export class EvidenceForm extends Form {
  constructor(activate, all, closed) {
    const title = h("p", { class: "qa-form-title" });
    const links = h("div", { class: "qa-form-links" });
    const first = h("button", { class: "qa-button qa-primary", type: "submit", text: "Show me the first" });
    const anyway = button("Submit all the same", all);
    super("No evidence", () => this.activate(this.ids[0]), title, links, actions(first, anyway, button("Go on rating", closed)));
    Object.assign(this, { title, links, first, anyway, activate, ids: [] });
  }

  /** `may`: whether the team lets a fail be submitted without evidence. */
  show(place, commandments, may) {
    this.ids = commandments.map(({ id }) => id);
    const fails = commandments.length === 1 ? "a fail has no evidence" : `${commandments.length} fails have no evidence`;
    setText(this.title, `Not submitted: ${fails}. Which message shows it? Where something is missing, no message does.`);
    this.links.replaceChildren(...commandments.map(({ id, title }) =>
      h("button", { type: "button", class: "qa-link", text: title, on: { click: () => this.activate(id) } })));
    this.anyway.hidden = !may;
    this.open(place, this.first);
  }
}

/** All keys, over the screen. */
export function helpPanel(close, help = HELP) {
  const parts = help.map(([title, keys]) => h("div", {}, h("h4", { text: title }),
    h("dl", {}, keys.map(([key, what]) => [h("dt", {}, key.split(/\s+/).map((one) => /^(\+|select|letter)$/.test(one) ? `${one} ` : h("kbd", { text: one }))), h("dd", { text: what })]))));
  return h("div", { class: "qa-over", role: "dialog", "aria-modal": "true", "aria-label": "Keys", tabindex: -1, hidden: true },
    h("div", { class: "qa-card" }, h("h3", { text: "Keys" }), h("div", { class: "qa-help" }, parts),
      h("p", { class: "qa-hint", text: "Keys work while the frame is coloured. Tab and Ctrl+S go to JupyterLab, nothing else does." }),
      button("Close (Esc)", close, "qa-primary")));
}

/** All that is known about the conversation, on request only: it may say what the customer thought of it. */
export function detailLines(conversation) {
  const { conversation_id: id, language, source, n_messages: number, labels } = conversation;
  const lines = [["conversation", id], ["messages", number], ["language", language], ["source", source], ...labelLines(labels)];
  return lines.filter(([, value]) => value !== null && value !== undefined && value !== "")
    .flatMap(([name, value]) => [h("dt", {}, h("bdi", { text: name })), h("dd", { dir: "auto", text: String(value) })]);
}

/** The end of the queue. `acts`: back(), open(), undo(), take(n). */
export class DonePanel {
  constructor(acts) {
    this.title = h("h3");
    this.counts = h("p");
    this.said = h("p", { class: "qa-done-said", role: "status" });
    this.more = button("Go on with what is open", acts.open, "qa-primary");
    this.pool = h("span", { class: "qa-pool" },
      button("Take the next from the pool (t)", () => acts.take(1), "qa-primary"), button("Take five (T)", () => acts.take(5)));
    this.root = h("div", { class: "qa-done", hidden: true, tabindex: -1 }, this.title, this.counts, this.said,
      actions(this.more, this.pool, button("Back to the last conversation (p)", acts.back), button("Undo the last act (u)", acts.undo)));
  }

  /** `assigned`: whether the queue holds what is assigned to the reviewer, who can take more. */
  show(progress, assigned) {
    const left = progress.open + progress.draft;
    const none = assigned ? "Nothing is assigned to you in this sample" : "This sample is empty";
    setText(this.title, progress.total === 0 ? none : left ? "The end of the queue" : "All done");
    const rest = [progress.draft ? `${progress.draft} begun` : "", progress.open ? `${progress.open} open` : ""].filter(Boolean);
    setText(this.counts, [progressText(progress), ...rest].join(" · "));
    this.more.hidden = left === 0;
    this.pool.hidden = !assigned || left > 0;
    this.root.hidden = false;
  }
}
