from __future__ import annotations

import gzip
import itertools
import random
import re
import tempfile
import time
from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from vendors import Import

from qa_toolkit.conversations import read
from qa_toolkit.conversations.importers import _mailbox, _mime
from qa_toolkit.conversations.importers import mail as importer
from qa_toolkit.conversations.importers._base import ReadOptions
from qa_toolkit.conversations.importers._files import ENDS_EARLY, find_file, unheard
from qa_toolkit.conversations.importers._threads import Ids, Threads, ids_of
from qa_toolkit.errors import FileFormatError

DATE = "Tue, 3 Mar 2026 09:{:02}:00 +0100"
AGENTS = ["@desk.example"]
GUESSED = "agent: others than who began the thread; name your addresses with agents="
SLOWEST = 30  # seconds: nothing that is not linear stays below


def mail(number=0, text="Hello", sender="Nora Brand <nora@brand.example>", **more):
    """A mail as bytes; ``message_id=None`` leaves a field out, ``in_reply_to=`` adds one."""
    fields = {
        "from": sender,
        "to": "Example Desk <help@desk.example>",
        "subject": "Where is it?",
        "date": DATE.format(number),
        "message_id": f"<m{number}@brand.example>",
    } | more
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in fields.items() if value is not None]
    return "\n".join([*lines, "", text, ""]).encode()


def reply(number=1, answered=0, text="It left us.", **more):
    more = {"sender": "Mei Lin <mei@desk.example>", "to": "nora@brand.example"} | more
    return mail(number, text, in_reply_to=f"<m{answered}@brand.example>", **more)


def mbox(*mails):
    escaped = (re.sub(rb"(?m)^(>*From )", rb">\1", mail) for mail in mails)
    return b"".join(b"From x@y.example Tue Mar  3 09:14:00 2026\n" + mail.rstrip(b"\n") + b"\n\n" for mail in escaped)


@pytest.fixture
def reading(tmp_path):
    def run(content, name="mail.mbox", **options):
        path = tmp_path / name
        if isinstance(content, dict):
            for inner, raw in content.items():
                (path / inner).parent.mkdir(parents=True, exist_ok=True)
                (path / inner).write_bytes(raw)
        else:
            path.write_bytes(content)
        return Import(path, **options)

    return run


@pytest.fixture
def one(reading):
    """The only message of one mail; checks that nothing is refused."""

    def run(raw, **options):
        found = reading(raw, "one.eml", **options)
        assert found.refusals == []
        [message] = found.messages.to_dict("records")
        return message

    return run


@pytest.fixture
def refused(reading):
    """The reason for which the second of three mails is refused; checks that the others are not."""

    def run(bad, **options):
        found = reading(mbox(mail(0), bad, mail(2)), **options)
        assert len(found.ids) == 2
        [(line, conversation_id, reason)] = found.refusals
        assert (line, conversation_id) == (10, None)
        return reason

    return run


# Threads


def test_mails_that_answer_each_other_are_one_conversation(reading):
    found = reading(
        mbox(mail(0), mail(5, subject="Another"), reply(1), reply(2, answered=1, sender="nora@brand.example"))
    )
    assert len(found.ids) == 2
    assert found.said(found.ids[0]) == [
        ("customer", "nora@brand.example", "Hello"),
        ("agent", "Mei Lin", "It left us."),
        ("customer", "nora@brand.example", "It left us."),
    ]
    row = found.row()
    assert (row["channel"], row["source"], row["subject"]) == ("email", "email", "Where is it?")
    assert (row["agent"], row["customer"], row["n_messages"]) == ("Mei Lin", "nora@brand.example", 3)
    assert row["started_at"].isoformat() == "2026-03-03T08:00:00+00:00"


def test_the_id_is_that_of_the_first_mail_even_if_it_is_not_there(reading):
    whole = reading(mbox(mail(0), reply(1), reply(2, answered=1, references="<m0@brand.example> <m1@brand.example>")))
    [name] = whole.ids
    assert re.fullmatch("mail-[0-9a-f]{16}", name)
    assert reading(mbox(reply(2, answered=1, references="<m0@brand.example> <m1@brand.example>"))).ids == [name]
    assert reading(mbox(reply(1))).ids == [name]
    assert reading(mbox(mail(0))).ids == [name]


