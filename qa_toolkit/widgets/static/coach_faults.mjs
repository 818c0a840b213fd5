// The left side: whose faults, which of them, and the list.
import { h, reveal, setText } from "./dom.mjs";
import { dayOf } from "./times.mjs";
import { RATING_NAMES } from "./review_model.mjs";
import { countsText, isDay, NO_FILTERS } from "./coach_model.mjs";
import { evidenceOf, faultIds, groupFaults, rateBar, rateMeaning, rateText, reviewersOf } from "./coach_rates.mjs";

/** A select that keeps what is chosen when its options change. */
export function choice(label, changed) {
  const select = h("select", { class: "qa-select", "aria-label": label, on: { change: () => changed(select.value) } });
  return select;
}

/** `options`: [value, text] pairs. */
export function fill(select, options, value = select.value) {
  select.replaceChildren(...options.map(([one, text]) => h("option", { value: one, text })));
  select.value = options.some(([one]) => one === value) ? value : (options[0]?.[0] ?? "");
}

export const anyOf = (text, values) => [["", text], ...values.map((value) => [value, value])];

/** A field for a day. What is no day is not taken, and says so. */
export function dayField(label, changed = () => {}) {
  const field = h("input", { class: "qa-select qa-day-field", type: "text", inputmode: "numeric", maxlength: 10, placeholder: "2026-03-31", "aria-label": label });
  field.addEventListener("change", () => {
    const text = field.value.trim();
    field.setCustomValidity(text === "" || isDay(text) ? "" : "Write a day as 2026-03-31");
    if (field.reportValidity()) changed(text);
  });
  return field;
}

/** Two fields for a period; both days belong to it. */
export function period(what, changed) {
  const [since, to] = [["from", "since"], ["to", "to"]].map(([word, name]) => dayField(`${what}: ${word} day`, (text) => changed(name, text)));
  return { since, to, nodes: [h("label", { class: "qa-pair" }, "from", since), h("label", { class: "qa-pair" }, "to", to)] };
}

/** `acts`: choose(agent), filter(filters), open(fault). */
export class Faults {
  constructor(acts) {
    Object.assign(this, { acts, order: [], rows: new Map(), cursor: null });
    this.agent = choice("Agent", (agent) => acts.choose(agent));
    this.agent.classList.add("qa-agent-choice");
    this.toggle = h("button", { class: "qa-link", type: "button", "aria-expanded": "false", on: { click: () => this.openFilters() } });
    this.count = h("span", { class: "qa-hint", role: "status" });
    this.meaning = h("p", { class: "qa-hint", hidden: true, text: rateMeaning(false) });
    this.filters = { ...NO_FILTERS };
    this.selects = Object.fromEntries(["commandment", "channel", "language"].map((name) => [name, choice(`Faults: ${name}`, (value) => this.filtered(name, value))]));
    this.period = period("Faults", (name, value) => this.filtered(name, value));
    const { commandment, channel, language } = this.selects;
    this.form = h("div", { class: "qa-filters", role: "group", "aria-label": "Filter the faults", hidden: true },
      [channel, language],
      h("button", { class: "qa-link", type: "button", text: "all faults", on: { click: () => (this.clear(), acts.filter(this.filters)) } }));
    this.list = h("div", { class: "qa-faults", role: "listbox", "aria-label": "Faults", tabindex: 0 });
    this.root = h("nav", { class: "qa-pane qa-left", "aria-label": "Faults" },
      h("div", { class: "qa-left-top" }, this.agent, commandment, h("div", { class: "qa-period" }, this.period.nodes), h("div", { class: "qa-line" }, this.count, h("span", { class: "qa-space" }), this.toggle), this.meaning, this.form), this.list);
    this.list.addEventListener("click", (event) => this.clicked(event));
    this.paintToggle();
  }

  start({ agents, commandments, channels, languages, of_design: ofDesign }, chosen) {
    const named = commandments.filter(({ has_faults: has }) => has).map(({ id, title }) => [id, title]);
    fill(this.agent, agents.map((one) => [one.agent, `${one.agent} · ${one.rate ? `fails ${rateText(one.rate, ofDesign).replace("% to ", "–")}` : countsText(one)}`]), chosen);
    this.agent.title = rateMeaning(ofDesign);
    this.meaning.hidden = ofDesign;
    fill(this.selects.commandment, [["", "every commandment"], ...named]);
    fill(this.selects.channel, anyOf("every channel", channels));
    fill(this.selects.language, anyOf("every language", languages));
    this.selects.language.hidden = languages.length < 2;
  }

  filtered(name, value) {
    this.filters = { ...this.filters, [name]: value };
    this.paintToggle();
    this.acts.filter(this.filters);
  }

