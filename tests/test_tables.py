"""Tables of any helpdesk: columns that are guessed and wait for a yes, encodings, times, folders, a bad row in many."""

from __future__ import annotations

import contextlib
import csv
import gzip
import io
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qa_toolkit.conversations import guess_columns, read
from qa_toolkit.errors import ColumnsError, FileFormatError

ENGLISH = (
    "Ticket ID,Sender Type,Message Body,Created At,Sender Name,Via,Subject,Priority",
    [
        [
            "4711",
            "End user",
            "My parcel has not come, where is it now?",
            "2026-03-04 14:05:00 UTC",
            "Nora",
            "email",
            "Parcel",
            "high",
        ],
        [
            "4711",
            "Agent",
            "It left us this morning, sorry for the wait.",
            "2026-03-04 15:05:00 UTC",
            "Mei",
            "email",
            "Parcel",
            "high",
        ],
    ],
)
GERMAN = (
    "Ticketnummer;Richtung;Nachricht;Erstellt am;Absender;Kanal;Betreff",
    [
        [
            "8",
            "eingehend",
            "Mein Paket ist noch nicht da. Wo ist es?",
            "04.03.2026 14:05",
            "Jörg Müller",
            "E-Mail",
            "Paket",
        ]
    ],
)
FRENCH = (
    "Numéro de ticket;Type d'auteur;Texte du message;Date d'envoi;Expéditeur;Canal;Objet",
    [["8", "client", "Mon colis n'est pas arrivé, où est-il ?", "04/03/2026 14:05", "Zoé", "courriel", "Colis"]],
)
SPANISH = (
    "Número de caso;Tipo de autor;Mensaje;Fecha de creación;Remitente;Canal;Asunto",
    [["8", "cliente", "Mi paquete no ha llegado, ¿dónde está?", "2026-03-04 14:05", "Íñigo", "correo", "Paquete"]],
)
DUTCH = (
    "Zaaknummer;Type afzender;Bericht;Verzonden op;Afzender;Kanaal;Onderwerp",
    [["8", "klant", "Mijn pakket is er nog niet, waar is het?", "04-03-2026 14:05", "Joëlle", "e-mail", "Pakket"]],
)
ALL = {"conversation_id": 0, "role": 1, "text": 2, "sent_at": 3, "author": 4, "channel": 5, "subject": 6}


def table(header: str, rows: list[list[str]], encoding: str = "utf-8") -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=";" if ";" in header else ",").writerows(rows)
    return f"{header}\n{out.getvalue()}".encode(encoding)


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    def run(content: bytes, name: str = "tickets.csv") -> Path:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        return path

    return run


def joined(path: Path, **options) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, dict]:
    batches = list(read(path, **options))
    frames = (pd.concat([getattr(b, n) for b in batches]) for n in ("conversations", "messages", "refused"))
    decided = sum((b.decisions for b in batches[1:]), batches[0].decisions.copy())
    return (*(frame.reset_index(drop=True) for frame in frames), decided)


# Columns


@pytest.mark.parametrize("words", [ENGLISH, GERMAN, FRENCH, SPANISH, DUTCH], ids=["en", "de", "fr", "es", "nl"])
def test_columns_are_guessed_in_five_languages_and_wait_for_a_yes(write, words) -> None:
    header, rows = words
    names = header.replace(";", ",").split(",")
    path = write(table(header, rows))
    with pytest.raises(ColumnsError) as caught:
        read(path)
    error = caught.value
    assert error.guess == {ours: names[place] for ours, place in ALL.items()}
    assert error.missing == ()
    assert error.examples["text"] == rows[0][2]
    assert rows[0][2] not in str(error)
    assert "columns={'conversation_id'" in str(error)
    assert "--accept-columns" in str(error)
    conversations, messages, refused, _ = joined(path, columns=error.guess, zone="UTC", dayfirst=True)
    assert refused.empty
    assert conversations["subject"].tolist() == [rows[0][6]]
    assert messages["role"].tolist() == ["customer", "agent"][: len(rows)]
    assert messages["sent_at"][0] == pd.Timestamp("2026-03-04T14:05Z")