def test_mails_without_ids_stand_alone_and_keep_their_id(reading):
    mails = [mail(0, message_id=None), mail(1, message_id=None)]
    found = reading(mbox(*mails))
    assert len(set(found.ids)) == 2
    assert sorted(reading(mbox(*reversed(mails))).ids) == sorted(found.ids)


@pytest.mark.parametrize(
    ("mails", "threads"),
    [
        ([Ids(b"a", [b"a"])], [[0]]),
        ([Ids(b"a", [b"b"]), Ids(b"b", [b"a"])], [[0, 1]]),
        ([Ids(b"a", [b"b"]), Ids(b"b", [b"c"]), Ids(b"c", [b"a"]), Ids(b"d", [])], [[0, 1, 2], [3]]),
        ([Ids(b"a", [b"x"]), Ids(b"d", []), Ids(b"b", [b"x"])], [[0, 2], [1]]),
        ([Ids(None, []), Ids(None, [])], [[0], [1]]),
        ([Ids(None, [b"x"]), Ids(b"x", [])], [[0, 1]]),
        ([Ids(b"a", []), Ids(b"a", [])], [[0, 1]]),
        ([Ids(b"a", []), Ids(b"b", []), Ids(b"c", [b"b", b"a"])], [[0, 1, 2]]),
        ([], []),
    ],
    ids=[
        "itself",
        "circle",
        "circle of three",
        "missing root",
        "no ids",
        "no id of its own",
        "twice",
        "joined",
        "none",
    ],
)
def test_threads_are_found_whatever_the_ids(mails, threads):
    found = Threads()
    for ids in mails:
        found.add(ids)
    assert list(found) == threads


def test_a_long_circle_of_mails_is_read_in_time():
    started = time.monotonic()
    threads = Threads()
    for number in range(200_000):
        threads.add(Ids(b"%d" % number, [b"%d" % ((number + 1) % 200_000)]))
    assert list(threads) == [list(range(200_000))]
    assert time.monotonic() - started < SLOWEST


def test_ids_are_read_from_folded_and_careless_fields():
    assert ids_of(
        b"Message-ID:\n <a@b>\nReferences: <c@d>\n\t<e@f> x\nIN-REPLY-TO : <g@h>\n\nIn-Reply-To: <no@no>"
    ) == Ids(b"a@b", [b"c@d", b"e@f", b"g@h"])
    assert ids_of(b"message-id: a@b\nIn-Reply-To: Your message of Tuesday\n") == Ids(b"a@b", [])
    many = b"".join(b" <%d@x>" % number for number in range(5_000))
    ids = ids_of(b"References:" + many + b"\n\n")
    assert (ids.named[0], ids.named[-1], len(ids.named)) == (b"0@x", b"4999@x", 201)


def test_the_same_mail_twice_is_one_message(reading):
    found = reading(mbox(mail(0), reply(1), mail(0)))
    assert [role for role, *_ in found.said()] == ["customer", "agent"]
    assert found.decisions["message", "the same mail again, left out"] == 1


def test_another_mail_with_the_same_id_is_kept(reading):
    found = reading(mbox(mail(0), mail(0, "Something else")))
    assert sorted(text for *_, text in found.said()) == ["Hello", "Something else"]
    assert found.decisions["message", "the same Message-ID with other content, kept"] == 1


def test_a_thread_with_a_mail_that_cannot_be_read_is_refused_whole(reading):
    found = reading({"a.eml": mail(0), "b.eml": reply(1, date="yesterday"), "c.eml": mail(2)}, "folder")
    assert len(found.ids) == 1
    assert found.refused[["line", "file"]].values.tolist() == [[1, "b.eml"]]


def test_too_many_mails_are_no_conversation(reading, monkeypatch):
    monkeypatch.setattr(importer, "MOST_MAILS", 2)
    found = reading(mbox(mail(0), reply(1), reply(2), mail(3)))
    assert len(found.ids) == 1
    assert "3 mails" in found.refusals[0][2]


