// The top, the pins, and the keys of the coach screen.
import { h, setText } from "./dom.mjs";
import { COACH_HELP } from "./coach_model.mjs";

/** `acts`: again(), help(). */
export class CoachHeader {
  constructor(acts) {
    this.coach = h("span", { class: "qa-coach-name" });
    this.saved = h("span", { class: "qa-saved", role: "status" });
    this.problem = h("span");
    this.banner = h("div", { class: "qa-banner", role: "alert", hidden: true }, this.problem,
      h("button", { class: "qa-button qa-primary", type: "button", text: "Try again", on: { click: acts.again } }));
    const keys = h("button", { class: "qa-keys", type: "button", title: "All keys", "aria-label": "Keys", on: { click: acts.help } }, h("kbd", { text: "?" }), h("span", { class: "qa-keys-text" }));
    this.root = h("header", { class: "qa-header" }, h("div", { class: "qa-top" }, this.coach, h("span", { class: "qa-space" }), this.saved, keys), this.banner);
  }

  paint({ hello, problem, outbox, asking, stored }) {
    const isAnything = Object.values(stored).some((all) => all.length);
    setText(this.coach, hello ? `Coaching · ${hello.coach}` : "Coaching");
    const saving = outbox.acts.length > 0;
    setText(this.saved, problem ? (outbox.failed.length ? "NOT SAVED" : "Not connected") : saving ? "Saving…" : asking ? "Reading…" : isAnything ? "Saved" : "Nothing pinned yet");
    this.saved.dataset.state = problem ? "lost" : saving || asking ? "saving" : "saved";
    setText(this.problem, problem);
    this.banner.hidden = !problem;
  }
}

/** What is pinned for the agent, and `beside` it what was agreed. `acts`: unpin(pin), go(pin). */
export class PinsTray {
  constructor(acts, beside) {
    this.acts = acts;
    this.list = h("ul");
    const pins = h("section", { "aria-label": "Pins" }, h("h3", { class: "qa-tray-title", text: "Pinned" }), this.list);
    this.root = h("div", { class: "qa-tray", hidden: true }, pins, beside);
  }

  paint(pins, agent) {
    const key = JSON.stringify([pins, agent]);
    if (key === this.painted || this.root.hidden) return;
    this.painted = key;
    const nothing = h("li", { class: "qa-nothing", text: `Nothing is pinned for ${agent} yet. A pin puts a good answer into the coaching pack.` });
    this.list.replaceChildren(...(pins.length ? pins.map((pin) => this.row(pin)) : [nothing]));
  }

  row(pin) {
    const { title, answered_by: by, answer, note, holds } = pin;
    return h("li", { class: "qa-pin-row" },
      h("button", { class: "qa-pin-go", type: "button", disabled: !holds, on: { click: () => this.acts.go(pin) } },
        h("span", { class: "qa-role", text: title }), h("bdi", { class: "qa-pin-by", text: by ? ` by ${by}` : "" }), h("span", { class: "qa-pin-answer", dir: "auto", text: note || answer })),
      holds ? null : h("span", { class: "qa-alarm", text: "holds no longer", title: "The rating was changed since, or the answer retired: it is left out of the pack" }),
      h("button", { class: "qa-link", type: "button", text: "remove", "aria-label": `Remove the pin of ${by ?? "an answer"} for ${title}`, on: { click: () => this.acts.unpin(pin) } }));
  }
}

/** All keys, over the screen. */
export function coachHelp(close) {
  const parts = COACH_HELP.map(([title, keys]) => h("div", {}, h("h4", { text: title }),
    h("dl", {}, keys.map(([key, what]) => [h("dt", {}, key.split(/\s+/).map((one) => h("kbd", { text: one }))), h("dd", { text: what })]))));
  return h("div", { class: "qa-over", role: "dialog", "aria-modal": "true", "aria-label": "Keys", tabindex: -1, hidden: true },
    h("div", { class: "qa-card" }, h("h3", { text: "Keys" }), h("div", { class: "qa-help" }, parts),
      h("p", { class: "qa-hint", text: "Keys work while the frame is coloured. Tab and Ctrl+S go to JupyterLab, nothing else does." }),
      h("button", { class: "qa-button qa-primary", type: "button", text: "Close (Esc)", on: { click: close } })));
}

/** The bytes of a text in base64. */
export const bytesOf = (text) => Uint8Array.from(atob(text), (one) => one.charCodeAt(0));

/** Offer a text, or bytes, as a file. */
export function download(content, name, type) {
  const url = URL.createObjectURL(new Blob([content], { type: typeof content === "string" ? `${type};charset=utf-8` : type }));
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
