"""Rubrics and samples: what reviews were made with, kept for good."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from qa_toolkit.errors import NotFoundError, SamplingError, StoreError
from qa_toolkit.store import replacing, tables
from qa_toolkit.store.engine import reading, there_by, writing

ITEM_COLUMNS = ["conversation_id", "stratum", "inclusion_probability", "reason", "part"]


def save_rubric(engine: Engine, rubric: dict[str, str], at: datetime, may_add: bool = True) -> None:
    """Keep the text of a rubric under its content hash; the same one is kept once.

    Raises
    ------
    StoreError
        If it is new and not everybody `may_add` one.
    """
    with writing(engine) as connection:
        c = tables.rubrics.c
        known = connection.execute(sa.select(c.rubric_hash).where(c.rubric_hash == rubric["rubric_hash"])).first()
        if not known and not may_add:
            raise StoreError(
                f"this project has no rubric {rubric['rubric_id']!r} of this content yet, and only a lead may bring "
                "one in; ask for: qa-toolkit rubric keep FILE"
            )
        if not known:
            connection.execute(tables.rubrics.insert().values(**rubric, stored_at=at))


def rubrics_frame(engine: Engine) -> pd.DataFrame:
    """Return one row for each rubric: ``rubric_hash``, ``rubric_id``, ``version``, ``title``, ``stored_at`` (UTC)."""
    names = ["rubric_hash", "rubric_id", "version", "title", "stored_at"]
    r = tables.rubrics.c
    with reading(engine) as connection:
        query = sa.select(*(r[name] for name in names)).where(there_by(engine, r.stored_at))
        rows = connection.execute(query.order_by(r.stored_at, r.rubric_hash)).all()
    frame = pd.DataFrame(rows, columns=names).astype(dict.fromkeys(names[:-1], "str"))
    frame["stored_at"] = pd.to_datetime(frame["stored_at"], utc=True)
    return frame


def rubric_text(engine: Engine, rubric_hash: str) -> str:
    """Return the TOML text of the rubric with this content hash."""
    with reading(engine) as connection:
        c = tables.rubrics.c
        text: str | None = connection.execute(sa.select(c.text).where(c.rubric_hash == rubric_hash)).scalar()
    if text is None:
        raise NotFoundError(f"no rubric with the hash {rubric_hash[:12]}… was used in this project")
    return text


def save_sample(
    engine: Engine, name: str, items: pd.DataFrame, plan: dict[str, Any], now: Callable[[], datetime]
) -> None:
    """Store a drawn sample under a name that is not taken, in the order of the draw.

    Raises
    ------
    SamplingError
        If the name is empty or taken, or the sample holds nothing.
    """
    if not name.strip():
        raise SamplingError("a sample needs a name, such as 'march'")
    if items.empty:
        raise SamplingError(f"the sample {name!r} holds no conversation; draw at least one")
    rows = items.assign(reserve=items.get("reserve", False))
    rows = rows.assign(part=items.get("part", "random"))[[*ITEM_COLUMNS, "reserve"]].astype(object)
    columns = [rows[column].where(rows[column].notna(), None).tolist() for column in rows]
    keys = ["sample", "draw", *rows.columns]
    records = [dict(zip(keys, (name, i, *row), strict=True)) for i, row in enumerate(zip(*columns, strict=True))]
    with writing(engine) as connection:
        taken = connection.execute(sa.select(tables.samples.c.sample).where(tables.samples.c.sample == name)).first()
        if taken:
            raise SamplingError(
                f"there is a sample {name!r} already; a drawn sample stays as it is, so take another name"
            )
        drawn = sum(not record["reserve"] for record in records)
        connection.execute(tables.samples.insert().values(sample=name, plan=plan, n_items=drawn, drawn_at=now()))
        connection.execute(tables.sample_items.insert(), records)


def sample_frame(engine: Engine, name: str) -> pd.DataFrame:
    """Return the items of a sample in the order of the draw, and behind them the substitutes of what was replaced.

    Returns
    -------
    pandas.DataFrame, shape (n_items, 7)
        ``conversation_id``, ``stratum``, ``inclusion_probability`` (in (0, 1]; missing for what is not for estimates),
        ``reason`` (for which it was drawn), ``part`` (of the plan: random, core, weighted, diverse), ``status`` (drawn,
        substitute, replaced, out of scope) and ``replaces``: what a substitute came in the place of, else missing.
        A substitute that was replaced in its turn is replaced, and still has what it came in the place of.

    Raises
    ------
    NotFoundError
        If there is no sample of this name; the message lists those that there are.
    """
    i = tables.sample_items
    with reading(engine) as connection:
        rows = connection.execute(
            sa.select(*(i.c[name_] for name_ in (*ITEM_COLUMNS, "reserve")))
            .join(tables.samples)
            .where(i.c.sample == name, there_by(engine, tables.samples.c.drawn_at))
            .order_by(i.c.reserve, i.c.draw)
        ).all()
        if not rows:
            raise replacing.unknown_sample(connection, name)
        done = replacing.of_sample(connection, name)
    # As tuples: pandas asks each row of SQLAlchemy what it is, which takes most of the time.
    frame = pd.DataFrame([tuple(row) for row in rows], columns=[*ITEM_COLUMNS, "reserve"])
    frame = replacing.with_statuses(frame.astype({"reserve": "bool"}), done)
    return frame.astype({**dict.fromkeys(frame.columns, "str"), "inclusion_probability": "float64"})


def samples_frame(engine: Engine) -> pd.DataFrame:
    """Return one row for each sample: ``sample``, ``n_items``, ``plan`` (dict), ``drawn_at`` (UTC)."""
    s = tables.samples.c
    with reading(engine) as connection:
        query = sa.select(s.sample, s.n_items, s.plan, s.drawn_at).where(there_by(engine, s.drawn_at))
        rows = connection.execute(query.order_by(s.drawn_at, s.sample)).all()
    frame = pd.DataFrame(rows, columns=["sample", "n_items", "plan", "drawn_at"])
    frame["drawn_at"] = pd.to_datetime(frame["drawn_at"], utc=True)
    return frame
