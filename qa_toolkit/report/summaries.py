"""The numbers of a report, as frames; everything shown is made from these."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime

import pandas as pd
from threadpoolctl import threadpool_limits

from qa_toolkit.conversations.redaction import Redactor
from qa_toolkit.report.coverage import Coverage, cover
from qa_toolkit.report.modelled import modelled, satisfaction
from qa_toolkit.report.quoting import Quotes
from qa_toolkit.report.rates import items_of, known_of, rate_frames, refuse_unknown
from qa_toolkit.report.reviewing import agreement_frame, disputes_frame, reviewers_frame
from qa_toolkit.report.showing import choose_answers, choose_faults, show_answers, show_faults
from qa_toolkit.rubric import Rubric
from qa_toolkit.stats import weighted_score

TEAM, CSAT = "labels.team", "labels.csat"
Texts = Callable[[pd.DataFrame], tuple[pd.DataFrame, pd.DataFrame]]


@dataclass(frozen=True, repr=False)
class Report:
    """All numbers of a report.

    Parameters
    ----------
    sample : str
        Its name.
    rubric : str
        Title and version.
    coverage : Coverage
    frames : mapping of str to pandas.DataFrame
        ``strata``, ``parts``, ``replaced`` (as of `qa_toolkit.report.coverage.cover`); ``scores`` (pass rate over all
        commandments, mean weighted score, the same before critical failures, share of conversations with one);
        ``free_and_paying`` (as from `difference`: free customers minus paying ones, over all and for each commandment);
        ``plans``, ``commandments`` and ``groups`` (as from `pass_rates`, with ``title`` and ``heading``), ``sources``
        and ``clauses`` (the source lists that commandments serve), ``agents``, ``teams``, ``channels``, ``weeks`` (in
        order of name, because a league table would rank chance), all but clauses with the mean score; ``faults`` and
        ``good_answers`` (as of `show_faults` and `show_answers`, where texts were to be had); ``agreement`` (as from
        `agreement`, with ``title``); ``disputes`` (as from `overturn_rates`, with ``title``);
        ``adjusted``, ``reviewers`` and ``drift`` (as of `qa_toolkit.report.modelled`);
        ``csat`` (as from `csat_correlation`, with ``title``).
    notes : mapping of str to str
        What to heed with a frame, by its name.
    finite : bool
        Whether intervals are about exactly the conversations of the frame.
    period : tuple of (pandas.Timestamp or None)
        When the first and the last conversation of the sample began.
    as_of : datetime.datetime or None
        The past time that it is of; None for now.
    quoted : tuple of str
        Ids of the conversations that are quoted.
    """

    sample: str
    rubric: str
    coverage: Coverage
    frames: Mapping[str, pd.DataFrame]
    notes: Mapping[str, str] = field(default_factory=dict)
    finite: bool = False
    period: tuple[pd.Timestamp | None, pd.Timestamp | None] = (None, None)
    as_of: datetime | None = None
    quoted: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"Report on the sample {self.sample!r}, {self.rubric}: {self.coverage}"


@dataclass(frozen=True)
class Material:
    """What a report is made from.

    Parameters
    ----------
    ratings : pandas.DataFrame
        As from ``store.rating_codes()``; those by another rubric are left out and counted.
    sample, conversations : pandas.DataFrame
        As from ``store.sample(name)`` and ``store.conversations()``.
    good_answers, time_spent, replacements : pandas.DataFrame or None
        As from the store.
    texts : callable or None
        Gives the ratings of some reviews (``reviewer``, ``conversation_id``, ``rubric_hash``) with ``evidence`` and
        ``comment``, and the messages of their conversations; None: no conversation is quoted.
    redactor : Redactor or None
        What hides private data in quotes.
    sizes : mapping of str to int, optional
        Conversations of the frame in each stratum, as the plan of the sample says.
    first : pandas.Series or None
        Of each row of `ratings` what the reviewer said, where `ratings` holds what was decided after a dispute.
    disputes : pandas.DataFrame or None
        As from `Project.disputes`.
    """

    ratings: pd.DataFrame
    sample: pd.DataFrame
    conversations: pd.DataFrame
    good_answers: pd.DataFrame | None = None
    time_spent: pd.DataFrame | None = None
    replacements: pd.DataFrame | None = None
    texts: Texts | None = None
    redactor: Redactor | None = None
    sizes: Mapping[str, int] | None = None
    first: pd.Series[str] | None = None
    disputes: pd.DataFrame | None = None


def make_report(
    material: Material,
    rubric: Rubric,
    name: str = "",
    finite: bool = False,
    team: str = TEAM,
    csat: str = CSAT,
    shown: int = 10,
    seed: int = 0,
) -> Report:
    """Work out all numbers of a report.

    Parameters
    ----------
    material : Material
    rubric : Rubric
    name : str
        Of the sample.
    finite : bool
        True: intervals are about exactly the conversations of the frame. False: about the practice that they
        come from. Comparisons of plans are always about the practice.
    team : str
        Column of the conversations, or ``labels.KEY``, that names the team.
    csat : str
        Column of the conversations, or ``labels.KEY``, that says how satisfied the customer was, as a number.
    shown : int
        How many faults and good answers are quoted.
    seed : int
        Of the bootstrap of agreement.

    Raises
    ------
    NotFoundError
        If `team` or `csat` is another one than usual, and no conversation has it.
    """
    for column, usual in ((team, TEAM), (csat, CSAT)):
        refuse_unknown(material.conversations, column, usual)
    sample, ratings = material.sample, material.ratings
    ours = ratings["rubric_hash"] == rubric.hash if "rubric_hash" in ratings else pd.Series(True, index=ratings.index)
    inside = ratings["conversation_id"].isin(_in_use(sample))
    mine = ratings[ours & inside]
    # Reviewers are compared by what each said alone; everything else is about what holds.
    own = mine if material.first is None else mine.assign(rating=material.first[ours & inside])
    reviews = mine[["reviewer", "conversation_id"]].drop_duplicates().astype("str")
    outside = ratings.loc[ours & ~inside, "conversation_id"].nunique()
    others = len(ratings.loc[~ours & inside, ["reviewer", "conversation_id"]].drop_duplicates())
    known, items = known_of(sample, material.conversations, team, csat), items_of(rubric)
    titles = dict(zip(items["commandment"], items["title"], strict=True))
    # What takes longest comes first. NumPy lets others work meanwhile, and its own threads would only be in their way.
    with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(2) as beside:
        models = beside.submit(modelled, own, known, reviewers_frame(reviews, material.time_spent), mine)
        table = beside.submit(agreement_frame, own, items, seed)
        scores = weighted_score(mine, items)
        rates = beside.submit(rate_frames, mine, scores, known, rubric, finite)
        content = beside.submit(satisfaction, mine, scores, known, titles)
        coverage, counts = cover(sample, reviews, outside, others, material.replacements, material.sizes)
        quotes, quoted = _quotes(material, mine, rubric, shown)
        frames = {**counts, **rates.result(), "agreement": table.result()}
        frames["disputes"] = disputes_frame(material.disputes, rubric.hash, _in_use(sample), items)
        frames |= models.result().frames | content.result().frames | quotes
    title = f"{rubric.title}, version {rubric.version}"
    notes, period = models.result().notes | content.result().notes, _period(sample, material.conversations)
    return Report(name, title, coverage, frames, notes, finite, period=period, quoted=quoted)


def _in_use(sample: pd.DataFrame) -> pd.Series[str]:
    """Return the conversations that a review counts of: what left the sample may still be reviewed in another one."""
    ids: pd.Series[str] = sample["conversation_id"]
    return ids[sample["status"].isin(["drawn", "substitute"])] if "status" in sample else ids


def _period(sample: pd.DataFrame, conversations: pd.DataFrame) -> tuple[pd.Timestamp | None, pd.Timestamp | None]:
    if "started_at" not in conversations:
        return None, None
    at = pd.Index(conversations["conversation_id"]).get_indexer(pd.Index(sample["conversation_id"]))
    times = conversations["started_at"].iloc[at[at >= 0]].dropna()
    return (times.min(), times.max()) if len(times) else (None, None)


def _quotes(
    material: Material, mine: pd.DataFrame, rubric: Rubric, shown: int
) -> tuple[dict[str, pd.DataFrame], tuple[str, ...]]:
    """Return the faults and the good answers that are shown, and the ids of their conversations."""
    if material.texts is None:
        return {}, ()
    conversations, goods = material.conversations, material.good_answers
    faults = choose_faults(mine, conversations, rubric, shown)
    ids = mine["conversation_id"].unique()
    answers = choose_answers(goods, ids, conversations, shown) if goods is not None else None
    chosen = {*faults["conversation_id"], *(() if answers is None else answers["conversation_id"])}
    heads = conversations[conversations["conversation_id"].isin(chosen)]
    reviews = mine.loc[mine["conversation_id"].isin(chosen), ["reviewer", "conversation_id", "rubric_hash"]]
    rated, messages = material.texts(reviews.drop_duplicates().astype("str"))
    quotes = Quotes(heads, messages, material.redactor)
    frames = {"faults": show_faults(faults, rated, heads, rubric, quotes)}
    if answers is not None:
        frames["good_answers"] = show_answers(answers, rated, heads, rubric, quotes, shown)
    quoted = {one: None for frame in frames.values() for one in frame["conversation_id"]}
    return frames, tuple(quoted)
