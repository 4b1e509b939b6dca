"""ARKit's 52 blendshapes and the AU space, both ways.

There and back gives the same performance while mean brow raise + inner brow raise stay below 1, except: negative
offsets and the head's shift and zoom have no blendshape; lips_together becomes mouthClose, which ARKit defines as
closing the lips over an open jaw, and comes back as a jaw that is less open.

Head angles are in radians about ARKit's axes (+x the subject's left, +y up, +z out of the face): turning to the
subject's left is positive yaw, looking down positive pitch, tilting to the right shoulder positive roll.
"""

import numpy as np

from .sequence import AUSequence

# In the order of a Live Link Face file.
ARKIT_NAMES = (
    "eyeBlinkLeft eyeLookDownLeft eyeLookInLeft eyeLookOutLeft eyeLookUpLeft eyeSquintLeft eyeWideLeft "
    "eyeBlinkRight eyeLookDownRight eyeLookInRight eyeLookOutRight eyeLookUpRight eyeSquintRight eyeWideRight "
    "jawForward jawRight jawLeft jawOpen mouthClose mouthFunnel mouthPucker mouthRight mouthLeft "
    "mouthSmileLeft mouthSmileRight mouthFrownLeft mouthFrownRight mouthDimpleLeft mouthDimpleRight "
    "mouthStretchLeft mouthStretchRight mouthRollLower mouthRollUpper mouthShrugLower mouthShrugUpper "
    "mouthPressLeft mouthPressRight mouthLowerDownLeft mouthLowerDownRight mouthUpperUpLeft mouthUpperUpRight "
    "browDownLeft browDownRight browInnerUp browOuterUpLeft browOuterUpRight cheekPuff "
    "cheekSquintLeft cheekSquintRight noseSneerLeft noseSneerRight tongueOut"
).split()
ARKIT_INDEX = {name: index for index, name in enumerate(ARKIT_NAMES)}

_LOWER_INDEX = {name.lower(): index for name, index in ARKIT_INDEX.items()}

HEAD_SIGN = {"yaw": 1.0, "pitch": -1.0, "roll": -1.0}  # ours = sign · ARKit's
EYE_RANGE = {"yaw": 0.45, "pitch": 0.36}  # radians of the eyeball at gaze 1

_FUNNEL_JAW = 0.25  # with the jaw open this far, rounded lips are a funnel
# Both ways one blendshape to one column.
_PAIRS = {
    "eye_closure": "eyeBlink",
    "upper_lid_raise": "eyeWide",
    "brow_lower": "browDown",
    "brow_raise": "browOuterUp",
    "lip_corner_raise": "mouthSmile",
    "lip_corner_stretch": "mouthStretch",
    "cheek_raise": "cheekSquint",
    "lip_corner_down": "mouthFrown",
}
_SINGLES = {
    "upper_lip_suck": "mouthRollUpper",
    "lower_lip_suck": "mouthRollLower",
    "jaw_thrust": "jawForward",
    "chin_raise": "mouthShrugLower",
    "cheek_puff": "cheekPuff",
    "tongue_out": "tongueOut",
}
# One column for the mean of a left and a right blendshape.
_MEANS = {
    "upper_lip_raise": "mouthUpperUp",
    "lower_lip_depress": "mouthLowerDown",
    "nose_wrinkle": "noseSneer",
    "lip_press": "mouthPress",
}
_SIDES = (("left", "Left"), ("right", "Right"))


