"""Square, turned regions of an image, sampled for a network.

An image is float RGB [H, W, 3] in 0..1. As in MediaPipe, sample i of n lies at i/n of the region's side and reads the
image at that pixel index, so a network's output in pixels maps back with the same linear formula.
"""
import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor


@dataclass(frozen=True)
class Region:
    """A square in image pixels; ``angle`` turns it clockwise on the screen (radians)."""

    x: float
    y: float
    size: float
    angle: float = 0.0

    def axes(self, device: torch.device) -> tuple[Tensor, Tensor]:
        """Centre [2] and rotation [2, 2] from the region's axes to the image's."""
        cos, sin = math.cos(self.angle), math.sin(self.angle)
        return torch.tensor([self.x, self.y], device=device), torch.tensor([[cos, -sin], [sin, cos]], device=device)

    def to_image(self, points: Tensor) -> Tensor:
        """Points [..., 2] or [..., 3] in 0..1 of the region to image pixels; z is scaled alike."""
        centre, turn = self.axes(points.device)
        flat = (points[..., :2] - 0.5) * self.size @ turn.mT + centre
        return torch.cat([flat, points[..., 2:] * self.size], -1)


def sample_region(image: Tensor, region: Region, size: int, outside: str) -> Tensor:
    """Bilinear samples [1, 3, size, size]; ``outside`` the image is "border" (its edge) or "zeros"."""
    height, width = image.shape[:2]
    step = torch.arange(size, device=image.device) / size
    y, x = torch.meshgrid(step, step, indexing="ij")
    at = region.to_image(torch.stack([x, y], -1)) + 0.5  # pixel index to the position of its centre
    grid = at / at.new_tensor([width, height]) * 2 - 1
    return F.grid_sample(image.permute(2, 0, 1)[None], grid[None], padding_mode=outside, align_corners=False)
