"""Near-duplicates: found by runs of words, grouped around the best verified."""

from __future__ import annotations

import itertools
import random

import numpy as np
import pandas as pd
import pytest

from qa_toolkit.errors import InvalidActError
from qa_toolkit.project import Project
from qa_toolkit.store import Act, Store
from qa_toolkit.suggest import duplicate_answers
from qa_toolkit.suggest.duplicates import DUPLICATES, _bands, _jaccard, _shingles

MACRO = "I am sorry that your parcel is late. I have asked the depot and will write to you again before noon tomorrow."


def frame(*answers: str, people: dict[int, int] | None = None) -> pd.DataFrame:
    rows = [
        {
            "exemplar_id": f"c{i}#1",
            "agent": "ann",
            "commandments": ["listen"],
            "source": "marked",
            "verified_by": ["x"] * (people or {}).get(i, 1),
            "votes": 0,
            "sent_at": pd.NaT,
            "answer": answer,
        }
        for i, answer in enumerate(answers)
    ]
    return pd.DataFrame(rows, columns=["exemplar_id", "sent_at", *DUPLICATES[4:]])


def groups(found: pd.DataFrame) -> list[list[str]]:
    return [group["exemplar_id"].tolist() for _, group in found.groupby("group")]


def test_a_macro_is_one_group_with_the_best_verified_first() -> None:
    found = duplicate_answers(
        frame(MACRO.upper(), "Reset the router.", MACRO.replace("sorry", "very sorry"), f"  {MACRO}\n", people={2: 3})
    )
    assert tuple(found.columns) == DUPLICATES
    assert found["exemplar_id"].tolist() == ["c2#1", "c0#1", "c3#1"]
    assert found["keep"].tolist() == [True, False, False]
    # 22 words have 20 runs of three; one word put in breaks 2 of them and makes 3 new ones.
    assert found["likeness"].tolist() == pytest.approx([1, 18 / 23, 18 / 23])


def test_the_largest_group_comes_first_and_what_is_alone_is_left_out() -> None:
    found = duplicate_answers(
        frame("No.", "One two three four", "no", "one, two three FOUR", "one two three four", "alone")
    )
    assert groups(found) == [["c1#1", "c3#1", "c4#1"], ["c0#1", "c2#1"]]


def test_a_chain_of_small_changes_does_not_end_in_something_else() -> None:
    words = [f"w{i}" for i in range(40)]
    chain = [" ".join([*words[step * 4 :], *(f"x{i}" for i in range(step * 4))]) for step in range(8)]
    found = duplicate_answers(frame(*chain), threshold=0.7)
    assert len(groups(found)) > 1
    assert (found["likeness"] >= 0.7).all()


def test_a_threshold_of_one_takes_the_same_words_only() -> None:
    rows = frame(MACRO, f"{MACRO} Bye.", MACRO.replace(".", "!"))
    assert groups(duplicate_answers(rows, 1.0)) == [["c0#1", "c2#1"]]
    assert groups(duplicate_answers(rows, 0.5)) == [["c0#1", "c2#1", "c1#1"]]
    for wrong in (0, -1, 1.1, float("nan")):
        with pytest.raises(InvalidActError, match="above 0"):
            duplicate_answers(rows, wrong)


@pytest.mark.parametrize("answers", [[], ["one"], ["one", "two"], ["👍", "🙏"], ["!!!", "???"]])
def test_where_nothing_is_alike_the_frame_is_empty(answers: list[str]) -> None:
    found = duplicate_answers(frame(*answers))
    assert found.empty
    assert tuple(found.columns) == DUPLICATES


def test_what_is_found_is_what_comparing_all_finds() -> None:
    rng = random.Random(5)
    words = [f"w{i}" for i in range(300)]
    texts = [" ".join(rng.choices(words, k=30)) for _ in range(60)]
    for base in texts[:30]:
        changed = base.split()
        for _ in range(rng.randrange(3)):
            changed[rng.randrange(30)] = "new"
        texts.append(" ".join(changed))
    found = duplicate_answers(frame(*texts))
    runs = [{tuple(t.split()[i : i + 3]) for i in range(28)} for t in texts]
    expected = {
        frozenset({f"c{i}#1", f"c{j}#1"})
        for i, j in itertools.combinations(range(len(texts)), 2)
        if len(runs[i] & runs[j]) / len(runs[i] | runs[j]) >= 0.6
    }
    assert {frozenset(pair) for pair in groups(found)} == expected
    assert len(expected) > 15


def test_candidates_are_nearly_all_that_are_alike() -> None:
    rng = random.Random(7)
    hits = 0
    for _ in range(200):
        base = [str(rng.random()) for _ in range(32)]
        other = base.copy()
        other[10] = other[20] = "changed"  # 24 of 36 runs are in both
        shingles = _shingles([" ".join(base), " ".join(other)])
        assert _jaccard(*shingles) == pytest.approx(24 / 36)
        one, two = _bands(shingles)
        hits += bool(np.any(one == two))
    # 1 - (1 - (2/3)**4)**25 = 0.996
    assert hits >= 195


def test_a_project_finds_them_and_merges_them(store: Store) -> None:
    for one in ("c0", "c1", "c2"):
        payload = {"position": 1, "commandments": ["listen"], "note": "", "good": True}
        store.append(Act(f"m-{one}", "ruth", "good_answer", "good_answer:1", one, "hash", "first", payload))
    project = Project(store)
    found = project.duplicate_exemplars()
    assert groups(found) == [["c2#1", "c1#1", "c0#1"]]  # verified alike, so the newest first
    assert project.merge_exemplars(found["exemplar_id"].tolist(), by="ines") == "c2#1"
    assert project.duplicate_exemplars().empty