def from_arkit(weights: np.ndarray) -> dict[str, np.ndarray]:
    """Columns (id to [T]) from blendshape weights [T, 52] in the order of ARKIT_NAMES."""
    weights = np.asarray(weights)

    def shape(name: str) -> np.ndarray:
        return weights[:, ARKIT_INDEX[name]]

    columns = {unit: shape(name) for unit, name in _SINGLES.items()}
    for unit, name in _PAIRS.items():
        columns |= {f"{unit}_{side}": shape(name + end) for side, end in _SIDES}
    for unit, name in _MEANS.items():
        columns[unit] = (shape(name + "Left") + shape(name + "Right")) / 2
    for side, end in _SIDES:
        stretch, dimple = shape("mouthStretch" + end), shape("mouthDimple" + end)
        columns[f"eye_closure_{side}"] = np.minimum(shape("eyeBlink" + end) + 0.2 * shape("eyeSquint" + end), 1.0)
        columns[f"lip_corner_stretch_{side}"] = np.maximum(stretch, 0.6 * dimple)
        columns[f"lower_lip_slide_{side}"] = np.maximum(shape("jaw" + end), shape("mouth" + end))
    outer = (shape("browOuterUpLeft") + shape("browOuterUpRight")) / 2
    columns["inner_brow_raise"] = np.maximum(shape("browInnerUp") - outer, 0.0)
    columns["jaw_open"] = np.maximum(shape("jawOpen") - shape("mouthClose"), 0.0)
    columns["lip_pucker"] = np.maximum(shape("mouthPucker"), shape("mouthFunnel"))
    left = shape("eyeLookOutLeft") - shape("eyeLookInLeft") + shape("eyeLookInRight") - shape("eyeLookOutRight")
    up = sum(shape("eyeLookUp" + end) - shape("eyeLookDown" + end) for _, end in _SIDES)
    columns["gaze_x"], columns["gaze_y"] = left / 2, up / 2
    return columns


def to_arkit(sequence: AUSequence) -> np.ndarray:
    """Blendshape weights [T, 52], 0..1, in the order of ARKIT_NAMES."""
    weights = np.zeros((len(sequence), len(ARKIT_NAMES)), np.float32)

    def put(name: str, value: np.ndarray) -> None:
        weights[:, ARKIT_INDEX[name]] = np.clip(value, 0.0, 1.0)

    for unit, name in _SINGLES.items():
        put(name, sequence[unit])
    for side, end in _SIDES:
        for unit, name in _PAIRS.items():
            put(name + end, sequence[f"{unit}_{side}"])
        for unit, name in _MEANS.items():
            put(name + end, sequence[unit])
        put("jaw" + end, sequence[f"lower_lip_slide_{side}"])
        put("eyeLookUp" + end, sequence["gaze_y"])
        put("eyeLookDown" + end, -sequence["gaze_y"])
    outer = np.clip((sequence["brow_raise_left"] + sequence["brow_raise_right"]) / 2, 0.0, 1.0)
    put("browInnerUp", outer + sequence["inner_brow_raise"])
    put("jawOpen", sequence["jaw_open"])
    put("mouthClose", np.maximum(sequence["jaw_open"], 0.0) * sequence["lips_together"])
    funnel = sequence["jaw_open"] > _FUNNEL_JAW
    put("mouthFunnel", np.where(funnel, sequence["lip_pucker"], 0.0))
    put("mouthPucker", np.where(funnel, 0.0, sequence["lip_pucker"]))
    for name, sign in (("OutLeft", 1), ("InRight", 1), ("InLeft", -1), ("OutRight", -1)):
        put("eyeLook" + name, sign * sequence["gaze_x"])
    return weights


def arkit_sequence(weights: np.ndarray, fps: float, source: str = "") -> AUSequence:
    """A performance from blendshape weights [T, 52], not clipped."""
    return AUSequence.zeros(len(weights), fps, source).with_columns(from_arkit(weights))


def match_name(name: str) -> int | None:
    """The index of a blendshape under one of its usual spellings (EyeBlinkLeft, eyeBlink_L, ...), or None."""
    plain = name.strip().strip('"').rpartition(".")[2]
    for end, side in (("_L", "Left"), ("_R", "Right")):
        if plain.endswith(end):
            plain = plain[: -len(end)] + side
    return _LOWER_INDEX.get(plain.replace("_", "").lower())