  /** Take all filters away, without asking anew. */
  clear() {
    for (const field of [...Object.values(this.selects), this.period.since, this.period.to]) field.value = "";
    this.filters = { ...NO_FILTERS };
    this.paintToggle();
  }

  paintToggle() {
    const number = Object.values(this.filters).filter(Boolean).length;
    this.toggle.replaceChildren(number ? `${number} ${number === 1 ? "filter" : "filters"} ` : "filter ", h("kbd", { text: "f", "aria-hidden": "true" }));
  }

  openFilters(open = this.form.hidden) {
    this.form.hidden = !open;
    this.toggle.setAttribute("aria-expanded", String(open));
    if (open) this.selects.commandment.focus({ preventScroll: true });
  }

  show({ faults, rates, ofDesign, hello: { commandments } }) {
    const groups = groupFaults(faults, commandments, rates);
    this.rows.clear();
    this.order = groups.flatMap((group) => group.faults);
    this.list.replaceChildren(...groups.map((group) => this.group(group, ofDesign)));
    if (!faults.length) this.list.append(h("p", { class: "qa-nothing", text: "No faults here. Loosen a filter, or choose another agent." }));
    const counts = { fail: 0, partial: 0 };
    for (const { rating } of this.order) counts[rating] += 1;
    setText(this.count, countsText(counts));
    this.list.scrollTop = 0;
    this.cursor = null;
  }

  group(group, ofDesign) {
    const { title, critical, rate, faults } = group;
    const words = rate ? `fails ${rateText(rate, ofDesign)}${ofDesign ? "" : ","} in ${rate.n} ${rate.n === 1 ? "conversation" : "conversations"}` : "";
    const numbers = rate ? [rateBar(rate, ofDesign), h("span", { text: `fails ${rateText(rate, ofDesign)}` })] : h("span", { text: `${countsText(group)}; no rate, since none was drawn by chance` });
    const head = h("div", { class: "qa-group-head", role: "presentation" },
      h("div", { class: "qa-line" }, h("span", { text: title }), critical ? h("span", { class: "qa-label qa-is-critical", text: "critical" }) : null, h("span", { class: "qa-space" }), rate ? h("span", { class: "qa-count", text: `n ${rate.n}` }) : null),
      h("div", { class: "qa-count qa-rated-line", title: rateMeaning(ofDesign) }, numbers));
    return h("div", { role: "group", "aria-label": [title, critical ? "critical" : "", countsText(group), words].filter(Boolean).join(", ") }, head, faults.map((fault) => this.row(fault)));
  }

  row(fault) {
    const { fault_id: id, subject, conversation_id: conversation, channel, started_at: at, comment, rating, others } = fault;
    const words = [comment, ...others.map((one) => one.comment), evidenceOf(fault)[0]?.quote].find(Boolean) ?? "";
    const row = h("div", { class: `qa-fault qa-r-${rating}`, role: "option", id: `qa-fault-${this.rows.size}`, "aria-selected": "false", data: { fault: id } },
      h("div", { class: "qa-fault-top" }, h("span", { class: `qa-dot qa-r-${rating}` }),
        h("bdi", { class: "qa-fault-subject", text: subject || conversation }), h("span", { class: "qa-pinned", role: "img", "aria-label": "has pins", hidden: true, text: "★" })),
      h("div", { class: "qa-fault-words", dir: "auto", text: words }),
      h("div", { class: "qa-fault-meta", text: [RATING_NAMES[rating], channel, dayOf(at).slice(4), reviewersOf(fault)].filter(Boolean).join(" · ") }));
    this.rows.set(id, { row, fault });
    return row;
  }

  clicked(event) {
    const row = event.target.closest(".qa-fault");
    if (!row) return;
    const { fault } = this.rows.get(row.dataset.fault);
    this.moveTo(fault);
    this.acts.open(fault);
  }

  /** Put the cursor on a fault. */
  moveTo(fault) {
    this.rows.get(this.cursor?.fault_id)?.row.classList.remove("qa-cursor");
    this.cursor = fault;
    const found = this.rows.get(fault?.fault_id);
    if (!found) return this.list.removeAttribute("aria-activedescendant");
    found.row.classList.add("qa-cursor");
    this.list.setAttribute("aria-activedescendant", found.row.id);
    reveal(this.list, found.row, 26);
  }

  step(by) {
    const at = this.order.indexOf(this.cursor);
    this.moveTo(this.order[Math.min(this.order.length - 1, Math.max(0, at + by))] ?? null);
  }

  paint(open, pins) {
    const pinned = new Set(pins.map(({ fault_id: id }) => id));
    for (const [id, { row, fault }] of this.rows) {
      row.setAttribute("aria-selected", String(id === open?.fault_id));
      row.querySelector(".qa-pinned").hidden = !faultIds(fault).some((one) => pinned.has(one));
    }
  }
}
