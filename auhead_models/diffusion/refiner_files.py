"""Refiners in files: safetensors in half precision, whose metadata tell what the network looks like.

The JSON text under "auhead" holds version, kind "refiner", name, architecture and a card, as in `checkpoints`.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

from ..errors import AUHeadError
from ..files import whole_file
from .identify import METADATA_KEY
from .refined_warp import RefinerModel
from .refiner import Refiner
from .weight_files import read_metadata, read_weights

VERSION = 1
KIND = "refiner"


def is_refiner(path: str | Path) -> bool:
    """Whether a file says of itself that it holds a refiner."""
    return _header(path).get("kind") == KIND


def save_refiner(model: RefinerModel, path: str | Path, architecture: dict, card: Mapping[str, Any]) -> None:
    """Write a refiner whole or not at all. architecture: what `Refiner` was built with; card: plain values."""
    header = {"version": VERSION, "kind": KIND, "name": model.name, "architecture": architecture, "card": dict(card)}
    weights = {name: tensor.half().contiguous() for name, tensor in model.network.state_dict().items()}
    with whole_file(path) as partial:
        save_file(weights, partial, {METADATA_KEY: json.dumps(header)})


def load_refiner(path: str | Path) -> RefinerModel:
    """Raises AUHeadError for a file that is no refiner, damaged, or of a newer version."""
    header = _header(path)
    if header.get("kind") != KIND:
        raise AUHeadError(f"{path} holds no refiner of AUHead; choose another file.")
    if header.get("version") != VERSION:
        raise AUHeadError(f"{path} was saved by a newer AUHead; update this one.")
    try:
        network = Refiner(header["architecture"])
        weights = {name: tensor.float() for name, tensor in read_weights(path).weights.items()}
        network.load_state_dict(weights)
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise AUHeadError(f"{path} is damaged; take another copy of it.") from error
    network = network.eval().requires_grad_(False).to(memory_format=torch.channels_last)
    return RefinerModel(str(header.get("name", Path(path).stem)), network)


def _header(path: str | Path) -> dict[str, Any]:
    text = read_metadata(path).get(METADATA_KEY, "{}")
    try:
        header = json.loads(text)
    except ValueError:
        return {}
    return header if isinstance(header, dict) else {}
