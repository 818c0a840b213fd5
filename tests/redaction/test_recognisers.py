"""What is taken for private and what is not, one rule at a time."""

from __future__ import annotations

import time

import pytest

from qa_toolkit.conversations.importers import Person
from qa_toolkit.conversations.redaction import RedactionSettings, Redactor

SETTINGS = RedactionSettings(orders_masks=("ORD-######",), accounts_masks=("##########",))
PEOPLE = [
    Person("customer", ("Jörg Brandt", "joerg.brandt@home.example", "+44 20 7946 0123")),
    Person("customer", ("Will Summers", "Ngọc Trần")),
    Person("agent", ("Sofia O'Brien", "sofia.ob@desk.example")),
]


def found(text: str, settings: RedactionSettings = SETTINGS, people: list[Person] = PEOPLE) -> list[tuple[str, str]]:
    places = Redactor(settings, bytes(32)).find(text, people)
    return [(place.kind, text[place.start : place.end]) for place in places]


@pytest.mark.parametrize(
    "address",
    ["a.b+c@sub.mail.example", "O'Neil@x.example", "UPPER@CASE.EXAMPLE", "jürgen@münchen.example", "x_1@a-b.example"],
)
def test_addresses(address: str) -> None:
    assert found(f"(mail: {address}), please") == [("EMAIL", address)]
    assert found(f"<{address}>.") == [("EMAIL", address)]


@pytest.mark.parametrize("text", ["@nora hello", "price @ 3.50", "5@2.50 each", "a@b", "me@localhost"])
def test_what_has_an_at_and_is_no_address(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    "number",
    [
        "+49 (0)30 123 456 78",
        "030/1234567",
        "020 7946 0123",
        "(212) 555-0147",
        "212.555.0147",
        "1-212-555-0147",
        "06 12 34 56 78",
        "01.44.27.61.05",
        "0044 20 7946 0999",
        "612 345 678",
        "91 123 45 67",
        "06-12345678",
        "+1 415 555 0122",
    ],
)
def test_phone_numbers_of_six_countries(number: str) -> None:
    assert found(f"Ring {number}, thanks") == [("PHONE", number)]


@pytest.mark.parametrize(
    "text",
    [
        "on 2026-03-04 at 12:30:45",
        "on 04.03.2026 and 12/31/2026",
        "1 234 567 people, 1.234.567 cars",
        "it costs 612.345.678 EUR",
        "$5,551,234 in all",
        "52.520008, 13.404954",
        "version 10.15.7.2041",
        "tracking 1Z999AA10123456784",
        "case 2125550147",
        "Vorgangsnummer 0301234567",
        "order number: 020 7946 0999",
        "00340434161094022115",
        "0x80070057 and #1e90ff",
    ],
)
def test_numbers_that_are_no_phone(text: str) -> None:
    assert found(text, RedactionSettings()) == []


def test_a_number_before_a_comma_is_still_a_phone() -> None:
    assert found("ring 0171 3920045,2 times", RedactionSettings()) == [("PHONE", "0171 3920045")]


def test_a_word_before_makes_a_phone_of_any_number() -> None:
    assert found("my phone is 555-0147", RedactionSettings()) == [("PHONE", "555-0147")]
    assert found("the code is 555-0147", RedactionSettings()) == []


def test_two_numbers_side_by_side_are_two() -> None:
    text = "020 7946 0123 / 020 7946 0999 or 4111 1111 1111 1111 020 7946 0123"
    assert [kind for kind, _ in found(text)] == ["PHONE", "PHONE", "CARD", "PHONE"]


def test_a_number_of_a_party_is_known_in_any_format() -> None:
    assert found("it was 7946 0123", RedactionSettings()) == [("PHONE", "7946 0123")]


@pytest.mark.parametrize("card", ["4111 1111 1111 1111", "5500-0055-5555-5559", "378282246310005", "6011000990139424"])
def test_cards(card: str) -> None:
    assert ("CARD", card) in found(f"card {card} 12/27", RedactionSettings())
    wrong = card[:-1] + str((int(card[-1]) + 1) % 10)
    assert "CARD" not in [kind for kind, _ in found(f"serial {wrong}", RedactionSettings())]


@pytest.mark.parametrize(
    "iban",
    [
        "DE89 3704 0044 0532 0130 00",
        "gb29nwbk60161331926819",
        "FR14 2004 1010 0505 0001 3M02 606",
        "BE68 5390 0754 7034",
    ],
)
def test_ibans(iban: str) -> None:
    assert found(f"to {iban} thanks", RedactionSettings()) == [("IBAN", iban)]
    assert "IBAN" not in [kind for kind, _ in found(f"to {iban[:2]}00{iban[4:]}", RedactionSettings())]


@pytest.mark.parametrize(
    "ip", ["10.1.2.3", "203.0.113.58", "2001:db8:85a3::8a2e:370:7334", "fe80::1c2d:3eff:fe4a:5b6c"]
)
def test_ip_addresses(ip: str) -> None:
    assert found(f"from {ip}.", RedactionSettings()) == [("IP", ip)]
    assert found(f"ping {ip} failed", RedactionSettings()) == [("IP", ip)]
    assert found(f"seen at {ip} Android", RedactionSettings()) == [("IP", ip)]


