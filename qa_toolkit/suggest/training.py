"""A sentence model fine-tuned on pairs of a situation and a good answer to it, on this machine.

Like `encoders`, nothing here imports torch or sentence-transformers before it is needed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from qa_toolkit.errors import EncoderError
from qa_toolkit.suggest.encoders import Progress, SentenceTransformerEncoder, quiet

BATCH: Final = 16  # each answer is told from the 15 others of its batch
PIECES: Final = 64  # word pieces of a text that are read while training; the model reads as many as before afterwards
RATE: Final = 2e-5
NEEDED: Final = ("accelerate", "datasets")


def check_trainable() -> None:
    """Raise EncoderError, with what to install, unless sentence-transformers can train here."""
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        raise EncoderError(
            f"fine-tuning needs {' and '.join(missing)}: install them with pip install 'qa-toolkit[train]'"
        )


def fine_tune(
    base: SentenceTransformerEncoder,
    pairs: Sequence[tuple[str, str]],
    folder: Path,
    steps: int,
    seed: int = 0,
    rate: float = RATE,
    progress: Progress | None = None,
) -> None:
    """Train a copy of a model so that a situation and its answer become more alike than it and other answers.

    Parameters
    ----------
    base : SentenceTransformerEncoder
        The model to begin with; it stays as it is.
    pairs : sequence of (situation, answer)
        At least one.
    folder : pathlib.Path
        Gets the new model, as safetensors; nothing that was trained on is written to it but in the weights.
    steps : int
        Batches of 16 pairs, each without the same text twice.
    rate : float
        Of learning, at its highest.
    seed : int
        The same pairs, steps, rate, seed and number of threads give the same weights.
    progress : callable, optional
        Called with steps done and steps in all.

    Raises
    ------
    EncoderError
        If what training needs is not installed, or the model cannot be loaded.

    References
    ----------
    Henderson et al. (2017), arXiv:1705.00652 (answers of the same batch as negatives); Reimers and Gurevych (2019),
    EMNLP, 3982-3992.
    """
    check_trainable()
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    from datasets import Dataset
    from sentence_transformers import SentenceTransformerTrainer
    from transformers import PrinterCallback

    model = base.load()
    reads, model.max_seq_length = model.max_seq_length, min(PIECES, model.max_seq_length)
    model.model_card_data.set_widget_examples = lambda _: None  # no text is to be quoted anywhere
    rows = Dataset.from_dict({"anchor": [s for s, _ in pairs], "positive": [a for _, a in pairs]})
    with TemporaryDirectory() as scratch, quiet(), _no_bars():
        trainer = SentenceTransformerTrainer(
            model=model,
            args=_arguments(scratch, steps, seed, rate),
            train_dataset=rows,
            loss=_losses().MultipleNegativesRankingLoss(model),
            callbacks=[_reporting(progress, steps)] if progress else None,
        )
        trainer.remove_callback(PrinterCallback)
        trainer.train()
        model.max_seq_length = reads
        # A model card would quote the texts that it was trained on.
        model.save_pretrained(str(folder), create_model_card=False, safe_serialization=True)


def _arguments(scratch: str, steps: int, seed: int, rate: float) -> Any:
    from sentence_transformers import SentenceTransformerTrainingArguments

    return SentenceTransformerTrainingArguments(
        output_dir=scratch,
        max_steps=steps,
        per_device_train_batch_size=BATCH,
        learning_rate=rate,
        warmup_steps=max(1, steps // 10),
        seed=seed,
        data_seed=seed,
        use_cpu=True,
        batch_sampler="no_duplicates",
        save_strategy="no",
        logging_strategy="no",
        report_to="none",
        disable_tqdm=True,
        dataloader_pin_memory=False,
    )


def _losses() -> Any:
    """Return the module of losses, which release 6 of sentence-transformers moved."""
    with suppress(ImportError):
        return import_module("sentence_transformers.sentence_transformer.losses")
    return import_module("sentence_transformers.losses")


@contextmanager
def _no_bars() -> Iterator[None]:
    import datasets

    shown = datasets.is_progress_bar_enabled()
    datasets.disable_progress_bars()
    try:
        yield
    finally:
        if shown:
            datasets.enable_progress_bars()


def _reporting(progress: Progress, steps: int) -> Any:
    from transformers import TrainerCallback

    class Reporting(TrainerCallback):
        def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:  # noqa: ARG002
            progress(int(state.global_step), steps)

    return Reporting()
