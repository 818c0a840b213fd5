"""Times as they stand in files: what is read, what is refused, and what daylight saving does to them."""

from __future__ import annotations

import contextlib
from collections import Counter
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa_toolkit.conversations.importers._times import TWICE, DayOrder, TimeError, read_time, utc

BERLIN = ZoneInfo("Europe/Berlin")
MARCH_4 = datetime(2026, 3, 4, 14, 5)


def test_a_time_with_a_zone_is_brought_to_utc_whatever_the_zone_of_the_others() -> None:
    decided = Counter()
    assert utc("2026-03-04T14:05:00+05:30", BERLIN, decided) == datetime(2026, 3, 4, 8, 35)
    assert utc(MARCH_4.replace(tzinfo=BERLIN), None, decided) == datetime(2026, 3, 4, 13, 5)
    assert not decided


def test_a_naive_time_is_of_the_zone_or_refused() -> None:
    assert utc("2026-07-04 14:05", BERLIN, Counter()) == datetime(2026, 7, 4, 12, 5)
    with pytest.raises(TimeError, match="has no time zone"):
        utc("2026-07-04 14:05", None, Counter())


def test_an_hour_that_is_there_twice_is_the_first_and_counted() -> None:
    decided = Counter()
    assert utc("2026-10-25 02:30:00", BERLIN, decided) == datetime(2026, 10, 25, 0, 30)
    assert utc("2026-10-25 03:00:00", BERLIN, decided) == datetime(2026, 10, 25, 2, 0)
    assert utc(datetime(2026, 10, 25, 2, 30, fold=1), BERLIN, decided) == datetime(2026, 10, 25, 0, 30)
    assert decided == {TWICE: 2}


def test_an_hour_that_the_clocks_left_out_is_refused() -> None:
    with pytest.raises(TimeError, match="does not exist in Europe/Berlin"):
        utc("2026-03-29 02:30:00", BERLIN, Counter())
    assert utc("2026-03-29 03:00:00", BERLIN, Counter()) == datetime(2026, 3, 29, 1, 0)


@pytest.mark.parametrize("text", ["", "yesterday", "0001-01-01T00:00:00+09:00", "2026-13-01T00:00Z"])
def test_what_is_no_time_says_how_one_is_written(text: str) -> None:
    with pytest.raises(TimeError, match="is not a time such as 2026"):
        utc(text, UTC, Counter())


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-04 14:05:00",
        "2026/03/04 14:05",
        "2026.03.04 14:05:00.000",
        "04.03.2026 14:05",
        "4.3.2026, 14:05:00",
        "04/03/2026 14:05",
        "4-3-2026 2:05 PM",
        "4/3/2026, 2:05:00 p.m.",
        "04/03/2026 02:05\u202fPM",
    ],
)
def test_common_ways_to_write_a_time(text: str) -> None:
    assert read_time(text, True, Counter()) == MARCH_4


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2026-03-04 14:05:00 UTC", MARCH_4),
        ("2026-03-04 14:05:00 +0100", MARCH_4 - timedelta(hours=1)),
        ("04.03.2026 14:05 -05:30", MARCH_4 + timedelta(hours=5, minutes=30)),
        ("1772633100", MARCH_4),
        ("1772633100250", MARCH_4.replace(microsecond=250_000)),
    ],
)
def test_times_that_carry_their_zone(text: str, time: datetime) -> None:
    assert read_time(text, None, Counter()) == time.replace(tzinfo=UTC)


def test_midnight_and_noon_by_the_twelve_hour_clock() -> None:
    assert read_time("25/12/2026 12:10 AM", None, Counter()).hour == 0
    assert read_time("25/12/2026 12:10 pm", None, Counter()).hour == 12
    with pytest.raises(TimeError):
        read_time("25/12/2026 13:10 PM", None, Counter())


def test_a_day_that_can_be_read_in_two_ways_needs_a_word() -> None:
    decided = Counter()
    with pytest.raises(TimeError, match="say which comes first"):
        read_time("03/04/2026 14:05", None, decided)
    assert read_time("03/03/2026 14:05", None, decided).month == 3
    assert read_time("13/04/2026 14:05", None, decided).month == 4
    assert not +decided
    assert read_time("03/04/2026", True, decided).month == 4
    assert read_time("03/04/2026", False, decided).month == 3
    assert {rule for _, rule in +decided} == {"the day was taken to come first", "the month was taken to come first"}


@pytest.mark.parametrize(
    ("column", "dayfirst"),
    [
        (["03/04/2026 10:00", "13/04/2026 10:00"], True),
        (["03/04/2026 10:00", "04/13/2026 10:00"], False),
        (["03/04/2026 10:00"], None),
        (["13/04/2026", "04/13/2026"], None),
        (["2026-03-13 10:00", "13.04.2026", "x", ""], None),
    ],
)
def test_a_column_shows_which_comes_first(column: list[str], dayfirst: bool | None) -> None:
    order = DayOrder()
    for text in column:
        order.look(text)
    assert order.dayfirst is dayfirst


@pytest.mark.parametrize("text", ["03/04/26", "123/04/2026", "04/03/2026 25:00", "99999999999", "46084.58", "٣", "--"])
def test_other_ways_are_refused(text: str) -> None:
    with pytest.raises(TimeError, match="is not a time"):
        read_time(text, True, Counter())


@given(st.datetimes(min_value=datetime(1900, 1, 1)), st.booleans())
def test_every_minute_comes_back_from_days_with_slashes(time: datetime, dayfirst: bool) -> None:
    minute = time.replace(second=0, microsecond=0)
    form = "%d/%m/%Y %H:%M" if dayfirst else "%m/%d/%Y %H:%M"
    assert read_time(minute.strftime(form), dayfirst, Counter()) == minute


@given(st.text(max_size=25) | st.from_regex(r"[0-9./:\- TZ+]{1,25}", fullmatch=True), st.sampled_from([None, True]))
def test_any_text_is_a_time_or_a_time_error(text: str, dayfirst: bool | None) -> None:
    with contextlib.suppress(TimeError):
        assert isinstance(read_time(text, dayfirst, Counter()), datetime)
