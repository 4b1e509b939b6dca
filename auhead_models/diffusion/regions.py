"""The two parts of a frame that are refined: the mouth and the eyes, cut out upright and put back.

A region follows the driven face: its middle, turn and size come from the landmarks of each frame, so the mouth lies in
the same place of its crop in every frame and portrait. A region's matrix [2, 3] leads from region pixels to frame
pixels, both with pixel centres at .5, as in face/crop.py; it is a turn, one scale and a shift.

What is put back is a residual: it is added to the frame at the frame's own size, so the frame keeps its sharpness, and
where the residual is 0 the frame stays bit for bit what it was.
"""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F

from ..face.canonical import load_geometry
from ..face.curves import smoothstep, strip_triangles
from ..face.raster import rasterize
from ..face.remap import window
from ..face.topology import EYES, LOWER_LIP, MESH_POINTS, UPPER_LIP

GAP_SEEN, GAP_FULL = 0.04, 0.25  # cm between the lips from which the mouth is refined, and wholly
MOVED_SEEN, MOVED_FULL = 0.03, 0.15  # cm that lids or irises moved since the portrait, likewise
_BORDER = 6  # region pixels over which a mask fades towards the region's border
_EYE_CORNERS = [point for eye in EYES for point in (eye.outer, eye.inner)]
_IRISES = [eye.iris for eye in EYES]


@dataclass(frozen=True)
class Region:
    """A part of the face: its crop in pixels, its width in centimetres of the face, and how far its middle lies above
    the points it follows. grow, feather: pixels that its mask reaches beyond the moving part, and over which it fades.
    """

    name: str
    width: int
    height: int
    span: float
    lift: float
    follows: tuple[int, ...]
    rings: tuple[tuple[tuple[int, ...], tuple[int, ...]], ...]
    grow: int
    feather: int

    @property
    def size(self) -> tuple[int, int]:
        """(height, width)."""
        return self.height, self.width

    @property
    def pixels_per_cm(self) -> float:
        return self.width / self.span


MOUTH = Region(
    "mouth", 192, 192, span=8.6, lift=0.0, follows=(*UPPER_LIP[0], *LOWER_LIP[0]),
    rings=((UPPER_LIP[0], LOWER_LIP[0]),), grow=8, feather=8,
)  # fmt: skip
EYE_PAIR = Region(
    "eyes", 256, 128, span=13.0, lift=0.85, follows=tuple(_EYE_CORNERS),
    rings=tuple(((eye.outer, *eye.crease, eye.inner), (eye.outer, *eye.below, eye.inner)) for eye in EYES),
    grow=3, feather=5,
)  # fmt: skip
REGIONS = (MOUTH, EYE_PAIR)


def region_matrices(points: torch.Tensor, region: Region) -> torch.Tensor:
    """Where a region lies in each frame.

    points: [T, 478, 2 or 3] landmarks of the driven face, frame pixels.
    Returns matrices [T, 2, 3], region pixels to frame pixels.
    """
    turn = _face_turn(points[:, :MESH_POINTS, :2])  # [T, 2, 2], canonical cm to frame pixels
    ring = points[:, list(region.follows), :2]
    middle = ring.mean(1) - region.lift * turn[:, :, 1]
    linear = turn / region.pixels_per_cm
    half = points.new_tensor([region.width / 2, region.height / 2])
    return torch.cat([linear, (middle - linear @ half)[..., None]], -1)


