// What the page does while coach_screen.py measures.
(() => {
  const LIMIT = 60_000;
  const painted = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  const timed = async (act) => {
    const start = performance.now();
    const late = new Promise((_, fail) => setTimeout(() => fail(new Error("too late")), LIMIT));
    await Promise.race([act(), late]);
    return performance.now() - start;
  };
  const changed = (node, ready) => new Promise((done) => {
    const seen = new MutationObserver(() => ready() && (seen.disconnect(), done()));
    seen.observe(node, { attributes: true, childList: true, characterData: true, subtree: true });
  });
  const one = (selector) => document.querySelector(selector);
  const all = (selector) => [...document.querySelectorAll(selector)];
  const root = () => one(".qa-coach:not([data-old])");

  window.measure = {
    display: (cell) => {
      window.jupyterapp.shell.currentWidget.content.activeCellIndex = cell;
      one(".qa-coach")?.setAttribute("data-old", "");
      return timed(async () => {
        const done = changed(document.body, () => root()?.querySelector(".qa-fault"));
        window.jupyterapp.commands.execute("notebook:run-cell");
        await done;
        await painted();
      });
    },
    fault: (number) => {
      const rows = all(".qa-coach:not([data-old]) .qa-fault");
      const row = rows[(number + 1) % rows.length];
      all(".qa-answer").forEach((answer) => answer.setAttribute("data-old", ""));
      return timed(async () => {
        const done = changed(root(), () => one(".qa-answer:not([data-old])"));
        row.click();
        await done;
        await painted();
      });
    },
    pin: (number) => {
      const pins = all(".qa-answer .qa-pin");
      const saved = one(".qa-saved");
      return timed(async () => {
        const done = changed(saved, () => saved.dataset.state === "saved");
        pins[number % pins.length].click();
        await done;
      });
    },
    roundTrip: (number) => timed(() => new Promise((done) => {
      const heard = (message) => message.number === number && (window.echo.off("msg:custom", heard), done());
      window.echo.on("msg:custom", heard);
      window.echo.send({ number });
    })),
  };
})();
