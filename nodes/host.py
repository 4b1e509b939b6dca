"""The one door to ComfyUI. Every other file gets what it needs of the host from here.

Custom types on the wires:
  AU_SEQUENCE    a performance, `auhead_models.au.AUSequence`
  AUHEAD_FACE    a measured portrait, `auhead_models.face.face.Face`
  AUHEAD_MODEL   a diffusion model that is loaded when it is used, `load.ModelChoice`
  AUHEAD_ALM     an audio-language model that is loaded when it is used, `load.ModelChoice`
  FACE_LANDMARKS what ComfyUI's own face landmarker gives
Core types as ComfyUI defines them: IMAGE [B, H, W, C] float 0..1, MASK [B, H, W], AUDIO {"waveform" [B, C, T],
"sample_rate"}.
"""

import os
from collections.abc import Callable
from pathlib import Path

import comfy.model_management
import comfy.utils
import folder_paths
import torch
from comfy_api.latest import ComfyExtension, io, ui

from ..auhead_models.errors import AUHeadError
from ..auhead_models.speech import Audio

__all__ = ["ComfyExtension", "io", "ui"]

CATEGORY = "AUHead"
FOLDER = "auhead"  # under input/, output/ and models/

AUSequenceType = io.Custom("AU_SEQUENCE")
FaceType = io.Custom("AUHEAD_FACE")
ModelType = io.Custom("AUHEAD_MODEL")
ALMType = io.Custom("AUHEAD_ALM")
LandmarksType = io.Custom("FACE_LANDMARKS")

_SCHEMA_FIELDS = io.Schema.__dataclass_fields__
SPARE_MEMORY = 0.10  # of what is free, left to everything else


def schema(**fields) -> io.Schema:
    """A node's schema in our category. Fields that an older ComfyUI does not know are left out."""
    return io.Schema(category=CATEGORY, **{name: value for name, value in fields.items() if name in _SCHEMA_FIELDS})


def progress(total: int) -> Callable[[int, int], None]:
    """A callback (done, total) that moves the node's progress bar and stops the node when the user cancels."""
    bar = comfy.utils.ProgressBar(total)

    def report(done: int, total: int) -> None:
        bar.update_absolute(done, total)
        stop_if_cancelled()

    return report


def stop_if_cancelled() -> None:
    """Raise ComfyUI's own exception when the user pressed cancel."""
    comfy.model_management.throw_exception_if_processing_interrupted()


def frames_tensor(count: int, height: int, width: int, channels: int, what: str) -> torch.Tensor:
    """Room for frames [count, height, width, channels], if the machine has it. Raises AUHeadError when it has not."""
    needed = 4 * count * height * width * channels
    free = comfy.model_management.get_free_memory(torch.device("cpu")) * (1 - SPARE_MEMORY)
    if needed > free:
        raise AUHeadError(
            f"{count} frames of {width} x {height} need {needed / 2**30:.1f} GB of memory for {what}, but only "
            f"{free / 2**30:.1f} GB are free; make them smaller, or cut the performance into parts."
        )
    return torch.empty(count, height, width, channels)


def one_image(image: torch.Tensor, name: str) -> torch.Tensor:
    """The only picture [H, W, C] of a batch."""
    if image.shape[0] != 1:
        raise AUHeadError(
            f"The input {name} holds {image.shape[0]} pictures; give one, for example with ImageFromBatch."
        )
    return image[0]


def to_audio(audio: dict) -> Audio:
    """ComfyUI's AUDIO as ours. Raises AUHeadError for a batch and for a sound of no length."""
    waveform = audio["waveform"]
    if waveform.shape[0] != 1:
        raise AUHeadError(f"The input audio holds {waveform.shape[0]} sounds; give one.")
    if waveform.shape[-1] == 0:
        raise AUHeadError("The sound of the input audio has no length; give a recording of speech.")
    return Audio(waveform[0].float().cpu().numpy(), int(audio["sample_rate"]))


def from_audio(audio: Audio) -> dict:
    """Our sound as ComfyUI's AUDIO."""
    return {"waveform": torch.from_numpy(audio.samples)[None], "sample_rate": audio.sample_rate}


def model_files() -> list[str]:
    """Names of the .safetensors files in models/auhead, without the folder."""
    paths, _ = folder_paths.folder_names_and_paths.setdefault(
        FOLDER, ([os.path.join(folder_paths.models_dir, FOLDER)], {".safetensors"})
    )
    return sorted({name for folder in paths for name in _files_in(Path(folder), (".safetensors",))})


def performance_files(suffixes: tuple[str, ...]) -> list[str]:
    """Performances a user can choose: "name" in input/auhead, "name [output]" in output/auhead."""
    inputs = _files_in(Path(folder_paths.get_input_directory()) / FOLDER, suffixes)
    outputs = _files_in(Path(folder_paths.get_output_directory()) / FOLDER, suffixes)
    return sorted(inputs) + [f"{name} [output]" for name in sorted(outputs)]


def performance_path(choice: str) -> Path:
    """The file behind an entry of `performance_files`. Raises AUHeadError for anything outside the two folders."""
    name, is_output = (choice[: -len(" [output]")], True) if choice.endswith(" [output]") else (choice, False)
    root = Path(folder_paths.get_output_directory() if is_output else folder_paths.get_input_directory()) / FOLDER
    path = (root / name).resolve()
    if not path.is_relative_to(root.resolve()) or not path.is_file():
        raise AUHeadError(f'There is no performance "{choice}"; put the file into input/{FOLDER} or output/{FOLDER}.')
    return path


def output_path(prefix: str, suffix: str) -> tuple[Path, str]:
    """The next free file for a prefix under output/auhead, and its folder relative to output/."""
    root = Path(folder_paths.get_output_directory()) / FOLDER
    target = (root / prefix).resolve()
    if not target.is_relative_to(root.resolve()) or target == root.resolve():
        raise AUHeadError(f'The file name prefix "{prefix}" leads out of output/{FOLDER}; use a plain name.')
    target.parent.mkdir(parents=True, exist_ok=True)
    number = 1
    while (path := target.with_name(f"{target.name}_{number:05}{suffix}")).exists():
        number += 1
    return path, str(path.parent.relative_to(root.parent.resolve()))


def _files_in(folder: Path, suffixes: tuple[str, ...]) -> list[str]:
    """Paths relative to a folder, with forward slashes; none when the folder is missing or cannot be read."""
    try:
        return [
            path.relative_to(folder).as_posix()
            for path in folder.rglob("*")
            if path.suffix.lower() in suffixes and path.is_file()
        ]
    except OSError:
        return []
