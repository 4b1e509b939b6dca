"""What the sculpted shapes lack when seen from the front: small smooth additions to the fields, and lips that touch.

A touch moves the surface around a point by a vector, falling off as a Gaussian of the distance on the canonical head.
Only the left side is listed; the right side is its mirror image.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from table import FIELD_NAMES, mirror_name

sys.path.insert(0, str(Path(__file__).parents[2]))
from auhead_models.face.topology import EYES, LOWER_LIP, UPPER_LIP  # noqa: E402


@dataclass(frozen=True)
class Touch:
    point: int  # centre, one of the 468 points, on the left or on the middle line
    move: tuple[float, float, float]  # cm at 1.0
    radius: float  # cm
    jaw_only: bool = False  # only what hangs on the jaw follows (the lower lip, not the upper one)


TOUCHES = {
    # The frown reads by the slant of the inner brows.
    "brow_lower_left": [Touch(285, (-0.14, -0.30, 0.04), 1.1), Touch(336, (-0.12, -0.18, 0.0), 1.0)],
    # Sculpted cheeks swell forward, which a frontal view hardly shows.
    "cheek_puff": [Touch(411, (0.34, 0.0, 0.0), 1.9), Touch(416, (0.16, 0.0, 0.0), 1.6)],
    "lip_pucker": [Touch(291, (-0.30, 0.0, 0.08), 1.1)],
    # The shape for this slides the whole jaw.
    "lower_lip_slide_left": [Touch(16, (0.42, 0.0, 0.0), 1.5, True), Touch(291, (0.10, 0.0, 0.0), 1.0)],
}
_SEALED = {"lip_pucker": 1.0}  # these bring the lips forward, they do not part them
_RING_FOLLOWS = (0.0, 0.35, 0.8, 1.0)  # lip rings from the outline to the edge
CHIN = 199
_FLIP = np.array([-1.0, 1.0, 1.0])


def add_touches(fields: np.ndarray, positions: np.ndarray, jaw_weights: np.ndarray) -> np.ndarray:
    """Fields [F, 468, 3] with the touches added, on both sides."""
    out = fields.copy()
    eyes = [k for eye in EYES for k in (*eye.opening, *eye.crease, *eye.below)]
    for name, touches in TOUCHES.items():
        left = np.zeros_like(positions)
        right = np.zeros_like(positions)
        for touch in touches:
            follow = jaw_weights[:, None] if touch.jaw_only else 1.0
            centre = positions[touch.point]
            left += follow * _bump(positions, centre, touch.radius) * touch.move
            right += follow * _bump(positions, centre * _FLIP, touch.radius) * (touch.move * _FLIP)
        left[eyes], right[eyes] = 0.0, 0.0
        if name == mirror_name(name):
            out[FIELD_NAMES.index(name)] += left + right
        else:
            out[FIELD_NAMES.index(name)] += left
            out[FIELD_NAMES.index(mirror_name(name))] += right
    for name, amount in _SEALED.items():
        _seal(out[FIELD_NAMES.index(name)], amount)
    out[FIELD_NAMES.index("lower_lip_depress")] *= _above_chin(positions)
    return out


def _above_chin(positions: np.ndarray) -> np.ndarray:
    """1 on the lips, 0 from the chin on, [468, 1]: AU16 lowers the lip alone, the shape drags the chin along."""
    top, bottom = positions[LOWER_LIP[0][5], 1] - 0.15, positions[CHIN, 1]
    part = np.clip((positions[:, 1:2] - bottom) / (top - bottom), 0.0, 1.0)
    return part * part * (3 - 2 * part)


def _bump(positions: np.ndarray, centre: np.ndarray, radius: float) -> np.ndarray:
    return np.exp(-((positions - centre) ** 2).sum(1, keepdims=True) / radius**2)


def _seal(field: np.ndarray, amount: float) -> None:
    """Give both lip edges the same height change; the rings around follow. In place."""
    upper, lower = list(UPPER_LIP[3]), list(LOWER_LIP[3])
    part = amount * (field[upper, 1] - field[lower, 1]) / 2
    part[[0, -1]] = 0
    for follow, over, under in zip(_RING_FOLLOWS, UPPER_LIP, LOWER_LIP, strict=True):
        field[list(over), 1] -= follow * part
        field[list(under), 1] += follow * part
