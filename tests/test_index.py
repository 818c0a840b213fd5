"""Exact and approximate search answer alike; which one it is goes by the number of rows."""

import numpy as np
import pandas as pd
import pytest
from test_suggester import exemplar, good, ids

from qa_toolkit.errors import EncoderError, InvalidActError
from qa_toolkit.suggest import HashingEncoder, Suggester, Weights, approximate, indexes
from qa_toolkit.suggest.approximate import ApproximateIndex
from qa_toolkit.suggest.encoders import unit
from qa_toolkit.suggest.index import DenseIndex, Part

N, DIM = 3_000, 32
WORDS = ["parcel", "refund", "login", "router", "invoice", "delay", "broken", "password", "cancel", "address"]


def clustered(n=N, seed=1):
    centres = np.random.default_rng(0).normal(size=(40, DIM))
    rng = np.random.default_rng(seed)
    return unit((centres[rng.integers(40, size=n)] + 0.7 * rng.normal(size=(n, DIM))).astype(np.float32))


@pytest.fixture(scope="module")
def both():
    vectors = clustered().astype(np.float16)
    return DenseIndex(vectors.astype(np.float32)), ApproximateIndex.built(vectors, vectors)


@pytest.fixture
def no_row_is_few(monkeypatch):
    monkeypatch.setattr(approximate, "FEW", 0)


@pytest.mark.usefixtures("no_row_is_few")
@pytest.mark.parametrize("share", [1, 0.5, 0.05])
def test_an_approximate_index_finds_nearly_all_whatever_the_filter(both, share):
    exact, near = both
    mask = np.random.default_rng(3).random(N) < share
    found = []
    for query in clustered(50, seed=2):
        rows = near.search(query, Part(mask), 10)
        assert mask[rows].all()
        assert near.scores(query, rows).tolist() == sorted(near.scores(query, rows).tolist(), reverse=True)
        found.append(len(set(rows) & set(exact.search(query, Part(mask), 10))) / 10)
    assert np.mean(found) > 0.95


@pytest.mark.usefixtures("no_row_is_few")
def test_an_approximate_index_gives_as_many_rows_as_there_are(both):
    exact, near = both
    mask = np.arange(N) % 3 == 0
    for n in (1, 999, 1_000, 5_000):
        assert len(near.search(clustered(1)[0], Part(mask), n)) == len(exact.search(clustered(1)[0], Part(mask), n))
    assert near.search(clustered(1)[0], Part(np.zeros(N, dtype=bool)), 5).tolist() == []


def test_what_few_rows_pass_is_exact(both):
    exact, near = both
    mask = np.arange(N) % 7 == 0
    for query in clustered(20, seed=4):
        assert near.search(query, Part(mask), 50).tolist() == exact.search(query, Part(mask), 50).tolist()


def test_the_recall_is_measured_and_said(both):
    exact, near = both
    assert near.recall.share >= approximate.LEAST_RECALL
    assert near.recall.n == approximate.SAMPLE
    assert f"{near.recall.probes} of 55 cells" in repr(near)
    assert f"{100 * near.recall.share:.1f}%" in repr(near)
    assert repr(exact) == "exact: all of 3,000 rows are compared"


def test_a_measured_recall_is_the_share_of_the_ten_nearest(both):
    exact, near = both
    rows = np.sort(np.random.default_rng(2).choice(N, approximate.SAMPLE, replace=False))
    everything, found = np.ones(N, dtype=bool), []
    for row in rows:
        query = exact.vectors(np.array([row]))[0]
        wanted = set(exact.search(query, Part(everything), 11)) - {row}
        candidates = near._candidates(query, everything, 111, near.recall.probes)
        best = candidates[np.argsort(-near.scores(query, candidates), kind="stable")][:11]
        found.append(len(wanted & set(best)) / len(wanted))
    assert near.recall.share == pytest.approx(np.mean(found), abs=0.005)


@pytest.mark.parametrize("make", [DenseIndex, lambda v: ApproximateIndex.built(v.astype(np.float16), v.astype("f2"))])
def test_what_is_added_is_found(make):
    first, later = clustered(500), clustered(3, seed=9)
    index = make(first)
    index.add(later)
    index.add(later[:0])
    mask = np.ones(503, dtype=bool)
    assert [index.search(vector, Part(mask), 1)[0] for vector in later] == [500, 501, 502]
    assert index.vectors(np.array([501, 3])) == pytest.approx(np.stack([later[1], first[3]]), abs=1e-3)


def test_a_query_of_another_model_is_refused(both):
    for index in both:
        with pytest.raises(EncoderError, match="two models"):
            index.search(np.ones(DIM + 1, dtype=np.float32), Part(np.ones(N, dtype=bool)), 5)


def rows_of(n, first=0):
    rng = np.random.default_rng(first)
    return [
        exemplar(f"c{row:05}#1", " ".join(rng.choice(WORDS, 4)), " ".join(rng.choice(WORDS, 6)) + f" {row}")
        for row in range(first, first + n)
    ]


def test_below_the_limit_it_is_exact_and_above_it_approximate():
    frame = pd.DataFrame(rows_of(400))
    exact, near = (Suggester(HashingEncoder(64), frame, exact_up_to=n) for n in (400, 399))
    assert exact.index == "exact: all of 400 rows are compared"
    assert "approximate (FAISS): 400 rows" in near.index
    assert near.index in repr(near)
    for text in ("parcel delay", "my password is broken"):
        assert len(set(ids(exact.suggest(text))) & set(ids(near.suggest(text)))) >= 4


