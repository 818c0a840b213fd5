// What was agreed with the agent: noted, ticked, changed, dropped.
import { h, setText } from "./dom.mjs";
import { dayField } from "./coach_faults.mjs";
import { isDay, isOverdue } from "./coach_model.mjs";

/** `acts`: agree(item). */
export class AgreedList {
  constructor(acts) {
    Object.assign(this, { acts, painted: "", changing: null });
    this.title = h("h3", { class: "qa-tray-title", text: "Agreed" });
    this.list = h("ul");
    this.text = h("input", { class: "qa-input", type: "text", dir: "auto", maxlength: 10000, placeholder: "What was agreed: says when the parcel comes", "aria-label": "What was agreed" });
    this.due = dayField("To be done by");
    this.add = h("button", { class: "qa-button", type: "submit", text: "Add" });
    this.form = h("form", { class: "qa-agree-form", "aria-label": "Agreed", on: { submit: (event) => this.submitted(event) } },
      this.text, h("label", { class: "qa-pair" }, "by", this.due), this.add);
    this.root = h("section", { "aria-label": "Agreed" }, this.title, this.form, this.list);
  }

  submitted(event) {
    event.preventDefault();
    const [text, due] = [this.text.value.trim(), this.due.value.trim()];
    if (!text || (due && !isDay(due))) return (text ? this.due : this.text).focus();
    this.acts.agree({ ...this.changing, text, due });
    this.fill(null);
    this.text.focus();
  }

  /** Put something into the form: an item to change, or words that were refused. */
  fill(item) {
    this.changing = item?.item_id ? item : null;
    [this.text.value, this.due.value] = [item?.text ?? "", item?.due ?? ""];
    setText(this.add, this.changing ? "Change" : "Add");
  }

  /** Give back what was refused, unless something else has been typed since. */
  giveBack(item) {
    if (!this.text.value) this.fill(item);
  }

  paint(items, agent, today = new Date().toISOString().slice(0, 10)) {
    const key = JSON.stringify([items, agent, today]);
    if (key === this.painted) return;
    if (this.agent !== agent) this.fill(null);
    Object.assign(this, { painted: key, agent });
    const nothing = h("li", { class: "qa-nothing", text: `Nothing is agreed with ${agent} yet. What is noted here stands in the coaching pack and at the next session.` });
    const focused = this.list.contains(document.activeElement) ? document.activeElement.dataset.act : null;
    this.list.replaceChildren(...(items.length ? items.map((item) => this.row(item, today)) : [nothing]));
    if (focused) [...this.list.querySelectorAll("[data-act]")].find(({ dataset }) => dataset.act === focused)?.focus({ preventScroll: true });
  }

  row(item, today) {
    const { item_id: id, text, due, done } = item;
    const link = (name, act, click) => h("button", { class: "qa-link", type: "button", text: name, "aria-label": `${act}: ${text}`, data: { act: `${name} ${id}` }, on: { click } });
    const tick = h("input", { type: "checkbox", data: { act: `tick ${id}` }, on: { change: () => this.acts.agree({ ...item, done: tick.checked }) } });
    tick.checked = done;
    const isLate = isOverdue(item, today);
    return h("li", { class: done ? "qa-pin-row qa-is-done" : "qa-pin-row" },
      h("label", { class: "qa-check qa-agreed" }, tick, h("bdi", { text })),
      due ? h("span", { class: isLate ? "qa-alarm" : "qa-pin-by", text: `${isLate ? "overdue since" : "by"} ${due}` }) : null,
      link("change", "Change", () => (this.fill(item), this.text.select())),
      link("drop", "Drop", () => this.acts.agree({ ...item, dropped: true })));
  }
}
