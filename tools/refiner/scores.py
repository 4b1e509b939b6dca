"""Measures on crops inside their masks: decibels, also with both sides blurred, and sharpness against the truth."""

import torch
from dataset import Batch, Pairs, blurred

from auhead_models.diffusion.refiner import Refiner, regress

BLUR = 2.0  # pixels of the crop, on both sides
CHUNK = 8


def decibels(found: torch.Tensor, truth: torch.Tensor, where: torch.Tensor, sigma: float = 0.0) -> torch.Tensor:
    """PSNR of each picture [N] of [N, 3, h, w] inside `where` [N, 1, h, w] (boolean)."""
    error = (blurred(found, sigma) - blurred(truth, sigma)) ** 2
    mean = (error * where).sum((1, 2, 3)) / (3 * where.sum((1, 2, 3))).clamp(min=1)
    return -10 * mean.clamp(min=1e-8).log10()


def sharpness(pictures: torch.Tensor, where: torch.Tensor) -> torch.Tensor:
    """Variance of the Laplacian of the brightness inside `where`, [N]."""
    grey = pictures.mean(1, keepdim=True)
    kernel = grey.new_tensor([[[[0, 1, 0], [1, -4, 1], [0, 1, 0]]]])
    edges = torch.nn.functional.conv2d(grey, kernel, padding=1)
    count = where.sum((1, 2, 3)).clamp(min=1)
    mean = (edges * where).sum((1, 2, 3)) / count
    return ((edges - mean[:, None, None, None]) ** 2 * where).sum((1, 2, 3)) / count


@torch.inference_mode()
def refined(network: Refiner, batch: Batch) -> torch.Tensor:
    """The warp with the one-step residual added, [N, 3, h, w]."""
    return (batch.warp + batch.mask * regress(network, batch.given)).clamp(0, 1)


@torch.inference_mode()
def quick_scores(network: Refiner, pairs: Pairs, most: int = 96) -> dict[str, float]:
    """Gains over the warp, in decibels: raw and blurred; sharpness of warp and output against the truth."""
    numbers = torch.linspace(0, len(pairs) - 1, min(most, len(pairs))).long().tolist()
    gain, gain_blurred, ratios = [], [], []
    for start in range(0, len(numbers), CHUNK):
        batch = pairs.batch(numbers[start : start + CHUNK])
        out, where = refined(network, batch), batch.mask > 0
        for sigma, gains in ((0, gain), (BLUR, gain_blurred)):
            gains.append(decibels(out, batch.target, where, sigma) - decibels(batch.warp, batch.target, where, sigma))
        ratios.append(torch.stack([sharpness(p, where) for p in (batch.warp, out, batch.target)]))
    warp, out, truth = torch.cat(ratios, 1).mean(1)
    return {
        "raw": round(float(torch.cat(gain).mean()), 3),
        "blurred": round(float(torch.cat(gain_blurred).mean()), 3),
        "sharp_warp": round(float(warp / truth), 3),
        "sharp": round(float(out / truth), 3),
    }
