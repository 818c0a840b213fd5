// A screen is as high as the panel that it stands in, and moves to the panel's top when somebody works in it.
import { isTyping } from "./keys.mjs";

const MARGIN = 6; // pixels above and below
const LOWEST = 420;
const HIGHEST = 1000;

/** Where a screen stands: the notebook's panel in JupyterLab, else the page. */
class Panel {
  constructor(root) {
    this.node = root.closest(".jp-WindowedPanel-outer");
  }

  get top() {
    return this.node?.getBoundingClientRect().top ?? 0;
  }

  get height() {
    return this.node?.clientHeight ?? window.innerHeight;
  }

  scrollBy(top) {
    (this.node ?? window).scrollBy({ top, behavior: "instant" });
  }
}

/** Keeps the height of `root`, and moves it; it goes by the panel in which `root` is when it is shown. */
export class Fit {
  constructor(root, signal) {
    Object.assign(this, { root, signal, inside: false, pressing: false });
    root.addEventListener("pointerdown", () => (this.pressing = true), { signal });
    for (const type of ["pointerup", "pointercancel"]) window.addEventListener(type, () => this.released(), { signal });
    root.addEventListener("focusin", () => this.entered(), { signal });
    root.addEventListener("focusout", (event) => this.left(event), { signal });
  }

  /** The screen is shown, by a run: it is moved if it is in sight and nobody works elsewhere. */
  shown() {
    if (this.panel) return;
    this.panel = new Panel(this.root);
    const watch = new ResizeObserver(() => this.resize());
    watch.observe(this.panel.node ?? document.documentElement);
    window.addEventListener("resize", () => this.resize(), { signal: this.signal });
    this.signal.addEventListener("abort", () => watch.disconnect());
    this.resize();
    const { top, bottom } = this.root.getBoundingClientRect();
    const { activeElement: active } = document;
    if (bottom > 0 && top < window.innerHeight && !isTyping(active) && !active?.closest(".qa")) this.align();
  }

  resize() {
    const height = Math.min(HIGHEST, Math.max(LOWEST, this.panel.height - 2 * MARGIN));
    this.root.style.setProperty("--qa-height", `${height}px`);
  }

  /** A click must end where it began: who comes by the mouse is moved when the button is up. */
  entered() {
    if (this.inside) return;
    this.inside = true;
    if (!this.pressing) this.align();
    else this.waits = true;
  }

  released() {
    if (this.waits) setTimeout(() => this.align());
    this.waits = this.pressing = false;
  }

  /** Another window that gets the focus is no leaving. */
  left({ relatedTarget }) {
    if (document.hasFocus() && !this.root.contains(relatedTarget)) this.inside = false;
  }

  align() {
    if (!this.panel || this.signal.aborted) return;
    const { top, bottom } = this.root.getBoundingClientRect();
    const from = this.panel.top;
    if (top < from || bottom > from + this.panel.height) this.panel.scrollBy(top - from - MARGIN);
  }
}
