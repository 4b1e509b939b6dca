"""Soft masks of the driven face at the size of the latents: all of it, what speech moves, what some units move."""

from functools import lru_cache

import torch
import torch.nn.functional as F

from ..au import space
from ..face.canonical import load_geometry
from ..face.curves import smoothstep
from ..face.raster import rasterize
from ..face.topology import MESH_POINTS

_SPEAKING = (
    "jaw_open", "jaw_thrust", "lower_lip_slide", "upper_lip_suck", "lower_lip_suck", "upper_lip_raise",
    "lower_lip_depress", "lip_pucker", "lip_press", "lips_together", "tongue_out",
)  # fmt: skip
SPEAKING = tuple(identifier for name in _SPEAKING for identifier in space.both_sides(name))
_REACH_SEEN, _REACH_FULL = 0.05, 0.25  # part of a unit's largest shift from which skin belongs to its region, wholly
_GROW = 0.06  # of the face's width, by which a mask is dilated


def face_mask(points: torch.Tensor, source_size: int, size: tuple[int, int]) -> torch.Tensor:
    """The whole face, where Action Units act; arguments as in `moved_mask`."""
    return _soft(points, torch.ones(MESH_POINTS), source_size, size)


def speaking_mask(points: torch.Tensor, source_size: int, size: tuple[int, int]) -> torch.Tensor:
    """What speech moves, where audio acts; arguments as in `moved_mask`."""
    return moved_mask(points, SPEAKING, source_size, size)


def moved_mask(
    points: torch.Tensor, units: tuple[str, ...], source_size: int, size: tuple[int, int]
) -> torch.Tensor:
    """Where units and extras move the face, dilated and soft.

    points [T, 478, 2 or 3], pixels of a picture with sides source_size; size (h, w) of the latents. [T, 1, h, w], 0..1.
    """
    return _soft(points, _reach(units), source_size, size)


def _soft(points: torch.Tensor, reach: torch.Tensor, source_size: int, size: tuple[int, int]) -> torch.Tensor:
    """reach: how far each of the 468 points belongs to the mask, 0..1."""
    height, width = size
    mesh = points[:, :MESH_POINTS, :2] * points.new_tensor([width / source_size, height / source_size])
    reach = reach.to(points)[None, :, None].expand(len(points), -1, -1)
    mask = rasterize(mesh, load_geometry().triangles.to(points.device), reach, height, width)[0].movedim(-1, 1)
    face = float((mesh[..., 0].amax(1) - mesh[..., 0].amin(1)).mean())
    grow = max(1, round(_GROW * face))
    mask = F.max_pool2d(mask, 2 * grow + 1, 1, grow)
    return F.avg_pool2d(mask, 2 * grow + 1, 1, grow, count_include_pad=False)


@lru_cache(maxsize=16)
def _reach(units: tuple[str, ...]) -> torch.Tensor:
    """How far the units move each of the 468 points, 0..1."""
    fields = load_geometry().fields
    moved = torch.stack([fields[name] for name in units if name in fields]).norm(dim=-1)
    return smoothstep(moved / moved.amax(1, keepdim=True), _REACH_SEEN, _REACH_FULL).amax(0)
