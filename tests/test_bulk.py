"""Many files at once, on processes of this machine and through the scheduler of a cluster."""

from __future__ import annotations

import builtins
import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow.parquet as pq
import pytest
from benchmarked import benchmark
from bulk_tasks import DyingOnce, Noting, dies_after_a_batch, dies_once, fails_on_the_first
from click.testing import CliRunner
from distributed import Client, LocalCluster

from qa_toolkit.cli import main
from qa_toolkit.conversations import read
from qa_toolkit.errors import ClusterError, EncoderError
from qa_toolkit.exchange import bulk, embedding
from qa_toolkit.exchange.bulk import Task, import_files, run
from qa_toolkit.project import Project
from qa_toolkit.store import Store, open_store
from qa_toolkit.suggest import CachedEncoder, HashingEncoder, text_key
from qa_toolkit.suggest.caching import different

if TYPE_CHECKING:
    from postgresql import Server


def line(i: int) -> dict:
    messages = [
        {"role": "customer", "text": f"Write to nora{i}@mail.example", "author": f"nora{i % 7}@mail.example"},
        {
            "role": "agent",
            "text": "I will.",
            "sent_at": "2026-03-03T08:14:00Z",
            "author": "Mei",
            "attachments": ["a.png"],
        },
    ]
    return {"conversation_id": f"c{i}", "messages": messages, "labels": {"tags": ["x", i]}}


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    folder = tmp_path / "exports"
    folder.mkdir()
    for n in range(3):
        rows = [json.dumps(line(i)) for i in range(n * 40, n * 40 + 40)]
        (folder / f"{n}.jsonl").write_text("\n".join([*rows, "not json"]))
    (folder / "broken.bin").write_bytes(bytes(range(256)) * 9)
    return [*sorted(folder.iterdir()), folder / "missing.jsonl"]


@pytest.fixture(scope="module")
def cluster() -> Iterator[LocalCluster]:
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0", silence_logs=50) as found:
        yield found


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    found = open_store(url)
    yield found
    found.close()


def by_id(frame: pd.DataFrame) -> pd.DataFrame:
    keys = [name for name in ("conversation_id", "position") if name in frame]
    return frame.sort_values(keys, ignore_index=True)


def test_a_project_gets_the_same_as_from_one_file_after_the_other(
    tmp_path: Path, store: Store, files: list[Path], cluster: LocalCluster
) -> None:
    summary = import_files(store, files, scheduler=cluster.scheduler_address)
    assert (summary.added, summary.known, len(summary.refused)) == (120, 0, 5)
    reasons = dict(zip(summary.refused["file"], summary.refused["reason"], strict=True))
    assert set(reasons) == {"0.jsonl", "1.jsonl", "2.jsonl", "broken.bin", "missing.jsonl"}
    assert "does not exist" in reasons["missing.jsonl"]
    assert "of no kind that is known" in reasons["broken.bin"]
    assert summary.refused["line"].dropna().tolist() == [41] * 3
    again = import_files(store, files, scheduler=cluster.scheduler_address)
    assert (again.added, again.known) == (0, 120)
    one = Project(open_store(f"sqlite:///{tmp_path}/one.db"))
    for path in files[:3]:
        assert one.import_file(path, redaction=False).added == 40
    plain = open_store(f"sqlite:///{tmp_path}/plain.db")
    import_files(plain, files, scheduler=cluster.scheduler_address, redaction=False)
    pd.testing.assert_frame_equal(by_id(plain.conversations()), by_id(one.conversations()))
    pd.testing.assert_frame_equal(by_id(plain.messages()), by_id(one.messages()))
    assert [one.import_file(path, redaction=False).known for path in files[:3]] == [40] * 3
    assert not list(tmp_path.glob(".import-*"))


def test_pseudonyms_are_those_of_the_project_on_all_workers(
    store: Store, files: list[Path], cluster: LocalCluster
) -> None:
    import_files(store, files[:3], scheduler=cluster.scheduler_address)
    customers = store.conversations()["customer"]
    assert customers.str.match(r"customer-[0-9a-f]{10}$").all()
    assert customers.nunique() == 7
    assert not store.messages()["text"].str.contains("mail.example").any()