def test_a_guess_is_a_frame_in_a_notebook(write) -> None:
    frame = guess_columns(write(table(*ENGLISH)))
    assert list(frame.columns) == ["ours", "theirs", "why", "example"]
    row = frame.set_index("ours").loc["sent_at"]
    assert row.tolist() == ["Created At", "its name and its values", "2026-03-04 14:05:00 UTC"]
    columns = dict(zip(frame["ours"], frame["theirs"], strict=True))
    assert joined(write(table(*ENGLISH)), columns=columns)[2].empty


def test_names_of_ours_need_no_yes_and_a_map_is_taken_as_it_is(write) -> None:
    header, rows = ENGLISH
    named = (
        header.replace("Ticket ID", "Conversation ID").replace("Sender Type", "role").replace("Message Body", "Text")
    )
    conversations, _, _, _ = joined(write(table(named, rows)))
    assert conversations["labels"][0]["Created At"] == [row[3] for row in rows]  # a label: nobody said that it is ours
    with pytest.raises(FileFormatError, match="no column 'Body', named for text; it has 'Ticket ID'"):
        read(write(table(header, rows)), columns={"text": "Body"})
    with pytest.raises(ColumnsError) as caught:
        read(write(table(header, rows)), columns={"subject": "Priority"})
    assert caught.value.guess["subject"] == "Priority"


