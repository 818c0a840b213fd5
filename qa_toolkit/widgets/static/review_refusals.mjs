// What was sent again and refused: in sight until the reviewer has read it.
import { h } from "./dom.mjs";

export class Refusals {
  constructor() {
    this.list = h("ul");
    this.root = h("div", { class: "qa-refusals", role: "alert", hidden: true },
      h("p", { text: "Not saved: this was done before and refused when it was sent again. Comments are kept where they were typed." }), this.list,
      h("button", { class: "qa-button", type: "button", text: "I have read it", on: { click: () => this.clear() } }));
  }

  add(texts) {
    this.list.append(...texts.map((text) => h("li", { dir: "auto", text })));
    this.root.hidden = false;
  }

  clear() {
    this.list.replaceChildren();
    this.root.hidden = true;
  }
}
