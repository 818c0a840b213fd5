"""What a coaching pack holds besides faults and examples, what it hides, and the file for Word."""

from __future__ import annotations

import errno
import io
import zipfile
from base64 import b64decode
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from conftest import Clock, census, conversation_frames
from docx import Document
from lxml import etree
from test_pack import EXAMPLE, HOSTILE, ITEM, hostile_item

from qa_toolkit.coaching import CoachSession
from qa_toolkit.conversations.redaction import agent_pseudonym
from qa_toolkit.errors import ExportError, InvalidActError, StoreError
from qa_toolkit.project import Project
from qa_toolkit.report.document import pack_docx
from qa_toolkit.report.pack import Agreed, Since
from qa_toolkit.review import ReviewSession
from qa_toolkit.rubric import Rubric
from qa_toolkit.store import Store, open_store
from qa_toolkit.suggest import HashingEncoder

FAULT, GOOD = "c1#listen#Otto Brandt", "c0#1"
KINDS = ("markdown", "html", "docx")
COACHED, ANSWERED, OTHER, REVIEWER, CUSTOMER = "Derek Vance", "Amara Oduya", "Mei Lanning", "Otto Brandt", "Nora Quill"
NUMBER, ADDRESS = "+44 20 7946 0958", "nora.quill@post.example"
TEXTS = [
    ("customer", f"Dear Derek, this is {CUSTOMER}. Write to {ADDRESS} or call {NUMBER}, Amara never did."),
    ("agent", f"Sorry for the wait, Nora, Mei will call {NUMBER}. Yours, NAME"),
    ("customer", "Thank you!"),
    ("agent", "It is on the van. NAME"),
]
SPAN = [{"position": 1, "start": 11, "end": 63}]  # ends within the number


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = open_store(f"sqlite:///{tmp_path}/private.db", Clock())
    conversations, messages = conversation_frames(3, TEXTS)
    names = {"amara": ANSWERED, "derek": COACHED, "mei": OTHER, "Nora": CUSTOMER}
    conversations = conversations.replace({"agent": names, "customer": names})
    messages["author"] = messages["author"].replace(names)
    signed = zip(messages["text"], messages["author"], strict=True)
    messages["text"] = pd.Series([text.replace("NAME", author) for text, author in signed], dtype="str")
    conversations["subject"] = f"Parcel of {CUSTOMER}"
    store.add_conversations(conversations, messages)
    store.save_sample("first", census(conversations).assign(part="random"), {"n": 3})
    return store


@pytest.fixture
def coach(store: Store, small_rubric: Rubric) -> CoachSession:
    """Otto found a fault of derek's and one of mei's; amara's answer is good, and pinned."""
    session = ReviewSession(store, "first", REVIEWER, small_rubric)
    comment = f"Otto asks Amara and Mei: why was {CUSTOMER} not called on {NUMBER}?"
    ratings = {"c0": ("pass", [{"position": 1, "start": None, "end": None}], ""), "c1": ("fail", SPAN, comment)}
    for one in ("c0", "c1", "c2"):
        for name in small_rubric.ids:
            session.rate(one, name, *(ratings.get(one, ("fail", SPAN, "")) if name == "listen" else ("na", [], "")))
        session.submit(one)
    coach = CoachSession(Project(store), "ines", HashingEncoder())
    coach.pin(FAULT, GOOD, f"See how Amara begins; Mei, Otto and {CUSTOMER} ({ADDRESS}) liked it")
    return coach


def words_of(pack: dict[str, Any]) -> str:
    """Return the text of a pack of any kind."""
    if "data" not in pack:
        return str(pack["text"]).replace("\\", "")
    document = Document(io.BytesIO(b64decode(pack["data"])))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in document.paragraphs), *cells])


