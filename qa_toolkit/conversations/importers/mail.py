"""E-mail: an mbox, a mail in a file, or a folder of such files; mails that answer each other are one conversation."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final

from qa_toolkit.conversations.importers._base import ReadOptions
from qa_toolkit.conversations.importers._files import ImportFile, Progress
from qa_toolkit.conversations.importers._headers import Address, MailError
from qa_toolkit.conversations.importers._mailbox import Mailbox, is_mail, is_mailbox
from qa_toolkit.conversations.importers._mime import Mail, read_mail
from qa_toolkit.conversations.importers._model import Part, Person, Record, Refusal, record_of
from qa_toolkit.conversations.importers._threads import Threads, ids_of
from qa_toolkit.errors import FileFormatError

MOST_MAILS: Final = 5_000  # of one conversation
LATEST: Final = datetime.max.replace(tzinfo=UTC)
REPLY: Final = re.compile(
    r"^(?:\s*(?:re|aw|antw|sv|vs|r|fw|fwd|wg|tr|rv|enc)\s*(?:\[\d{1,3}\])?\s*:)+\s*", re.IGNORECASE
)
GUESSED: Final = "others than who began the thread; name your addresses with agents="


@dataclass(frozen=True, slots=True)
class _Placed:
    """A mail, where it stands, and what tells it from another with the same id."""

    mail: Mail
    file: str
    line: int
    digest: str

    def key(self) -> tuple[datetime, bytes, str]:
        return self.mail.sent_at or LATEST, self.mail.ids.own or b"", self.digest


class _Team:
    """Who is an agent, as the user says: addresses, names or ``@domain``."""

    def __init__(self, agents: Iterable[str]) -> None:
        self._known = {agent.strip().casefold() for agent in agents}

    def __bool__(self) -> bool:
        return bool(self._known)

    def __contains__(self, person: Address) -> bool:
        domain = f"@{person.address.rpartition('@')[2]}" if person.address else ""
        return not self._known.isdisjoint({person.address, domain, person.name.casefold()} - {""})


class Email:
    """Importer of e-mail."""

    name = "email"

    def recognises(self, file: ImportFile) -> bool:
        """Say whether the file is an mbox or a mail; of a folder, whether all are, or any is named so."""
        return any(part.suffix in (".eml", ".mbox") for part in file.parts) or all(
            is_mailbox(part.head) or is_mail(part.head) for part in file.parts
        )

    def records(self, file: ImportFile, options: ReadOptions, progress: Progress) -> Iterator[Record | Refusal]:
        """Give each conversation in the order of its first mail in the files.

        Raises
        ------
        FileFormatError
            If columns are given, or nothing in it looks like mail.
        """
        if options.columns:
            raise FileFormatError(f"{file.path} is e-mail, which takes no columns=; leave it out")
        if not any(is_mailbox(part.head) or is_mail(part.head) or part.suffix == ".eml" for part in file.parts):
            raise FileFormatError(f"{file.path} holds no e-mail; name an mbox, an .eml file or a folder of them")
        return _conversations(file, options, progress)


def _conversations(file: ImportFile, options: ReadOptions, progress: Progress) -> Iterator[Record | Refusal]:
    def report(share: float) -> None:
        progress(int(file.size * share), file.size)

    with Mailbox(file) as mailbox:
        mailbox.find(lambda done, total: report(done / max(1, total) / 5))
        yield from mailbox.refused
        threads = Threads()
        for number in range(len(mailbox)):
            threads.add(ids_of(mailbox.headers(number)))
            if number % 1_000 == 0:
                report(0.2 + 0.2 * number / len(mailbox))
        done = 0
        for numbers in threads:
            yield _conversation(mailbox, numbers, options)
            done += len(numbers)
            report(0.4 + 0.6 * done / len(mailbox))


def _conversation(mailbox: Mailbox, numbers: list[int], options: ReadOptions) -> Record | Refusal:
    placed: list[_Placed] = []
    for number in numbers:
        file, line = mailbox.place(number)
        try:
            if len(numbers) > MOST_MAILS:
                raise MailError(
                    f"names the ids of a conversation of {len(numbers):,} mails; {MOST_MAILS:,} is the most"
                )
            raw = mailbox.mail(number)
            if number in mailbox.cut:
                raise MailError(mailbox.cut[number])
            mail = read_mail(raw, options.zone)
        except MailError as error:
            return Refusal(line, None, str(error), file)
        said = (mail.ids.own or b"", mail.sender, mail.sent_at, mail.subject, mail.text, mail.attachments)
        placed.append(_Placed(mail, file, line, sha256(repr(said).encode()).hexdigest()))
    return _record(placed, _Team(options.agents))


def _record(placed: list[_Placed], team: _Team) -> Record:
    first = placed[0]
    one_file = all(found.file == first.file for found in placed)
    once = sorted({found.digest: found for found in placed}.values(), key=_Placed.key)
    mails = [found.mail for found in once]
    roles = _roles(mails, team)
    parts = [
        _part(found, role, rule, found.line if one_file else 0, mails[0].subject, team)
        for found, (role, rule) in zip(once, roles, strict=True)
    ]
    record = record_of(
        first.line,
        parts,
        _people(mails, roles, team),
        first.file,
        conversation_id=_conversation_id(once[0]),
        channel="email",
        labels={"subject": mails[0].subject} if mails[0].subject else {},
    )
    decided = sum((mail.decided for mail in mails), _repeats(placed, mails))
    return replace(record, decisions=decided + Counter(record.decisions))


def _conversation_id(first: _Placed) -> str:
    """Return an id made of that of the mail that began the thread, even if it is not there itself."""
    ids = first.mail.ids
    root = ids.named[0] if ids.named else ids.own or first.digest.encode()
    return f"mail-{sha256(root).hexdigest()[:16]}"


def _repeats(placed: list[_Placed], mails: list[Mail]) -> Counter[tuple[str, str]]:
    own = [mail.ids.own for mail in mails if mail.ids.own]
    return Counter(
        {
            ("message", "the same mail again, left out"): len(placed) - len(mails),
            ("message", "the same Message-ID with other content, kept"): len(own) - len(set(own)),
        }
    )


def _roles(mails: list[Mail], team: _Team) -> list[tuple[str, str]]:
    written = [mail for mail in mails if not mail.bounce and not mail.automatic]
    starter = written[0].sender if written else None
    return [_role(mail, team, starter) for mail in mails]


def _role(mail: Mail, team: _Team, starter: Address | None) -> tuple[str, str]:
    if mail.bounce:
        return "system", "a mail server's report"
    if mail.automatic:
        return "bot", f"{mail.automatic} says so"
    if not team:
        same = starter is not None and _key(mail.sender) == _key(starter)
        return ("customer", "began the thread") if same else ("agent", GUESSED)
    if mail.sender not in team:
        return "customer", "sender is none of agents="
    if _form(mail, team):
        return "customer", "sent by one of agents=, but the reply goes elsewhere"
    if mail.recipients and all(person in team for person in mail.recipients):
        return "note", "from agents= to agents= alone"
    return "agent", "sender is one of agents="


def _form(mail: Mail, team: _Team) -> Address | None:
    """Return who wrote a mail that a form on the team's own pages sent."""
    outside = [person for person in mail.reply_to if person not in team] if mail.sender in team else []
    return outside[0] if outside else None


