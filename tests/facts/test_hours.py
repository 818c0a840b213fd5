"""Business hours: across nights, weekends, holidays and changes of the clocks; every mistake in a calendar named."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from qa_toolkit.conversations.facts import Calendar, make_calendar
from qa_toolkit.conversations.facts.hours import read_hours
from qa_toolkit.errors import FactsError

BERLIN = ZoneInfo("Europe/Berlin")
ROUND_THE_CLOCK = {
    day: ["00:00-24:00"] for day in ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
}


def berlin(*numbers: int) -> datetime:
    return datetime(*numbers, tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        ((2026, 3, 4, 10), (2026, 3, 4, 12, 30), 2.5),  # within a day
        ((2026, 3, 4, 7), (2026, 3, 4, 8), 0),  # before opening
        ((2026, 3, 4, 16), (2026, 3, 5, 10), 2),  # over night
        ((2026, 3, 6, 16), (2026, 3, 9, 10), 2),  # over a weekend
        ((2026, 4, 30, 16), (2026, 5, 4, 10), 2),  # over the first of May, a Friday
        ((2026, 12, 23, 9), (2026, 12, 25, 17), 8),  # the 24th closed by the team, the 25th a holiday
    ],
)
def test_only_open_hours_count(start: tuple[int, ...], end: tuple[int, ...], hours: float) -> None:
    calendar = Calendar("Europe/Berlin", "DE", "BE", closed=(date(2026, 12, 24),))
    assert calendar.business_time(berlin(*start), berlin(*end)) == timedelta(hours=hours)


@pytest.mark.parametrize(("day", "hours"), [((2026, 3, 29), 23), ((2026, 10, 25), 25), ((2026, 3, 30), 24)])
def test_a_day_has_the_hours_that_pass_on_it(day: tuple[int, int, int], hours: int) -> None:
    calendar = make_calendar({"timezone": "Europe/Berlin", "hours": ROUND_THE_CLOCK})
    start = berlin(*day)
    assert calendar.business_time(start, start + timedelta(days=1)) == timedelta(hours=hours)


def test_hours_are_those_of_the_zone_of_the_team() -> None:
    calendar = make_calendar({"timezone": "America/New_York"})
    start = datetime(2026, 3, 4, 13, tzinfo=ZoneInfo("UTC"))  # eight in New York
    assert calendar.business_time(start, start + timedelta(hours=2)) == timedelta(hours=1)


def test_a_break_at_noon_is_closed() -> None:
    calendar = make_calendar({"hours": {"monday": ["13:30-17:00", "09:00-12:30"]}})
    noon = datetime(2026, 3, 2, 12, tzinfo=ZoneInfo("UTC"))
    assert calendar.business_time(noon, noon + timedelta(hours=2)) == timedelta(hours=1)


def test_midnight_is_the_end_of_a_day() -> None:
    assert read_hours(["18:00-24:00"]) == ((time(18), time(0)),)


def test_a_wait_of_ten_years_is_no_wait() -> None:
    with pytest.raises(FactsError, match="ten years"):
        Calendar().business_time(berlin(1970, 1, 1), berlin(2026, 1, 1))


def test_all_that_is_wrong_with_a_calendar_is_said_at_once() -> None:
    table = {
        "timzone": "Europe/Berlin",
        "country": 49,
        "closed": ["2026-12-24"],
        "hours": {
            "mon": ["09:00-17:00"],
            "tuesday": "9-5",
            "friday": ["17:00-09:00"],
            "sunday": ["9:00-12:00", "11:00-13:00"],
        },
    }
    with pytest.raises(FactsError) as caught:
        make_calendar(table)
    lines = str(caught.value).splitlines()
    for word in (
        "did you mean 'timezone'?",
        "country must be",
        "closed must be",
        "hours.mon ",
        "hours.tuesday must be a list",
    ):
        assert any(word in line for line in lines), word
    assert any(line.startswith("hours.friday: '17:00-09:00' are no hours") for line in lines)
    assert any("overlap" in line for line in lines)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"timezone": "Mars/Olympus"}, "timezone 'Mars/Olympus' is unknown"),
        ({"timezone": "../../etc/passwd"}, "is unknown"),
        ({"country": "XX"}, "country 'XX' is unknown"),
        ({"country": "DE", "subdivision": "XX"}, "subdivision 'XX' of 'DE' is unknown"),
        ({"subdivision": "BE"}, "needs a country"),
        ({"hours": ["09:00-17:00"]}, "hours must be a table"),
    ],
)
def test_what_is_unknown_is_said(table: dict[str, object], message: str) -> None:
    with pytest.raises(FactsError, match=message):
        make_calendar(table)


def test_a_calendar_made_in_code_is_checked_too() -> None:
    with pytest.raises(FactsError, match="unknown"):
        Calendar("Nowhere")