SMALL = st.integers(0, 5)
THREADS = st.lists(
    st.tuples(SMALL, st.lists(SMALL, max_size=3), st.none() | SMALL, st.integers(0, 3)), min_size=1, max_size=7
)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None, max_examples=40
)
@given(THREADS, st.randoms())
def test_the_order_of_the_mails_does_not_matter(described, chance):
    mails = [
        mail(
            minute,
            f"text {place}",
            f"p{own}@brand.example",
            message_id=f"<{own}@x>",
            references=" ".join(f"<{number}@x>" for number in named) or None,
            in_reply_to=None if answered is None else f"<{answered}@x>",
        )
        for place, (own, named, answered, minute) in enumerate(described)
    ]
    shuffled = list(mails)
    chance.shuffle(shuffled)
    with tempfile.TemporaryDirectory() as home:
        first, second = Path(home, "a.mbox"), Path(home, "b.mbox")
        first.write_bytes(mbox(*mails))
        second.write_bytes(mbox(*shuffled))
        found = Import(first)
        assert found.content() == Import(second).content()
    assert len(found.messages) == len(mails)
    assert found.refusals == []


# Roles


def test_without_agents_who_began_the_thread_is_the_customer_and_it_is_said_that_this_is_a_guess(reading):
    found = reading(mbox(mail(0), reply(1), reply(2, sender="Warehouse <w@desk.example>")))
    assert found.roles() == {"customer: began the thread": 1, GUESSED: 2}


@pytest.mark.parametrize("agents", [["mei@desk.example"], ["@desk.example"], ["MEI@Desk.example"], ["Mei Lin"]])
def test_agents_are_told_by_address_domain_or_name(reading, agents):
    found = reading(mbox(reply(0, answered=9), mail(1, in_reply_to="<m0@brand.example>")), agents=agents)
    assert [role for role, *_ in found.said()] == ["agent", "customer"]
    assert found.roles() == {"customer: sender is none of agents=": 1, "agent: sender is one of agents=": 1}


def test_a_domain_is_that_domain_alone(reading):
    found = reading(mbox(mail(0, sender="x@notdesk.example"), mail(1, sender="x@desk.example.org")), agents=AGENTS)
    assert {role for role, *_ in found.said()} == {"customer"}


def test_what_agents_write_among_themselves_is_a_note(reading):
    aside = reply(2, text="He is angry.", to="Jo <jo@desk.example>", cc="boss@desk.example")
    found = reading(mbox(mail(0), reply(1), aside), agents=AGENTS)
    assert [role for role, *_ in found.said()][-1] == "note"


@pytest.mark.parametrize(
    ("fields", "role", "rule"),
    [
        ({"auto_submitted": "auto-replied; owner"}, "bot", "Auto-Submitted says so"),
        ({"precedence": "bulk"}, "bot", "Precedence says so"),
        ({"precedence": "auto_reply"}, "bot", "Precedence says so"),
        ({"x_autoreply": "yes"}, "bot", "X-Autoreply says so"),
        ({"auto_submitted": "no", "precedence": "normal"}, "agent", GUESSED.removeprefix("agent: ")),
        ({"sender": "Mail Delivery <MAILER-DAEMON@mx.example>"}, "system", "a mail server's report"),
        ({"content_type": "multipart/report; boundary=x"}, "system", "a mail server's report"),
    ],
)
def test_who_is_no_person(reading, fields, role, rule):
    found = reading(mbox(mail(0), reply(1, **fields)))
    assert [role for role, *_ in found.said()] == ["customer", role]
    assert found.roles()[f"{role}: {rule}"] == 1


def test_an_automatic_answer_does_not_begin_a_thread(reading):
    found = reading(
        mbox(reply(0, answered=9, auto_submitted="auto-generated"), mail(1, in_reply_to="<m0@brand.example>"))
    )
    assert found.said() == [("bot", None, "It left us."), ("customer", "nora@brand.example", "Hello")]


def test_through_a_form_writes_whom_the_reply_goes_to(reading):
    form = {"sender": "Website <noreply@desk.example>", "reply_to": "Nora <nora@brand.example>"}
    found = reading(mbox(mail(0, **form), reply(1)), agents=AGENTS)
    assert [(role, author) for role, author, _ in found.said()] == [
        ("customer", "nora@brand.example"),
        ("agent", "Mei Lin"),
    ]
    assert found.roles()["customer: sent by one of agents=, but the reply goes elsewhere"] == 1


# People


def people(tmp_path, *mails, agents=()):
    path = tmp_path / "people.mbox"
    path.write_bytes(mbox(*mails))
    [record] = importer.Email().records(find_file(path), ReadOptions(agents=tuple(agents)), unheard)
    return {(person.role, *sorted(person.values)) for person in record.people}


