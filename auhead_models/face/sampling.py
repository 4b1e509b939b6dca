"""Square, turned regions of an image, sampled for a network.

An image is float RGB [H, W, 3] in 0..1. As in MediaPipe, sample i of n lies at i/n of the region's side and reads the
image at that pixel index, so a network's output in pixels maps back with the same linear formula.
"""
import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

_POSITIONS = 32  # per pixel: INTER_TAB_SIZE of OpenCV's warp
_LEVELS = 255
_HALF_UP = 0.5 + 1e-4  # a half, safe from rounding in float32


@dataclass(frozen=True)
class Region:
    """A square in image pixels; ``angle`` turns it clockwise on the screen (radians)."""

    x: float
    y: float
    size: float
    angle: float = 0.0

    def turn(self, like: Tensor) -> Tensor:
        """Rotation [2, 2] from the region's axes to the image's, of the type and device of ``like``."""
        cos, sin = math.cos(self.angle), math.sin(self.angle)
        return like.new_tensor([[cos, -sin], [sin, cos]])

    def to_image(self, points: Tensor) -> Tensor:
        """Points [..., 2] or [..., 3] in 0..1 of the region to image pixels; z is scaled alike."""
        flat = (points[..., :2] - 0.5) * self.size @ self.turn(points).mT + points.new_tensor([self.x, self.y])
        return torch.cat([flat, points[..., 2:] * self.size], -1)


def sample_region(image: Tensor, region: Region, size: int, outside: str) -> Tensor:
    """Bilinear samples [1, 3, size, size]; ``outside`` the image is "border" (its edge) or "zeros".

    Positions are rounded to 1/32 pixel and results to 8-bit levels, as by the OpenCV warp in front of MediaPipe's
    networks: the detector answers to such small differences with shifts of up to 0.3 % of the distance of the eyes.
    """
    height, width = image.shape[:2]
    step = torch.arange(size, dtype=torch.float64) / size
    y, x = torch.meshgrid(step, step, indexing="ij")
    at = (region.to_image(torch.stack([x, y], -1)) * _POSITIONS).round() / _POSITIONS + 0.5
    grid = (at / at.new_tensor([width, height]) * 2 - 1).to(image)
    samples = F.grid_sample(image.permute(2, 0, 1)[None], grid[None], padding_mode=outside, align_corners=False)
    return (samples * _LEVELS + _HALF_UP).floor() / _LEVELS
