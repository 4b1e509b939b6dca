"""The colour of a portrait's skin, after which everything painted is toned."""

import torch

from .remap import sample_pixels

SKIN_POINTS = (50, 280, 101, 330, 151)  # cheeks and forehead
COLOURED = 0.18  # saturation from which a portrait counts as fully coloured; drawings and old photographs have less


def skin_colour(crop: torch.Tensor, points: torch.Tensor) -> torch.Tensor:
    """Median colour [3] of cheeks and forehead; crop [3, S, S], points [478, >= 2] crop pixels."""
    offsets = torch.arange(-4.0, 5.0).to(points)
    grid = torch.stack(torch.meshgrid(offsets, offsets, indexing="xy"), -1).view(-1, 2)
    around = points[list(SKIN_POINTS), None, :2] + grid
    return sample_pixels(crop[None], around.view(1, 1, -1, 2))[0, :, 0].median(-1).values


def skin_saturation(skin: torch.Tensor) -> torch.Tensor:
    """How coloured a portrait is, from its skin [3]: 0 grey, 1 in full colour."""
    return ((skin.amax() - skin.amin()) / skin.amax().clamp(min=1e-3) / COLOURED).clamp(0, 1)
