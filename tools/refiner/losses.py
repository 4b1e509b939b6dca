"""What the network is asked for: large differences of the mouth's inside and the lids, not the grain of skin."""

import torch
from dataset import Batch, blurred

from auhead_models.diffusion.refiner import Refiner, fold, unfold
from auhead_models.face.curves import smoothstep

COARSE, COARSER = 2.0, 5.0  # pixels: what is broader than these is repaired for certain
CHANGE_SEEN, CHANGE_FULL = 0.025, 0.07  # differences (0..1, blurred) that count as a change
CALM = {"mouth": 0.10, "eyes": 0.6}  # weight of what does not change; there the residual should be nothing
EDGES = 0.2  # weight of the differences from pixel to pixel
LARGE = 0.06  # errors (0..1) from which on their size counts, not their square


def wanted(batch: Batch, region: str) -> tuple[torch.Tensor, torch.Tensor]:
    """The residual to learn [N, 3, h, w] and the weight of its pixels [N, 1, h, w].

    Where warp and target differ only by shifted grain nobody could guess the difference, and the best guess would blur
    the warp: there the residual is 0.
    """
    residual = batch.target - batch.warp
    change = blurred(blurred(residual, COARSE).abs().amax(1, keepdim=True), COARSER)
    change = smoothstep(change, CHANGE_SEEN, CHANGE_FULL)
    return residual * change, batch.mask * (CALM[region] + (1 - CALM[region]) * change)


def regression_loss(found: torch.Tensor, batch: Batch, region: str) -> torch.Tensor:
    """Error at three scales and of edges, weighted; squared where it is small, by its size where it is large.

    A dark hollow or a tongue: the mean of what may be there is fog, the median is one of them.
    """
    residual, weight = wanted(batch, region)
    error = (found - residual) * batch.mask
    total = 3 * weight.sum() + 1e-3
    robust = lambda part: (((1 + (part / LARGE) ** 2).sqrt() - 1) * weight).sum() / total  # noqa: E731
    coarse = blurred(error, COARSE)
    across, down = error[..., 1:] - error[..., :-1], error[..., 1:, :] - error[..., :-1, :]
    edges = (across.abs() * weight[..., 1:]).sum() / total + (down.abs() * weight[..., 1:, :]).sum() / total
    return 0.5 * robust(error) + robust(coarse) + robust(blurred(coarse, COARSER)) + EDGES * edges / 0.1


def diffusion_loss(network: Refiner, batch: Batch, region: str) -> torch.Tensor:
    """The same of the residual that follows from v at random times."""
    residual, _ = wanted(batch, region)
    clean = fold(residual * (batch.mask > 0))
    noise = torch.randn_like(clean)
    time = torch.randint(len(network.signal), (len(clean),))
    keep, spread = (part.sqrt()[:, None, None, None] for part in (network.signal[time], 1 - network.signal[time]))
    sample = keep * clean + spread * noise
    found = keep * sample - spread * network(sample, time, batch.given)
    return regression_loss(unfold(found), batch, region)