def test_all_who_are_named_are_people(tmp_path):
    first = mail(
        0,
        to='"Desk, Example" <help@desk.example>, Jo <jo@desk.example>',
        cc="=?utf-8?q?J=C3=BCrgen_Gro=C3=9F?= <j@brand.example>; friend@other.example (A Friend)",
        reply_to="Nora B. <nora@brand.example>",
    )
    assert people(tmp_path, first, reply(1), agents=AGENTS) == {
        ("customer", "Nora B.", "Nora Brand", "nora@brand.example"),
        ("customer", "Jürgen Groß", "j@brand.example"),
        ("customer", "A Friend", "friend@other.example"),
        ("agent", "Desk, Example", "help@desk.example"),
        ("agent", "Jo", "jo@desk.example"),
        ("agent", "Mei Lin", "mei@desk.example"),
    }


def test_without_agents_whoever_answered_is_one(tmp_path):
    assert ("agent", "Mei Lin", "mei@desk.example") in people(tmp_path, mail(0), reply(1))


def test_a_mail_server_is_nobody(tmp_path):
    found = people(tmp_path, mail(0), reply(1, sender="Mail Delivery System <mailer-daemon@mx.example>"))
    assert not [values for _, *values in found if "Mail Delivery System" in values]


@pytest.mark.parametrize(
    ("written", "author"),
    [
        ("nora@brand.example", "nora@brand.example"),
        ("<NORA@brand.example>", "nora@brand.example"),
        ('"Nora \\"N\\" Brand" <nora@brand.example>', "nora@brand.example"),
        ("nora@brand.example (Nora)", "nora@brand.example"),
        ('"nora@brand.example" <real@brand.example>', "real@brand.example"),
        ("Nora Brand", "Nora Brand"),
        ("", None),
    ],
)
def test_the_author_is_the_address(one, written, author):
    message = one(mail(sender=written))
    assert (message["author"] if isinstance(message["author"], str) else None) == author


# Text


def multipart(*parts, kind="mixed", boundary="b"):
    body = "".join(f"--{boundary}\n{part}\n" for part in parts) + f"--{boundary}--\n"
    return f'Content-Type: multipart/{kind}; boundary="{boundary}"\n\n{body}'


def whole(body):
    """A mail of which only the fields of its content are given."""
    return mail(1, "").rstrip(b"\n") + b"\nMIME-Version: 1.0\n" + (body if isinstance(body, bytes) else body.encode())


PLAIN = "Content-Type: text/plain; charset=utf-8\n\nplain ü\n"
RICH = "Content-Type: text/html; charset=utf-8\n\n<p>rich <b>ü</b></p>\n"
FILE = "Content-Type: application/pdf; name=a.pdf\nContent-Disposition: attachment; filename=a.pdf\n\nxx\n"
RELATED = multipart(RICH, FILE, kind="related", boundary="c")


@pytest.mark.parametrize(
    ("body", "text", "attachments"),
    [
        (PLAIN, "plain ü", []),
        (RICH, "rich ü", []),
        (multipart(PLAIN, RICH, kind="alternative"), "plain ü", []),
        (multipart("Content-Type: text/plain\n\n \n", RICH, kind="alternative"), "rich ü", []),
        (multipart(RICH, kind="alternative"), "rich ü", []),
        (multipart(multipart(PLAIN, RICH, kind="alternative", boundary="c"), FILE), "plain ü", ["a.pdf"]),
        (
            multipart(PLAIN, multipart(RICH, FILE, kind="related", boundary="c"), kind="alternative"),
            "plain ü",
            ["a.pdf"],
        ),
        (multipart(PLAIN, FILE, PLAIN), "plain ü\n\nplain ü", ["a.pdf"]),
        (multipart(PLAIN, "Content-Type: message/rfc822\n\nSubject: inner\n\nsecret\n"), "plain ü", ["message.eml"]),
        (multipart("\nno type"), "no type", []),
        ("Content-Type: multipart/mixed\n\nno boundary", "no boundary", []),
        (FILE, "", ["a.pdf"]),
        ("Content-Type: text/plain; name=notes.txt\n\nin a file", "", ["notes.txt"]),
        ("Content-Type: text/plain\nContent-Disposition: attachment; filename=../../etc/x\n\n", "", ["x"]),
        (
            "Content-Type: image/png\nContent-Disposition: inline; filename*=utf-8''gr%C3%BC%C3%9F.png\n\n",
            "",
            ["grüß.png"],
        ),
        ("Content-Type: image/png; name==?utf-8?q?gr=C3=BC=C3=9F.png?=\n\n", "", ["grüß.png"]),
    ],
)
def test_text_and_names_of_files_are_found_in_the_parts(one, body, text, attachments):
    message = one(whole(body))
    assert (message["text"], list(message["attachments"])) == (text, attachments)