class TestHiding:
    @pytest.mark.parametrize("kind", KINDS)
    def test_nobody_but_coach_and_coached_is_named_and_nothing_private_shown(
        self, coach: CoachSession, kind: str
    ) -> None:
        coach.agree(COACHED, f"Calls {CUSTOMER} on {NUMBER}, sits with Mei")
        pack = coach.pack(kind, COACHED, at="2026-03-02")
        text = words_of(pack)
        raw = text + (zipped(b64decode(pack["data"])) if "data" in pack else "")
        for name in ("Amara", "Oduya", "Lanning", "Otto", "Brandt", "Nora", "Quill", "7946", "0958", "post.example"):
            assert name not in raw
        assert text.count("Mei") == 1, "what was agreed names whom coach and agent have named"
        for kept in ("Derek Vance", "ines", "by a reviewer", "[CUSTOMER 1]", "[PHONE 1]", "Sorry for the wait, ["):
            assert kept in text
        assert f"a colleague ({agent_pseudonym(coach._project.store.secret('pseudonyms'), ANSWERED)})" in text

    def test_what_was_agreed_names_no_customer_where_no_conversation_is_quoted(self, coach: CoachSession) -> None:
        coach.agree(OTHER, f"Calls {CUSTOMER.upper()} back, {CUSTOMER} first, sits with Amara")
        text = words_of(coach.pack("markdown", OTHER))
        assert "Calls [CUSTOMER 1] back, [CUSTOMER 1] first, sits with Amara" in text

    def test_a_pseudonym_is_the_same_in_every_pack_and_other_in_another_project(
        self, coach: CoachSession, tmp_path: Path
    ) -> None:
        key = coach._project.store.secret("pseudonyms")
        other = open_store(f"sqlite:///{tmp_path}/other.db").secret("pseudonyms")
        name = agent_pseudonym(key, ANSWERED)
        assert all(name in words_of(coach.pack(kind)) for kind in KINDS)
        assert agent_pseudonym(other, ANSWERED) != name
        assert agent_pseudonym(key, name) == name

    def test_both_can_be_turned_off(self, coach: CoachSession) -> None:
        named = words_of(coach.pack("markdown", named=True))
        for shown in (
            f"A good answer by {ANSWERED}",
            f"Rated pass for Listen by {REVIEWER}",
            "Mei, Otto",
            "Amara never",
        ):
            assert shown in named
        for hidden in ("Quill", "7946", "post.example"):
            assert hidden not in named
        raw = words_of(coach.pack("markdown", redaction=False))
        assert all(shown in raw for shown in (CUSTOMER, NUMBER, ADDRESS))
        assert all(name not in raw for name in (f"by {ANSWERED}", f"by {REVIEWER}"))
        both = words_of(coach.pack("markdown", redaction=False, named=True))
        assert f"Sorry for the wait, Nora, Mei will call {NUMBER[:6]}" in both

    def test_where_all_that_evidence_means_is_hidden_the_message_is_quoted(
        self, coach: CoachSession, store: Store, small_rubric: Rubric
    ) -> None:
        session = ReviewSession(store, "first", REVIEWER, small_rubric)
        start = TEXTS[1][1].index("Nora")
        session.rate("c1", "listen", "fail", [{"position": 1, "start": start, "end": start + 4}])
        session.submit("c1")
        assert "Sorry for the wait, [CUSTOMER 1]" in words_of(coach.pack("markdown"))

    def test_the_settings_of_a_team_hold(self, coach: CoachSession, tmp_path: Path) -> None:
        team = tmp_path / "team.toml"
        team.write_text('[accounts]\nmasks = ["AB-####"]\n')
        coach.agree(COACHED, "looks at AB-1234 first")
        assert "AB-1234" in words_of(coach.pack("markdown"))
        assert "AB-1234" not in words_of(coach.pack("markdown", redaction=team))

    def test_an_agent_who_is_not_in_the_sample_is_said_to_be_so_without_naming_others(
        self, coach: CoachSession, store: Store
    ) -> None:
        conversations, messages = conversation_frames(1)
        conversations["conversation_id"] = messages["conversation_id"] = "new"
        store.add_conversations(conversations.assign(agent="Zoe"), messages)
        coach.agree("Zoe", "asks first")
        text = words_of(coach.pack("markdown", "Zoe", at="2026-03-02"))
        assert "Zoe: cannot be compared: chance drew no conversation of theirs for any sample" in text.replace("*", "")
        assert "Vance" not in text


class TestSince:
    @pytest.mark.parametrize(("part", "after"), [("weighted", "no review after"), ("random", "after: too few to tell")])
    def test_only_what_chance_drew_counts_with_its_interval_and_a_word_on_regression_to_the_mean(
        self, coach: CoachSession, store: Store, small_rubric: Rubric, part: str, after: str
    ) -> None:
        conversations, messages = conversation_frames(5)
        late = conversations[conversations["conversation_id"] == "c4"].assign(conversation_id="late", agent=COACHED)
        texts = messages[messages["conversation_id"] == "c4"].assign(conversation_id="late")
        store.add_conversations(late, texts)
        store.save_sample("risk", census(late).assign(part=part), {"n": 1})
        session = ReviewSession(store, "risk", REVIEWER, small_rubric)
        for name in small_rubric.ids:
            session.rate("late", name, "pass" if name == "listen" else "na")
        session.submit("late")
        for kind in KINDS:
            text = words_of(coach.pack(kind, COACHED, at="2026-03-05"))
            [line] = [line for line in text.replace("<li>", "\n").splitlines() if f"{COACHED}, Listen" in line]
            assert "0% (1 review, 0% to 79%) before" in line
            assert after in line
            assert ("100% (1 review, 21% to 100%)" in line) == (part == "random")
            assert "regression to the mean" in text


