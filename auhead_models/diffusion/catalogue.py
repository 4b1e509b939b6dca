"""The diffusion models by name: bundled, public, or a file of one's own; and the renderer that goes with each."""

import logging
from collections.abc import Callable
from pathlib import Path

import torch

from ..errors import AUHeadError
from ..face.face import Face
from .checkpoints import load_bundle, load_model
from .download import download_bundle
from .manifest import Folders, MissingFilesError, find_bundle
from .model import FaceDiffusion
from .presets import MODELS
from .refined_warp import RefinedWarpRenderer, RefinerModel
from .refiner_files import is_refiner, load_refiner
from .running import SamplerSettings, settings_of
from .sampler import DiffusionRenderer
from .weight_files import weight_dtype

logger = logging.getLogger(__name__)

BUNDLED, PUBLIC = MODELS
TINY_FILE = Path(__file__).parents[1] / "weights" / "auhead_tiny.safetensors"


def open_model(
    name: str | Path,
    folders: Folders,
    precision: str = "auto",
    device: str | torch.device = "cpu",
    download: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> FaceDiffusion | RefinerModel:
    """Load a model; its networks lie on the CPU.

    name: one of MODELS or the path of a file. folders: ComfyUI's model folders, for the files of sd15. precision: as
    in `checkpoints`; refiners leave it alone, and say so. device: where it will compute. download: whether missing
    files of sd15 may be fetched, which `progress` (done, total bytes) then follows. Raises AUHeadError when files are
    missing, damaged or of another kind.
    """
    if name == BUNDLED:
        if not TINY_FILE.is_file():
            raise AUHeadError(f"The weights {TINY_FILE.name} are missing: install the plugin again.")
        return _open_refiner(TINY_FILE, precision)
    if name == PUBLIC:
        found = find_bundle(folders)
        files = dict(found.files)
        if found.missing:
            if not download:
                raise MissingFilesError(found.missing)
            files |= download_bundle(found.missing, folders, progress)
        return load_bundle(files, precision, device)
    return _open_refiner(name, precision) if is_refiner(name) else load_model(name, precision, device)


def make_settings(
    model: FaceDiffusion | RefinerModel, steps: int = 0, guidance: float = 0.0, **others
) -> SamplerSettings:
    """Settings in which 0 steps and a guidance of 0 stand for what is usual with the model.

    others: of `Guidance` (au_scale, region, start, end, rescale) and of `SamplerSettings`.
    """
    return settings_of(steps or model.usual_steps, guidance or model.usual_guidance, **others)


def listens_to(model: FaceDiffusion | RefinerModel) -> str | None:
    """The name of the audio features that a model is given; None for one that does not listen."""
    return model.architecture.audio.get("features") if isinstance(model, FaceDiffusion) else None


def make_renderer(
    model: FaceDiffusion | RefinerModel,
    face: Face,
    settings: SamplerSettings,
    device: str | torch.device = "cpu",
    place: Callable[..., None] | None = None,
) -> DiffusionRenderer | RefinedWarpRenderer:
    """What draws a face with a model; arguments as in `DiffusionRenderer`."""
    kind = RefinedWarpRenderer if isinstance(model, RefinerModel) else DiffusionRenderer
    return kind(model, face, settings, device, place)


def _open_refiner(path: str | Path, precision: str) -> RefinerModel:
    if weight_dtype(precision) != torch.float32:
        logger.warning("A refiner always computes in fp32, so a precision of %s changes nothing.", precision)
    return load_refiner(path)