def test_parquet_parts_hold_all_and_a_task_done_twice_makes_no_second(
    tmp_path: Path, store: Store, files: list[Path], cluster: LocalCluster
) -> None:
    to = tmp_path / "parts"
    for _ in range(2):
        summary = import_files(store, files, scheduler=cluster.scheduler_address, to=to, redaction=False)
        assert (summary.added, len(summary.refused)) == (120, 5)
        assert len(list(to.iterdir())) == 3
    assert store.conversations().empty
    assert sorted(store.exports()["path"]) == sorted(str(part) for part in to.iterdir())
    assert sorted(map(len, store.exports()["conversation_ids"])) == [40, 40, 40]
    back = pd.concat([batch.messages for batch in read(to)], ignore_index=True)
    there = pd.concat([batch.messages for path in files[:3] for batch in read(path)], ignore_index=True)
    pd.testing.assert_frame_equal(by_id(back), by_id(there))


def test_a_database_of_many_writers_is_written_by_the_workers(url: str, store: Store, files: list[Path]) -> None:
    outcome = run(Task(str(files[0]), {"source": None}, None, b"", "", url))
    assert outcome.summary is not None
    assert (outcome.summary.added, outcome.parts) == (40, [])
    assert len(store.conversations()) == 40
    assert "does not exist" in run(Task(str(files[-1]), {}, None, b"", "", url)).problem


