"""The eight emotions of MEAD as expressions of units and extras, at three levels, and as tracks in time.

Which units belong to an emotion follows EMFACS (Friesen & Ekman 1983); how far each goes was chosen for this renderer,
so that level 2 is named by a stranger who sees a still without caption.
"""

from collections.abc import Iterable

import numpy as np

from ..errors import AUHeadError
from . import space
from .sequence import FPS, AUSequence, Span, s_curve

TRANSITION = 0.4  # seconds from one expression to the next
LEVELS = (1, 2, 3)
LEVEL_FACTOR = {1: 0.45, 2: 0.75, 3: 1.0}

# Seconds after the start of an emotion at which a region begins to move: eyes first, mouth last.
REGION_DELAY = {"gaze": 0.0, "eyes": 0.0, "brows": 0.04, "nose": 0.08, "cheeks": 0.1, "jaw": 0.12, "mouth": 0.12}

# How far a column of an emotion gives way while the mouth speaks; the others of mouth and jaw yield by _YIELDS.
# A smile or sadness stays in the corners, pressed or open lips do not.
_YIELDS_ID = {
    "jaw_open": 0.75,
    "lip_press": 1.0,
    "lip_corner_raise": 0.2,
    "lip_corner_down": 0.25,
    "lip_corner_stretch": 0.35,
    "upper_lip_raise": 0.3,
    "lower_lip_depress": 0.5,
    "tongue_out": 1.0,
    "lips_together": 0.0,
}
_YIELDS = 0.6

# Values at level 3; above 1 the unit is at its end before that, below 0 it takes a portrait's own smile away. A name
# without a side stands for both.
_APEX = {
    "angry": {
        "brow_lower": 1.3,
        "upper_lid_raise": 0.6,
        "cheek_raise": 0.25,
        "nose_wrinkle": 0.5,
        "lip_press": 0.45,
        "chin_raise": 0.6,
        "lip_corner_down": 0.9,
        "lip_corner_raise": -1.3,
    },
    "contempt": {
        "lip_corner_raise_right": 1.3,
        "lip_corner_stretch_right": 0.5,
        "cheek_raise_right": 0.7,
        "lip_corner_down_left": 0.4,
        "lip_corner_raise_left": -1.3,
        "lip_press": 0.3,
        "eye_closure": 0.4,
        "brow_raise_right": 0.55,
        "brow_lower_left": 0.35,
    },
    "disgusted": {
        "nose_wrinkle": 1.3,
        "upper_lip_raise": 0.8,
        "brow_lower": 0.7,
        "eye_closure": 0.35,
        "cheek_raise": 0.7,
        "chin_raise": 0.25,
        "lower_lip_depress": 0.2,
        "lip_corner_down": 0.5,
        "lip_corner_raise": -1.0,
    },
    "fear": {
        "inner_brow_raise": 1.3,
        "brow_raise": 0.6,
        "brow_lower": 0.4,
        "upper_lid_raise": 1.2,
        "lip_corner_stretch": 1.2,
        "lower_lip_depress": 0.45,
        "lip_corner_down": 0.35,
        "lip_corner_raise": -1.3,
        "jaw_open": 0.25,
    },
    "happy": {
        "lip_corner_raise": 1.2,
        "cheek_raise": 1.2,
        "lip_corner_stretch": 0.35,
        "upper_lip_raise": 0.25,
        "eye_closure": 0.12,
        "jaw_open": 0.1,
    },
    "neutral": {},
    "sad": {
        "inner_brow_raise": 1.3,
        "brow_lower": 0.35,
        "lip_corner_down": 1.15,
        "lip_corner_raise": -1.3,
        "chin_raise": 0.5,
        "eye_closure": 0.32,
        "gaze_y": -0.3,
    },
    "surprised": {
        "brow_raise": 1.25,
        "inner_brow_raise": 0.5,
        "upper_lid_raise": 1.0,
        "jaw_open": 0.75,
        "lip_pucker": 0.15,
        "lip_corner_raise": -1.0,
    },
}

EMOTIONS = tuple(_APEX)
ALIASES = {
    "anger": "angry",
    "mad": "angry",
    "furious": "angry",
    "contemptuous": "contempt",
    "scorn": "contempt",
    "disgust": "disgusted",
    "fearful": "fear",
    "afraid": "fear",
    "scared": "fear",
    "joy": "happy",
    "joyful": "happy",
    "happiness": "happy",
    "calm": "neutral",
    "none": "neutral",
    "normal": "neutral",
    "sadness": "sad",
    "unhappy": "sad",
    "surprise": "surprised",
    "astonished": "surprised",
}


def emotion_name(name: str) -> str:
    """The MEAD name of an emotion or one of its other names, whatever the case; AUHeadError for an unknown one."""
    plain = str(name).strip().lower()
    plain = ALIASES.get(plain, plain)
    if plain not in _APEX:
        raise AUHeadError(f'"{name}" is not an emotion; use one of {", ".join(EMOTIONS)}.')
    return plain


def expression(emotion: str, level: int = 2) -> tuple[np.ndarray, np.ndarray]:
    """(values [24], extra [10]) float32 of an emotion at level 1, 2 or 3."""
    if level not in LEVELS:
        raise AUHeadError(f'The emotion "{emotion}" has level {level}; use 1, 2 or 3.')
    row = np.zeros(len(space.COLUMNS), np.float32)
    for name, apex in _APEX[emotion_name(emotion)].items():
        for identifier in space.both_sides(name):
            row[space.COLUMN_INDEX[identifier]] = min(max(apex * LEVEL_FACTOR[level], -1.0), 1.0)
    return row[: len(space.UNITS)], row[len(space.UNITS) : -len(space.POSE)]


def yield_shares() -> np.ndarray:
    """How much of an emotion speech takes away, [40] over units, extras and pose."""
    shares = np.where(space.column_mask(("mouth", "jaw")), _YIELDS, 0.0)
    for name, share in _YIELDS_ID.items():
        for identifier in space.both_sides(name):
            shares[space.COLUMN_INDEX[identifier]] = share
    return shares


def emotion_track(spans: Iterable[Span], frames: int, fps: float = FPS) -> AUSequence:
    """Emotions in time: each comes and goes along an S-curve of 0.4 s, the eyes first and the mouth last.

    Spans that meet pass into each other without a neutral moment between them; where two overlap, the later one takes
    over during the overlap. A span shown inside a longer one gives back to it.
    """
    known = [Span(span.start, span.end, emotion_name(span.emotion), span.level) for span in spans]
    known.sort(key=lambda span: span.start)
    delay = np.array([REGION_DELAY.get(unit.region, 0.0) for unit in space.COLUMNS])
    time = np.arange(frames)[:, None] / fps - delay
    table = np.zeros((frames, len(space.COLUMNS)))
    for index, span in enumerate(known):
        end, rise = span.end, TRANSITION
        for other in known[:index]:
            if span.start < other.end <= span.end:
                rise = max(rise, other.end - span.start)
        for other in known[index + 1 :]:
            if other.start <= span.end < other.end:
                end = max(end, other.start + max(TRANSITION, span.end - other.start))  # hidden below the other by then
        weight = s_curve((time - span.start) / rise) * (1 - s_curve((time - end) / TRANSITION))
        values, extra = expression(span.emotion, span.level)
        target = np.concatenate((values, extra, np.zeros(len(space.POSE))))
        table += weight * (target - table)
    return AUSequence.from_table(table, fps=fps, spans=known, source="emotions")