@pytest.mark.parametrize(
    ("fields", "body", "text"),
    [
        ("text/plain; charset=iso-8859-1", "Grüße".encode("latin-1"), "Grüße"),
        ("text/plain; charset=utf-8", ("Grüße aus München, die Größe ist falsch. " * 3).encode("cp1252"), None),
        ("text/plain; charset=us-ascii", "Grüße".encode(), "Grüße"),
        ("text/plain; charset=no-such", "Grüße".encode(), "Grüße"),
        ("text/plain; charset=iso-2022-jp", "注文".encode("iso2022_jp"), "注文"),
        ("text/plain; charset=utf-8\nContent-Transfer-Encoding: base64", b"R3LDvMOfZQ==", "Grüße"),
        ("text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable", b"Gr=C3=BC=\n=C3=9Fe", "Grüße"),
        ("text/plain\nContent-Transfer-Encoding: 8bit", "Grüße".encode(), "Grüße"),
        ("text/html; charset=utf-8\nContent-Transfer-Encoding: base64", b"PHA+SGk8L3A+", "Hi"),
        ("text/plain\nContent-Transfer-Encoding: base64", b"!! no base64", None),
        ("text/plain", b"a\r\nb\r\n", "a\nb"),
    ],
)
def test_encodings_are_undone_and_a_wrong_charset_does_no_harm(one, fields, body, text):
    found = one(whole(f"Content-Type: {fields}\n\n".encode() + body))["text"]
    assert found == text if text else isinstance(found, str)
    assert text or "utf-8" not in fields or "Grüße" in found


@pytest.mark.parametrize(
    ("written", "subject"),
    [
        ("=?utf-8?q?Gr=C3=BC=C3=9Fe?=", "Grüße"),
        ("=?UTF-8?B?R3LDvA==?= =?UTF-8?B?w59l?= now", "Grüße now"),
        ("=?utf-8?B?8J+T?=\n =?utf-8?B?pg==?=", "📦"),
        ("=?iso-8859-1?Q?Gr=FC=DFe_an?= Mei", "Grüße an Mei"),
        ("=?no-such?Q?Hi?=", "Hi"),
        ("=?utf-8?x?Hi?=", "=?utf-8?x?Hi?="),
        ("folded\n over lines", "folded over lines"),
        ("Grüße", "Grüße"),
    ],
)
def test_subjects_are_read(reading, written, subject):
    assert reading(mbox(mail(0, subject=written))).row()["subject"] == subject


def test_a_new_subject_is_kept_with_its_message(reading):
    found = reading(mbox(mail(0), reply(1, subject="AW: Re: Where is it?"), reply(2, subject="Refund")))
    assert found.messages["extra"].tolist() == [None, None, {"subject": "Refund"}]


def test_quotes_and_signatures_are_folded_and_nothing_is_lost(one):
    text = "Thanks!\n\n-- \nNora\n\nOn Tue, 3 Mar 2026 at 09:14, Mei <mei@desk.example> wrote:\n> It left us."
    message = one(mail(text=text))
    assert message["text"] == text
    assert [fold["kind"] for fold in message["folded"]] == ["signature", "quote"]


def test_a_text_that_is_too_long_is_cut_and_says_so(one, monkeypatch):
    monkeypatch.setattr(_mime, "LONGEST_TEXT", 100)
    assert one(mail(text="x" * 300))["text"] == "x" * 100 + "\n\n" + _mime.TEXT_CUT


def test_a_mail_that_is_too_long_is_cut_and_says_so(one, monkeypatch):
    for module in (_mime, _mailbox):
        monkeypatch.setattr(module, "LONGEST_MAIL", 20_000)
    raw = mail(text="x" * 40_000)
    text = one(raw)["text"]
    assert text.startswith("xxx")
    assert text.endswith(f"x\n\n{_mime.MAIL_CUT}")
    assert len(text) < 21_000