def test_columns_are_found_by_their_values_alone(write) -> None:
    rows = [
        [str(i // 2), f"2026-03-0{i + 1} 10:00", ("user", "operator")[i % 2], "A text with some words in it"]
        for i in range(4)
    ]
    with pytest.raises(ColumnsError) as caught:
        read(write(table("Case,f1,f2,f3", rows)))
    assert caught.value.guess == {"conversation_id": "Case", "role": "f2", "text": "f3", "sent_at": "f1"}
    assert caught.value.why["role"] == "its values"


def test_values_that_do_not_fit_a_name_stop_the_guess(write) -> None:
    rows = [
        ["1", "nora@mail.example", "Where is my refund for March?", "soon"],
        ["1", "mei@desk.example", "On its way to you now", "late"],
    ]
    with pytest.raises(ColumnsError, match="has no column for role; it has 'Ticket', 'From'") as caught:
        read(write(table("Ticket,From,Body,Date", rows)))
    assert caught.value.missing == ("role",)
    assert caught.value.guess == {"conversation_id": "Ticket", "text": "Body", "author": "From"}
    assert "--agent" in str(caught.value)


def test_authors_tell_the_roles_where_the_agents_are_named(write) -> None:
    rows = [["1", "nora@mail.example", "Where is it?"], ["1", "Mei@Desk.Example", "Here."], ["1", "Sam", "And here."]]
    columns = {"conversation_id": "Ticket", "author": "From", "text": "Body"}
    _, messages, _, decided = joined(
        write(table("Ticket,From,Body", rows)), columns=columns, agents=["@desk.example", "sam"]
    )
    assert messages["role"].tolist() == ["customer", "agent", "agent"]
    assert decided["role", "agent: the author is among the agents named"] == 2
    with pytest.raises(ColumnsError) as caught:
        read(write(table("Ticket,From,Body", rows)), agents=["@desk.example"])
    assert caught.value.missing == ()


@pytest.mark.parametrize(
    "first",
    ["4711,customer,Where is it?,2026-03-04T10:00Z", "a1,nora@mail.example,x", "12;34;56"],
    ids=["time", "mail", "number"],
)
def test_a_table_without_a_header_says_so(write, first: str) -> None:
    with pytest.raises(FileFormatError, match=r"first row of .* has values, not the names of columns"):
        read(write(f"{first}\n{first}\n".encode()))
    with pytest.raises(FileFormatError, match="first row"):
        guess_columns(write(f"{first}\n{first}\n".encode()))


def test_what_is_no_table_has_no_columns_to_guess(write) -> None:
    with pytest.raises(FileFormatError, match="no columns to choose"):
        guess_columns(write(b'{"conversation_id": "a"}\n', "a.jsonl"))


def test_roles_are_counted_by_the_word_that_decided(write) -> None:
    rows = [["1", "End User", "x"], ["1", "Mitarbeiterin", "y"], ["1", "agent", "z"], ["2", "Interne Notiz", "z"]]
    decided = joined(write(table("conversation_id,role,text", rows)))[3]
    assert decided == {
        ("role", "customer: the column says end-user"): 1,
        ("role", "agent: the column says mitarbeiterin"): 1,
        ("role", "agent: the column says agent"): 1,
        ("role", "note: the column says interne-notiz"): 1,
    }


# Encodings


@pytest.mark.parametrize(
    ("encoding", "mark", "text"),
    [
        ("utf-8", b"", "Zoë, größer – 📦"),
        ("utf-8", b"\xef\xbb\xbf", "Zoë, größer – 📦"),
        ("utf-16-le", b"\xff\xfe", "Zoë, größer – 📦"),
        ("utf-16-be", b"\xfe\xff", "Zoë, größer – 📦"),
        ("windows-1252", b"", "Größe wählen? Für 5 € – „ja“, sagte Zoë. Ich möchte das Gerät zurückgeben."),
        ("windows-1251", b"", "Где моя посылка? Она должна была прийти в понедельник, а сегодня уже среда."),
        ("shift_jis", b"", "荷物はどこですか。月曜日に届くはずでしたが、まだ届いていません。"),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_text_in_many_encodings_is_read_as_it_was_meant(
    write, encoding: str, mark: bytes, text: str, packed: bool
) -> None:
    content = mark + table("conversation_id,role,text", [["1", "user", text], ["1", "agent", "plain"]] * 3, encoding)
    path = write(gzip.compress(content) if packed else content, "a.csv.gz" if packed else "a.csv")
    _, messages, refused, decided = joined(path)
    assert refused.empty
    assert messages["text"].tolist() == [text, "plain"] * 3
    assert [about for about, _ in decided if about == "encoding"] == ["encoding"] * (encoding != "utf-8")


def test_a_named_encoding_is_taken_and_a_wrong_one_said(write) -> None:
    path = write(table("conversation_id,role,text", [["1", "user", "Größe"]], "cp850"))
    assert joined(path, encoding="cp850")[1]["text"].tolist() == ["Größe"]
    for wrong in ("utf-8", "ascii"):
        with pytest.raises(FileFormatError, match=f"is not {wrong} text; it looks like"):
            read(path, encoding=wrong)
    with pytest.raises(FileFormatError, match="there is no encoding 'utf-9'"):
        read(path, encoding="utf-9")
    with pytest.raises(FileFormatError, match="is UTF-16 text, not utf-8"):
        read(write("a,b".encode("utf-16")), encoding="utf-8")


def test_one_row_in_another_encoding_is_refused_alone(write) -> None:
    rows = table("conversation_id,role,text", [[str(i), "user", "größer"] for i in range(300)])
    content = rows + b"bad,user,gr\xf6\xdfer\n" + table("x", [["last", "user", "ok"]]).split(b"\n", 1)[1]
    conversations, _, refused, _ = joined(write(content))
    assert len(conversations) == 301
    assert refused[["line", "conversation_id"]].values.tolist() == [[302, "bad"]]
    assert "is not UTF-8 text; save the file as CSV (UTF-8), or name its encoding" in refused["reason"][0]


# Times


def test_days_are_read_as_other_days_of_the_file_show(write) -> None:
    header = "conversation_id,role,text,sent_at"
    rows = [
        ["1", "user", "x", "03/04/2026 10:00"],
        ["2", "user", "x", "13/04/2026 10:00"],
        ["3", "user", "x", "2026-04-05 10:00"],
    ]
    _, messages, _, decided = joined(write(table(header, rows)), zone="UTC")
    assert messages["sent_at"].dt.strftime("%m-%d").tolist() == ["04-03", "04-13", "04-05"]
    assert decided["time", "the day was taken to come first"] == 1
    path = write(table(header, rows[:1]))
    _, _, refused, _ = joined(path, zone="UTC")
    assert "message 1: sent_at can be day/month or month/day" in refused["reason"][0]
    assert joined(path, zone="UTC", dayfirst=False)[1]["sent_at"][0].month == 3


def test_hours_of_a_clock_change_in_a_table(write) -> None:
    rows = [
        ["1", "user", "x", "2026-10-25 02:30"],
        ["2", "user", "x", "2026-03-29 02:30"],
        ["3", "user", "x", "29.03.2026 04:30"],
    ]
    _, messages, refused, decided = joined(
        write(table("conversation_id,role,text,sent_at", rows)), zone="Europe/Berlin"
    )
    assert messages["sent_at"].tolist() == [pd.Timestamp("2026-10-25T00:30Z"), pd.Timestamp("2026-03-29T02:30Z")]
    assert "does not exist in Europe/Berlin" in refused["reason"][0]
    assert decided["time", "of an hour that the clocks strike twice, the first was taken"] == 1


# Many rows, many files


def test_one_bad_row_among_very_many_is_one_refusal(write) -> None:
    rows = table("conversation_id,role,text", [[str(i // 5), "user", f"text {i}"] for i in range(50_000)]).splitlines(
        True
    )
    rows[30_001] = b'6000,"user" it,text\n'
    conversations, messages, refused, _ = joined(write(b"".join(rows)))
    assert (len(conversations), len(messages)) == (9_999, 49_995)
    assert refused[["line", "conversation_id"]].values.tolist() == [[30_002, "6000"]]


def test_the_files_of_a_folder_are_one_table(write, tmp_path: Path) -> None:
    header = "conversation_id,role,text"
    write(table(header, [["a", "user", "1"], ["b", "user", "2"]]), "export/2026-01.csv")
    write(table(header, [["a", "agent", "größer"]], "windows-1252"), "export/2026-02.csv")
    write(table("conversation_id,text,role", [["c", "3", "user"]]), "export/2026-03.csv")
    write(gzip.compress(table(header, [["d", "user", "4"], ["e", "user", "5" * 999]]))[:-12], "export/2026-04.csv.gz")
    steps: list[tuple[int, int]] = []
    path = tmp_path / "export"
    conversations, messages, refused, _ = joined(path, progress=lambda *step: steps.append(step))
    assert conversations["conversation_id"].tolist() == ["b", "a", "d"]
    assert messages["text"].tolist() == ["2", "1", "größer", "4"]
    assert refused[["line", "file"]].values.tolist() == [[1, "2026-03.csv"], [3, "2026-04.csv.gz"]]
    assert "has other columns than the first file" in refused["reason"][0]
    assert "ends early" in refused["reason"][1]
    assert [done for done, _ in steps] == sorted(done for done, _ in steps)
    assert len(set(steps[-1])) == 1


# Properties

names = st.sampled_from(["Ticket", "Von", "Message", "Created", "Name", "x", "", "conversation_id", "role", "text"])
known = st.sampled_from(["agent", "user", "2026-03-04 10:00", "03/04/2026", "13/04/2026 9:00", "1"])
rows_like = st.lists(st.lists(st.text(max_size=12) | known, min_size=2, max_size=6), max_size=6)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(names, min_size=2, max_size=6), rows_like, st.booleans())
def test_any_table_is_read_refused_or_guessed(tmp_path: Path, header, rows, dayfirst) -> None:
    out = io.StringIO(newline="")
    csv.writer(out).writerows([header, *rows])
    path = tmp_path / "any.csv"
    path.write_bytes(out.getvalue().encode("utf-8", "surrogatepass"))
    options = {"source": "csv", "zone": "UTC", "dayfirst": dayfirst}
    guess = {}
    with contextlib.suppress(FileFormatError):
        guess = _accepted(path, options)
    assert set(guess.values()) <= {*(n.strip() for n in header), *(f"column {i}" for i in range(1, 7))}
    assert len(set(guess.values())) == len(guess)
    with contextlib.suppress(FileFormatError):
        batches = list(read(path, columns=guess, **options))
        taken = sum(batch.messages.shape[0] for batch in batches)
        refused = sum(len(batch.refused) for batch in batches)
        assert taken <= len(rows)
        assert taken or refused or not any(any(row) for row in rows)


def _accepted(path: Path, options: dict) -> dict[str, str]:
    try:
        read(path, **options)
    except ColumnsError as error:
        return error.guess
    return {}


def test_rows_of_more_lines_than_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qa_toolkit.conversations.importers.delimited.MOST_LINES", 2)
    path = tmp_path / "a.csv"
    lines = "a\n" * 9
    path.write_text(f'conversation_id,role,text\n1,customer,"{lines}"\n2,agent,"{lines}')
    [batch] = read(path)
    assert batch.messages["text"].tolist() == [lines]
    assert batch.refused[["line", "conversation_id"]].to_numpy().tolist() == [[12, "2"]]
