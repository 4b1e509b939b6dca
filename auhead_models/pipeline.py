"""The whole way, and its two side roads.

    portrait ─ find_face ──────────────────┐
    speech ── speech_to_au ── AUSequence ──┴─ renderer ── frames ── paste_back

Pictures are [H, W, 3] in 0..1. Frames come one at a time from a generator, so memory does not grow with the length.
`device` is a torch device or one of DEVICES; portraits are found and measured on the CPU, everything that repeats for
every frame runs there. Frames lie on the device that drew them, whole pictures on that of the portrait.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from .au import FPS, AUSequence
from .diffusion.guidance import Guidance
from .diffusion.running import Progress, SamplerSettings, check_settings
from .errors import AUHeadError
from .face.crop import paste_back
from .face.deform import FaceDeformer
from .face.estimate import estimate_sequence
from .face.face import Face, find_face
from .face.facemap import draw_facemap
from .face.follow import follow_face
from .face.warp import WarpRenderer
from .hearing import hear
from .speech import Audio, SpeechOptions, speech_to_au

RENDERERS = ("warp", "diffusion")
NEEDS_DIFFUSERS = (
    "Drawing by diffusion needs the Python package diffusers, which is not installed or does not start; install it "
    'with pip install "diffusers>=0.34,<0.40".'
)

DEVICES = ("cpu", "cuda", "auto")  # auto: cuda where there is one

_PIECE = 25  # frames of FaceMaps drawn at once


def choose_device(name: str | torch.device) -> torch.device:
    """The device of that name. Raises AUHeadError for "cuda" where PyTorch has none."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    device = torch.device(name)
    if device.type == "cuda" and not torch.cuda.is_available():
        raise AUHeadError('PyTorch finds no CUDA device here; use "cpu" or "auto".')
    return device


@dataclass(frozen=True)
class Diffusion:
    """What the renderer "diffusion" is asked for; 0 steps and a guidance of 0 are what is usual with the model.

    model: "tiny", "sd15" or the path of a file · models: folder that holds the public files, as ComfyUI's models/ · the
    rest as in `diffusion.running.SamplerSettings` and `diffusion.guidance.Guidance`. Raises AUHeadError for what no
    model could be drawn with.
    """

    model: str | Path = "tiny"
    models: Path = Path("models")
    precision: str = "auto"
    seed: int = 0
    steps: int = 0
    scheduler: str = SamplerSettings.scheduler
    guidance: float = 0.0
    au_guidance: float = 1.0
    au_region: str = "all"
    guidance_start: float = Guidance.start
    guidance_end: float = Guidance.end
    guidance_rescale: float = Guidance.rescale
    window: int = SamplerSettings.window
    overlap: int = SamplerSettings.overlap

    def __post_init__(self):
        check_settings(**self.asked)  # before weights are read

    @property
    def asked(self) -> dict[str, Any]:
        """As `diffusion.catalogue.make_settings` takes it."""
        return {
            "steps": self.steps,
            "guidance": self.guidance,
            "au_scale": self.au_guidance,
            "region": self.au_region,
            "start": self.guidance_start,
            "end": self.guidance_end,
            "rescale": self.guidance_rescale,
            "seed": self.seed,
            "scheduler": self.scheduler,
            "window": self.window,
            "overlap": self.overlap,
        }


@dataclass(frozen=True)
class Clip:
    """Frames [height, width, 3] that are drawn while they are read, once."""

    frames: Iterator[torch.Tensor]
    count: int
    fps: float
    width: int
    height: int


def animate(
    portrait: torch.Tensor,
    audio: Audio,
    options: SpeechOptions | None = None,
    seed: int = 0,
    size: int = 512,
    relax: float = 0.0,
    renderer: str = "warp",
    fps: float = FPS,
    device: str | torch.device = "cpu",
    diffusion: Diffusion | None = None,
) -> Clip:
    """A portrait and a speech recording become a talking head. Raises AUHeadError for a portrait without a face."""
    face = find_face(portrait, size=size, relax=relax)
    performance = speech_to_au(audio, options or SpeechOptions(), seed)
    return draw(face, performance.resample(fps), renderer, device=device, diffusion=diffusion, audio=audio)


def draw(
    face: Face,
    performance: AUSequence,
    renderer: str = "warp",
    whole_picture: bool = False,
    max_side: int = 1280,
    device: str | torch.device = "cpu",
    diffusion: Diffusion | None = None,
    audio: Audio | None = None,
    progress: Progress | None = None,
) -> Clip:
    """A face performs, drawn in its square crop or, with whole_picture, in the picture that it was cut from.

    audio: for a diffusion model that listens. progress: called with (done, total) steps of whatever draws.
    """
    device = choose_device(device)
    if renderer == "warp":
        drawn = WarpRenderer(face, device).render(performance, progress)
    elif renderer == "diffusion":
        drawn = _diffused(face, performance, device, diffusion or Diffusion(), audio, progress)
    else:
        raise AUHeadError(f'There is no renderer "{renderer}"; choose one of {", ".join(RENDERERS)}.')
    frames = (frame for frame, _ in drawn)
    height = width = face.size
    if whole_picture:
        frames = paste_back(face.image, frames, face.crop_matrix, face.mask, max_side=max_side)
        height, width = face.image.shape[:2]
        shrink = min(1.0, max_side / max(height, width))
        height, width = max(1, round(height * shrink)), max(1, round(width * shrink))
    return Clip(frames, len(performance), performance.fps, width, height)


def _diffused(
    face: Face,
    performance: AUSequence,
    device: torch.device,
    wanted: Diffusion,
    audio: Audio | None,
    progress: Progress | None,
) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Frames and masks, drawn by a diffusion model."""
    try:
        from .diffusion import catalogue  # diffusers takes seconds to import, and only this renderer needs it
        from .diffusion.manifest import model_folders
    except ImportError as error:
        raise AUHeadError(NEEDS_DIFFUSERS) from error
    model = catalogue.open_model(wanted.model, model_folders(wanted.models), wanted.precision, device)
    settings = catalogue.make_settings(model, **wanted.asked)
    heard = hear(catalogue.listens_to(model), audio, len(performance), performance.fps)
    return catalogue.make_renderer(model, face, settings, device).render(performance, progress, audio=heard)


def draw_facemaps(
    face: Face,
    performance: AUSequence,
    style: str = "aniportrait",
    size: int | None = None,
    device: str | torch.device = "cpu",
) -> Clip:
    """The same performance as a structured drawing of the face, for a video diffusion model or a ControlNet."""
    size = size or face.size
    deform = FaceDeformer(face, choose_device(device))

    def frames() -> Iterator[torch.Tensor]:
        for start in range(0, len(performance), _PIECE):
            piece = performance.frames(start, start + _PIECE)
            yield from draw_facemap(deform.meshes(piece), size, style, torch.tensor(piece.values), face.size)

    return Clip(frames(), len(performance), performance.fps, size, size)


@torch.inference_mode()
def video_to_au(
    frames: Iterable[torch.Tensor], fps: float, neutral: str = "auto", device: str | torch.device = "cpu"
) -> AUSequence:
    """The performance of the largest face in a video: frames [H, W, 3], `neutral` as in `estimate_sequence`."""
    points = follow_face(frames, choose_device(device))
    if not len(points):
        raise AUHeadError("The video holds no frames; give one that can be played.")
    return estimate_sequence(points, fps, neutral)
