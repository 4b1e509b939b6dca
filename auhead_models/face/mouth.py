"""A parametric mouth: two rows of separate teeth, gums, tongue and cavity, in the person's own canonical centimetres.

The upper teeth sit on the skull, the lower ones turn with the jaw, the tongue goes with most of the jaw. Sizes of
teeth follow mean adult crowns, set along half ellipses. No mesh or texture of anybody else is used.
"""

import math
from dataclasses import dataclass

import torch

from .curves import strip_triangles
from .topology import LOWER_LIP, UPPER_LIP

# From the middle outwards: width, height (cm), how much the edge stands back from the longest tooth (cm).
_UPPER_TEETH = (
    (0.84, 1.10, 0.00), (0.65, 0.98, 0.07), (0.75, 1.06, 0.02), (0.70, 0.82, 0.10),
    (0.68, 0.76, 0.15), (1.0, 0.72, 0.20),
)  # fmt: skip
_LOWER_TEETH = (
    (0.53, 0.86, 0.00), (0.58, 0.88, 0.00), (0.68, 0.98, -0.03), (0.70, 0.84, 0.05),
    (0.71, 0.80, 0.10), (1.1, 0.75, 0.15),
)  # fmt: skip
_UPPER_ARCH = (2.95, 3.8)  # half axes, cm: to the side, backwards
_LOWER_ARCH = (2.70, 3.5)
MOUTH_WIDTH = 2.5  # cm, half the mouth these sizes belong to

TEETH_BEHIND_LIP = 0.62  # cm, front of the upper teeth behind the edge of the upper lip
UPPER_EDGE = 0.38  # cm that the upper incisors reach below the edge of the resting upper lip
OVERJET, OVERBITE = 0.24, 0.36  # cm, lower incisors behind the upper ones, and above their edge

IVORY = (0.96, 0.91, 0.84)
GUM = (0.86, 0.53, 0.51)
TONGUE_COLOUR = (0.80, 0.45, 0.44)
CHEEK = (0.66, 0.27, 0.25)

UPPER, LOWER, TONGUE, CAVITY = range(4)
TONGUE_FOLLOWS_JAW = 0.85
_GRID = (6, 7)  # rows and columns of a tooth


@dataclass(frozen=True)
class MouthMesh:
    """Vertices [V, 3] (canonical cm, teeth closed), triangles [F, 3], colour [V, 3] under white light, part [V] (UPPER,
    LOWER, TONGUE or CAVITY), follows [V] 0..1: how far a vertex goes with the jaw, tip [V] 0..1: how much it belongs to
    the tip of the tongue."""

    vertices: torch.Tensor
    triangles: torch.Tensor
    colour: torch.Tensor
    part: torch.Tensor
    follows: torch.Tensor
    tip: torch.Tensor


@dataclass(frozen=True)
class MouthFit:
    """Where the mouth sits: middle of the lips' edge [3], size relative to the mean, y of the upper incisors' edge."""

    middle: torch.Tensor
    size: float
    edge: float


def fit_mouth(mesh: torch.Tensor) -> MouthFit:
    """Place the mouth behind a person's lips. mesh [>= 468, 3] canonical cm."""
    upper, lower = mesh[UPPER_LIP[3][5]], mesh[LOWER_LIP[3][5]]
    half_width = float((mesh[LOWER_LIP[3][10], 0] - mesh[LOWER_LIP[3][0], 0]) / 2)
    size = min(max(half_width / MOUTH_WIDTH, 0.85), 1.12)
    front = torch.stack([mesh[UPPER_LIP[0][5]], mesh[LOWER_LIP[0][5]]])[:, 2].mean() - 0.45 - TEETH_BEHIND_LIP * size
    middle = torch.stack([(mesh[UPPER_LIP[3][0], 0] + mesh[UPPER_LIP[3][10], 0]) / 2, (upper[1] + lower[1]) / 2, front])
    return MouthFit(middle, size, float(upper[1]) - UPPER_EDGE * size)


def build_mouth(fit: MouthFit) -> MouthMesh:
    """The mouth of one person, closed as far as the portrait's jaw is."""
    size = fit.size
    x, _, front = fit.middle.tolist()
    upper_front = (x, fit.edge, front)
    lower_front = (x, fit.edge + OVERBITE * size, front - OVERJET * size)
    pieces = [_cavity((x, fit.edge, front), size)]
    pieces += _row(_UPPER_TEETH, _UPPER_ARCH, upper_front, size, up=1.0, part=UPPER)
    pieces += _row(_LOWER_TEETH, _LOWER_ARCH, lower_front, size, up=-1.0, part=LOWER)
    pieces.append(_tongue((x, lower_front[1] - 0.12 * size, lower_front[2] - 0.30 * size), size))
    starts = torch.tensor([0] + [len(piece.points) for piece in pieces]).cumsum(0).tolist()
    return MouthMesh(
        vertices=torch.cat([piece.points for piece in pieces]),
        triangles=torch.cat([piece.triangles + start for piece, start in zip(pieces, starts, strict=False)]),
        colour=torch.cat([piece.colour for piece in pieces]),
        part=torch.cat([torch.full((len(piece.points),), piece.part) for piece in pieces]),
        follows=torch.cat([piece.follows for piece in pieces]),
        tip=torch.cat([piece.tip for piece in pieces]),
    )


