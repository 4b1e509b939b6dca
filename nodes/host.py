"""The one door to ComfyUI. Every other file gets what it needs of the host from here.

Custom types on the wires:
  AU_SEQUENCE    a performance, `auhead_models.au.AUSequence`
  AUHEAD_FACE    a measured portrait, `auhead_models.face.face.Face`
  AUHEAD_MODEL   a diffusion model that is loaded when it is used, `load.DiffusionChoice`
  AUHEAD_ALM     an audio-language model that is loaded when it is used, `load.ALMChoice`
  FACE_LANDMARKS what ComfyUI's own face landmarker gives
Core types as ComfyUI defines them: IMAGE [B, H, W, C] float 0..1, MASK [B, H, W], AUDIO {"waveform" [B, C, T],
"sample_rate"}.
"""

import os
from collections.abc import Callable, Iterable
from pathlib import Path

import comfy.model_management
import comfy.model_patcher
import comfy.utils
import folder_paths
import torch
from comfy_api.latest import ComfyExtension, io, ui
from PIL import Image

from ..auhead_models.errors import AUHeadError
from ..auhead_models.face.topology import POINTS
from ..auhead_models.image import to_bytes
from ..auhead_models.speech import Audio

try:
    from comfy.memory_management import extra_ram_release
except ImportError:  # hosts that drop the results of earlier runs by themselves
    extra_ram_release = None

__all__ = ["ComfyExtension", "io", "ui"]

CATEGORY = "AUHead"
FOLDER = "auhead"  # under input/, output/ and models/
SAVED = " [output]"  # marks a file of output/, as in ComfyUI's own lists

AUSequenceType = io.Custom("AU_SEQUENCE")
FaceType = io.Custom("AUHEAD_FACE")
ModelType = io.Custom("AUHEAD_MODEL")
ALMType = io.Custom("AUHEAD_ALM")
LandmarksType = io.Custom("FACE_LANDMARKS")

_SCHEMA_FIELDS = io.Schema.__dataclass_fields__
_PREVIEW_SIDE = 512
_SPARE_MEMORY = 0.10  # of what is free, left to everything else


def schema(**fields) -> io.Schema:
    """A node's schema in our category. Fields that an older ComfyUI does not know are left out."""
    return io.Schema(category=CATEGORY, **{name: value for name, value in fields.items() if name in _SCHEMA_FIELDS})


def one_of(choice: str, choices: Iterable[str], name: str) -> str:
    """The choice of a list widget. Raises AUHeadError when it is not on the list, which an older ComfyUI lets pass."""
    if choice not in choices:
        raise AUHeadError(f'The input {name} is "{choice}"; choose one of {", ".join(choices)}.')
    return choice


def check_numbers(node: type[io.ComfyNode], **values: float) -> None:
    """Hold numbers against the ranges of the node's widgets, which ComfyUI does not do when they come over a wire."""
    inputs = {each.id: each for each in node.define_schema().inputs}
    for name, value in values.items():
        low, high = inputs[name].min, inputs[name].max
        if not low <= value <= high:  # also refuses NaN
            raise AUHeadError(f"The input {name} is {value:g}; use a number from {low:g} to {high:g}.")


def progress(total: int) -> Callable[..., None]:
    """A callback (done, total) that moves the node's progress bar and stops the node when the user cancels.

    A third argument, a picture [H, W, 3] in 0..1, is shown on the node meanwhile.
    """
    bar = comfy.utils.ProgressBar(total)

    def report(done: int, total: int, picture: torch.Tensor | None = None) -> None:
        preview = None if picture is None else ("JPEG", Image.fromarray(to_bytes(picture)), _PREVIEW_SIDE)
        bar.update_absolute(done, total, preview)
        stop_if_cancelled()

    return report


def stop_if_cancelled() -> None:
    """Raise ComfyUI's own exception when the user pressed cancel."""
    comfy.model_management.throw_exception_if_processing_interrupted()


