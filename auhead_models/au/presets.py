"""Ready-made performances: emotions, small expressions, head gestures, and an idle that keeps a portrait alive."""

import math
from collections.abc import Callable

import numpy as np

from ..errors import AUHeadError
from . import space
from .chance import Chance
from .emotions import EMOTIONS, LEVEL_FACTOR, LEVELS, expression
from .sequence import FPS, AUSequence, Span, check_fps, s_curve

Columns = dict[str, np.ndarray]  # id to [T]

# Values at level 3 of expressions that are held. A name without a side stands for both.
_HELD = {
    "smile": {"lip_corner_raise": 0.7, "cheek_raise": 0.6},
    "smirk": {"lip_corner_raise_left": 0.85, "lip_corner_stretch_left": 0.3, "cheek_raise_left": 0.4},
    "frown": {"brow_lower": 0.9, "cheek_raise": 0.2},
    "raised_brow": {"brow_raise_left": 1.0, "brow_lower_right": 0.35, "upper_lid_raise_left": 0.25},
    "kiss": {"lip_pucker": 1.0, "eye_closure": 0.25, "lips_together": 0.6, "pitch": 0.03},
    "tongue_out": {"tongue_out": 1.0, "jaw_open": 0.5, "lower_lip_depress": 0.3, "lip_corner_raise": 0.3},
    "puffed_cheeks": {"cheek_puff": 1.0, "lips_together": 1.0, "lip_pucker": 0.25},
    "gasp": {"jaw_open": 0.9, "upper_lid_raise": 0.9, "brow_raise": 0.7},
    "sleepy": {
        "eye_closure": 0.7,
        "inner_brow_raise": 0.3,
        "jaw_open": 0.06,
        "pitch": -0.1,
        "roll": 0.06,
        "gaze_y": -0.4,
    },
    "think": {
        "gaze_x": 0.7,
        "gaze_y": 0.6,
        "brow_lower_right": 0.35,
        "brow_raise_left": 0.5,
        "lip_pucker": 0.3,
        "lower_lip_slide_left": 0.35,
        "yaw": 0.12,
        "pitch": 0.06,
        "roll": -0.08,
    },
}


def _blink(time: np.ndarray, start: float) -> np.ndarray:
    """One blink: 90 ms to close, 40 ms closed, 150 ms to open."""
    return s_curve((time - start) / 0.09) * (1 - s_curve((time - start - 0.13) / 0.15))


def _wink(side: str) -> Callable[..., Columns]:
    def motion(time: np.ndarray, seconds: float, strength: float, rng: Chance, loop: bool) -> Columns:
        pace = min(1.0, seconds / 0.7)
        start = (seconds - 0.7 * pace) / 2
        lid = s_curve((time - start) / (0.12 * pace)) * (1 - s_curve((time - start - 0.4 * pace) / (0.22 * pace)))
        face = s_curve((time - start) / (0.2 * pace)) * (1 - s_curve((time - start - 0.4 * pace) / (0.3 * pace)))
        return {
            f"eye_closure_{side}": lid,
            f"cheek_raise_{side}": 0.9 * strength * face,
            f"lip_corner_raise_{side}": 0.6 * strength * face,
            f"brow_lower_{side}": 0.3 * strength * face,
            "roll": (0.06 if side == "left" else -0.06) * strength * face,
        }

    return motion


def _nod(time: np.ndarray, seconds: float, strength: float, rng: Chance, loop: bool) -> Columns:
    """A whole number of nods, about 0.7 s each; the later ones are smaller unless the clip loops."""
    count = max(1, round(seconds / 0.7))
    decay = 1.0 if loop else 1 - 0.5 * time / seconds
    down = (1 - np.cos(2 * math.pi * count * time / seconds)) / 2 * decay
    return {"pitch": -0.24 * strength * down, "y": 0.02 * strength * down}


def _shake(time: np.ndarray, seconds: float, strength: float, rng: Chance, loop: bool) -> Columns:
    count = max(1, round(seconds / 0.6))
    envelope = 1.0 if loop else np.sin(math.pi * time / seconds) ** 0.5
    return {"yaw": 0.26 * strength * np.sin(2 * math.pi * count * time / seconds) * envelope}


