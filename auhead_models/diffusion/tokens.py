"""What the denoising network attends to beside the portrait: Action Units, and speech, as tokens."""

import torch
import torch.nn.functional as F
from torch import nn

from ..au.space import UNITS

AROUND = 2  # frames before and after its own that a frame hears, as in Hallo (arXiv 2406.08801)


class AUTokens(nn.Module):
    """values [N, 24] and own [24], as in `AUSequence` and `Face` → tokens [N, 24, dim], in the order of UNITS.

    A token holds which unit it is, how far the performance moves it (-1..1) and how much of it the portrait shows by
    itself (0..1), each unit in directions of its own: so even the mean of all tokens tells which one moved.
    """

    def __init__(self, dim: int):
        super().__init__()
        self.unit = nn.Embedding(len(UNITS), dim)
        self.moved, self.shown = nn.Embedding(len(UNITS), dim), nn.Embedding(len(UNITS), dim)

    def forward(self, values: torch.Tensor, own: torch.Tensor) -> torch.Tensor:
        values, own = (part.to(self.unit.weight)[..., None] for part in (values, own.expand_as(values)))
        return self.unit.weight + values * self.moved.weight + own * self.shown.weight


class AudioTokens(nn.Module):
    """Features of what is heard around each of N frames [N, 5, width] → tokens [N, 5, dim]. Tokens of 0 are silence."""

    def __init__(self, width: int, dim: int):
        super().__init__()
        self.moment = nn.Embedding(2 * AROUND + 1, dim)
        self.first, self.second = nn.Linear(width, dim), nn.Linear(dim, dim)

    def forward(self, heard: torch.Tensor) -> torch.Tensor:
        return self.second(F.gelu(self.first(heard.to(self.first.weight)) + self.moment.weight))


def heard_around(features: torch.Tensor) -> torch.Tensor:
    """Features of a whole sound [T, width] → those around each frame [T, 5, width], 0 beyond its ends."""
    return F.pad(features, (0, 0, AROUND, AROUND)).unfold(0, 2 * AROUND + 1, 1).movedim(-1, 1)