# Times


def test_times_are_read_with_their_zone(one):
    assert one(mail(date="Tue, 3 Mar 2026 09:14:00 -0500"))["sent_at"].isoformat() == "2026-03-03T14:14:00+00:00"
    assert one(mail(date="3 Mar 26 09:14 EST"))["sent_at"].isoformat() == "2026-03-03T14:14:00+00:00"


@pytest.mark.parametrize("written", ["Tue, 3 Mar 2026 09:14:00", "Tue, 3 Mar 2026 09:14:00 -0000"])
def test_a_time_without_a_zone_needs_one(refused, one, written):
    assert "no time zone" in refused(mail(1, date=written))
    assert one(mail(date=written), zone="Europe/Berlin")["sent_at"].isoformat() == "2026-03-03T08:14:00+00:00"


def test_an_hour_that_is_there_twice_is_counted(reading):
    found = reading(mbox(mail(date="Sun, 25 Oct 2026 02:30:00")), zone="Europe/Berlin")
    assert sum(n for (about, _), n in found.decisions.items() if about == "time") == 1


def test_a_mail_without_a_date_has_no_time(one):
    assert str(one(mail(date=None))["sent_at"]) == "NaT"


@pytest.mark.parametrize("written", ["yesterday", "33 Mar 2026 09:14:00 +0000", "31 Dec 9999 23:00 -0500", "0" * 5000])
def test_a_date_that_is_none_is_refused(refused, written):
    assert "Date" in refused(mail(1, date=written))


# Files and folders


def test_a_mail_in_a_file_is_found_by_its_look(reading):
    assert len(reading(mail(0), "saved.txt").ids) == 1
    assert len(reading(b"\xef\xbb\xbf" + mail(0), "mark.eml").ids) == 1
    assert len(reading(mail(0).replace(b"\n", b"\r\n"), "windows.eml").ids) == 1


def test_a_folder_is_one_mailbox(reading):
    files = {"a/1.eml": mail(0), "b/2.eml": reply(1), "old.mbox": mbox(mail(5), reply(2))}
    found = reading(files, "folder")
    assert sorted(found.conversations["n_messages"]) == [1, 3]


def test_a_folder_of_mails_without_endings_is_found_by_their_look(reading):
    found = reading({"cur/1700.M1P1.host:2,S": mail(0), "new/1700.M2P1.host": reply(1)}, "Maildir")
    assert len(found.ids) == 1


def test_what_is_no_mail_in_a_folder_is_refused_by_name(reading):
    found = reading({"a.eml": mail(0), "notes.csv": b"a,b\n1,2\n"}, "folder")
    assert found.refused[["line", "reason", "file"]].values.tolist() == [
        [1, "is no e-mail; leave it out of the folder", "notes.csv"]
    ]


def test_a_link_out_of_the_folder_is_refused(reading, tmp_path):
    (tmp_path / "secret.eml").write_bytes(mail(9, "secret"))
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "b.eml").symlink_to(tmp_path / "secret.eml")
    found = reading({"a.eml": mail(0)}, "folder")
    assert found.said() == [("customer", "nora@brand.example", "Hello")]
    assert found.refused[["file"]].values.tolist() == [["b.eml"]]


def test_a_mailbox_is_split_at_mails_alone(reading):
    first = mail(0, "one\n\nFrom now on I wait.\nAnd: yes\n\nFrom a till 9:30\nno field")
    raw = b"From x Tue Mar  3 09:14:00 2026\n" + first + b"\n" + mbox(mail(1, ">From me\nFrom you"))
    found = reading(raw)
    assert [text for *_, text in found.said()] == [
        "one\n\nFrom now on I wait.\nAnd: yes\n\nFrom a till 9:30\nno field",
        ">From me\nFrom you",
    ]


@pytest.mark.parametrize("newline", [b"\n", b"\r\n"])
@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"])
def test_mailboxes_of_any_size_are_split_right(reading, monkeypatch, newline, start):
    monkeypatch.setattr(_mailbox, "CHUNK", 3_000)
    mails = [mail(n % 60, f"text {n} " + "x" * (n * 37 % 5_000), message_id=f"<{n}@x>") for n in range(60)]
    bad = mail(30, "bad", date="bad")
    raw = start + mbox(*mails, bad).replace(b"\n", newline)
    found = reading(raw)
    assert sorted(int(text.split()[1]) for *_, text in found.said()) == list(range(60))
    [(line, _, _)] = found.refusals
    assert raw.split(newline)[line - 1 : line + 1] == [
        b"From x@y.example Tue Mar  3 09:14:00 2026",
        bad.split(b"\n")[0],
    ]


