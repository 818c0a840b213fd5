// The left side: the conversations, and how far one is with each oneself.
import { h, reveal, setText } from "./dom.mjs";
import { STAGES } from "./calibrate_model.mjs";

/** `open(id)` is called with the conversation that is chosen. */
export class ConversationList {
  constructor(open) {
    Object.assign(this, { open, items: [] });
    this.list = h("ol", { class: "qa-conversations" });
    this.root = h("nav", { class: "qa-pane qa-left", "aria-label": "Conversations", on: { keydown: (event) => this.arrow(event) } }, this.list);
  }

  paint(conversations, current) {
    if (conversations.length !== this.items.length) this.make(conversations);
    for (const [at, one] of conversations.entries()) this.paintItem(this.items[at], one, one.conversation_id === current);
  }

  make(conversations) {
    this.items = conversations.map(() => {
      const item = { sign: h("span", { class: "qa-sign", "aria-hidden": "true" }), name: h("bdi", { class: "qa-conversation-id" }), stage: h("span", { class: "qa-stage" }) };
      item.button = h("button", { class: "qa-conversation", type: "button", on: { click: () => this.open(item.id) } }, item.sign, item.name, item.stage);
      return item;
    });
    this.list.replaceChildren(...this.items.map(({ button }) => h("li", {}, button)));
  }

  paintItem(item, { conversation_id: id, stage, left, rated, to_rate: number }, isCurrent) {
    item.id = id;
    setText(item.sign, STAGES[stage].sign);
    setText(item.name, id);
    setText(item.stage, stage === "draft" ? `${rated} of ${number} rated` : left ? `${left} to decide` : STAGES[stage].name);
    item.button.title = id;
    item.button.dataset.stage = stage;
    item.button.tabIndex = isCurrent ? 0 : -1;
    if (isCurrent && item.button.getAttribute("aria-current") !== "true") {
      item.button.setAttribute("aria-current", "true");
      reveal(this.root, item.button, 8);
    } else if (!isCurrent) item.button.removeAttribute("aria-current");
  }

  /** Arrows go through the list; Enter, as on any button, opens what has the focus. */
  arrow(event) {
    const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
    const at = this.items.findIndex(({ button }) => button === event.target);
    if (!step || at < 0) return;
    event.preventDefault();
    event.stopPropagation(); // or the screen would go to another commandment
    this.items[Math.min(this.items.length - 1, Math.max(0, at + step))].button.focus();
  }
}