def _part(found: _Placed, role: str, rule: str, line: int, subject: str, team: _Team) -> Part:
    mail = found.mail
    by_role = {"customer": _key(_form(mail, team) or mail.sender), "agent": mail.sender.name or mail.sender.address}
    by_role["note"] = by_role["agent"]
    return Part(
        role=role,
        rule=rule,
        text=mail.text,
        sent_at=mail.sent_at,
        author=by_role.get(role) or None,
        id=found.digest,
        attachments=mail.attachments,
        folded=[dict(fold) for fold in mail.folds],
        extra={"subject": mail.subject} if REPLY.sub("", mail.subject) != REPLY.sub("", subject) else {},
        line=line,
    )


def _people(mails: list[Mail], roles: list[tuple[str, str]], team: _Team) -> list[Person]:
    """Return all who are named in the headers; whoever wrote as an agent is one."""
    agents = {_key(mail.sender) for mail, (role, _) in zip(mails, roles, strict=True) if role in ("agent", "note")}
    servers = {_key(mail.sender) for mail in mails if mail.bounce}
    values: dict[tuple[str, str], dict[str, None]] = {}
    for person in (person for mail in mails for person in mail.people if _key(person) not in servers):
        role = "agent" if person in team or _key(person) in agents else "customer"
        values.setdefault((role, _key(person)), {}).update(dict.fromkeys(filter(None, (person.address, person.name))))
    return [Person(role, tuple(found)) for (role, _), found in values.items()]


def _key(person: Address) -> str:
    return person.address or person.name
