"""The space of a performance: 24 units, 10 extras and 6 pose numbers per frame, in one table.

Everything else reads this table: sequences, file formats, the mesh, the speech layers and, through `table()`, the
editor. "left" is always the subject's left.

    units   [T, 24]  FEAFA's units (Yan et al., arXiv 1904.01509), offsets above the portrait's own expression, -1..1
    extras  [T, 10]  what FEAFA cannot say: gaze (-1..1), AU1, AU6, AU15, AU24, tongue, lips together (0..1)
    pose    [T, 6]   head rotation in radians (+ = subject's left, up, own left shoulder), shift in fractions of the
                     face width along the image axes, zoom as a natural logarithm

FACS numbers and the reading of FEAFA's "lower lip slide" as AD30 (jaw sideways) follow the meaning of each unit.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass

import numpy as np

from ..errors import AUHeadError

REGIONS = ("eyes", "brows", "mouth", "jaw", "nose", "cheeks", "gaze", "pose")

_HALF_TURN = 1.5708


@dataclass(frozen=True)
class Unit:
    """One column: `mirror` is the id of its left/right partner; `minimum` and `maximum` are the legal range."""

    index: int
    id: str
    name: str
    facs: str
    side: str | None
    region: str
    mirror: str | None
    minimum: float
    maximum: float


def _units(rows: list[tuple[str, str, str, str]], minimum: float, maximum: float) -> tuple[Unit, ...]:
    """Rows of (id, name, FACS, region); side and partner follow from the id."""
    units = []
    for index, (identifier, name, facs, region) in enumerate(rows):
        stem, _, end = identifier.rpartition("_")
        side = end if end in ("left", "right") else None
        mirror = f"{stem}_{'right' if side == 'left' else 'left'}" if side else None
        units.append(Unit(index, identifier, name, facs, side, region, mirror, minimum, maximum))
    return tuple(units)


def _with_range(units: tuple[Unit, ...], ranges: dict[str, tuple[float, float]]) -> tuple[Unit, ...]:
    changed = []
    for unit in units:
        minimum, maximum = ranges.get(unit.id, (unit.minimum, unit.maximum))
        changed.append(Unit(**{**asdict(unit), "minimum": minimum, "maximum": maximum}))
    return tuple(changed)


UNITS = _units(
    [
        ("eye_closure_left", "Left eye closure", "43", "eyes"),
        ("eye_closure_right", "Right eye closure", "43", "eyes"),
        ("upper_lid_raise_left", "Left upper lid raise", "5", "eyes"),
        ("upper_lid_raise_right", "Right upper lid raise", "5", "eyes"),
        ("brow_lower_left", "Left brow lower", "4", "brows"),
        ("brow_lower_right", "Right brow lower", "4", "brows"),
        ("brow_raise_left", "Left brow raise", "1+2", "brows"),
        ("brow_raise_right", "Right brow raise", "1+2", "brows"),
        ("jaw_open", "Jaw open", "26/27", "jaw"),
        ("lower_lip_slide_left", "Lower lip slide to the left", "30", "jaw"),
        ("lower_lip_slide_right", "Lower lip slide to the right", "30", "jaw"),
        ("lip_corner_raise_left", "Left lip corner raise", "12", "mouth"),
        ("lip_corner_raise_right", "Right lip corner raise", "12", "mouth"),
        ("lip_corner_stretch_left", "Left lip corner stretch", "20", "mouth"),
        ("lip_corner_stretch_right", "Right lip corner stretch", "20", "mouth"),
        ("upper_lip_suck", "Upper lip suck", "28", "mouth"),
        ("lower_lip_suck", "Lower lip suck", "28/32", "mouth"),
        ("jaw_thrust", "Jaw thrust", "29", "jaw"),
        ("upper_lip_raise", "Upper lip raise", "10", "mouth"),
        ("lower_lip_depress", "Lower lip depress", "16", "mouth"),
        ("chin_raise", "Chin raise", "17", "mouth"),
        ("lip_pucker", "Lip pucker", "18/22", "mouth"),
        ("cheek_puff", "Cheek puff", "33/34", "cheeks"),
        ("nose_wrinkle", "Nose wrinkle", "9", "nose"),
    ],
    minimum=-1.0,
    maximum=1.0,
)
EXTRAS = _with_range(
    _units(
        [
            ("gaze_x", "Gaze sideways", "61/62", "gaze"),
            ("gaze_y", "Gaze up and down", "63/64", "gaze"),
            ("cheek_raise_left", "Left cheek raise", "6", "cheeks"),
            ("cheek_raise_right", "Right cheek raise", "6", "cheeks"),
            ("lip_corner_down_left", "Left lip corner down", "15", "mouth"),
            ("lip_corner_down_right", "Right lip corner down", "15", "mouth"),
            ("inner_brow_raise", "Inner brow raise", "1", "brows"),
            ("lip_press", "Lip press", "24", "mouth"),
            ("tongue_out", "Tongue out", "19", "mouth"),
            ("lips_together", "Lips together", "8", "mouth"),
        ],
        minimum=0.0,
        maximum=1.0,
    ),
    {"gaze_x": (-1.0, 1.0), "gaze_y": (-1.0, 1.0)},
)
POSE = _with_range(
    _units(
        [
            ("yaw", "Head turn", "51/52", "pose"),
            ("pitch", "Head up and down", "53/54", "pose"),
            ("roll", "Head tilt", "55/56", "pose"),
            ("x", "Shift to the image's right", "", "pose"),
            ("y", "Shift down", "", "pose"),
            ("zoom", "Zoom", "57/58", "pose"),
        ],
        minimum=-1.0,
        maximum=1.0,
    ),
    {name: (-_HALF_TURN, _HALF_TURN) for name in ("yaw", "pitch", "roll")},
)

UNIT_INDEX = {unit.id: unit.index for unit in UNITS}
EXTRA_INDEX = {unit.id: unit.index for unit in EXTRAS}
POSE_INDEX = {unit.id: unit.index for unit in POSE}
COLUMNS = UNITS + EXTRAS + POSE
COLUMN_IDS = tuple(unit.id for unit in COLUMNS)
COLUMN_INDEX = {unit.id: position for position, unit in enumerate(COLUMNS)}  # in [units, extras, pose] side by side

_CHANGES_SIGN = ("gaze_x", "yaw", "roll", "x")


def _mirror(units: tuple[Unit, ...]) -> tuple[np.ndarray, np.ndarray]:
    index = {unit.id: unit.index for unit in units}
    order = np.array([index[unit.mirror] if unit.mirror else unit.index for unit in units])
    sign = np.array([-1.0 if unit.id in _CHANGES_SIGN else 1.0 for unit in units], np.float32)
    order.flags.writeable = sign.flags.writeable = False
    return order, sign


# A mirrored performance is array[..., ORDER] * SIGN.
UNIT_MIRROR, UNIT_MIRROR_SIGN = _mirror(UNITS)
EXTRA_MIRROR, EXTRA_MIRROR_SIGN = _mirror(EXTRAS)
POSE_MIRROR, POSE_MIRROR_SIGN = _mirror(POSE)


def unit(identifier: str) -> Unit:
    """The unit, extra or pose column of this id; AUHeadError names the id when there is none."""
    if identifier not in COLUMN_INDEX:
        raise AUHeadError(f'"{identifier}" is not a unit; use one of {", ".join(COLUMN_IDS)}.')
    return COLUMNS[COLUMN_INDEX[identifier]]


def both_sides(name: str) -> tuple[str, ...]:
    """The column ids that a name stands for: itself, or left and right of a name without a side ("brow_lower")."""
    ids = tuple(identifier for identifier in (name, f"{name}_left", f"{name}_right") if identifier in COLUMN_INDEX)
    return ids or (unit(name).id,)


def region_mask(region: str | Iterable[str] | None = None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Boolean masks ([24], [10], [6]) of one region, several regions, or everything (None or "all")."""
    names = (region,) if isinstance(region, str) else region
    if names is None or "all" in (names := tuple(names)):
        names = REGIONS
    for name in names:
        if name not in REGIONS:
            raise AUHeadError(f'"{name}" is not a region of the face; use one of all, {", ".join(REGIONS)}.')
    return tuple(np.array([unit.region in names for unit in units]) for units in (UNITS, EXTRAS, POSE))


def column_mask(selection: str | Iterable[str] | None = None) -> np.ndarray:
    """Boolean mask [40] over units, extras and pose side by side; the selection may mix regions and column ids."""
    names = (selection,) if isinstance(selection, str) else selection
    if names is None:
        return np.ones(len(COLUMNS), bool)
    mask = np.zeros(len(COLUMNS), bool)
    for name in names:
        if name in COLUMN_INDEX:
            mask[COLUMN_INDEX[name]] = True
        else:
            mask |= np.concatenate(region_mask(name))
    return mask


def table() -> dict:
    """The whole space as plain lists and numbers, ready for `json.dumps`; the editor's table is generated from it."""
    return {
        "regions": list(REGIONS),
        "units": [asdict(unit) for unit in UNITS],
        "extras": [asdict(unit) for unit in EXTRAS],
        "pose": [asdict(unit) for unit in POSE],
        "mirror_changes_sign": list(_CHANGES_SIGN),
    }