@pytest.mark.postgresql
def test_workers_import_into_a_postgresql_project_themselves(
    server: Server, tmp_path: Path, files: list[Path], cluster: LocalCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    twin = tmp_path / "twin.jsonl"  # whose conversations another worker may be writing at the same moment
    twin.write_text(files[0].read_text())
    # What a worker would hand back to be stored by this process fails.
    monkeypatch.setattr(Store, "add_conversations", lambda *_: pytest.fail("not stored by a worker"))
    with server.database() as url, closing(open_store(url)) as store:
        project = Project(store)
        first = project.import_files([*files, twin], scheduler=cluster.scheduler_address)
        assert (first.added, first.known, len(first.refused)) == (120, 40, 6)
        assert first.refused["line"].dropna().tolist() == [41] * 4
        conversations, messages = by_id(project.conversations()), by_id(project.messages())
        assert conversations["conversation_id"].tolist() == sorted(f"c{i}" for i in range(120))
        assert conversations["customer"].nunique() == 7
        assert (len(messages), messages["text"].str.contains("mail.example").sum()) == (240, 0)
        again = project.import_files([*files, twin], scheduler=cluster.scheduler_address)
        assert (again.added, again.known, len(again.refused)) == (0, 160, 6)
        pd.testing.assert_frame_equal(by_id(project.conversations()), conversations)
        pd.testing.assert_frame_equal(by_id(project.messages()), messages)


def test_a_task_whose_worker_dies_is_tried_again(
    tmp_path: Path, store: Store, files: list[Path], cluster: LocalCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "run", dies_once)
    summary = import_files(store, files[:3], scheduler=cluster.scheduler_address)
    assert (summary.added, len(summary.refused)) == (120, 3)
    assert files[1].with_suffix(".died").exists()


@pytest.mark.postgresql
def test_a_worker_killed_in_the_middle_leaves_no_doubles_and_nothing_missing(
    server: Server, tmp_path: Path, cluster: LocalCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In PostgreSQL: of a file half of which is stored, and of a part of texts whose vectors are not there yet."""
    paths = [tmp_path / f"{n}.jsonl" for n in range(2)]
    for n, path in enumerate(paths):
        path.write_text("\n".join(json.dumps(line(i)) for i in range(n * 1_500, n * 1_500 + 1_500)))
    monkeypatch.setattr(bulk, "run", dies_after_a_batch)
    with server.database() as url, closing(open_store(url)) as store:
        summary = import_files(store, paths, scheduler=cluster.scheduler_address, redaction=False)
        assert paths[1].with_suffix(".died").exists()
        assert summary.refused.empty
        conversations, messages = store.conversations(), store.messages()
        assert sorted(conversations["conversation_id"]) == sorted(f"c{i}" for i in range(3_000))
        assert messages.groupby("conversation_id")["position"].apply(list).map(tuple).unique().tolist() == [(0, 1)]
        texts = different(messages["text"].tolist())
        with Client(cluster) as client:
            embedding.embed_texts(store, DyingOnce(tmp_path), texts, client, lambda *_: None, tmp_path)
        assert (tmp_path / "encoder.died").exists()
        assert store.vectors.models() == {HashingEncoder(12).model_id: len(texts)}
        assert store.vectors.get(HashingEncoder(12).model_id, list(texts)).keys() == texts.keys()
        assert not list(tmp_path.glob(".embed-*"))


def test_a_fault_of_ours_is_one_refused_file_and_the_others_go_on(
    store: Store, files: list[Path], cluster: LocalCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "run", fails_on_the_first)
    summary = import_files(store, files[:3], scheduler=cluster.scheduler_address)
    assert summary.added == 80
    assert summary.refused.set_index("file")["reason"]["0.jsonl"] == "failed on each try: ValueError"


def test_the_command_takes_many_files_with_and_without_workers(tmp_path: Path, files: list[Path]) -> None:
    names = [str(path) for path in files[:3]]
    one = CliRunner().invoke(main, ["import", "--project", f"sqlite:///{tmp_path}/a.db", *names])
    assert one.output.count("40 conversations added") == 3
    refused = tmp_path / "refused.jsonl"
    arguments = ["import", "--project", f"sqlite:///{tmp_path}/b.db", "--workers", "1", "--refused", str(refused)]
    many = CliRunner().invoke(main, [*arguments, *names])
    assert many.exit_code == 0, many.output
    assert "120 conversations added, 0 known already, 3 refused" in many.output
    assert len(refused.read_text().splitlines()) == 3


def test_without_dask_the_error_says_what_to_install(
    store: Store, files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = builtins.__import__

    def without(name: str, *rest: object, **more: object) -> object:
        if name == "distributed":
            raise ImportError(name)
        return real(name, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ClusterError, match=r"pip install 'qa-toolkit\[cluster\]'"):
        import_files(store, files)


def test_a_scheduler_that_does_not_answer_is_named(
    store: Store, files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Client.__init__
    monkeypatch.setattr(Client, "__init__", lambda self, address, timeout: real(self, address, timeout=1))
    with pytest.raises(ClusterError, match="no Dask scheduler answers at tcp://127"):
        import_files(store, files, scheduler="tcp://127.0.0.1:9")


def test_embedding_in_parts_embeds_each_text_once_and_goes_on_where_a_part_failed(
    tmp_path: Path, store: Store, cluster: LocalCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedding, "PART", 40)
    situations = [f"parcel {i % 90}" for i in range(300)]
    exemplars = pd.DataFrame(
        {"situation": situations, "answer": ["Sorry!", *["Hi  there", "Hi there"] * 149, "text of a customer"]}
    )
    monkeypatch.setattr(Project, "exemplars", lambda self, csat=None: exemplars)
    project, noting, seen = Project(store), Noting(tmp_path), []
    with Client(cluster) as client:
        with pytest.raises(EncoderError, match=r"1 of 3 parts could not be embedded .*ValueError") as failed:
            project.embed(noting, client=client)
        assert "customer" not in str(failed.value)
        kept = noting.texts()
        assert kept in (53, 40 + 40)  # 93 different texts: two parts of 40 and one of 13
        (tmp_path / "mended").touch()
        found = project.embed(noting, lambda *now: seen.append(now), client=client)
    assert (found.texts, found.new, found.model) == (93, 93 - kept, "hashing-8/fp32")
    assert noting.texts() == 93
    assert seen[-1] == (93 - kept, 93 - kept)
    assert project.embed(noting, scheduler="tcp://127.0.0.1:1").new == 0  # nothing to do, so nobody is asked
    other = open_store(f"sqlite:///{tmp_path}/other.db")
    CachedEncoder(HashingEncoder(8), other.vectors).encode(situations)
    keys = list(map(text_key, set(situations)))
    ours, theirs = (one.vectors.get("hashing-8/fp32", keys) for one in (store, other))
    assert all((ours[key] == theirs[key]).all() for key in keys)
    assert not list(tmp_path.rglob(".embed-*"))


def test_a_worker_with_another_model_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "0.parquet"
    pd.DataFrame({"key": ["k"], "text": ["hello"]}).to_parquet(path)
    with pytest.raises(EncoderError, match="hashing-8/fp32, not other/fp32: install the same on all"):
        embedding.embed_part(str(path), HashingEncoder(8), "other/fp32")


def test_the_texts_of_the_benchmark_are_of_the_length_of_real_ones_and_mostly_different(tmp_path: Path) -> None:
    paths, texts = benchmark("team_bulk").written(tmp_path, 6_000)
    assert [pq.read_metadata(path).num_rows for path in paths] == [500, 100]
    assert 0.88 < len(texts) / 6_000 < 0.99
    lengths = pd.Series([len(text) for text in texts.values()])
    assert 150 < lengths.median() < 250
    assert lengths.quantile(0.95) > 500