def test_a_gzip_is_read(reading):
    raw = mbox(mail(0), reply(1), mail(3))
    assert reading(gzip.compress(raw), "mail.mbox.gz").content() == reading(raw).content()
    assert len(reading({"a.eml.gz": gzip.compress(mail(0))}, "folder").ids) == 1


def test_of_a_gzip_that_was_cut_the_last_mail_is_refused(reading):
    chance = random.Random(1)
    texts = ["".join(chance.choices("abcdefgh", k=3_000)) for _ in range(40)]
    found = reading(gzip.compress(mbox(*map(mail, range(40), texts)))[:-9_000], "mail.mbox.gz")
    assert 5 < len(found.ids) < 40
    assert [reason for *_, reason in found.refusals] == [ENDS_EARLY]
    found = reading({"a.eml": mail(0), "b.eml.gz": gzip.compress(mail(1, texts[0]))[:-30]}, "folder")
    assert (len(found.ids), [reason for *_, reason in found.refusals]) == (1, [ENDS_EARLY])


def test_a_gzip_bomb_is_not_unpacked(reading, monkeypatch):
    monkeypatch.setattr(_mailbox, "SMALL", 1 << 20)
    with pytest.raises(FileFormatError, match="unpack"):
        reading(gzip.compress(mbox(mail(0)) + b"x" * 30_000_000), "bomb.mbox.gz")


def test_progress_goes_on_to_the_end(tmp_path):
    path = tmp_path / "mail.mbox"
    path.write_bytes(mbox(*(mail(n % 60, message_id=f"<{n}@x>") for n in range(2_500))))
    seen = []
    list(read(path, progress=lambda done, total: seen.append((done, total))))
    size = path.stat().st_size
    assert seen == sorted(seen)
    assert seen[-1] == (size, size)
    assert len({done for done, _ in seen}) > 5


def test_wrong_use_says_what_to_do(reading):
    with pytest.raises(FileFormatError, match="takes no columns"):
        reading(mail(0), "a.eml", columns={"text": "x"})
    with pytest.raises(FileFormatError, match="holds no e-mail"):
        reading(b"hello\n", "a.txt", source="email")


def test_other_files_are_not_taken_for_mail(tmp_path):
    for name, raw in {
        "a.csv": b"From: x,To: y\n1,2\n",
        "b.jsonl": b"{}\n",
        "c.txt": b"From Berlin\nwith love\n",
    }.items():
        (tmp_path / name).write_bytes(raw)
        assert not importer.Email().recognises(find_file(tmp_path / name))


# Hostile mail


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (mail(1, x="y" * 300_000), "bytes of headers"),
        (mail(1, x="y" * 100_000), "too long"),
        (whole(f"Content-Type: text/plain; {';'.join('a=b' for _ in range(5_000))}\n\n"), "too long"),
        (whole("".join(f"X{i}: y\n" for i in range(5_000)) + "\n"), "header fields"),
        (whole(multipart(*["\nx"] * 5_000)), "parts"),
        (whole("".join(f"Content-Type: multipart/mixed; boundary=b{i}\n\n--b{i}\n" for i in range(500))), "within"),
        (whole("Content-Type: message/rfc822\n\n" * 5_000), "parts|read"),
    ],
    ids=["headers", "field", "parameters", "fields", "parts", "nesting", "mails in mails"],
)
def test_what_costs_too_much_is_refused(refused, bad, reason):
    started = time.monotonic()
    assert re.search(reason, refused(bad))
    assert time.monotonic() - started < SLOWEST


