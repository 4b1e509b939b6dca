"""What every renderer by diffusion shares: its settings, its count of work, and where its networks are.

A renderer is built for a face and a model and yields (frame [S, S, 3], mask [S, S]) for every frame of a performance.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import nn

from ..errors import AUHeadError
from .guidance import Guidance

_LOWEST, _HIGHEST = -0.5, 1.5  # of FaceMaps: enlarging overshoots 0..1 a little; -1..1 is a mistake

Progress = Callable[..., None]  # (done, total) and, now and then, a rough picture [h, w, 3] of what is being drawn


@dataclass(frozen=True)
class SamplerSettings:
    """seed: of the noise · steps, 1 or more · scheduler: one of SCHEDULERS · window, overlap: frames."""

    seed: int = 0
    steps: int = 20
    scheduler: str = "ddim"
    guidance: Guidance = field(default_factory=Guidance)
    window: int = 16
    overlap: int = 4

    def __post_init__(self):
        if self.steps < 1:
            raise AUHeadError(f"{self.steps} steps were asked for; use 1 or more.")


def settings_of(steps: int, guidance: float, **others) -> SamplerSettings:
    """Settings from one list of names. others: of `Guidance` and of `SamplerSettings`."""
    known = {name: others.pop(name) for name in Guidance.__dataclass_fields__ if name in others}
    return SamplerSettings(steps=steps, guidance=Guidance(scale=guidance, **known), **others)


def check_settings(steps: int = 0, guidance: float = 0.0, **others) -> None:
    """Raises AUHeadError for settings that no model could be drawn with; arguments as in `catalogue.make_settings`."""
    settings_of(steps or 1, guidance or 1.0, **others)


@dataclass
class Spent:
    """Predictions made so far, counted for one window, and steps."""

    predictions: int = 0
    steps: int = 0

    @property
    def per_step(self) -> float:
        return self.predictions / max(1, self.steps)


def mover(device: torch.device) -> Callable[..., None]:
    """What brings networks to a device where nobody else manages them."""

    @torch.inference_mode(False)  # weights that were moved in it could never be trained again
    def place(*networks: nn.Module, memory: int = 0) -> None:
        for network in networks:
            network.to(device)

    return place


def check_facemaps(facemaps: torch.Tensor | None, frames: int) -> None:
    """Raises AUHeadError when there are FaceMaps, but not pictures [T, H, W, 3] in 0..1 with one for each frame."""
    if facemaps is None:
        return
    shape = facemaps.shape
    if len(shape) != 4 or min(shape[1:3]) < 1 or shape[3] < 3 or not facemaps.is_floating_point():  # alpha is left out
        what = f"are {facemaps.dtype} of shape {list(shape)}".replace("torch.", "")
        raise AUHeadError(f"The FaceMaps {what}; give pictures in colour, [T, H, W, 3] in 0..1.")
    if shape[0] != frames:
        raise AUHeadError(
            f"There are {shape[0]} FaceMaps for a performance of {frames} frames; give one for each frame."
        )
    for index, facemap in enumerate(facemaps):
        low, high = map(float, facemap[..., :3].aminmax())  # NaN if one of them is, and takes no room
        if not _LOWEST <= low <= high <= _HIGHEST:
            raise AUHeadError(f"FaceMap {index} holds values from {low:g} to {high:g}; give pictures in 0..1.")


def check_finite(drawn: torch.Tensor, model: str) -> None:
    """Raises AUHeadError where a model has come to values that would make a black picture."""
    if not bool(drawn.isfinite().all()):
        raise AUHeadError(
            f"The numbers of the model {model} have run away (some are infinite or undefined) and would make a black "
            "picture; use less guidance or the precision fp32, and if that does not help, another copy of its file."
        )


@dataclass
class StepCounter:
    """Tells `progress` of steps, and of moments between them in which a user may cancel."""

    progress: Progress | None
    total: int
    done: int = 0

    def step(self, picture: torch.Tensor | None = None, steps: int = 1) -> None:
        self.done += steps
        if self.progress is not None:
            self.progress(self.done, self.total, *(() if picture is None else (picture,)))

    def moment(self) -> None:
        """Nothing is done yet, but some time has passed."""
        self.step(steps=0)
