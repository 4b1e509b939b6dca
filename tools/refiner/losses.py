"""What the network is asked for: large differences of the mouth's inside and the lids, not the grain of skin."""

import torch
import torch.nn.functional as F
from dataset import Batch

from auhead_models.diffusion.refiner import Refiner, fold, unfold
from auhead_models.face.curves import smoothstep

COARSE, COARSER = 8, 5  # pixels; cells of half of them: broader errors count again, broader differences are changes
CHANGE_SEEN, CHANGE_FULL = 0.025, 0.07  # differences (0..1, blurred) that count as a change
CALM = {"mouth": 0.10, "eyes": 0.6}  # weight of what does not change; there the residual should be nothing
LARGE = 0.15  # errors (0..1) from which on their size counts, not their square
PERCENT = 100  # of the squared errors, so that the loss is about 1
CRISP = 10.0  # weight of how much fine detail there is
LEAST = 1e-4  # squares of detail too small to matter


def wanted(batch: Batch, region: str) -> tuple[torch.Tensor, torch.Tensor]:
    """The residual to learn [N, 3, h, w] and the weight of its pixels [N, 1, h, w].

    Where warp and target differ only by shifted grain nobody could guess the difference, and the best guess would blur
    the warp: there the residual is 0.
    """
    residual = batch.target - batch.warp
    change = F.avg_pool2d(coarse(residual).abs().amax(1, keepdim=True), COARSER, 1, COARSER // 2)
    change = smoothstep(change, CHANGE_SEEN, CHANGE_FULL)
    change = F.interpolate(change, residual.shape[-2:], mode="bilinear")
    return residual * change, batch.mask * (CALM[region] + (1 - CALM[region]) * change)


def regression_loss(found: torch.Tensor, batch: Batch, region: str) -> torch.Tensor:
    """Error at two scales, squared where it is small, by its size where it is large; and lack or excess of detail.

    The best guess of edges that may lie here or there has none. So the detail around each place is compared as well,
    wherever exactly it lies.
    """
    residual, weight = wanted(batch, region)
    error = (found - residual) * batch.mask
    weights = coarse(weight)
    crispness = (detail(batch.warp + batch.mask * found) - detail(batch.target)).abs()
    fine, broad, crisp = (
        mean(part, each)
        for part, each in ((robust(error), weight), (robust(coarse(error)), weights), (crispness, weights))
    )
    return PERCENT * (fine + broad) + CRISP * crisp


def robust(errors: torch.Tensor) -> torch.Tensor:
    """Squares of what is small, 2 LARGE times the size of what is large (Charbonnier)."""
    return 2 * LARGE**2 * ((1 + (errors / LARGE) ** 2).sqrt() - 1)


def mean(errors: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    return (errors.mean(1, keepdim=True) * weight).sum() / (weight.sum() + 1e-3)


def coarse(pictures: torch.Tensor) -> torch.Tensor:
    """Means of overlapping squares, [N, C, h, w] to [N, C, h/4, w/4]."""
    return F.avg_pool2d(pictures, COARSE, COARSE // 2, COARSE // 4, count_include_pad=False)


def detail(pictures: torch.Tensor) -> torch.Tensor:
    """The root mean square of the brightness's Laplacian in each square, [N, 3, h, w] to [N, 1, h/4, w/4]."""
    kernel = pictures.new_tensor([[[[0, 1, 0], [1, -4, 1], [0, 1, 0]]]])
    edges = F.conv2d(pictures.mean(1, keepdim=True), kernel, padding=1)
    return (coarse(edges**2) + LEAST).sqrt()


def diffusion_loss(network: Refiner, batch: Batch, region: str) -> torch.Tensor:
    """The same of the residual that follows from v at random times."""
    residual, _ = wanted(batch, region)
    clean = fold(residual * (batch.mask > 0))
    noise = torch.randn_like(clean)
    time = torch.randint(len(network.signal), (len(clean),))
    keep, spread = (part.sqrt()[:, None, None, None] for part in (network.signal[time], 1 - network.signal[time]))
    sample = keep * clean + spread * noise
    with torch.autocast("cpu", torch.bfloat16):
        v = network(sample, time, batch.given)
    return regression_loss(unfold(keep * sample - spread * v.float()), batch, region)
