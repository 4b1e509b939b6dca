"""The audio-language models by name: the bundled one, two public ones, and folders of one's own.

A folder is what the Hugging Face hub gives: config.json, tokenizer, .safetensors files; or a LoRA folder with
adapter_config.json, as `auhead train alm` writes it. Nothing here imports transformers.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from ..errors import AUHeadError

TINY = "tiny"
FIXED_PLACE = ("8bit", "4bit")  # weights that cannot be moved to another device
PRECISIONS = ("auto", "fp32", "fp16", "bf16", *FIXED_PLACE)
NEEDS_TRANSFORMERS = (
    "Audio-language models need the Python package transformers, 4.57 or newer, which is not installed, is older or "
    "does not start; install it with pip install -U transformers."
)

_ARCHITECTURES = {
    "Qwen2AudioForConditionalGeneration": "qwen2_audio",
    "Qwen2_5OmniModel": "qwen2_5_omni",
    "Qwen2_5OmniForConditionalGeneration": "qwen2_5_omni",
    "Qwen2_5OmniThinkerForConditionalGeneration": "qwen2_5_omni",
}
_DEEPEST = 3  # levels of folders that are looked into


@dataclass(frozen=True)
class Public:
    """A model of the Hugging Face hub; gigabytes: of its files."""

    repository: str
    gigabytes: int

    @property
    def folder(self) -> str:
        return self.repository.split("/")[1]


PUBLIC = {
    "qwen2-audio-7b-instruct": Public("Qwen/Qwen2-Audio-7B-Instruct", 17),
    "qwen2.5-omni-7b": Public("Qwen/Qwen2.5-Omni-7B", 22),
}


def folders(models: Path) -> list[Path]:
    """Where a folder like ComfyUI's models/ may hold audio-language models."""
    return [models / name for name in ("auhead", "text_encoders", "LLM")]


def names(roots: Sequence[Path]) -> list[str]:
    """All that can be chosen: the known ones first, then folders below the roots, as paths from there. Never raises."""
    found = {path.relative_to(root).as_posix() for root in roots for path in _folders(root)}
    public = {each.folder.lower() for each in PUBLIC.values()} | set(PUBLIC)
    return [TINY, *PUBLIC, *sorted(name for name in found if name.split("/")[-1].lower() not in public)]


def find_folder(name: str, roots: Sequence[Path]) -> Path:
    """The folder of a name from `names`. Raises AUHeadError, which says where to put it, when it is not there."""
    public = PUBLIC.get(name.lower())
    wanted = {public.folder.lower(), name.lower()} if public else set()
    for root in roots:
        for path in _folders(root):
            if path.relative_to(root).as_posix() == name or path.name.lower() in wanted:
                return path
    if public:
        raise AUHeadError(
            f'The audio-language model "{name}" is not here: put the folder {public.folder} of '
            f"https://huggingface.co/{public.repository} ({public.gigabytes} GB) into models/auhead, for example with "
            f"hf download {public.repository} --local-dir models/auhead/{public.folder}, or choose tiny."
        )
    raise AUHeadError(f'There is no audio-language model "{name}" in models/auhead; choose another one.')


def open_alm(
    name: str,
    roots: Sequence[Path] = (),
    precision: str = "auto",
    device: str | torch.device = "cpu",
):
    """Open a model as a `backends.backend.Backend`; its network lies on the CPU, one of 8 or 4 bits on `device`.

    name: one of `names(roots)` or the path of a folder · precision: auto is bf16, and fp32 for the bundled model.
    Raises AUHeadError when it is missing, damaged or of another kind, and without transformers.
    """
    if precision not in PRECISIONS:
        raise AUHeadError(f'There is no precision "{precision}"; choose one of {", ".join(PRECISIONS)}.')
    try:
        from .backends import bundled, folders  # transformers takes seconds to import, and only ALMs need it
    except ImportError as error:
        raise AUHeadError(NEEDS_TRANSFORMERS) from error
    if name == TINY:
        return bundled.open_bundled()
    folder = Path(name) if Path(name).is_dir() else find_folder(name, roots)
    if (folder / "adapter_config.json").is_file():
        name = _base_name(folder)
        if name == TINY:
            return folders.open_lora(folder, bundled.open_bundled(), precision)
        base = find_folder(name, [*roots, folder.parent, folder.parent.parent])
        return folders.open_lora(folder, folders.open_folder(base, kind_of(base), precision, device), precision)
    return folders.open_folder(folder, kind_of(folder), precision, device)


def kind_of(folder: Path) -> str:
    """Which backend a folder is for. Raises AUHeadError when there is none."""
    kind = _kind(folder)
    if kind is None:
        raise AUHeadError(
            f"The folder {folder} holds no model that AUHead knows; it runs Qwen2-Audio and Qwen2.5-Omni, as folders "
            "with config.json and .safetensors files."
        )
    return kind


def _folders(root: Path) -> list[Path]:
    """Folders below a root that hold a model or a LoRA, in order."""
    try:
        depths = ("*/" * depth for depth in range(1, _DEEPEST + 1))
        paths = sorted({path for pattern in depths for path in root.glob(pattern)})
    except OSError:
        return []
    return [path for path in paths if _kind(path) or (path / "adapter_config.json").is_file()]


def _kind(folder: Path) -> str | None:
    architectures = _read_json(folder / "config.json").get("architectures") or [None]
    return _ARCHITECTURES.get(architectures[0])


def _base_name(lora: Path) -> str:
    """The name that a LoRA gives to the model it was trained on."""
    base = str(_read_json(lora / "adapter_config.json").get("base_model_name_or_path") or "").replace("\\", "/")
    if not base:
        raise AUHeadError(f"The LoRA folder {lora.name} does not tell the model it is for; train it again.")
    last = base.rstrip("/").split("/")[-1]
    return next((name for name, public in PUBLIC.items() if public.folder.lower() == last.lower()), last)


def _read_json(path: Path) -> dict:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
