"""How tests of the refined warp draw, with a network whose answers are known."""

from dataclasses import dataclass

import torch
from stand_ins import parts_at

from auhead_models.au import AUSequence
from auhead_models.au.space import UNIT_INDEX
from auhead_models.diffusion.guidance import Guidance
from auhead_models.diffusion.refined_warp import RefinedWarpRenderer
from auhead_models.diffusion.refiner import SCHEDULE, RegionInputs, fold
from auhead_models.diffusion.regions import EYE_PAIR, MOUTH, cut
from auhead_models.diffusion.running import SamplerSettings
from auhead_models.face.deform import FaceDeformer
from auhead_models.face.topology import LOWER_LIP, UPPER_LIP
from auhead_models.face.warp import WarpRenderer

SMILE = UNIT_INDEX["lip_corner_raise_left"]
SMILING = {"jaw_open": 0.6, "lip_corner_raise_left": 0.3}
BRIGHTER = 0.2  # what the stand-in adds to a region for a whole smile


@dataclass(frozen=True, eq=False)
class Seen:
    """One call of the network."""

    sample: torch.Tensor
    time: int
    given: RegionInputs

    @property
    def region(self):
        return MOUTH if self.given.mask.shape[-2:] == MOUTH.size else EYE_PAIR


class Knowing(torch.nn.Module):
    """A refiner whose residual is brighter by the smile that it is told of; it keeps what it was shown."""

    def __init__(self):
        super().__init__()
        self.seen: list[Seen] = []

    def forward(self, sample, timestep, given):
        self.seen.append(Seen(sample.clone(), int(timestep), given))
        level = BRIGHTER * given.values[:, SMILE, None, None, None]
        target = fold(level.expand_as(given.warp))
        kept, noisy = parts_at(int(timestep), SCHEDULE)
        return kept * (sample - kept * target) / noisy - noisy * target


def perform(frames=3, **columns):
    columns = columns or {"jaw_open": 0.6, "eye_closure_left": 0.7, "eye_closure_right": 0.7, "brow_raise_left": 0.4}
    return AUSequence.zeros(frames).with_columns(columns)


def render(model, face, performance=None, facemaps=None, progress=None, **settings):
    settings = {"steps": 2, "guidance": Guidance(1.0), **settings}
    renderer = RefinedWarpRenderer(model, face, SamplerSettings(**settings))
    frames = [frame for frame, _ in renderer.render(performance or perform(), progress, facemaps)]
    return torch.stack(frames), renderer


def always(au_scale, region="all"):
    return Guidance(1.0, au_scale, region, start=0, end=1)


def warp(face, performance):
    return torch.stack([frame for frame, _ in WarpRenderer(face).render(performance)])


def points_of(face, performance):
    return FaceDeformer(face).meshes(performance)


def between_the_lips(face, performance, pictures):
    """What pictures [T, H, W, 3] show in the middle of the open mouth, [T, 3]."""
    ring = points_of(face, performance)[:, [*UPPER_LIP[3], *LOWER_LIP[3]], :2]
    places = ring.mean(1).long()
    return torch.stack([picture[y, x] for picture, (x, y) in zip(pictures, places.tolist(), strict=True)])


def region_of(pictures, matrices, region):
    return cut(pictures, matrices, region.size).movedim(-1, 1)


def with_and_without(seen):
    """The two predictions of the first step."""
    return [each.given for each in seen if each.time == seen[0].time and each.region is MOUTH]
