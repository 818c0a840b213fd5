"""Makes a sentence model of 8 bits: exported with torch itself, then quantised dynamically by onnxruntime."""

from __future__ import annotations

import logging
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np

from qa_toolkit.errors import EncoderError
from qa_toolkit.suggest.encoders import Matrix, load_transformer, unit

LONGEST: Final = 512  # tokens, where the model names no limit
# What is made is held against the model it is made from: texts of several lengths.
CHECKED: Final = (
    "Hi",
    "Where is my parcel?",
    "I was charged twice for the same order and nobody answers my mails.",
    "The app closes as soon as I open the settings, since the last update. I have installed it anew twice.",
    "Thank you for writing to us. I am sorry that your order arrived damaged. I have sent a new one today, and it will "
    "be with you by Friday; you need not send the damaged one back.",
    "To reset your password, open the page of your account, choose Security, then Reset password. You will get a mail "
    "with a link that works for one hour. If it does not arrive, look into the folder for spam, and write to me again "
    "with the address that you signed up with. I will keep this conversation open until Monday.",
)


def quantise(folder: Path, model: Path, tokenizer: Path) -> tuple[Matrix, int]:
    """Write the model in `folder` as one of 8 bits, and its tokenizer.

    Returns
    -------
    tuple
        The vectors that the model itself has for `CHECKED`, and the token that fills up.

    Raises
    ------
    EncoderError
        If a package is missing, or the model is not of a kind that can be exported.
    """
    transformer = load_transformer(folder, "cpu", model_kwargs={"attn_implementation": "eager"})
    plain = unit(np.asarray(transformer.encode(list(CHECKED), batch_size=1, show_progress_bar=False)))
    try:
        with tempfile.TemporaryDirectory(dir=model.parent) as aside, _quiet():
            whole = Path(aside) / "fp32.onnx"
            _export(transformer, whole)
            _quantise(whole, model)
        _write_tokenizer(transformer, tokenizer)
    except ImportError as error:
        raise EncoderError(f"making a model of 8 bits needs more ({error}): pip install 'qa-toolkit[fast]'") from error
    except (RuntimeError, ValueError, TypeError, AttributeError, KeyError) as error:
        raise EncoderError(f"{folder} cannot be made a model of 8 bits ({type(error).__name__}): take fp32") from error
    return plain, transformer.tokenizer.pad_token_id or 0


def _export(transformer: Any, path: Path) -> None:
    """Write the whole of it, pooling and all, with sizes of batch and text left open."""
    import torch

    class Whole(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.transformer = transformer

        def forward(self, input_ids: Any, attention_mask: Any) -> Any:
            given = {"input_ids": input_ids, "attention_mask": attention_mask}
            return self.transformer(given)["sentence_embedding"]

    n, length = torch.export.Dim("n", min=1, max=4096), torch.export.Dim("length", min=2, max=_longest(transformer))
    ids = torch.arange(51).reshape(3, 17)
    mask = torch.ones_like(ids)
    mask[1, 9:] = 0  # else the export may take masks for useless
    torch.onnx.export(
        Whole().eval(),
        (ids, mask),
        path,
        input_names=["input_ids", "attention_mask"],
        output_names=["vectors"],
        dynamic_shapes={"input_ids": {0: n, 1: length}, "attention_mask": {0: n, 1: length}},
        dynamo=True,
        external_data=False,
        verbose=False,
    )


def _quantise(whole: Path, path: Path) -> None:
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from onnxruntime.quantization.shape_inference import quant_pre_process

    ready = whole.with_name("ready.onnx")
    # It cannot reason about a limit on the length of a text, and needs not to.
    quant_pre_process(whole, ready, skip_symbolic_shape=True)
    quantize_dynamic(ready, path, weight_type=QuantType.QInt8, per_channel=True)


def _write_tokenizer(transformer: Any, path: Path) -> None:
    from tokenizers import Tokenizer

    copy = Tokenizer.from_str(transformer.tokenizer.backend_tokenizer.to_str())
    copy.no_padding()
    copy.enable_truncation(_longest(transformer))  # its file may say less than the model reads
    copy.save(str(path))


def _longest(transformer: Any) -> int:
    return int(transformer.max_seq_length or LONGEST)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep what torch and onnxruntime tell their own developers out of notebooks."""
    loggers = [logging.getLogger(name) for name in ("torch.onnx", "onnxscript", "onnx_ir", "root")]
    levels = [logger.level for logger in loggers]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for logger in loggers:
            logger.setLevel(logging.ERROR)
        try:
            yield
        finally:
            for logger, level in zip(loggers, levels, strict=True):
                logger.setLevel(level)