def reserve(what: str, *shapes: tuple[int, ...]) -> list[torch.Tensor]:
    """Room for the frames of a result: an unfilled tensor for each shape [T, H, W, ...].

    Raises AUHeadError, before any work is done, when the machine has no room for all of them.
    """
    needed = sum(4 * torch.Size(shape).numel() for shape in shapes)
    free = _free_memory(needed)
    if needed > free:
        count, height, width = shapes[0][:3]
        raise AUHeadError(
            f"{count} frames of {width} x {height} need {needed / 2**30:.1f} GB of memory for {what}, but only "
            f"{free / 2**30:.1f} GB are free; make them smaller, or cut the performance into parts."
        )
    return [torch.empty(shape) for shape in shapes]


def _free_memory(wanted: int) -> int:
    """Bytes that we may use. ComfyUI is asked to drop the results of earlier runs when it cannot fulfil the wish."""
    cpu = torch.device("cpu")
    share = 1 - _SPARE_MEMORY
    free = int(comfy.model_management.get_free_memory(cpu) * share)
    if free < wanted and extra_ram_release is not None:
        extra_ram_release(int(wanted / share))
        free = int(comfy.model_management.get_free_memory(cpu) * share)
    return free


class HeldNetworks:
    """Networks in ComfyUI's care, which moves them to the graphics card and away when others need the room."""

    def __init__(self, networks: Iterable[torch.nn.Module]):
        # Not ComfyUI's dynamic patcher: it never unloads one network for another, because it counts on layers of
        # ComfyUI's own, which come and go by themselves, and these networks have none.
        kind = comfy.model_patcher.ModelPatcher
        self.device, away = self.home(), comfy.model_management.unet_offload_device()
        self._patchers = {network: kind(_Held(network), self.device, away) for network in networks}

    @staticmethod
    def home() -> torch.device:
        """Where networks compute."""
        return comfy.model_management.get_torch_device()

    def patchers(self) -> list:
        """All of them, in the order of the networks."""
        return list(self._patchers.values())

    def place(self, *networks: torch.nn.Module, memory: int = 0) -> None:
        """Bring networks to `device`, whole, with room for `memory` bytes of what they compute beside them."""
        patchers = [self._patchers[network] for network in networks]
        comfy.model_management.load_models_gpu(patchers, memory_required=memory, force_full_load=True)
        for patcher in patchers:
            patcher.model.to(self.device)  # the rest, where ComfyUI was told to keep weights off the card (--novram)


class DisposableNetwork:
    """A network that may not be moved, as those of 8 and 4 bit, in ComfyUI's care: when others need the room it is
    given up altogether, and `let_go` is called, so that whoever has it drops it too and opens it anew when needed.

    size: bytes of its weights, which lie on `HeldNetworks.home()`.
    """

    def __init__(self, network: torch.nn.Module, size: int, let_go: Callable[[], None]):
        home = HeldNetworks.home()
        self._patcher = _DisposingPatcher(_Held(network), home, home, size)
        self._patcher.let_go = let_go

    @staticmethod
    def make_room() -> None:
        """Take everything else off the graphics card, for a network that is put there while it is opened."""
        comfy.model_management.unload_all_models()

    def patchers(self) -> list:
        return [self._patcher]

    def place(self, network: torch.nn.Module, memory: int = 0) -> None:
        """As `HeldNetworks.place`: room for `memory` bytes beside it."""
        comfy.model_management.load_models_gpu([self._patcher], memory_required=memory, force_full_load=True)


class _DisposingPatcher(comfy.model_patcher.ModelPatcher):
    def partially_load(self, device_to: torch.device, extra_memory: int = 0, force_patch_weights: bool = False) -> int:
        self.model.model_loaded_weight_memory = self.size
        return 0

    def partially_unload(self, device_to: torch.device, memory_to_free: int = 0, **_) -> int:
        return 0

    def detach(self, unpatch_all: bool = True) -> torch.nn.Module:
        if unpatch_all:  # False where ComfyUI only takes it from one of its lists to put it into another
            self.model.network, self.model.model_loaded_weight_memory = None, 0
            self.let_go()
        return self.model


