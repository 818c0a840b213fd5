// What the browser tells of the reviewer: whether the page is looked at, and whether something is done on it.

const REFRESH = 15_000;
const REPORT = 120_000;
const DONE_HERE = ["keydown", "pointerdown", "pointermove", "wheel", "scroll", "input"];
const DONE_BESIDE = ["keydown", "pointerdown"];

/**
 * Lets `client` look what the store says, every `refresh` milliseconds, and measure the time, for as long as `signal`
 * is not aborted.
 */
export function watchReviewer(client, root, signal, refresh = REFRESH) {
  const { clock } = client;
  const hear = (place, types, heard) => {
    for (const type of types) place.addEventListener(type, heard, { signal, capture: true, passive: true });
  };
  const looked = () => clock.watch(document.visibilityState === "visible" && document.hasFocus());
  const came = () => {
    looked();
    if (document.visibilityState === "visible") client.refresh();
  };
  const went = () => {
    looked();
    client.spend();
  };
  hear(root, DONE_HERE, () => clock.did());
  hear(document, DONE_BESIDE, (event) => root.contains(event.target) || clock.left());
  hear(document, ["visibilitychange"], () => (document.visibilityState === "visible" ? came() : went()));
  hear(window, ["focus"], (event) => event.target === window && came());
  hear(window, ["blur"], (event) => event.target === window && looked());
  hear(window, ["pagehide"], went);
  const timers = [
    setInterval(() => document.visibilityState === "visible" && client.refresh(), refresh),
    setInterval(() => client.spend(clock.take(1)), REPORT),
  ];
  signal.addEventListener("abort", () => timers.forEach(clearInterval));
  looked();
}