def cut(frames: torch.Tensor, matrices: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    """Cut a region out of frames.

    frames [T or 1, H, W, C] or masks [T or 1, H, W]; matrices [T, 2, 3]; size (height, width) of the region.
    Returns [T, height, width, C] or [T, height, width]. Averages where the region is coarser than the frame.
    """
    planes = frames[:, None] if frames.dim() == 3 else frames.movedim(-1, 1)
    finer = max(1, math.ceil(_step(matrices) - 0.05))
    region = _sample(planes, matrices, size, finer, "bicubic").clamp_(0, 1)
    return region[:, 0] if frames.dim() == 3 else region.movedim(1, -1)


def region_mask(
    points: torch.Tensor, matrices: torch.Tensor, region: Region, still: torch.Tensor | None = None
) -> torch.Tensor:
    """Where a region may be refined, [T, height, width] 0..1, and exactly 0 everywhere else.

    points: [T, 478, 3] landmarks of the driven face, frame pixels; matrices: of `region_matrices`. The mouth fades out
    as the lips close, for then nothing shows that the portrait does not. With still [478, 3], the landmarks of the
    portrait in the same pixels, a region also fades out as it comes to rest as in the portrait.
    """
    inverse = _inverse(matrices)
    height, width = region.size
    place = points[..., :2] @ inverse[:, :, :2].mT + inverse[:, None, :, 2]
    mask = place.new_zeros(len(points), height, width)
    for upper, lower in region.rings:
        strip = torch.cat([place[:, list(upper)], place[:, list(lower)]], 1)
        triangles = strip_triangles(2, len(upper)).to(place.device)
        filled = rasterize(strip, triangles, place.new_ones(1, 2 * len(upper), 1), height, width)[0][..., 0]
        mask = torch.maximum(mask, filled)
    mask = _grown(mask, region.grow, region.feather)
    strength = place.new_ones(len(points))
    if region is MOUTH:
        gap = place[:, list(LOWER_LIP[3])] - place[:, list(UPPER_LIP[3])]
        strength = smoothstep(gap[..., 1].amax(1) / region.pixels_per_cm, GAP_SEEN, GAP_FULL)
    if still is not None:
        strength = strength * smoothstep(_motion(place, still, region), MOVED_SEEN, MOVED_FULL)
    return mask * _border(height, width, mask) * strength[:, None, None]


def add_back(frames: torch.Tensor, residual: torch.Tensor, mask: torch.Tensor, matrices: torch.Tensor) -> torch.Tensor:
    """Add a masked residual to frames.

    frames [T, H, W, 3]; residual [T, height, width, 3], differences of colours; mask [T, height, width]; matrices
    [T, 2, 3]. Returns new frames; pixels that the mask leaves alone keep their bits.
    """
    height, width = frames.shape[1:3]
    corners = _corners(residual.shape[1:3], matrices)
    place = window(corners, 1, height, width) if len(frames) else None
    if place is None or not bool(mask.any()):
        return frames.clone()
    left, top, right, bottom = place
    planes = torch.cat([residual * mask[..., None], mask[..., None]], -1).movedim(-1, 1)
    coarser = max(1, math.ceil(1 / _step(matrices) - 0.05))
    inverse = _inverse(matrices)
    inverse[:, :, 2] += inverse[:, :, :2] @ inverse.new_tensor([left, top])
    back = _sample(planes, inverse, (bottom - top, right - left), coarser, "bilinear", "zeros").movedim(1, -1)
    out = frames.clone()
    part = out[:, top:bottom, left:right]
    part.copy_(torch.where(back[..., 3:] > 0, (part + back[..., :3]).clamp(0, 1), part))
    return out


def _corners(size: tuple[int, int], matrices: torch.Tensor) -> torch.Tensor:
    """The corners [T, 4, 2] of a region of `size` (height, width), frame pixels."""
    height, width = size
    corners = matrices.new_tensor([[0, 0], [width, 0], [0, height], [width, height]])
    return corners @ matrices[:, :, :2].mT + matrices[:, None, :, 2]


def _face_turn(points: torch.Tensor) -> torch.Tensor:
    """Turn and size of faces [T, 468, 2]: a similarity [T, 2, 2] from canonical cm (y down) to pixels, fitted to the
    points that expressions leave alone."""
    geometry = load_geometry()
    weight = (geometry.rigidity / geometry.rigidity.sum()).to(points)
    source = geometry.positions[:, :2].to(points) * points.new_tensor([1, -1])
    source = source - (weight[:, None] * source).sum(0)
    target = points - (weight[:, None] * points).sum(1, keepdim=True)
    weighted = weight[:, None] * source / (weight[:, None] * source**2).sum()
    along = (weighted * target).sum((1, 2))
    across = (weighted[:, 0] * target[..., 1] - weighted[:, 1] * target[..., 0]).sum(1)
    return torch.stack([torch.stack([along, -across], -1), torch.stack([across, along], -1)], 1)


def _motion(place: torch.Tensor, still: torch.Tensor, region: Region) -> torch.Tensor:
    """How far (cm) the region's inner points lie from where the portrait has them, the largest of each frame [T]."""
    if region is MOUTH:
        inner = [*UPPER_LIP[3], *LOWER_LIP[3]]
    else:
        inner = [point for eye in EYES for point in (*eye.upper, *eye.lower)] + _IRISES
    rest = still[None, :, :2]
    inverse = _inverse(region_matrices(rest, region))
    rest = rest @ inverse[:, :, :2].mT + inverse[:, None, :, 2]
    return (place[:, inner] - rest[:, inner]).norm(dim=-1).amax(1) / region.pixels_per_cm


def _grown(mask: torch.Tensor, grow: int, feather: int) -> torch.Tensor:
    """Masks [T, h, w] wider by `grow` pixels, which then fade out over `feather`."""
    mask = F.max_pool2d(mask[:, None], 2 * (grow + feather) + 1, 1, grow + feather)
    for _ in range(2):  # two boxes: a smooth edge that ends
        width = feather | 1
        mask = F.avg_pool2d(mask, width, 1, width // 2)
    return mask[:, 0]


def _border(height: int, width: int, like: torch.Tensor) -> torch.Tensor:
    """1 inside a region, falling to 0 at its border, [h, w]."""
    ramps = []
    for length in (height, width):
        index = torch.arange(length, device=like.device, dtype=like.dtype)
        ramps.append(smoothstep(torch.minimum(index, length - 1 - index), 0, _BORDER))
    return ramps[0][:, None] * ramps[1]


def _step(matrices: torch.Tensor) -> float:
    """Frame pixels from one region pixel to the next, the largest of all frames."""
    return float(matrices[:, :, 0].norm(dim=-1).amax()) if len(matrices) else 1.0


def _inverse(matrices: torch.Tensor) -> torch.Tensor:
    """Frame pixels to region pixels, [T, 2, 3]."""
    linear = torch.linalg.inv(matrices[:, :, :2])
    return torch.cat([linear, -linear @ matrices[:, :, 2:]], -1)


def _sample(
    planes: torch.Tensor, matrices: torch.Tensor, size: tuple[int, int], finer: int, mode: str, padding: str = "border"
) -> torch.Tensor:
    """Planes [T or 1, C, H, W] at the places that matrices [T, 2, 3] give to the pixels of `size`; each is the mean of
    finer x finer samples."""
    height, width = (n * finer for n in size)
    y, x = ((torch.arange(n, device=planes.device, dtype=planes.dtype) + 0.5) / finer for n in (height, width))
    here = torch.stack(torch.meshgrid(x, y, indexing="xy"), -1)
    matrices = matrices.to(planes)
    places = torch.einsum("tij,hwj->thwi", matrices[:, :, :2], here) + matrices[:, None, None, :, 2]
    grid = places * places.new_tensor([2 / planes.shape[-1], 2 / planes.shape[-2]]) - 1
    planes = planes.expand(len(matrices), -1, -1, -1)
    out = F.grid_sample(planes, grid, mode=mode, padding_mode=padding, align_corners=False)
    return F.avg_pool2d(out, finer) if finer > 1 else out
