"""Files of weights: reads safetensors, and PyTorch's own (.pth, .pt, .ckpt, .bin) without ever running code of theirs,
and writes safetensors.

What a file is decides its content, not its ending. Tensors are mapped from the disk where the format allows it, so a
file of several gigabytes is not held in memory twice.
"""

import pickle
import struct
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from ..errors import AUHeadError
from ..files import check_input, whole_file
from .identify import Kind, identify

PRECISIONS = {"auto": None, "fp32": torch.float32, "fp16": torch.float16, "bf16": torch.bfloat16}
SUFFIXES = (".safetensors", ".pth", ".pt", ".ckpt", ".bin")
_LEGACY = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."  # the pickled number at the head of files of PyTorch before 1.6
_ZIP = b"PK\x03\x04"
_INSIDE = ("state_dict", "model_state_dict", "model", "module")  # where trainers put the weights
_FOREIGN = (
    (b"version https://git-lfs", "is only a pointer to a file in Git LFS; download the file itself"),
    (b"<!doctype", "is a web page; download the file itself"),
    (b"<html", "is a web page; download the file itself"),
    (b"gguf", "is a GGUF file, which AUHead does not read; take a .safetensors file"),
)
_UNREADABLE = (
    pickle.UnpicklingError,
    zipfile.BadZipFile,
    struct.error,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
)  # what PyTorch raises for files that are cut short or of another kind


@dataclass(frozen=True, eq=False)
class WeightFile:
    """weights: tensors on the CPU by name · metadata: the texts in the head of a safetensors file."""

    path: Path
    weights: Mapping[str, torch.Tensor]
    metadata: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def kind(self) -> Kind:
        """What the file probably is."""
        return identify(shapes_of(self.weights), self.metadata)


def shapes_of(weights: Mapping[str, torch.Tensor]) -> dict[str, tuple[int, ...]]:
    return {name: tuple(tensor.shape) for name, tensor in weights.items()}


def read_weights(path: str | Path) -> WeightFile:
    """The weights of a file. Raises AUHeadError when there are none, or when the file holds more than plain weights."""
    path = check_input(path, "model file")
    with path.open("rb") as file:
        head = file.read(64)
    if not head:
        raise AUHeadError(f"The model file {path} is empty; download or copy it again.")
    for begin, what in _FOREIGN:
        if head.lstrip().lower().startswith(begin):
            raise AUHeadError(f"{path} {what}.")
    if head[8:9] == b"{":
        return _read_safetensors(path)
    if head.startswith(_ZIP):
        return WeightFile(path, _read_zip(path))
    if head.startswith(_LEGACY):
        return WeightFile(path, _read_pickle(path, mapped=False))
    raise AUHeadError(f"{path} is no model file; give one of weights ({', '.join(SUFFIXES)}).")


def read_metadata(path: str | Path) -> dict[str, str]:
    """The texts in the head of a safetensors file, none for other files, without reading weights."""
    path = check_input(path, "model file")
    with path.open("rb") as file:
        if file.read(9)[8:] != b"{":
            return {}
    try:
        with safe_open(path, "pt") as file:
            return file.metadata() or {}
    except SafetensorError as error:
        raise _damaged(path) from error


def write_weights(path: str | Path, weights: Mapping[str, torch.Tensor], metadata: Mapping[str, str]) -> None:
    """Write a safetensors file whole or not at all. Raises AUHeadError when its place does not allow it."""
    weights = {name: tensor.detach().contiguous() for name, tensor in weights.items()}
    with whole_file(path) as partial:
        try:
            save_file(weights, partial, dict(metadata))
        except SafetensorError as error:  # how it tells that a disk is full
            raise OSError(str(error)) from error


def _read_safetensors(path: Path) -> WeightFile:
    try:
        with safe_open(path, "pt") as file:
            weights = {name: file.get_tensor(name) for name in file.keys()}
            return WeightFile(path, weights, file.metadata() or {})
    except SafetensorError as error:
        raise _damaged(path) from error


def _read_zip(path: Path) -> dict[str, torch.Tensor]:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except zipfile.BadZipFile as error:
        raise _damaged(path) from error
    if any("/code/" in name for name in names):
        raise AUHeadError(f"{path} is a TorchScript program, which AUHead does not run; take a file of plain weights.")
    if not any(name.endswith("/data.pkl") for name in names):
        raise AUHeadError(f"{path} is a zip archive and no model file; unpack it, and give the file of weights in it.")
    return _read_pickle(path, mapped=True)


def _read_pickle(path: Path, mapped: bool) -> dict[str, torch.Tensor]:
    try:
        loaded = torch.load(path, map_location="cpu", weights_only=True, mmap=mapped)
    except _UNREADABLE as error:
        if isinstance(error, pickle.UnpicklingError) and "Unsupported" in str(error):
            what = "holds Python objects beside its weights, which AUHead does not load because they can run code"
            raise AUHeadError(f"{path} {what}; take a .safetensors version of it.") from error
        raise _damaged(path) from error
    weights = _tensors(loaded)
    if not weights:
        raise AUHeadError(f"{path} holds no weights by name; it is no model that AUHead knows.")
    return weights


def _tensors(loaded: object) -> dict[str, torch.Tensor]:
    """The named tensors, also from under a name that trainers use, and without the prefix of parallel training."""
    if not isinstance(loaded, Mapping):
        return {}
    weights = {name: value for name, value in loaded.items() if isinstance(value, torch.Tensor) and type(name) is str}
    if not weights:
        inner = (loaded[name] for name in _INSIDE if isinstance(loaded.get(name), Mapping))
        return next(filter(None, map(_tensors, inner)), {})
    if all(name.startswith("module.") for name in weights):
        weights = {name.removeprefix("module."): tensor for name, tensor in weights.items()}
    return weights


def _damaged(path: Path) -> AUHeadError:
    return AUHeadError(f"The model file {path} is damaged or cut short; download or copy it again.")


def weight_dtype(precision: str, device: str | torch.device = "cpu") -> torch.dtype:
    """The number format of the weights. precision: of PRECISIONS; "auto" is fp16 on CUDA and fp32 elsewhere."""
    if precision not in PRECISIONS:
        raise AUHeadError(f'There is no precision "{precision}"; choose one of {", ".join(PRECISIONS)}.')
    usual = torch.float16 if torch.device(device).type == "cuda" else torch.float32
    return PRECISIONS[precision] or usual
