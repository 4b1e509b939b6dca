"""Action Units as tokens that the denoising network attends to: one for each of the 24 units, in the order of UNITS."""

import torch
from torch import nn

from ..au.space import UNITS


class AUTokens(nn.Module):
    """values [N, 24] and own [24], as in `AUSequence` and `Face` → tokens [N, 24, dim].

    A token holds which unit it is, how far the performance moves it (-1..1) and how much of it the portrait shows by
    itself (0..1).
    """

    def __init__(self, dim: int):
        super().__init__()
        self.unit = nn.Embedding(len(UNITS), dim)
        self.strength = nn.Linear(2, dim)

    def forward(self, values: torch.Tensor, own: torch.Tensor) -> torch.Tensor:
        strength = torch.stack([values, own.expand_as(values)], -1)
        return self.strength(strength.to(self.unit.weight)) + self.unit.weight