class TestAgreed:
    @pytest.mark.parametrize("kind", KINDS)
    def test_what_is_open_overdue_and_done_since_the_session(self, coach: CoachSession, kind: str) -> None:
        coach.agree(COACHED, "rings back", "2026-08-31")  # it is 1 September
        coach.agree(COACHED, "due today", "2026-09-01")
        coach.agree(COACHED, "whenever")
        coach.agree(COACHED, "ticked off", done=True)
        coach.agree(OTHER, "not derek's")
        text = words_of(coach.pack(kind, COACHED, at="2026-08-01"))
        line = text[text.index("rings back") : text.index("whenever")]
        assert line.index("2026-08-31") < line.index("overdue") < line.index("due today")
        assert "overdue" not in text[text.index("due today") :]
        assert "done on 2026-09-01" in text[text.index("ticked off") :]
        assert "not derek's" not in text
        for later in (None, "2026-09-01"):
            assert "ticked off" not in words_of(coach.pack(kind, COACHED, at=later))

    @pytest.mark.parametrize("kind", KINDS)
    def test_of_several_agents_it_says_with_whom(self, coach: CoachSession, kind: str) -> None:
        coach.agree(COACHED, "one")
        assert words_of(coach.pack(kind)).count(COACHED) == words_of(coach.pack(kind, COACHED)).count(COACHED)
        coach.agree(OTHER, "two")
        text = words_of(coach.pack(kind))
        assert OTHER in text[text.index("two") :]

    def test_without_pins_it_is_a_pack_as_long_as_something_is_open(self, coach: CoachSession) -> None:
        with pytest.raises(InvalidActError, match="nothing is pinned yet for Mei"):
            coach.pack("html", OTHER)
        item = coach.agree(OTHER, "rings back")["agreed"][0]["item_id"]
        pack = coach.pack("html", OTHER)
        assert ("rings back" in pack["text"], pack["used"], pack["left_out"]) == (True, 0, 0)
        assert f"Coaching pack for {OTHER}, by ines" in pack["text"]
        coach.agree(OTHER, item_id=item, done=True)
        with pytest.raises(InvalidActError, match="nothing is pinned yet"):
            coach.pack("html", OTHER)

    def test_a_note_of_100_kilobytes_is_refused_and_one_of_10_is_in_the_pack(self, coach: CoachSession) -> None:
        with pytest.raises(InvalidActError, match="keep it under"):
            coach.pin(FAULT, GOOD, "word " * 20_000)
        coach.pin(FAULT, GOOD, "word " * 2_000)
        assert all(words_of(coach.pack(kind)).count("word") == 2_000 for kind in KINDS)


def zipped(data: bytes) -> str:
    """Return all that stands in the parts of a docx file."""
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        return "\n".join(file.read(name).decode("utf-8", "replace") for name in file.namelist())


def printed(text: str) -> str:
    """Return a text without white space and without what cannot be printed, for which a file has a sign of its own."""
    return "".join(c for c in text if c.isprintable() and c not in " \ufffd")


AGREED = (Agreed("derek", "rings back", "2026-03-31", "overdue"), Agreed("mei", "reads on", "", "open"))
SINCE = Since("2026-04-01", (("derek, Listen", "40% (30 reviews, 25% to 58%) before"),))


