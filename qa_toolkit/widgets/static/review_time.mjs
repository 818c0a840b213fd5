// How long a reviewer worked on a conversation, with the time taken out in which nothing was done.

/**
 * Time is active while the page is watched and something was done in the last `idleAfter` seconds, and idle for the
 * rest of the time that it is watched. `now` gives milliseconds.
 */
export class TimeTracker {
  constructor({ idleAfter = 60, now = Date.now, watched = true } = {}) {
    Object.assign(this, { idleAfter, now, watched, id: null, used: true, input: -Infinity, mark: now(), active: 0, idle: 0 });
  }

  #count() {
    const now = this.now();
    const passed = Math.max(0, now - this.mark);
    const active = Math.min(passed, Math.max(0, this.input + 1000 * this.idleAfter - this.mark));
    this.mark = now;
    if (this.id === null || !this.watched || !this.used) return;
    this.active += active;
    this.idle += passed - active;
  }

  /** A key, a click, a scroll or a movement on the screen. */
  did() {
    this.#count();
    Object.assign(this, { input: this.mark, used: true });
  }

  /** Something was done beside the screen, on the same page: until something is done here it is not in use. */
  left() {
    this.#count();
    this.used = false;
  }

  /** Whether the page is in sight and has the focus: of two tabs only one has. */
  watch(watched) {
    this.#count();
    this.watched = watched;
  }

  /**
   * What was spent since the last time, in whole seconds, or null where that is nothing or less than `least` of active
   * time; what is over stays for the next time.
   */
  take(least = 0) {
    this.#count();
    const [seconds, idle] = [this.active, this.idle].map((spent) => Math.min(86_400, Math.floor(spent / 1000)));
    if (this.id === null || (!seconds && !idle) || seconds < least) return null;
    this.active -= 1000 * seconds;
    this.idle -= 1000 * idle;
    return { conversation_id: this.id, seconds, idle };
  }

  /** Go to another conversation, or to none; returns what was spent on the one before. */
  open(id) {
    if (id === this.id) return null;
    const spent = this.take();
    Object.assign(this, { id, active: 0, idle: 0 });
    return spent;
  }
}