def test_many_exemplars_are_encoded_in_parts(monkeypatch):
    monkeypatch.setattr(indexes, "CHUNK", 150)
    seen = []
    Suggester(HashingEncoder(64), pd.DataFrame(rows_of(200)), exact_up_to=10, progress=lambda *now: seen.append(now))
    assert seen[-1] == (400, 400)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


def test_without_faiss_it_stays_exact_and_says_so(monkeypatch):
    monkeypatch.setattr(indexes, "has_faiss", lambda: False)
    with pytest.warns(UserWarning, match=r"qa-toolkit\[index\]"):
        found = Suggester(HashingEncoder(64), pd.DataFrame(rows_of(30)), exact_up_to=20)
    assert found.index == "exact: all of 30 rows are compared"


@pytest.mark.parametrize("exact_up_to", [1_000, 10])
def test_an_exemplar_that_is_added_is_suggested(exact_up_to):
    found = Suggester(HashingEncoder(64), pd.DataFrame(rows_of(100)), exact_up_to=exact_up_to)
    found.add(pd.DataFrame([good("z1#1", "clear", situation="my teapot whistles", answer="Take off its lid.")]))
    best = found.suggest("the teapot whistles", 1)[0]
    assert best.exemplar_id == "z1#1"
    assert best.why[0] == "marked good for clear by ruth"
    assert ids(found.suggest("the teapot whistles", 1, commandment="clear")) == ["z1#1"]
    assert ids(found.like("z1#1", 1)) != ["z1#1"]
    assert "101 rows" in found.index


def test_what_is_suggested_after_adding_is_what_a_new_suggester_suggests():
    first, later = rows_of(120), rows_of(60, first=500)
    grown = Suggester(HashingEncoder(64), pd.DataFrame(first))
    for part in (later[:1], later[1:]):
        grown.add(pd.DataFrame(part))
    grown.add(pd.DataFrame(first).iloc[:0])  # nothing
    whole = Suggester(HashingEncoder(64), pd.DataFrame(first + later))
    for text in ("parcel delay", "broken router password", "cancel 17"):
        assert list(grown.suggest(text, 8)) == list(whole.suggest(text, 8))


def test_an_exemplar_is_not_added_twice_nor_with_another_model():
    encoder = HashingEncoder(64)
    found = Suggester(encoder, pd.DataFrame(rows_of(3)))
    with pytest.raises(InvalidActError, match="there already"):
        found.add(pd.DataFrame(rows_of(1)))
    with pytest.raises(InvalidActError, match="there already"):
        found.add(pd.DataFrame(rows_of(1, first=9) * 2))
    assert len(found.suggest("parcel", 9, least=0, exclude=["z9#1"])) == 3
    found._encoder = HashingEncoder(32)
    with pytest.raises(EncoderError, match="two models"):
        found.add(pd.DataFrame(rows_of(1, first=9)))


def test_the_first_exemplar_can_be_added_to_none():
    empty = Suggester(HashingEncoder(64), pd.DataFrame(rows_of(1)).iloc[:0])
    assert "no exemplars" in empty.suggest("parcel").reason
    empty.add(pd.DataFrame(rows_of(2)))
    assert len(empty.suggest("parcel", 5)) == 2


@pytest.mark.usefixtures("no_row_is_few")
@pytest.mark.parametrize("exact_up_to", [1_000, 10])
def test_a_suggester_with_other_settings_stays_as_it_is_when_one_is_added(exact_up_to):
    found = Suggester(HashingEncoder(64), pd.DataFrame(rows_of(100)), exact_up_to=exact_up_to)
    other = found.with_settings(weights=Weights(situation=0, answer=0, words=1))
    before = list(other.suggest("parcel delay", 5))
    teapot = pd.DataFrame([exemplar("z1#1", "my teapot whistles at the parcel delay")])
    found.add(teapot)
    assert list(other.suggest("parcel delay", 5)) == before
    assert "z1#1" in ids(found.suggest("teapot whistles parcel delay"))
    if exact_up_to == 10:
        with pytest.raises(InvalidActError, match="add them to that one"):
            other.add(teapot)
        assert list(other.suggest("parcel delay", 5)) == before, "what was refused changed nothing"
    else:
        other.add(teapot)
        assert other.weights.words == 1
        assert ids(other.suggest("teapot", 1)) == ["z1#1"]


def test_filters_know_what_was_added():
    found = Suggester(HashingEncoder(64), pd.DataFrame([good("a#1", "clear", agent="bob"), exemplar("b#1")]))
    assert ids(found.suggest("parcel", agent="bob")) == ["a#1"]  # what was worked out for a column is not kept
    bad = exemplar("d#1", failed_for=["clear"], verdicts=[], agent="zoe")
    found.add(pd.DataFrame([good("c#1", "clear", "apologise", agent="bob"), bad]))
    assert ids(found.suggest("parcel", agent="bob")) == ["a#1", "c#1"]
    assert ids(found.suggest("parcel", agent="zoe", commandment="clear")) == []
    assert ids(found.suggest("parcel", commandment="apologise", include_unverified=False)) == ["c#1"]
    assert set(ids(found.suggest("parcel", commandment="clear", exclude=["a#1"]))) == {"c#1", "b#1"}
    assert "d#1" not in ids(found.suggest("parcel"))
