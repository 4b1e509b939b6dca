"""How tests of the sampler draw."""

import torch
import torch.nn.functional as F
from stand_ins import CELL

from auhead_models.au import AUSequence
from auhead_models.diffusion.guidance import Guidance
from auhead_models.diffusion.running import SamplerSettings
from auhead_models.diffusion.sampler import DiffusionRenderer

BROWS = {"brow_raise_left": 0.3, "brow_raise_right": 0.3}
TWO_SEGMENTS = 25  # frames, in windows of four


def make_renderer(model, face, **changes):
    settings = {"steps": 2, "window": 4, "overlap": 1, "guidance": Guidance(1.0), **changes}
    return DiffusionRenderer(model, face, SamplerSettings(**settings))


def perform(frames, **columns):
    return AUSequence.zeros(frames).with_columns(columns or BROWS)


def draw(renderer, performance, **given):
    return torch.stack([frame for frame, _ in renderer.render(performance, **given)])


def always(scale, au_scale, region="all"):
    return Guidance(scale, au_scale, region, start=0, end=1)


def own_pictures(frames):
    """Pictures of one's own, and what cells of 8 x 8 pixels can show of them."""
    pictures = torch.rand(frames, 64, 64, 3, generator=torch.Generator().manual_seed(0))
    cells = F.avg_pool2d(pictures.movedim(-1, 1), CELL)
    return pictures, F.interpolate(cells, scale_factor=CELL).movedim(1, -1)