@pytest.mark.parametrize(
    "text",
    ["1.2.3.4-beta", "v1.2.3.4", "version 1.2.3.4", "1.2.3.4.5", "12:30:45", "a::b std::map", "00:1A:2B:3C:4D:5E"],
)
def test_what_looks_like_an_ip_address(text: str) -> None:
    assert found(text, RedactionSettings()) == []


@pytest.mark.parametrize(
    ("link", "secrets"),
    [
        ("https://x.example/a?token=abc&page=2", ["abc"]),
        ("https://u:secret@x.example/", ["u:secret"]),
        ("https://x.example/reset/Ab3dE9xZ", ["Ab3dE9xZ"]),
        ("https://x.example/f/7c9e6679-7425-40de-944b-e07fc1f90ae7", ["7c9e6679-7425-40de-944b-e07fc1f90ae7"]),
        ("https://x.example/#access_token=q9&x=1", ["q9"]),
        ("https://x.example/a;jsessionid=F00BA4", ["F00BA4"]),
        ("https://x.example/app#/login?token=ab", ["ab"]),
        ("www.x.example/?sig=abc", ["abc"]),
        ("x.example/verify?code=1234", ["1234"]),
        ("myapp://open?token=t1", ["t1"]),
    ],
)
def test_secrets_in_links(link: str, secrets: list[str]) -> None:
    assert found(f"see {link}, please", RedactionSettings()) == [("TOKEN", secret) for secret in secrets]


@pytest.mark.parametrize(
    "link",
    [
        "https://docs.example/guides/how-to-reset-your-password-2026?lang=en&page=2#step-3",
        "https://shop.example/item/20079460123?size=m&colour=red",
        "https://x.example/en/a_b/Index.html",
        "https://x.example",
    ],
)
def test_links_without_secrets(link: str) -> None:
    assert found(f"see {link}.", RedactionSettings()) == []


def test_an_address_in_a_link_is_an_address() -> None:
    assert found("https://x.example/v?email=a@b.example&id=3", RedactionSettings()) == [("EMAIL", "a@b.example")]
    assert found("https://x.example/v?email=a%40b.example", RedactionSettings()) == [("TOKEN", "a%40b.example")]


@pytest.mark.parametrize(
    "name",
    [
        "Jörg Brandt",
        "JOERG",
        "jorg",
        "Brandt",
        "Brandt, Jörg",
        "Jörg M. Brandt",
        "Jo\u0308rg Brandt",
        "Sofia O'Brien",
        "O’Brien",
    ],
)
def test_names_of_the_parties(name: str) -> None:
    [(kind, text)] = found(f"ask {name} about it")
    assert kind == ("AGENT" if "Brien" in name else "CUSTOMER")
    assert len(text) >= len(name) - 3  # a middle initial may stay at an edge


def test_possessives_and_genitives() -> None:
    assert found("Brandt's parcel, Brandts Paket") == [("CUSTOMER", "Brandt"), ("CUSTOMER", "Brandts")]


def test_parts_of_other_words_are_no_names() -> None:
    assert found("Brandteig, Sofianer, abrandt") == []


@pytest.mark.parametrize(
    "text", ["Will it work?", "it will", "He said: will you?", "in the summers", "Summers are hot."]
)
def test_words_that_are_names_too(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    "text", ["Hi will,", "Dear Will", "ask Will about", "Will Summers", "will summers", "Bye\nWill\n", "Mr Summers"]
)
def test_names_that_are_words_too(text: str) -> None:
    assert [kind for kind, _ in found(text)] == ["CUSTOMER"]


def test_names_in_scripts_without_spaces() -> None:
    people = [Person("customer", ("山田 太郎",))]
    assert found("こんにちは山田太郎です。山田と申します", people=people)[0][1] == "山田"


def test_the_teams_numbers_come_before_phones() -> None:
    assert found("2125550147") == [("ACCOUNT", "2125550147")]
    assert found("ord 123456, Ord/123456, ORD123456") == [
        ("ORDER", t) for t in ("ord 123456", "Ord/123456", "ORD123456")
    ]
    assert found("ORD-1234567") == []


HOSTILE = ["AB12 ", "1.1.", "@", "1", "://", "a@", "1 ", "(1", "+1", "A1", "[CUSTOMER ", "Will ", "brandt ", "::", "a:"]
HOSTILE += ["1a", "/?", "DE89 3704 ", "x.y/?", "www.", "é", "\u0301", "é\u0301", "%", "1-", "order ", "@a.", "1\u00a0"]
HOSTILE += ["Jörg", "J\u0301", "4111 1111 1111 1111 ", "Jörg ", "eyJ", "a=", "a=1&", "0.", "山田", "tel 1234567 "]


@pytest.mark.parametrize("piece", HOSTILE)
def test_nothing_hangs_on_a_long_text(piece: str) -> None:
    text = piece * (200_000 // len(piece))
    start = time.process_time()
    Redactor(SETTINGS, bytes(32)).find(text, PEOPLE)
    assert time.process_time() - start < 20
