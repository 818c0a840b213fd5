// What every screen needs: elements made of text only, offsets in code points, times, keys, the wire and the outbox.

/** Make an element. Text goes in as text nodes, never as markup. */
export function h(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) setProp(node, name, value);
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return node;
}

function setProp(node, name, value) {
  if (value === null || value === undefined || value === false) return;
  if (name === "class") node.className = value;
  else if (name === "on") for (const [type, heard] of Object.entries(value)) node.addEventListener(type, heard);
  else if (name === "data") Object.assign(node.dataset, value);
  else if (name === "text") node.textContent = value;
  else node.setAttribute(name, value === true ? "" : String(value));
}

/** Write `text` only where it differs, so that screen readers and selections are left alone. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** Scroll `child` into sight inside `pane`, without moving the notebook around it. */
export function reveal(pane, child, top = 0) {
  const outer = pane.getBoundingClientRect();
  const inner = child.getBoundingClientRect();
  if (inner.top < outer.top + top) pane.scrollTop -= outer.top + top - inner.top;
  else if (inner.bottom > outer.bottom)
    pane.scrollTop += Math.min(inner.bottom - outer.bottom, inner.top - outer.top - top);
}

// --- offsets: the store counts code points, as Python does; the browser counts UTF-16 units ---

const isHigh = (unit) => unit >= 0xd800 && unit < 0xdc00;
const isLow = (unit) => unit >= 0xdc00 && unit < 0xe000;
const isPair = (text, at) => isHigh(text.charCodeAt(at)) && isLow(text.charCodeAt(at + 1));

/** The number of code points in the first `units` UTF-16 units of `text`. */
export function toCodePoints(text, units) {
  let count = 0;
  for (let at = 0; at < units; at += isPair(text, at) ? 2 : 1) count += 1;
  return count;
}

/** The number of UTF-16 units in the first `points` code points of `text`. */
export function toUnits(text, points) {
  let at = 0;
  for (let count = 0; count < points && at < text.length; count += 1) at += isPair(text, at) ? 2 : 1;
  return at;
}

/** The first `limit` units of `text`, or one less where that would cut a character in two. */
export function cut(text, limit) {
  if (text.length <= limit) return text;
  return text.slice(0, isPair(text, limit - 1) ? limit - 1 : limit);
}

// --- times ---

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const two = (number) => String(number).padStart(2, "0");

/** Milliseconds since 1970 of an ISO time (UTC where it names no zone), or null. */
function instant(iso) {
  if (!iso) return null;
  const at = Date.parse(/[zZ]|[+-]\d\d:?\d\d$/.test(iso) ? iso : `${iso}Z`);
  return Number.isNaN(at) ? null : at;
}

/** "Tue 10 Mar 2026" (UTC), or "" for no time. */
export function dayOf(iso) {
  const at = instant(iso);
  if (at === null) return "";
  const day = new Date(at);
  return `${DAYS[day.getUTCDay()]} ${day.getUTCDate()} ${MONTHS[day.getUTCMonth()]} ${day.getUTCFullYear()}`;
}

/** "07:52" (UTC), or "" for no time. */
export function clockOf(iso) {
  const at = instant(iso);
  return at === null ? "" : `${two(new Date(at).getUTCHours())}:${two(new Date(at).getUTCMinutes())}`;
}

/** "+ 7 h 26 min" from one ISO time to the next, or "" where one is missing. */
export function gapBetween(before, after) {
  const [start, end] = [instant(before), instant(after)];
  if (start === null || end === null) return "";
  const seconds = Math.round(Math.abs(end - start) / 1000);
  return `${end < start ? "−" : "+"} ${duration(seconds)}`;
}

function duration(seconds) {
  const [days, hours, minutes] = [seconds / 86400, (seconds / 3600) % 24, (seconds / 60) % 60].map(Math.floor);
  if (days) return hours ? `${days} d ${hours} h` : `${days} d`;
  if (hours) return minutes ? `${hours} h ${minutes} min` : `${hours} h`;
  return minutes ? `${minutes} min` : `${seconds} s`;
}

// --- keys ---

const TYPED = new Set(["text", "search", "email", "url", "tel", "number", "password"]);

/** Whether keys pressed at `node` are text that somebody types. */
export const isTyping = (node) => Boolean(node?.tagName)
  && (node.tagName === "TEXTAREA" || node.isContentEditable || (node.tagName === "INPUT" && TYPED.has(node.type)));

/** Whether a screen may take the keys: nobody is writing elsewhere, and it is in sight. */
export function mayTakeFocus(root) {
  const { top, bottom } = root.getBoundingClientRect();
  const inSight = bottom > 0 && top < window.innerHeight / 2;
  return !isTyping(document.activeElement) && (inSight || root.contains(document.activeElement));
}

