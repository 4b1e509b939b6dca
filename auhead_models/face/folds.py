"""Folds and shading that an expression adds to skin.

Two parts. Folds: soft dark strokes along the lines where skin creases (nasolabial fold, frown lines, forehead, crow's
feet …), each keyed to the units that make it; drawn once per portrait, they ride on the warped texture. Shading: a
surface that turns away from the light darkens, so each point's brightness changes with its normal.
"""

from dataclasses import dataclass

import torch

from ..au.space import EXTRA_INDEX, UNIT_INDEX
from .curves import catmull_rom
from .normals import vertex_normals
from .skin import skin_colour, skin_saturation
from .topology import LOWER_LIP, UPPER_LIP

SKIN_SHADOW = torch.tensor([0.78, 1.0, 1.0])  # shadow on skin keeps its red longest
LIGHT = torch.nn.functional.normalize(torch.tensor([0.0, 0.5, 0.85]), dim=0)  # canonical: from above and in front
AMBIENT = 0.55


Lines = tuple[tuple[int, ...], ...]
BROW_LOWER = ("brow_lower_left", "brow_lower_right")


@dataclass(frozen=True)
class Fold:
    """A crease: `lines` of landmark chains, `units` that deepen it (with weights), width in cm, darkness 0..1."""

    lines: Lines
    units: dict[str, float]
    width: float
    depth: float


def _both(left: Lines, right: Lines, units: dict[str, float], width: float, depth: float) -> tuple[Fold, Fold]:
    """The same fold on both sides; units that have sides are given without them."""

    def sided(side: str) -> dict[str, float]:
        known = {**UNIT_INDEX, **EXTRA_INDEX}
        return {name if name in known else f"{name}_{side}": weight for name, weight in units.items()}

    return Fold(left, sided("left"), width, depth), Fold(right, sided("right"), width, depth)


# Lines and strengths were chosen by eye on photographs and paintings.
_SMILE = {"lip_corner_raise": 1, "upper_lip_raise": 0.4, "nose_wrinkle": 0.6}
_BROWS = {"brow_raise_left": 0.4, "brow_raise_right": 0.4}
FOLDS = (
    *_both(((358, 423, 426, 436, 432),), ((129, 203, 206, 216, 212),), _SMILE, 0.16, 0.24),  # nasolabial
    *_both(((336, 285, 417),), ((107, 55, 193),), {"brow_lower": 1, "inner_brow_raise": 0.25}, 0.13, 0.30),  # frown
    *_both(((333, 299, 337), (332, 297, 338)), ((104, 69, 108), (103, 67, 109)), {"brow_raise": 1}, 0.18, 0.11),
    *_both(((359, 446, 265), (359, 342, 353)), ((130, 226, 35), (130, 113, 124)), {"cheek_raise": 1}, 0.09, 0.16),
    *_both(((261, 448, 449, 450, 451, 452),), ((31, 228, 229, 230, 231, 232),), {"cheek_raise": 1}, 0.15, 0.14),
    *_both(((291, 287, 422, 430),), ((61, 57, 202, 210),), {"lip_corner_down": 1}, 0.24, 0.10),
    *_both(((291, 287, 432),), ((61, 57, 212),), {"lip_corner_stretch": 1}, 0.16, 0.12),
    Fold(((193, 168, 417), (122, 6, 351)), {"nose_wrinkle": 1, **dict.fromkeys(BROW_LOWER, 0.15)}, 0.22, 0.12),
    Fold(((108, 151, 337),), {"inner_brow_raise": 1, **_BROWS}, 0.20, 0.09),
    Fold(((182, 83, 18, 313, 406),), {"chin_raise": 1, "lip_press": 0.3}, 0.22, 0.22),
)


