"""Refiners in files of our own (own_files.py), in half precision.

The header holds kind "refiner", the architecture and whether guidance by the portrait means something to it.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from ..errors import AUHeadError
from .identify import misfit
from .own_files import misdescribed, read_header, write_own
from .refined_warp import RefinerModel
from .refiner import Refiner
from .weight_files import read_weights, shapes_of

KIND = "refiner"


def is_refiner(path: str | Path) -> bool:
    """Whether a file says of itself that it holds a refiner."""
    return read_header(path).get("kind") == KIND


def save_refiner(model: RefinerModel, path: str | Path, architecture: dict, card: Mapping[str, Any]) -> None:
    """Write a refiner whole or not at all. architecture: what `Refiner` was built with; card: plain values."""
    weights = {name: tensor.half() for name, tensor in model.network.state_dict().items()}
    write_own(path, weights, model.name, card, kind=KIND, architecture=architecture, guided=model.guided)


def load_refiner(path: str | Path) -> RefinerModel:
    """Raises AUHeadError for a file that is no refiner, damaged, of another version, or does not fit what it says."""
    header = read_header(path)
    if header.get("kind") != KIND:
        raise AUHeadError(f"{path} holds no refiner of AUHead; choose another file.")
    try:
        network = Refiner(header["architecture"])
    except (ArithmeticError, LookupError, RuntimeError, TypeError, ValueError) as error:
        raise misdescribed(path) from error
    file = read_weights(path)
    if error := misfit(file.path, KIND, shapes_of(file.weights), shapes_of(network.state_dict()), file.kind):
        raise error
    network.load_state_dict({name: tensor.float() for name, tensor in file.weights.items()})
    network = network.eval().requires_grad_(False).to(memory_format=torch.channels_last)
    return RefinerModel(header["name"], network, guided=header.get("guided") is True)