/** Whether JupyterLab may see this key: Tab, to leave, and Ctrl or Cmd with S, to save the notebook. */
export function isForLab(event) {
  if (event.key === "Tab") return !event.ctrlKey && !event.metaKey && !event.altKey;
  return (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "s";
}

/** The plain key that was pressed, or null where it is part of a chord or of an input method. */
export function plainKey(event) {
  const altGraph = event.getModifierState?.("AltGraph");
  if (event.isComposing || event.metaKey || ((event.ctrlKey || event.altKey) && !altGraph)) return null;
  return event.key;
}

/** Keep every key inside `root` from JupyterLab, whose shortcuts delete cells; `pressed` hears those of keydown. */
export function guardKeys(root, pressed, signal) {
  for (const type of ["keydown", "keypress", "keyup"]) {
    const guard = (event) => {
      if (isForLab(event)) return;
      event.stopPropagation();
      if (type === "keydown") pressed(event);
    };
    root.addEventListener(type, guard, { signal });
  }
}

// --- the wire: {v, id, kind, ...} there, {v, id, ok, result | error} back ---

const PROTOCOL = 1;

/** A new id; it works without a secure context, which `crypto.randomUUID` does not. */
export function newId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** An answer that was a refusal, or none at all (code "timeout" or "lost"). */
class WireError extends Error {
  constructor({ code, message, state = null }) {
    super(message);
    this.code = code;
    this.state = state;
  }

  /** Whether sending the same again can help. */
  get again() {
    return ["timeout", "lost", "internal", "store"].includes(this.code);
  }
}

/** Asks the kernel and waits for the answer with the same id; `heard` gets the answers that nobody here waits for. */
export class Wire {
  constructor(model, { timeout = 6000, heard = () => {}, lost = () => {} } = {}) {
    Object.assign(this, { model, timeout, heard, lost, waiting: new Map() });
    this.receive = (message) => this.#receive(message);
    this.commChanged = () => this.#commChanged();
    model.on("msg:custom", this.receive);
    model.on("comm_live_update", this.commChanged);
  }

  ask(kind, fields = {}, id = newId()) {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#fail(id, "timeout", "The kernel has not answered."), this.timeout);
      this.waiting.set(id, { resolve, reject, timer });
      try {
        this.model.send({ v: PROTOCOL, id, kind, ...fields });
      } catch {
        this.#fail(id, "lost", "The kernel cannot be reached.");
      }
    });
  }

  #receive(message) {
    if (message?.v !== PROTOCOL || typeof message.ok !== "boolean") return;
    const asked = this.waiting.get(message.id);
    if (!asked) return void this.heard(message);
    this.#forget(message.id);
    if (message.ok) asked.resolve(message.result);
    else asked.reject(new WireError(message.error));
  }

  #commChanged() {
    for (const id of [...this.waiting.keys()]) this.#fail(id, "lost", "The connection to the kernel was lost.");
    this.lost();
  }

  #fail(id, code, message) {
    const asked = this.waiting.get(id);
    if (!asked) return;
    this.#forget(id);
    asked.reject(new WireError({ code, message }));
  }

  #forget(id) {
    clearTimeout(this.waiting.get(id).timer);
    this.waiting.delete(id);
  }

  close() {
    for (const { timer } of this.waiting.values()) clearTimeout(timer);
    this.waiting.clear();
    this.model.off("msg:custom", this.receive);
    this.model.off("comm_live_update", this.commChanged);
  }
}

/**
 * Acts on their way to the store, in order. An act with a key waits for the one before it with the same key; an act
 * without a key waits for all before it. An act stays until it is answered, and is sent again with the same id.
 */
export class Outbox {
  constructor(wire, changed = () => {}) {
    Object.assign(this, { wire, changed, acts: [] });
  }

  /** `fields` is called once, when the act is first sent: by then the one before it was answered. */
  put({ kind, key = null, fields, shown = {}, done = () => {}, refused = () => {} }) {
    const act = { id: newId(), kind, key, fields, shown, done, refused, state: "waiting", sent: null };
    this.acts.push(act);
    this.#pump();
    return act;
  }

  get failed() {
    return this.acts.filter((act) => act.state === "failed");
  }

  retry() {
    for (const act of this.failed) act.state = "waiting";
    this.#pump();
  }

  /** An answer that came after its time: true if it belongs to an act here. */
  late(message) {
    const act = this.acts.find(({ id }) => id === message.id);
    if (!act) return false;
    if (message.ok) this.#saved(act, message.result);
    else this.#stopped(act, new WireError(message.error));
    return true;
  }

  #pump() {
    for (const [place, act] of this.acts.entries())
      if (act.state === "waiting" && !this.acts.slice(0, place).some((before) => goesBefore(before, act))) this.#send(act);
    this.changed();
  }

  #send(act) {
    act.state = "sent";
    act.sent ??= act.fields();
    this.wire.ask(act.kind, act.sent, act.id).then(
      (result) => this.#saved(act, result),
      (error) => this.#stopped(act, error),
    );
  }

  #saved(act, result) {
    if (!this.#take(act)) return;
    act.done(result);
    this.#pump();
  }

  #stopped(act, error) {
    if (!this.acts.includes(act)) return;
    if (error.again) {
      act.state = "failed";
      return this.changed();
    }
    // What was to come after a refused act was meant for another state: it is not sent.
    const held = this.acts.slice(this.acts.indexOf(act) + 1).filter((later) => !later.sent && later.key === null);
    for (const one of [act, ...held]) this.#take(one);
    act.refused(error);
    for (const one of held) one.refused(null);
    this.#pump();
  }

  #take(act) {
    const place = this.acts.indexOf(act);
    if (place >= 0) this.acts.splice(place, 1);
    return place >= 0;
  }
}

function goesBefore(before, act) {
  return before.key === null || act.key === null || before.key === act.key;
}