class Folds:
    """The fold maps of one portrait.

    crop [3, S, S], points [478, 3] crop pixels, scale pixels per cm.
    """

    def __init__(self, crop: torch.Tensor, points: torch.Tensor, scale: float):
        size = crop.shape[-1]
        grey = torch.ones(3).to(crop)
        self._crop = crop
        self._shadow = torch.lerp(grey, SKIN_SHADOW.to(crop), skin_saturation(skin_colour(crop, points))).view(3, 1, 1)
        maps = [_stroke_map(points[:, :2], fold, scale, size) for fold in FOLDS]
        self._maps = torch.stack(maps).flatten(1)  # [K, S·S]
        self._size = size
        unit_weights = torch.zeros(len(FOLDS), len(UNIT_INDEX))
        extra_weights = torch.zeros(len(FOLDS), len(EXTRA_INDEX))
        for row, fold in enumerate(FOLDS):
            for name, weight in fold.units.items():
                if name in UNIT_INDEX:
                    unit_weights[row, UNIT_INDEX[name]] = weight
                else:
                    extra_weights[row, EXTRA_INDEX[name]] = weight
        self._unit_weights, self._extra_weights = unit_weights.to(points), extra_weights.to(points)

    def __call__(self, change: torch.Tensor, extra: torch.Tensor) -> torch.Tensor:
        """The portrait with the folds of T frames: change [T, 24] and extra [T, 10] to [T, 3, S, S]."""
        depth = change @ self._unit_weights.T + extra @ self._extra_weights.T
        depth = depth.clamp(-0.5, 1.2)
        if not bool((depth.abs() > 1e-4).any()):
            return self._crop.expand(len(change), -1, -1, -1)
        shadow = (depth @ self._maps).view(-1, 1, self._size, self._size)
        return (self._crop * (1 - shadow * self._shadow)).clamp_(0, 1)


def _stroke_map(points: torch.Tensor, fold: Fold, scale: float, size: int) -> torch.Tensor:
    """Darkness [S, S] of a fold at full strength: a narrow line in a wide soft shadow, thinning out at both ends."""
    shade = torch.zeros(size, size, dtype=points.dtype, device=points.device)
    core, soft = fold.width * scale * 0.6, fold.width * scale * 2.4
    for line in fold.lines:
        path = catmull_rom(points[list(line)], samples=24)
        margin = 3 * soft
        left, top = (path.amin(0) - margin).floor().clamp(0, size).int().tolist()
        right, bottom = (path.amax(0) + margin).ceil().clamp(0, size).int().tolist()
        if right <= left or bottom <= top:
            continue
        x = torch.arange(left, right, device=points.device) + 0.5
        y = torch.arange(top, bottom, device=points.device) + 0.5
        pixels = torch.stack(torch.meshgrid(x, y, indexing="xy"), -1)
        distance, nearest = torch.cdist(pixels.view(-1, 2), path).min(-1)
        along = nearest / (len(path) - 1)
        taper = (4 * along * (1 - along)).clamp(0, 1).sqrt()
        stroke = 0.18 * torch.exp(-((distance / core) ** 2)) + 0.82 * torch.exp(-((distance / soft) ** 2))
        piece = (fold.depth * taper * stroke).view(bottom - top, right - left)
        shade[top:bottom, left:right] = torch.maximum(shade[top:bottom, left:right], piece)
    return shade


class SurfaceShading:
    """Brightness of each face point relative to the portrait, from how its normal turns.

    neutral [468.., 3] canonical cm, triangles [F, 3].
    """

    def __init__(self, neutral: torch.Tensor, triangles: torch.Tensor):
        self._triangles = triangles
        self._still = self._light(neutral[None])
        strength = torch.full((neutral.shape[0],), 0.8)
        strength[list({*sum(UPPER_LIP[1:], ()), *sum(LOWER_LIP[1:], ())})] = 0.25  # wet lips shine by themselves
        self._strength = strength.to(neutral)

    def __call__(self, mesh: torch.Tensor) -> torch.Tensor:
        """mesh [T, 468.., 3] canonical cm to a change of brightness [T, 468..], 0 = as the portrait."""
        return ((self._light(mesh) / self._still - 1) * self._strength).clamp(-0.13, 0.12)

    def _light(self, mesh: torch.Tensor) -> torch.Tensor:
        normal = vertex_normals(mesh, self._triangles)
        return AMBIENT + (1 - AMBIENT) * (normal @ LIGHT.to(mesh)).clamp(min=0)