class TestDocument:
    def test_it_says_everything_in_order(self) -> None:
        document = Document(io.BytesIO(pack_docx([ITEM], "ines", SINCE, AGREED)))
        found = [(p.style.name, p.text) for p in document.paragraphs if p.style]
        assert [text for style, text in found if style in ("Title", "Heading 1", "Heading 2")] == [
            "Coaching pack for derek, mei, by ines",
            "Before and after the session of 2026-04-01",
            "What was agreed",
            "Listen: fail",
            "A good answer by mei",
        ]
        texts = [text for _, text in found]
        wanted = [
            "derek, Listen: 40% (30 reviews, 25% to 58%) before",
            "What the customer asks for: I ask for listen.",
            "Reviewer: Never read it.",
            ITEM.situation,
            ITEM.evidence[0],
            f"Coach: {EXAMPLE.note}",
            EXAMPLE.situation,
            EXAMPLE.answer,
            EXAMPLE.why[0],
        ]
        places = [texts.index(text) for text in wanted]
        assert places == sorted(places)
        [table] = document.tables
        assert [[cell.text for cell in row.cells] for row in table.rows] == [
            ["What", "With", "By", "State"],
            ["rings back", "derek", "2026-03-31", "overdue"],
            ["reads on", "mei", "no day", "open"],
        ]

    def test_its_properties_name_the_coach_and_nobody_else(self) -> None:
        about = Document(io.BytesIO(pack_docx([ITEM], "ines"))).core_properties
        assert (about.author, about.title, about.comments) == ("ines", "Coaching pack for derek, by ines", "")
        assert about.last_modified_by == "ines"
        assert about.created is not None
        assert about.created.year >= 2026
        assert "docx" not in zipped(pack_docx([ITEM], "ines")).partition("core.xml")[2]

    @pytest.mark.parametrize(
        "text",
        [
            *HOSTILE,
            "\ud83d\udc00 \x00\x01\x08\x0b\x1f\x7f\ufffe\uffff ]]> &#0; \r\n\r x \U0010ffff",
            "=1+1",
            "x" * 10**5,
        ],
    )
    def test_hostile_text_stays_text_and_never_breaks_the_file(self, text: str) -> None:
        agreed, since = (Agreed(text, text, "", text),), Since(text, ((text, text),))
        data = pack_docx([hostile_item(text)], text, since, agreed)
        document = Document(io.BytesIO(data))
        kept = printed(text)
        assert sum(kept in printed(paragraph.text) for paragraph in document.paragraphs) >= 10
        assert kept == printed(document.tables[0].rows[1].cells[0].text)
        tags = {element.tag for element in etree.fromstring(document_xml(data)).iter()}
        assert tags <= PLAIN | {f"{W}bidi", f"{W}rtl", f"{W}br", f"{W}tab"}

    def test_what_is_written_from_right_to_left_runs_so(self) -> None:
        document = Document(io.BytesIO(pack_docx([hostile_item("١ שלום abc")], "ines")))
        [answer, *_] = [
            p for p in document.paragraphs if p.text == "١ שלום abc" and p.style and p.style.name == "Normal"
        ]
        assert answer._p.pPr is not None
        assert answer._p.pPr.find(f"{W}bidi") is not None
        assert answer.runs[0].font.rtl


W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def document_xml(data: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        return file.read("word/document.xml")


PLAIN = {element.tag for element in etree.fromstring(document_xml(pack_docx([ITEM], "ines", SINCE, AGREED))).iter()}


class TestFile:
    def test_a_document_is_written_recorded_and_forgotten_like_the_others(
        self, coach: CoachSession, tmp_path: Path
    ) -> None:
        path = coach.save(tmp_path / "pack.DOCX", COACHED)
        assert words_of({"data": coach.pack("docx", COACHED)["data"]}) == "\n".join(
            paragraph.text for paragraph in Document(str(path)).paragraphs
        )
        [row] = coach._project.store.exports().to_dict("records")
        assert (row["path"], sorted(row["conversation_ids"])) == (str(path), ["c0", "c1"])
        assert coach._project.forget(CUSTOMER, by="ines").exports == (str(path),)
        assert not path.exists()

    def test_a_pack_that_names_a_customer_in_what_was_agreed_is_forgotten_too(
        self, coach: CoachSession, store: Store, tmp_path: Path
    ) -> None:
        coach.agree(OTHER, f"calls {CUSTOMER}")
        path = coach.save(tmp_path / "pack.md", OTHER, redaction=False)
        assert CUSTOMER in path.read_text()
        assert Project(store).forget(CUSTOMER, by="lea").exports == (str(path),)
        assert not path.exists()

    @pytest.mark.parametrize(
        ("kind", "match"), [("pdf", "give markdown, html, docx"), ("", "no kind"), ("DOCX", "no kind")]
    )
    def test_another_kind_is_refused_before_anything_is_read(self, coach: CoachSession, kind: str, match: str) -> None:
        with pytest.raises(InvalidActError, match=match):
            coach.pack(kind)

    @pytest.mark.parametrize("name", ["pack.md", "pack.html", "pack.docx"])
    def test_a_full_disk_is_said_and_leaves_what_was_there(
        self, coach: CoachSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
    ) -> None:
        (tmp_path / name).write_text("before")

        def full(*_: Any) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(Path, "write_bytes", full)
        with pytest.raises(ExportError, match=r"cannot be written \(No space left on device\); .*free some room"):
            coach.save(tmp_path / name, overwrite=True)
        assert (tmp_path / name).read_text() == "before"
        assert [path.name for path in tmp_path.iterdir() if "pack" in path.name] == [name]
        assert coach._project.store.exports().empty

    def test_a_folder_in_its_place_is_said(self, coach: CoachSession, tmp_path: Path) -> None:
        (tmp_path / "pack.docx").mkdir()
        with pytest.raises(ExportError, match="is a folder"):
            coach.save(tmp_path / "pack.docx")

    def test_a_past_project_hands_out_a_pack_and_writes_none(
        self, coach: CoachSession, tmp_path: Path, store: Store
    ) -> None:
        past = CoachSession(coach._project.as_of("2026-09-01"), "ines", HashingEncoder())
        assert past.pack("markdown") == coach.pack("markdown")
        with pytest.raises(StoreError):
            past.save(tmp_path / "pack.md")
        assert not (tmp_path / "pack.md").exists()
