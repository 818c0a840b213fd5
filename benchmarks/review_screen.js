// What the page does while review_screen.py measures: one driver for the review screen, one for the plain form.
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

  const screen = {
    shown: () => one(".qa:not([data-old]) .qa-msg"),
    id: () => one(".qa-details dd").textContent,
    root: () => one(".qa"),
    next: () => [...document.querySelectorAll(".qa-foot button")].find((button) => button.textContent.startsWith("Next")).click(),
    click(number) {
      const rows = document.querySelectorAll(".qa-row");
      const rating = Math.floor(number / rows.length) % 4;
      const saved = one(".qa-saved");
      const done = changed(saved, () => saved.dataset.state === "saved");
      rows[number % rows.length].querySelectorAll("[role=radio]")[rating].click();
      return done;
    },
    forget: () => one(".qa")?.setAttribute("data-old", ""),
  };

  const plain = {
    shown: () => document.querySelectorAll(".plain-choice:not([data-old]) button").length >= 5 * 26,
    id: () => one(".plain-id").textContent,
    root: () => one(".plain-id").closest(".jp-OutputArea-output"),
    next: () => one(".plain-next").click(),
    click(number) {
      const rows = document.querySelectorAll(".plain-choice");
      const rating = 1 + Math.floor(number / rows.length) % 4;
      const saved = one(".plain-saved");
      const before = saved.textContent;
      const done = changed(saved, () => saved.textContent !== before);
      rows[number % rows.length].querySelectorAll("button")[rating].click();
      return done;
    },
    forget: () => document.querySelectorAll(".plain-choice").forEach((choice) => choice.setAttribute("data-old", "")),
  };

  const driver = () => (one(".plain-id") ? plain : screen);

  window.measure = {
    click: (number) => timed(() => driver().click(number)),
    roundTrip: (number) => timed(() => new Promise((done) => {
      const heard = (message) => message.number === number && (window.echo.off("msg:custom", heard), done());
      window.echo.on("msg:custom", heard);
      window.echo.send({ number });
    })),
    next: () => {
      const { id, next, root } = driver();
      const before = id();
      return timed(async () => {
        const done = changed(root(), () => id() !== before);
        next();
        await done;
        await painted();
      });
    },
    display: (cell) => {
      const notebook = window.jupyterapp.shell.currentWidget;
      notebook.content.activeCellIndex = cell;
      plain.forget();
      screen.forget();
      return timed(async () => {
        const done = changed(document.body, () => plain.shown() || screen.shown());
        window.jupyterapp.commands.execute("notebook:run-cell");
        await done;
        await painted();
      });
    },
  };
})();
