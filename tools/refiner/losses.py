"""What the regression is asked for: large differences of the mouth's inside and the lids, not the grain of skin."""

import torch
from dataset import Batch, blurred

from auhead_models.face.curves import smoothstep

COARSE, COARSER = 2.0, 5.0  # pixels: what is broader than these is repaired for certain
CHANGE_SEEN, CHANGE_FULL = 0.025, 0.07  # differences (0..1, blurred) that count as a change
CALM = 0.10  # weight of what does not change; there the residual should be nothing
EDGES = 0.2  # weight of the differences from pixel to pixel


def wanted(batch: Batch) -> tuple[torch.Tensor, torch.Tensor]:
    """The residual to learn [N, 3, h, w] and the weight of its pixels [N, 1, h, w].

    Where warp and target differ only by shifted grain nobody could guess the difference, and the best guess would blur
    the warp: there the residual is 0.
    """
    residual = batch.target - batch.warp
    change = blurred(blurred(residual, COARSE).abs().amax(1, keepdim=True), COARSER)
    change = smoothstep(change, CHANGE_SEEN, CHANGE_FULL)
    return residual * change, batch.mask * (CALM + (1 - CALM) * change)


def regression_loss(found: torch.Tensor, batch: Batch) -> torch.Tensor:
    """Squared error at three scales and of edges, weighted."""
    residual, weight = wanted(batch)
    error = (found - residual) * batch.mask
    total = 3 * weight.sum() + 1e-3
    square = lambda part: (part**2 * weight).sum() / total  # noqa: E731
    coarse = blurred(error, COARSE)
    across, down = error[..., 1:] - error[..., :-1], error[..., 1:, :] - error[..., :-1, :]
    edges = (across.abs() * weight[..., 1:]).sum() / total + (down.abs() * weight[..., 1:, :]).sum() / total
    scale = 0.01  # a mean square that counts as 1
    return (0.5 * square(error) + square(coarse) + square(blurred(coarse, COARSER))) / scale + EDGES * edges / 0.1
