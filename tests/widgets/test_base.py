"""The shell that every screen shares: one page text, checked messages, an answer to each of them."""

from __future__ import annotations

import logging
import re
import threading
from typing import Any, ClassVar

import pytest

from qa_toolkit.errors import InvalidActError, StaleError
from qa_toolkit.widgets import _base
from qa_toolkit.widgets._base import Field, Screen, join_modules, read_css, text_field

TOLD = "secret words of a customer"


class Echo(Screen):
    """Answers with what it was asked, or fails as it is told."""

    kinds: ClassVar[Any] = {
        "echo": {"text": text_field(5, shortest=1)},
        "stale": {},
        "refuse": {},
        "break": {},
        "meet": {"at": Field(lambda value: isinstance(value, int), "a number")},
    }

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.inside = 0
        self.met: list[int] = []
        super().__init__()

    def send(self, content: Any, buffers: Any = None) -> None:
        self.sent.append(content)

    def perform(self, kind: str, uid: str, fields: dict[str, Any]) -> Any:
        self.inside += 1
        self.met.append(self.inside)
        try:
            if kind == "stale":
                raise StaleError("changed elsewhere", {"revision": 4})
            if kind == "refuse":
                raise InvalidActError("not like this")
            if kind == "break":
                raise ZeroDivisionError(TOLD)
            return [kind, uid, fields]
        finally:
            self.inside -= 1


@pytest.fixture
def echo() -> Echo:
    return Echo()


def ask(widget: Echo, **message: Any) -> dict[str, Any]:
    widget._handle_custom_msg({"v": 1, "id": "id-000001", **message}, [])
    return widget.sent[-1]


def test_an_answer_carries_the_id_of_its_question(echo: Echo) -> None:
    answer = ask(echo, kind="echo", text="hello")
    assert answer == {"v": 1, "id": "id-000001", "ok": True, "result": ["echo", "id-000001", {"text": "hello"}]}


def test_a_refusal_says_why(echo: Echo) -> None:
    assert ask(echo, kind="refuse") == {
        "v": 1,
        "id": "id-000001",
        "ok": False,
        "error": {"code": "invalid", "message": "not like this"},
    }


def test_a_stale_act_is_answered_with_the_state(echo: Echo) -> None:
    assert ask(echo, kind="stale")["error"] == {
        "code": "stale",
        "message": "changed elsewhere",
        "state": {"revision": 4},
    }


def test_any_exception_is_answered_and_logged_but_not_told(echo: Echo, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        answer = ask(echo, kind="break")
    assert answer["ok"] is False
    assert answer["error"]["code"] == "internal"
    assert TOLD not in str(answer)
    assert "ZeroDivisionError" in caplog.text
    assert TOLD not in caplog.text


@pytest.mark.parametrize(
    ("message", "why"),
    [
        ({"kind": "nothing"}, "no kind 'nothing'"),
        ({"kind": ["echo"]}, "no kind"),
        ({"kind": "perform"}, "no kind"),
        ({"kind": "echo"}, "takes text"),
        ({"kind": "echo", "text": "hello", "more": 1}, "takes text"),
        ({"kind": "refuse", "text": "hello"}, "no fields"),
        ({"kind": "echo", "text": "too long"}, "1 to 5 characters"),
        ({"kind": "echo", "text": ""}, "1 to 5 characters"),
        ({"kind": "echo", "text": None}, "1 to 5 characters"),
        ({"kind": "echo", "text": "hello", "v": 2}, "another version"),
        ({"kind": "echo", "text": "hello", "id": "short"}, "needs an id"),
        ({"kind": "echo", "text": "hello", "id": 12345678}, "needs an id"),
    ],
)
def test_what_does_not_fit_is_refused_before_it_is_performed(echo: Echo, message: dict[str, Any], why: str) -> None:
    answer = ask(echo, **message)
    assert answer["error"]["code"] == "invalid"
    assert why in answer["error"]["message"]
    assert echo.met == []


@pytest.mark.parametrize("message", ["text", None, [], {}, {"v": 1}])
def test_even_a_message_of_no_shape_is_answered(echo: Echo, message: Any) -> None:
    echo._handle_custom_msg(message, [])
    assert echo.sent[-1]["ok"] is False
    assert echo.sent[-1]["id"] is None


def test_messages_of_many_threads_are_answered_one_after_another(echo: Echo) -> None:
    barrier = threading.Barrier(8)

    def work(number: int) -> None:
        barrier.wait()
        for turn in range(25):
            ask(echo, id=f"id-{number:03}-{turn:03}", kind="meet", at=turn)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({answer["id"] for answer in echo.sent}) == 200
    assert set(echo.met) == {1}


def test_an_unknown_keyword_is_refused() -> None:
    with pytest.raises(TypeError, match="Screen has no reviewr; check the spelling"):
        Screen(reviewr="ruth")


def test_joined_modules_are_one_text_without_imports() -> None:
    text = join_modules(("offsets.mjs", "review_model.mjs"))
    assert not re.search(r"^(import|export) ", text, re.MULTILINE)
    assert "function toCodePoints" in text
    assert "function ratingOf" in text


def test_no_module_makes_markup_of_text() -> None:
    forbidden = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|createContextualFragment|\beval\b")
    modules = [path for path in _base._STATIC.iterdir() if path.name.endswith(".mjs")]
    assert modules
    assert [path.name for path in modules if forbidden.search(path.read_text("utf-8"))] == []


def test_nothing_is_fetched_from_elsewhere() -> None:
    texts = [path.read_text("utf-8") for path in _base._STATIC.iterdir()]
    assert not any(re.search(r"https?://|url\(|@import|fetch\(", text) for text in texts)


@pytest.mark.parametrize("name", ["qa.css", "review.css", "coach.css", "calibrate.css"])
def test_style_rules_stay_inside_the_screen(name: str) -> None:
    css = re.sub(r"/\*.*?\*/", "", read_css(name), flags=re.DOTALL)
    selectors = re.findall(r"(?:^|[{}])\s*([^{}@]+?)\s*\{", css)
    assert selectors
    assert [one for one in selectors if not re.match(r"^(\.qa[-: .,\[]?|(from|to)$)", one)] == []
