"""The settings of a team: what a file may hold, and everything that is wrong with one at once."""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import date, time
from pathlib import Path

import pytest
from conftest import ROOT

from qa_toolkit.conversations.facts import KINDS, TIMINGS, Calendar
from qa_toolkit.errors import SettingsError
from qa_toolkit.review import ReviewSession, ReviewSettings, load_settings
from qa_toolkit.review.settings import KEYS
from qa_toolkit.rubric import Rubric
from qa_toolkit.store import Store

WHOLE = """
[evidence]
on_fail = "require"
[time]
idle_after = 90
[facts]
show = "rated"
timings = "asked"
min_precision = 0.8
phrases = ["de.toml"]
[facts.each]
apology = "never"
first-response = "always"
[calendar]
timezone = "Europe/Berlin"
country = "DE"
subdivision = "BE"
closed = [2026-12-24]
[calendar.hours]
monday = ["09:00-12:30", "13:30-17:00"]
"""
GERMAN = """
language = "de"
[apology]
says = ["entschuldigung"]
"""


@pytest.fixture
def write(tmp_path: Path):
    def write(text: str | bytes) -> Path:
        path = tmp_path / "team.toml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def problems(path: Path) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load_settings(path)
    return str(caught.value).split("\n- ")[1:]


def test_every_key_is_read(write, tmp_path: Path) -> None:
    (tmp_path / "de.toml").write_text(GERMAN, encoding="utf-8")
    found = load_settings(write(WHOLE))
    assert (found.evidence_on_fail, found.time_idle_after) == ("require", 90)
    assert (found.facts_show, found.facts_timings, found.facts_min_precision) == ("rated", "asked", 0.8)
    assert list(found.facts_phrases) == ["de"]
    assert (found.calendar.timezone, found.calendar.country, found.calendar.subdivision) == (
        "Europe/Berlin",
        "DE",
        "BE",
    )
    assert found.calendar.closed == (date(2026, 12, 24),)
    assert found.calendar.hours == {"monday": ((time(9), time(12, 30)), (time(13, 30), time(17)))}
    assert [found.shows(k) for k in ("apology", "blame", "first-response", "agent-wait")] == [
        "never",
        "rated",
        "always",
        "asked",
    ]


def test_an_empty_file_means_the_defaults(write) -> None:
    assert load_settings(write("")) == ReviewSettings()


def test_a_file_from_windows(write) -> None:
    assert load_settings(write(b"\xef\xbb\xbf[time]\r\nidle_after = 30\r\n")).time_idle_after == 30


def test_all_problems_come_at_once(write) -> None:
    text = """
    [evidence]
    on_fial = "ask"
    [time]
    idle_after = true
    [facts]
    show = "sometimes"
    min_precision = 2
    phrases = ["nowhere.toml"]
    [facts.each]
    apologies = "rated"
    blame = 1
    [calender]
    """
    found = problems(write(text))
    assert len(found) == 8
    assert found[0] == "calender is no known key; did you mean 'calendar'?"
    assert found[1] == "evidence.on_fial is no known key; did you mean 'on_fail'?"
    assert "time.idle_after must be a whole number of seconds from 5 to 3600; it is True" in found
    assert "facts.each.apologies is no known key; did you mean 'apology'?" in found
    assert any("nowhere.toml" in one for one in found)


@pytest.mark.parametrize("text", ['[facts]\nshow = "always"', '[facts.each]\nblame = "always"'])
def test_always_for_what_judges_words_says_why_not(write, text: str) -> None:
    [problem] = problems(write(text))
    assert "makes the rating follow it" in problem


@pytest.mark.parametrize("kind", KINDS)
def test_always_may_be_said_of_timings_only(write, kind: str) -> None:
    path = write(f'[facts.each]\n{kind} = "always"')
    if kind in TIMINGS:
        assert load_settings(path).shows(kind) == "always"
    else:
        assert problems(path)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('facts = "asked"', "facts must be a table"),
        ("evidence = []", "evidence must be a table"),
        ("[facts]\neach = 1", "facts.each must be a table"),
        ("[calendar]\ntimezone = 'Mars'", "calendar.timezone 'Mars' is unknown"),
        ("[calendar]\ncountry = 'HolidayBase'", "calendar.country 'HolidayBase' is unknown"),
        ("[calendar]\ncountry = 'country_holidays'", "calendar.country 'country_holidays' is unknown"),
        ("[calendar]\ncountry = 'DE'\nsubdivision = ''", "calendar.subdivision is empty"),
        ("[calendar.hours]\nmonday = ['9-5']", "calendar.hours.monday"),
        ("calendar = 3", "calendar must be a table"),
        ("[time]\nidle_after = 4", "from 5 to 3600"),
        ("[time]\nidle_after = 60.0", "whole number"),
        ("[facts]\nphrases = 'de.toml'", "list of file names"),
        ("[facts]\nmin_precision = true", "from 0 to 1"),
        ("[facts]\nmin_precision = nan", "from 0 to 1"),
        ("[evidence]\non_fail = ['ask']", "must be one of ask, require, off"),
    ],
)
def test_what_does_not_fit(write, text: str, words: str) -> None:
    assert words in "\n".join(problems(write(text)))


def test_two_lists_of_one_language(write, tmp_path: Path) -> None:
    for name in ("a.toml", "b.toml"):
        (tmp_path / name).write_text(GERMAN, encoding="utf-8")
    assert "two lists for the language 'de'" in problems(write('[facts]\nphrases = ["a.toml", "b.toml"]'))[0]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[facts", "is not TOML"),
        (b"a = '\xff'", "is not UTF-8"),
        ("a = " + "[" * 5_000, "nested too deeply"),
        ("a = " + "1" * 5_000, "cannot be read"),
    ],
)
def test_what_is_no_toml(write, text: str | bytes, words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        load_settings(write(text))


def test_a_path_that_no_system_takes() -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        load_settings("a\0b.toml")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        load_settings(tmp_path / "no.toml")


def test_the_screen_hears_of_what_it_needs(store: Store, small_rubric: Rubric) -> None:
    settings = ReviewSettings(evidence_on_fail="off", time_idle_after=30)
    hello = ReviewSession(store, "first", "ruth", small_rubric, settings).hello()
    assert hello["settings"] == {"evidence_on_fail": "off", "idle_after": 30}


class TestGuide:
    GUIDE = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")

    def test_its_example_sets_every_setting_to_something_else(self, write, tmp_path: Path) -> None:
        (tmp_path / "de.toml").write_text(GERMAN, encoding="utf-8")
        example = self.GUIDE.split("```toml\n")[1].split("```")[0]
        found, default = load_settings(write(example)), ReviewSettings()
        same = [f.name for f in fields(ReviewSettings) if getattr(found, f.name) == getattr(default, f.name)]
        same += [f.name for f in fields(Calendar) if getattr(found.calendar, f.name) == getattr(Calendar(), f.name)]
        assert same == []

    def test_it_names_every_key_with_its_default(self) -> None:
        default = ReviewSettings()
        for section, rules in KEYS.items():
            for key in rules:
                [line] = [row for row in self.GUIDE.splitlines() if row.startswith(f"| `{section}.{key}`")]
                value = getattr(default, f"{section}_{key}")
                shown = "none" if key == "each" else "`[]`" if key == "phrases" else f"`{json.dumps(value)}`"
                assert line.split("|")[2].strip() == shown
        for field in fields(Calendar):
            assert f"`calendar.{field.name}`" in self.GUIDE
        assert {f.name for f in fields(ReviewSettings)} == {
            *(f"{section}_{key}" for section, rules in KEYS.items() for key in rules),
            "calendar",
        }
