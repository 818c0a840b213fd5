// The top of the screen: how far, which conversation, and whether everything is saved.
import { h, setText } from "./dom.mjs";
import { clockOf, dayOf } from "./times.mjs";
import { detailLines } from "./review_forms.mjs";
import { progressText } from "./review_model.mjs";
import { timingsOf } from "./fact_words.mjs";
import { assignmentText } from "./review_assigned.mjs";

const STATES = { open: "", draft: "begun", submitted: "submitted", skipped: "skipped" };

/** `acts`: again(), help(), details(), goTo(item). */
export class Header {
  constructor(acts) {
    this.acts = acts;
    this.bar = h("span", { class: "qa-bar", role: "progressbar", "aria-label": "Submitted", "aria-valuemin": 0 }, h("i"), h("i"));
    this.count = h("span", { class: "qa-count-text" });
    this.who = h("span", { class: "qa-who" });
    this.saved = h("span", { class: "qa-saved", role: "status" });
    this.subject = h("h2", { class: "qa-subject", dir: "auto" });
    this.state = h("span", { class: "qa-state" });
    this.meta = h("div", { class: "qa-meta" });
    this.due = h("span", { class: "qa-due", role: "status", hidden: true });
    this.more = h("button", { class: "qa-link", type: "button", text: "more (i)", "aria-expanded": "false", on: { click: acts.details } });
    this.details = h("dl", { class: "qa-details", hidden: true });
    this.timings = h("div", { class: "qa-timings", role: "group", "aria-label": "Times" });
    this.banner = h("div", { class: "qa-banner", role: "alert", hidden: true });
    this.problem = h("span");
    this.banner.append(this.problem, h("button", { class: "qa-button qa-primary", type: "button", text: "Try again", on: { click: acts.again } }));
    const keys = h("button", { class: "qa-keys", type: "button", title: "All keys", "aria-label": "Keys", on: { click: acts.help } }, h("kbd", { text: "?" }), h("span", { class: "qa-keys-text" }));
    this.root = h("header", { class: "qa-header" },
      h("div", { class: "qa-top" }, this.bar, this.count, this.who, h("span", { class: "qa-space" }), this.saved, keys),
      h("div", { class: "qa-about" }, this.subject, this.state, this.meta, this.due, this.more), this.timings, this.details, this.banner);
  }

  show(conversation, state, total) {
    this.root.classList.toggle("qa-no-conversation", !conversation);
    this.toggleDetails(false);
    this.paintTimings(null);
    if (!conversation) return;
    const { subject, channel, plan, agent, started_at: startedAt, index } = conversation;
    setText(this.subject, subject || "(no subject)");
    const when = startedAt ? `${dayOf(startedAt)}, ${clockOf(startedAt)} UTC` : null;
    const facts = [`${index + 1} of ${total}`, channel, plan, agent && `agent ${agent}`, when];
    this.meta.replaceChildren(...facts.filter(Boolean).map((text) => h("bdi", { text })));
    this.details.replaceChildren(...detailLines(conversation));
    this.paintState(state);
  }

  paintState({ status, reason }) {
    setText(this.state, status === "skipped" && reason ? `skipped: ${reason}` : (STATES[status] ?? status));
    this.state.dataset.status = status;
    this.state.hidden = !this.state.textContent;
  }

  /** When it is due and for how long it is kept, in words; a reader hears it when it changes. */
  paintAssignment(assignment) {
    setText(this.due, assignmentText(assignment));
    this.due.hidden = !this.due.textContent;
    this.due.dataset.overdue = String(Boolean(assignment?.overdue));
  }

  paintProgress({ whose, progress }) {
    setText(this.count, progressText(progress));
    setText(this.who, whose);
    this.who.title = this.who.textContent;
    const share = (number) => `${progress.total ? (100 * number) / progress.total : 0}%`;
    this.bar.firstChild.style.width = share(progress.submitted);
    this.bar.lastChild.style.width = share(progress.skipped);
    this.bar.setAttribute("aria-valuemax", progress.total);
    this.bar.setAttribute("aria-valuenow", progress.submitted);
  }

  /** How long everybody waited: shown at once, since times judge nothing. */
  paintTimings(answer) {
    const facts = timingsOf(answer);
    const key = JSON.stringify(facts.map(({ id }) => id));
    if (key === this.timed) return;
    this.timed = key;
    this.timings.replaceChildren(...facts.map(({ text, evidence }) =>
      h("button", { class: "qa-time", type: "button", text, title: `${text}: show it`, on: { click: () => this.acts.goTo(evidence.at(-1)) } })));
  }

  paintSaved({ problem, savedState: saved }) {
    setText(this.saved, saved.text);
    if (this.saved.dataset.state !== saved.state) this.saved.dataset.state = saved.state;
    setText(this.problem, problem);
    this.banner.hidden = !problem;
  }

  toggleDetails(open = this.details.hidden) {
    this.details.hidden = !open;
    this.more.setAttribute("aria-expanded", String(open));
  }
}