def _idle(time: np.ndarray, seconds: float, strength: float, rng: Chance, loop: bool) -> Columns:
    """Breath, a slowly drifting head, fixations of the eyes and blinks at the pace of conversation."""

    def drift(size: float, pace: float) -> np.ndarray:
        total = np.zeros_like(time)
        for rate in pace * rng.uniform([0.6, 1.3, 2.2], [1.2, 2.0, 3.2]):
            cycles = max(1, round(rate * seconds)) if loop else rate * seconds
            total += rng.uniform(0.5, 1.0) * np.sin(2 * math.pi * (cycles * time / seconds + rng.uniform()))
        return strength * size * total

    breaths = max(1, round(0.25 * seconds)) if loop else 0.25 * seconds
    breath = strength * np.sin(2 * math.pi * breaths * time / seconds)
    columns = {
        "yaw": drift(0.018, 0.14),
        "pitch": drift(0.012, 0.16) + 0.006 * breath,
        "roll": drift(0.01, 0.11),
        "x": drift(0.003, 0.1),
        "y": drift(0.002, 0.1) - 0.004 * breath,
        "inner_brow_raise": np.maximum(drift(0.03, 0.12), 0),
        "lip_corner_raise_left": np.maximum(drift(0.025, 0.1), 0),
    }
    columns["lip_corner_raise_right"] = columns["lip_corner_raise_left"]

    gaze = np.zeros((2, len(time)))
    place, at = np.zeros(2), rng.uniform(0.6, 1.8)
    while at < seconds - 0.4:
        target = np.clip(rng.normal(0, [0.14, 0.08]), -0.35, 0.35) * strength if rng.uniform() < 0.75 else np.zeros(2)
        gaze += np.outer(target - place, s_curve((time - at) / 0.06))
        place, at = target, at + rng.uniform(0.7, 2.2)
    if loop:  # look at the viewer again before the clip begins anew
        gaze += np.outer(-place, s_curve((time - seconds + 0.25) / 0.06))
    columns["gaze_x"], columns["gaze_y"] = gaze

    lids, at = np.zeros_like(time), rng.uniform(0.3, 1.6)
    while at < seconds - 0.35:
        lids = np.maximum(lids, _blink(time, at))
        at += 0.4 + rng.lognormal(math.log(1.9), 0.5)
    columns["eye_closure_left"] = columns["eye_closure_right"] = lids
    return columns


_MOTIONS: dict[str, Callable[..., Columns]] = {
    "wink_left": _wink("left"),
    "wink_right": _wink("right"),
    "blink": lambda time, seconds, strength, rng, loop: dict.fromkeys(
        ("eye_closure_left", "eye_closure_right"), _blink(time, max(0.0, seconds / 2 - 0.14))
    ),
    "nod": _nod,
    "shake": _shake,
    "idle": _idle,
}

PRESETS = (*EMOTIONS, *_HELD, *_MOTIONS)


def preset(
    name: str,
    level: int = 2,
    seconds: float = 2.0,
    fps: float = FPS,
    seed: int | Chance = 0,
    fade_in: float = 0.3,
    fade_out: float = 0.3,
    loop: bool = False,
) -> AUSequence:
    """A performance by name (one of PRESETS) that begins and ends at the portrait's own face.

    level: 1 to 3, how strong. seed: for `idle`, the only one with chance in it. loop: the end meets the beginning and
    nothing fades. Raises AUHeadError for an unknown name, level, or length.
    """
    name = str(name).strip().lower().replace(" ", "_")
    if name not in PRESETS:
        raise AUHeadError(f'"{name}" is not a preset; use one of {", ".join(PRESETS)}.')
    if level not in LEVELS:
        raise AUHeadError(f'The preset "{name}" has level {level}; use 1, 2 or 3.')
    if not 0 < seconds <= 3600:
        raise AUHeadError(f'The preset "{name}" lasts {seconds} s; use more than 0 and at most 3600 seconds.')
    if not (0 <= fade_in < math.inf and 0 <= fade_out < math.inf):
        raise AUHeadError(f'The preset "{name}" fades over {fade_in} and {fade_out} s; use 0 or more seconds.')
    frames = max(1, round(seconds * check_fps(fps)))
    sequence = AUSequence.zeros(frames, fps, source=f"preset {name}")
    seconds = sequence.seconds
    if name in EMOTIONS:
        values, extra = expression(name, level)
        row = np.concatenate((values, extra, np.zeros(len(space.POSE))))
        spans = (Span(0.0, seconds, name, level),)
        sequence = AUSequence.from_table(np.tile(row, (frames, 1)), fps, spans, sequence.source)
    elif name in _HELD:
        held = {unit: apex for stem, apex in _HELD[name].items() for unit in space.both_sides(stem)}
        sequence = sequence.with_columns({unit: LEVEL_FACTOR[level] * apex for unit, apex in held.items()})
    else:
        time = np.arange(frames) / fps
        rng = seed if isinstance(seed, Chance) else Chance(seed)
        columns = _MOTIONS[name](time, seconds, LEVEL_FACTOR[level], rng, loop)
        sequence = sequence.with_columns(columns)
    if loop:
        return sequence.clamp()
    shorten = min(1.0, seconds / max(fade_in + fade_out, 1e-9))
    return sequence.fade(fade_in * shorten, fade_out * shorten).clamp()
