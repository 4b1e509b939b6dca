"""Smooth curves and smooth steps."""

import torch


def catmull_rom(points: torch.Tensor, samples: int) -> torch.Tensor:
    """A Catmull-Rom curve through points [..., n, C], `samples` steps between two: [..., (n - 1)·samples + 1, C]."""
    first, last = 2 * points[..., :1, :] - points[..., 1:2, :], 2 * points[..., -1:, :] - points[..., -2:-1, :]
    path = torch.cat([first, points, last], -2)
    p0, p1, p2, p3 = (path[..., k : k + points.shape[-2] - 1, None, :] for k in range(4))
    t = torch.linspace(0, 1, samples + 1, device=points.device, dtype=points.dtype)[:-1, None]
    curve = 0.5 * (2 * p1 + (p2 - p0) * t + (2 * p0 - 5 * p1 + 4 * p2 - p3) * t**2 + (3 * p1 - p0 - 3 * p2 + p3) * t**3)
    return torch.cat([curve.flatten(-3, -2), points[..., -1:, :]], -2)


def smoothstep(x: torch.Tensor, low: float = 0.0, high: float = 1.0) -> torch.Tensor:
    """0 below `low`, 1 above `high`, smooth in between."""
    x = ((x - low) / (high - low)).clamp(0, 1)
    return x * x * (3 - 2 * x)


def strip_triangles(rows: int, columns: int) -> torch.Tensor:
    """Triangles [2·(rows - 1)·(columns - 1), 3] of a grid of points numbered row by row."""
    index = torch.arange(rows * columns).view(rows, columns)
    a, b, c, d = index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]
    return torch.stack([torch.stack([a, b, c], -1), torch.stack([a, c, d], -1)], 2).flatten(0, 2)