class _Held(torch.nn.Module):
    """A network inside another: ComfyUI writes a device into what it holds, which diffusers' networks refuse."""

    def __init__(self, network: torch.nn.Module):
        super().__init__()
        self.network = network


def one_image(image: torch.Tensor, name: str) -> torch.Tensor:
    """The only picture [H, W, C] of a batch."""
    if len(image) != 1:
        raise AUHeadError(
            f"The input {name} holds {len(image)} pictures; give one, for example with Get Image from Batch "
            "(ImageFromBatch)."
        )
    return image[0]


def to_audio(audio: dict | None) -> Audio:
    """ComfyUI's AUDIO as ours. Raises AUHeadError for a batch, for a sound of no length and for none at all."""
    if audio is None:  # what ComfyUI gives for the sound of a silent video
        raise AUHeadError("The input audio holds no sound; connect a recording of speech.")
    waveform = audio["waveform"]
    if len(waveform) != 1:
        raise AUHeadError(f"The input audio holds {len(waveform)} sounds; give one.")
    if waveform.numel() == 0:
        raise AUHeadError("The sound of the input audio has no length; give a recording of speech.")
    return Audio(waveform[0].float().cpu().numpy(), int(audio["sample_rate"]))


def from_audio(audio: Audio) -> dict:
    """Our sound as ComfyUI's AUDIO."""
    return {"waveform": torch.from_numpy(audio.samples)[None], "sample_rate": audio.sample_rate}


def to_landmarks(landmarks: dict, image: torch.Tensor, name: str) -> list[list[torch.Tensor]]:
    """The faces of each picture from ComfyUI's FACE_LANDMARKS: points [478, 3] in image pixels with depth.

    image: the pictures [B, H, W, C] of the input `name`, in which the faces were found. Raises AUHeadError when the
    landmarks belong to other pictures or are of another kind.
    """
    try:
        frames = [[_points(face) for face in faces] for faces in landmarks["frames"]]
        height, width = (int(side) for side in landmarks["image_size"])
    except (KeyError, TypeError, ValueError) as error:
        raise AUHeadError(
            "The input landmarks are not those of ComfyUI's face landmarker; connect Detect Face Landmarks "
            "(MediaPipe), or nothing."
        ) from error
    if len(frames) != len(image):
        raise AUHeadError(
            f"The input landmarks belong to {len(frames)} pictures, but the input {name} holds {len(image)}; connect "
            "the same pictures to both."
        )
    if (height, width) != tuple(image.shape[1:3]):
        raise AUHeadError(
            f"The input landmarks belong to pictures of {width} x {height}, but the input {name} has "
            f"{image.shape[2]} x {image.shape[1]}; connect the same pictures to both."
        )
    return frames


def _points(face: dict) -> torch.Tensor:
    """Points of one face. Their depth comes in pixels of the network's own view, scaled here as the other axes are."""
    flat = torch.as_tensor(face["landmarks_xy"]).float().cpu()
    view = torch.as_tensor(face["landmarks_3d"]).float().cpu()
    if flat.shape != (POINTS, 2) or view.shape != (POINTS, 3):
        raise ValueError(f"landmarks of shapes {list(flat.shape)} and {list(view.shape)}")
    scale = (flat - flat.mean(0)).norm() / (view[:, :2] - view[:, :2].mean(0)).norm().clamp(min=1e-6)
    return torch.cat([flat, view[:, 2:] * scale], -1)


def model_folders() -> dict[str, list[str]]:
    """All places of the model folders that AUHead looks into: its own, VAEs and image encoders."""
    folder_paths.add_model_folder_path(FOLDER, os.path.join(folder_paths.models_dir, FOLDER))
    return {name: folder_paths.get_folder_paths(name) for name in (FOLDER, "vae", "clip_vision")}


