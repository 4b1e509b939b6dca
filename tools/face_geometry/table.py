"""Action Units as weights of sculpted expression shapes: the table behind the displacement fields.

Each row gives the field of one unit at 1.0 as a weighted sum of the expression shapes of the ICT Face Model Light
(ARKit names with _L/_R). The weights were chosen by eye on warped portraits; research numbers stand in the model card.
`FIELDS` keeps the order of the exported file: 24 units, seven extras that move skin, four lid fields that go with gaze.
"""


def _both(name: str, weight: float) -> dict[str, float]:
    return {f"{name}_L": weight, f"{name}_R": weight}


def _side(side: str) -> dict[str, dict[str, float]]:
    """The units that exist once per side; `side` is L or R."""
    jaw, other = ("jawLeft", "mouthLeft") if side == "L" else ("jawRight", "mouthRight")
    return {
        "eye_closure": {f"eyeBlink_{side}": 1.0},
        "upper_lid_raise": {f"eyeWide_{side}": 1.7},
        "brow_lower": {f"browDown_{side}": 1.3, f"browInnerUp_{side}": -0.5},
        "brow_raise": {f"browOuterUp_{side}": 1.0, f"browInnerUp_{side}": 0.6},
        "lower_lip_slide": {jaw: 0.35, other: 0.15},
        "lip_corner_raise": {f"mouthSmile_{side}": 0.85},
        "lip_corner_stretch": {f"mouthStretch_{side}": 0.9, f"mouthDimple_{side}": 0.25},
        "cheek_raise": {f"cheekSquint_{side}": 0.8, f"cheekRaiser_{side}": 0.4},
        "lip_corner_down": {f"mouthFrown_{side}": 1.3},
    }


_LEFT, _RIGHT = _side("L"), _side("R")


def _pair(unit: str) -> dict[str, dict[str, float]]:
    return {f"{unit}_left": _LEFT[unit], f"{unit}_right": _RIGHT[unit]}


JAW_OPEN = 0.85  # jawOpen at unit 1.0; the sculpted 1.0 is wider than speech or surprise ever opens

FIELDS: dict[str, dict[str, float]] = {
    **_pair("eye_closure"),
    **_pair("upper_lid_raise"),
    **_pair("brow_lower"),
    **_pair("brow_raise"),
    "jaw_open": {"jawOpen": JAW_OPEN},
    **_pair("lower_lip_slide"),
    **_pair("lip_corner_raise"),
    **_pair("lip_corner_stretch"),
    "upper_lip_suck": {"mouthRollUpper": 0.8},
    "lower_lip_suck": {"mouthRollLower": 0.8},
    "jaw_thrust": {"jawForward": 1.0},
    "upper_lip_raise": _both("mouthUpperUp", 1.0),
    "lower_lip_depress": _both("mouthLowerDown", 1.5),
    "chin_raise": {"mouthShrugLower": 0.7, "mouthShrugUpper": 0.5},
    "lip_pucker": {"mouthPucker": 1.35},
    "cheek_puff": _both("cheekPuff", 1.0),
    "nose_wrinkle": {**_both("noseSneer", 1.15), **_both("mouthUpperUp", -1.0)},
    **_pair("cheek_raise"),
    **_pair("lip_corner_down"),
    "inner_brow_raise": _both("browInnerUp", 1.2),
    "lip_press": _both("mouthPress", 1.3),
    "lips_together": {"mouthClose": JAW_OPEN},  # answers jaw_open 1.0: scale it with the jaw
    "lids_gaze_left": {"eyeLookOut_L": 1.0, "eyeLookIn_R": 1.0},
    "lids_gaze_right": {"eyeLookIn_L": 1.0, "eyeLookOut_R": 1.0},
    "lids_gaze_up": _both("eyeLookUp", 1.0),
    "lids_gaze_down": _both("eyeLookDown", 1.0),
}
FIELD_NAMES = tuple(FIELDS)


def mirror_name(name: str) -> str:
    """Name of the field seen in a mirror: `brow_lower_left` -> `brow_lower_right`, `jaw_open` -> itself."""
    if name.endswith("_left"):
        return name[: -len("left")] + "right"
    if name.endswith("_right"):
        return name[: -len("right")] + "left"
    return name
