"""AUHead's own files: safetensors whose metadata hold one JSON text under "auhead", the header.

Every header has the version of the format, the name of the model and a card with whatever its makers tell of it; what
else there is depends on what the file holds.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from ..errors import AUHeadError
from .identify import METADATA_KEY
from .weight_files import read_metadata, write_weights

VERSION = 1


def read_header(path: str | Path) -> dict[str, Any]:
    """The header of a file, without its weights; empty for files of others. Raises AUHeadError for a damaged one."""
    text = read_metadata(path).get(METADATA_KEY)
    if text is None:
        return {}
    try:
        header = json.loads(text)
        version = header["version"]
        header["name"], header["card"] = str(header.get("name", Path(path).stem)), dict(header.get("card", {}))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise misdescribed(path) from error
    if version != VERSION:
        raise AUHeadError(
            f"{path} was saved by a newer AUHead (format {version}, this one reads {VERSION}); update it."
        )
    return header


def write_own(
    path: str | Path, weights: Mapping[str, torch.Tensor], name: str, card: Mapping[str, Any], **header: Any
) -> None:
    """Write a file whole or not at all. card and header: plain values, which `read_header` gives back."""
    header = {"version": VERSION, "name": name, "card": dict(card), **header}
    write_weights(path, weights, {"format": "pt", METADATA_KEY: json.dumps(header)})


def misdescribed(path: str | Path) -> AUHeadError:
    """The error for a file whose header does not fit together."""
    return AUHeadError(f"What {path} tells of its own model is damaged; take another copy of it.")