def model_path(name: str) -> str:
    """The file behind an entry of `model_files`. Raises AUHeadError when it is gone."""
    path = folder_paths.get_full_path(FOLDER, name) if name in model_files() else None
    if path is None:
        raise AUHeadError(f'There is no model "{name}" in models/{FOLDER}; choose another one in Load AUHead.')
    return path


def model_files() -> list[str]:
    """Names of the .safetensors files in models/auhead, in every place that the user's settings name for it."""
    folder_paths.add_model_folder_path(FOLDER, os.path.join(folder_paths.models_dir, FOLDER))
    return [name for name in folder_paths.get_filename_list(FOLDER) if name.lower().endswith(".safetensors")]


def language_model_folders() -> list[Path]:
    """All places where folders of audio-language models may lie: our own first, then those of other language models."""
    folder_paths.add_model_folder_path(FOLDER, os.path.join(folder_paths.models_dir, FOLDER))
    known = [name for name in (FOLDER, "text_encoders", "LLM") if name in folder_paths.folder_names_and_paths]
    places = [place for name in known for place in folder_paths.get_folder_paths(name)]
    return [Path(place) for place in dict.fromkeys([*places, os.path.join(folder_paths.models_dir, "LLM")])]


def performance_files(suffixes: tuple[str, ...]) -> list[str]:
    """Performances a user can choose: "name" in input/auhead, "name [output]" in output/auhead."""
    return _files_in(_root(""), suffixes) + [name + SAVED for name in _files_in(_root(SAVED), suffixes)]


def performance_path(choice: str) -> Path:
    """The file behind an entry of `performance_files`. Raises AUHeadError for anything outside the two folders."""
    root = _root(choice)
    try:
        path = (root / choice.removesuffix(SAVED)).resolve()
        known = path.is_relative_to(root) and path.is_file()
    except (OSError, ValueError):  # no file can have such a name
        known = False
    if not known:
        raise AUHeadError(f'There is no performance "{choice}"; put the file into input/{FOLDER} or output/{FOLDER}.')
    return path


def output_path(prefix: str, suffix: str) -> tuple[Path, str]:
    """The next free file for a prefix under output/auhead, its folder made, and that folder relative to output/.

    Raises AUHeadError for a prefix that leads out of output/auhead and for one that no file can have.
    """
    root = _root(SAVED)
    try:
        target = (root / prefix).resolve()
        if not target.is_relative_to(root) or target == root:
            raise AUHeadError(
                f'The file name prefix "{prefix}" does not name a file inside output/{FOLDER}; use a plain name.'
            )
        target.parent.mkdir(parents=True, exist_ok=True)
        number = 1
        while (path := target.with_name(f"{target.name}_{number:05}{suffix}")).exists():
            number += 1
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise AUHeadError(f'No file can be saved under "{prefix}" ({reason}); use another prefix.') from error
    return path, (FOLDER / target.parent.relative_to(root)).as_posix()


def temporary_file(name: str) -> tuple[Path, dict[str, str]]:
    """A place in ComfyUI's temp folder, which it empties when it starts, and what its /view address is made of."""
    folder = Path(folder_paths.get_temp_directory()) / FOLDER
    return folder / name, {"filename": name, "subfolder": FOLDER, "type": "temp"}


def _root(choice: str) -> Path:
    """Where an entry of `performance_files` lies, symbolic links resolved."""
    saved = choice.endswith(SAVED)
    parent = folder_paths.get_output_directory() if saved else folder_paths.get_input_directory()
    return (Path(parent) / FOLDER).resolve()


def _files_in(root: Path, suffixes: tuple[str, ...]) -> list[str]:
    """Paths relative to a folder, with forward slashes; none when the folder is missing or cannot be read."""
    try:
        return sorted(
            path.relative_to(root).as_posix()
            for path in root.rglob("*")
            if path.suffix.lower() in suffixes and path.is_file() and path.resolve().is_relative_to(root)
        )
    except OSError:
        return []