@dataclass(frozen=True)
class _Piece:
    """A grid of points, flattened: points [n, 3], colour [n, 3], triangles, part, follows [n], tip [n]."""

    points: torch.Tensor
    colour: torch.Tensor
    triangles: torch.Tensor
    part: int
    follows: torch.Tensor
    tip: torch.Tensor


def _piece(x, y, z, colour, part: int, follows=0.0, tip=0.0) -> _Piece:
    """A piece from grids [rows, columns] of coordinates; colour, follows and tip are spread over them."""
    x, y, z, follows, tip = torch.broadcast_tensors(x, y, z, torch.as_tensor(follows), torch.as_tensor(tip))
    points = torch.stack([x, y, z], -1)
    colour = colour.expand_as(points)
    triangles = strip_triangles(*points.shape[:2])
    return _Piece(points.flatten(0, 1), colour.flatten(0, 1), triangles, part, follows.flatten(), tip.flatten())


def _arch(along: torch.Tensor, axes: tuple[float, float], size: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Point (x, z) and outward normal of the half ellipse at an arc length from its front middle; [..., 2] each."""
    side, back = axes[0] * size, axes[1] * size
    angle = torch.linspace(0, math.pi / 2, 200)
    curve = torch.stack([side * angle.sin(), back * (angle.cos() - 1)], -1)
    length = torch.cat([torch.zeros(1), (curve[1:] - curve[:-1]).norm(dim=-1).cumsum(0)])
    at = torch.searchsorted(length, along.abs().contiguous()).clamp(1, len(length) - 1)
    share = ((along.abs() - length[at - 1]) / (length[at] - length[at - 1])).clamp(0, 1)
    turn = torch.lerp(angle[at - 1], angle[at], share)
    sign = torch.where(along < 0, -1.0, 1.0)
    point = torch.stack([sign * side * turn.sin(), back * (turn.cos() - 1)], -1)
    normal = torch.nn.functional.normalize(torch.stack([sign * turn.sin() / side, turn.cos() / back], -1), dim=-1)
    return point, normal


def _row(teeth, axes, front, size: float, up: float, part: int) -> list:
    """Teeth and gum of one jaw; `up` is +1 where the roots point up. From the back to the front."""
    pieces, start = [], 0.0
    for width, height, back in teeth:
        width, height, back = width * size, height * size, back * size
        for side in (-1.0, 1.0):
            centre = side * (start + width / 2)
            pieces.append(_between(centre, width, height, back, axes, front, size, up, part))
            pieces.append(_tooth(centre, width, height, back, axes, front, size, up, part))
            pieces.append(_gum(centre, width, height, back, axes, front, size, up, part))
        start += width
    return pieces


def _tooth(centre, width, height, back, axes, front, size, up, part):
    """One crown: its outer face and the rounded edge; rows from the gum to the edge and round it."""
    rows, columns = _GRID
    u = torch.linspace(-1, 1, columns)[None]
    v = torch.tensor([0.0, 0.3, 0.6, 0.85, 0.97, 1.0])[:rows, None]
    fullness = torch.tensor([0.86, 0.94, 0.99, 1.0, 0.97, 0.95])[:, None]  # narrow at the neck, broad near the edge
    along = centre + 0.5 * width * 0.975 * fullness * u
    point, normal = _arch(along, axes, size)
    corner = 0.11 * height * u.abs() ** 5 * _ramp(v, 0.5, 1.0)
    y = front[1] + up * (back + height * (1 - v) + corner)
    round_face = 0.10 * (1 - u**4) * (1 - (2 * v - 0.9) ** 2 * 0.35)
    bulge = size * (round_face - 0.12 * _ramp(v, 0.9, 1.0) - 0.09 * u.abs() ** 6)
    x = front[0] + point[..., 0] + bulge * normal[..., 0]
    z = front[2] + point[..., 1] + bulge * normal[..., 1]
    shade = 1 - 0.14 * u.abs() ** 8 - 0.10 * (1 - v) ** 2
    neck, edge = torch.tensor([0.98, 0.93, 0.85]), torch.tensor([0.86, 0.86, 0.83])  # warmer there, clearer here
    tint = torch.tensor(IVORY) * torch.lerp(neck, torch.ones(3), _ramp(v, 0, 0.5)[..., None])
    tint = torch.lerp(tint, edge, 0.35 * _ramp(v, 0.8, 1.0)[..., None])
    colour = tint * shade[..., None]
    return _piece(x, y, z, colour, part, follows=float(part == LOWER))


def _between(centre, width, height, back, axes, front, size, up, part):
    """The sides of neighbouring crowns, seen between them: a strip behind the faces that ends short of the edge."""
    u = torch.linspace(-1, 1, 3)[None]
    v = torch.tensor([0.0, 0.5, 0.82])[:, None]
    point, normal = _arch(centre + 0.5 * width * u, axes, size)
    y = front[1] + up * (back + height * (1 - v)) + 0 * u
    x = front[0] + point[..., 0] - 0.06 * size * normal[..., 0]
    z = front[2] + point[..., 1] - 0.06 * size * normal[..., 1]
    colour = torch.tensor(IVORY) * (0.80 - 0.10 * v[..., None])
    return _piece(x, y, z, colour, part, follows=float(part == LOWER))


def _gum(centre, width, height, back, axes, front, size, up, part):
    """The gum over one tooth; its border is an arc over the crown, pointed between the teeth."""
    u = torch.linspace(-1, 1, 7)[None]
    v = torch.tensor([0.0, 0.12, 0.5, 1.0])[:, None]
    point, normal = _arch(centre + 0.5 * width * u, axes, size)
    border = front[1] + up * (back + height * (1 - 0.30 * u.abs() ** 3) - 0.02)
    y = border + up * 0.9 * size * v
    bulge = size * (0.05 + 0.10 * v * (1 - v) - 0.10 * (1 - v) ** 4)
    x = front[0] + point[..., 0] + bulge * normal[..., 0]
    z = front[2] + point[..., 1] + bulge * normal[..., 1]
    colour = torch.tensor(GUM) * (1 - 0.15 * v[..., None] - 0.10 * u.abs()[..., None] ** 2)
    return _piece(x, y, z, colour, part, follows=float(part == LOWER))


def _tongue(front, size: float):
    """A dome with a broad round tip behind the lower teeth; rows from the tip to the back of the mouth."""
    u = torch.linspace(-1, 1, 13)[None]
    back = torch.tensor([0.0, 0.006, 0.02, 0.05, 0.12, 0.2, 0.32, 0.5, 0.75, 1.0])[:, None]
    plan = (1 - (1 - (back / 0.12).clamp(max=1)) ** 2) ** 0.45  # about an ellipse, seen from above
    half = size * (1.15 * plan + 0.5 * (back - 0.3).clamp(min=0))
    crown = 0.10 + 0.40 * (math.pi * 0.8 * back).sin()
    furrow = 0.10 * (1 - u.abs()) ** 4 * _ramp(back, 0.05, 0.3)
    x = front[0] + half * u
    y = front[1] + size * (crown * (1 - u.abs() ** 2.5) - furrow)
    z = front[2] - size * 3.4 * back + 0 * u
    wet = 0.14 * torch.exp(-(((back - 0.10) / 0.08) ** 2)) * (1 - u**2)  # the front of its back catches the light
    colour = torch.tensor(TONGUE_COLOUR) * (1 + wet - 0.25 * back - 0.12 * u.abs() ** 4)[..., None]
    return _piece(x, y, z, colour, TONGUE, TONGUE_FOLLOWS_JAW, (1 - back / 0.6).clamp(0, 1))


def _cavity(front, size: float) -> _Piece:
    """Cheeks, palate and floor: half a hollow ellipsoid behind the teeth. Its floor goes with the jaw."""
    around = torch.linspace(0, 2 * math.pi, 25)[None]  # from the floor over the subject's left to the palate and back
    back = torch.tensor([0.0, 0.06, 0.15, 0.3, 0.5, 0.75, 1.0])[:, None]
    wide = (1 - back**2).clamp(min=0).sqrt()
    x = front[0] + size * 3.1 * wide * around.sin()
    y = front[1] + size * (0.1 - 1.9 * wide * around.cos())
    z = front[2] + size * (0.25 - 4.6 * back)
    floor = (0.5 + 0.5 * around.cos()) * (1 - 0.5 * back)
    return _piece(x, y, z, torch.tensor(CHEEK), CAVITY, floor)


def _ramp(x: torch.Tensor, low: float, high: float) -> torch.Tensor:
    """A straight ramp from 0 at `low` to 1 at `high`."""
    return ((x - low) / (high - low)).clamp(0, 1)
