"""Reading an image at arbitrary pixel positions."""

import torch
import torch.nn.functional as F


def sample_pixels(image: torch.Tensor, places: torch.Tensor, mode: str = "bilinear") -> torch.Tensor:
    """Colours [T, C, h, w] of image [T or 1, C, H, W] at places [T, h, w, 2] (x, y in pixels, centres at .5).

    Beyond the border the border's colour is repeated. mode: "bilinear" or "bicubic".
    """
    height, width = image.shape[-2:]
    grid = places * places.new_tensor([2 / width, 2 / height]) - 1
    image = image.expand(len(places), -1, -1, -1)
    return F.grid_sample(image, grid, mode=mode, padding_mode="border", align_corners=False)


def pixel_centres(left: int, top: int, right: int, bottom: int, like: torch.Tensor) -> torch.Tensor:
    """The centres [bottom - top, right - left, 2] of a window of pixels."""
    x = torch.arange(left, right, device=like.device, dtype=like.dtype) + 0.5
    y = torch.arange(top, bottom, device=like.device, dtype=like.dtype) + 0.5
    return torch.stack(torch.meshgrid(x, y, indexing="xy"), -1)


def window(points: torch.Tensor, margin: float, height: int, width: int) -> tuple[int, int, int, int] | None:
    """The pixel window (left, top, right, bottom) around points [..., 2] inside an image; None when it is empty."""
    flat = points.flatten(0, -2)
    low, high = flat.amin(0) - margin, flat.amax(0) + margin
    left, top = (max(int(v), 0) for v in low.floor().tolist())
    right, bottom = (min(int(v), limit) for v, limit in zip(high.ceil().tolist(), (width, height), strict=True))
    return (left, top, right, bottom) if right > left and bottom > top else None
