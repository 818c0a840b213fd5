"""A bare page with a model in the kernel's place; each test gets a page of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from qa_toolkit.widgets._base import Screen

expect.set_options(timeout=15_000)  # ms; a busy machine takes its time


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    page = context.new_page()
    page.set_default_timeout(30_000)
    yield page
    context.close()


ORIGIN = "http://screen.test/"
BAD = "<img src=x onerror='window.pwned=1'><script>window.pwned=1</script><b>bold</b>"
HOST = """
<!doctype html><html lang="en"><head><meta charset="utf-8"><title>host</title></head>
<body><main id="place"></main></body></html>
"""
# What the front end gives a widget: a model that sends, hears and forgets; it loses what it is told to lose.
MODEL = """
async ({ esm, css }) => {
  document.head.append(Object.assign(document.createElement("style"), { textContent: css }));
  const heard = new Map();
  const host = (window.host = {
    sent: [], answers: [], keys: [], lose: [], waiting: 0,
    emit(name, ...values) { for (const one of [...(heard.get(name) ?? [])]) one(...values); },
    listeners() { return [...heard.values()].reduce((sum, set) => sum + set.size, 0); },
    deliver(answer) { host.answers.push(answer); host.emit("msg:custom", answer); },
  });
  for (const type of ["keydown", "keypress", "keyup"]) {
    document.addEventListener(type, (event) => host.keys.push(`${type}:${event.key}`));
  }
  host.model = {
    on(name, one) { heard.set(name, (heard.get(name) ?? new Set()).add(one)); },
    off(name, one) { heard.get(name)?.delete(one); },
    get() {}, set() {}, save_changes() {},
    send(message) {
      host.sent.push(message);
      if (host.dead) throw new Error("Cannot send");
      if (host.lose.includes(`ask:${message.kind}`)) return;
      host.waiting += 1;
      window.kernel(message).then((answer) => {
        host.waiting -= 1;
        if (!host.lose.includes(message.kind)) host.deliver(answer);
      });
    },
  };
  const url = URL.createObjectURL(new Blob([esm], { type: "text/javascript" }));
  const widget = (await import(url)).default;
  host.mount = async () => {
    host.cleanup = await widget.render({ model: host.model, el: document.getElementById("place") });
  };
  await host.mount();
}
"""


class Host:
    """A page that shows a widget, whose messages the widget in this process answers.

    Parameters
    ----------
    page : playwright.sync_api.Page
    widget : Screen
        Its traits are not synchronised: it answers messages, as in JupyterLab.
    """

    def __init__(self, page: Page, widget: Screen) -> None:
        self.page = page
        self.widget = widget
        self.errors: list[str] = []

    def open(self) -> Host:
        """Open the page with the widget in it."""
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.expose_function("kernel", self.widget._answer_to)
        self.page.route("**/*", lambda route: route.fulfill(body=HOST, content_type="text/html"))
        return self.reload()

    def reload(self) -> Host:
        """Load the page anew, as a reader does who presses F5."""
        self.page.goto(ORIGIN)
        self.page.evaluate(MODEL, {"esm": str(self.widget._esm), "css": str(self.widget._css)})
        return self

    def do(self, script: str) -> Any:
        """Run a script in the page; `host` is the fake front end."""
        return self.page.evaluate(script)

    def settle(self) -> None:
        """Wait until the kernel has answered all that it heard."""
        self.page.wait_for_function("host.waiting === 0")

    def forward(self, milliseconds: int) -> None:
        """Move the clock of this browser, once the kernel has answered: no answer is late but what a test loses."""
        self.settle()
        self.page.clock.fast_forward(milliseconds)

    def sent(self, kind: str) -> list[dict[str, Any]]:
        """Return the messages of a kind that the page sent."""
        return [message for message in self.do("host.sent") if message["kind"] == kind]


def stop_clock(page: Page) -> None:
    """Let the clock of this browser, in all of its pages, stand until a test moves it."""
    page.clock.install()
    page.clock.pause_at(datetime.now(UTC) + timedelta(minutes=1))  # which must not be over when it is done


def press(host: Host, *keys: str) -> None:
    for key in keys:
        host.page.keyboard.press(key)


@pytest.fixture
def host_of(page: Page) -> Iterator[Callable[[Screen], Host]]:
    hosts: list[Host] = []

    def make(widget: Screen) -> Host:
        hosts.append(Host(page, widget))
        return hosts[-1].open()

    yield make
    for host in hosts:
        assert host.errors == []