@pytest.mark.parametrize(
    "bad",
    [
        mail(1, sender="(" * 60_000),
        mail(1, sender='"' * 60_000),
        mail(1, sender='"\\' * 30_000),
        mail(1, to="<" * 60_000),
        mail(1, to="a@b.example," * 4_000),
        mail(1, subject="=?" * 30_000),
        mail(1, subject="=?a?q?" * 10_000),
        mail(1, subject="=?utf-8?q?a?= " * 4_000),
        mail(1, references="<" * 60_000),
        mail(1, references="<a> " * 15_000),
        whole("Content-Type: text/html\n\n" + "<div>" * 100_000),
        whole("Content-Type: text/plain\n\n" + "> " * 300_000),
        whole("Content-Type: text/plain\n\n" + "On 1.1.26 x@y.example wrote:\n" * 20_000),
        whole("Content-Type: text/plain; charset=punycode\n\n" + "a-" * 100_000),
        whole("Content-Type: text/plain\nContent-Transfer-Encoding: uuencode\n\nbegin 644 x\n" + "M" * 100_000),
        whole(multipart(*["\nx"] * 900)),
    ],
    ids=range(16),
)
def test_hostile_mail_is_read_in_time(reading, bad):
    started = time.monotonic()
    found = reading(mbox(mail(0), bad, mail(2)))
    assert len(found.ids) + len(found.refusals) == 3
    assert time.monotonic() - started < SLOWEST


NAMES = """
From To Cc Subject Date Message-ID References In-Reply-To Content-Type Reply-To Content-Transfer-Encoding
Content-Disposition MIME-Version Precedence Auto-Submitted
"""
FIELDS = st.sampled_from(NAMES.split())
ODD_VALUES = """
<a@b>
a@b.example
"x
multipart/mixed; boundary=b
multipart/alternative; boundary="
text/html
text/plain; charset*0*=x''%
text/plain; charset="\0"
message/rfc822
multipart/report
base64
quoted-printable
x-uuencode
attachment; filename*=utf-8''%ff
attachment; filename*1*=a; filename*0=b
=?utf-8?b?//8?=
=?x?q?=
no
Tue, 3 Mar 2026 09:14:00 +0100
Tue, 99 Mar 99999 09:14:00 +9999
utf-8''
;;=;
"""
VALUES = st.sampled_from(ODD_VALUES.split("\n")) | st.text(st.characters(codec="utf-8"), max_size=20)
ODD_LINES = ["--b\n", "--b--\n", "\n", "=C3", "=\n", "R3LDvA==", "<p>", "From x\n", "begin 644 x\n", "> a\n"]
BODIES = st.sampled_from(ODD_LINES) | st.text(st.characters(codec="utf-8"), max_size=10)


def survives(raw, name):
    with tempfile.TemporaryDirectory() as home:
        path = Path(home, name)
        path.write_bytes(raw)
        try:
            batches = list(read(path, source="email", zone="UTC"))
        except FileFormatError:
            return
    for batch in batches:
        assert len(batch.conversations) + len(batch.refused) + batch.known


@settings(deadline=None, max_examples=50)
@given(st.binary(max_size=300))
def test_no_bytes_raise(raw):
    survives(raw, "a.eml")
    survives(b"From x 09:14\na: b\n" + raw, "a.mbox")


@settings(deadline=None, max_examples=50)
@given(st.lists(st.tuples(FIELDS, VALUES), max_size=8), st.lists(BODIES, max_size=8))
def test_no_fields_raise(fields, bodies):
    raw = "".join(f"{name}: {value}\n" for name, value in fields).encode() + b"\n" + "".join(bodies).encode()
    survives(raw, "a.eml")
    survives(mbox(raw, raw), "a.mbox")


@settings(deadline=None, max_examples=50)
@given(
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Zl", "Zp"]), max_size=40),
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Zl", "Zp"]), max_size=40),
)
def test_what_the_standard_library_writes_is_read_back(subject, text):
    message = EmailMessage()
    message["From"], message["To"] = "Nora <nora@brand.example>", "help@desk.example"
    message["Subject"], message["Date"] = " ".join(subject.split()), DATE.format(1)
    message.set_content(text)
    message.add_attachment(b"x", maintype="image", subtype="png", filename="a.png")
    found = _mime.read_mail(message.as_bytes())
    assert found.text == text.strip("\n")
    assert found.subject == " ".join(subject.split())
    assert found.attachments == ["a.png"]


def test_every_order_of_a_thread_has_one_id(tmp_path):
    mails = [mail(0), reply(1), reply(2, answered=1), reply(3, answered=2, references="<m0@brand.example>")]
    ids = set()
    for order in itertools.permutations(mails):
        path = tmp_path / "order.mbox"
        path.write_bytes(mbox(*order))
        [name] = Import(path).ids
        ids.add(name)
    assert len(ids) == 1
