"""Where the eyes look: at the viewer mostly, in small jumps between fixations, sometimes away while a pause lasts.

Eyes jump (about 50 ms), they do not glide; and while the head turns they turn against it and keep their target.
"""

import math
from dataclasses import dataclass

import numpy as np

from ..au.sequence import FPS, AUSequence, s_curve
from ..face.deform import GAZE_DOWN, GAZE_SIDE, GAZE_UP
from .prosody import Prosody
from .randomness import frame_times, layer_generator

SMALL = (0.09, 0.06)  # standard deviation of a fixation around the viewer, in gaze units (sideways, up)
_AT_VIEWER = 0.45  # share of fixations that return to the viewer's eyes exactly
_AWAY = 0.45  # share of the longer pauses in which the eyes leave the viewer
_AWAY_PAUSE = 0.45  # seconds
_JUMP = 0.055  # seconds
_KEEPS_TARGET = 0.85  # share of the head's turn that the eyes undo


@dataclass(frozen=True)
class Shift:
    """A jump that begins at `time` seconds and ends at `target` (gaze_x, gaze_y)."""

    time: float
    target: tuple[float, float]
    size: float


def plan_gaze(speech: Prosody, seed: int) -> tuple[Shift, ...]:
    """The jumps of the eyes over a sound, in order of time."""
    rng = layer_generator(seed, "gaze")
    away = _looks_away(speech, rng)
    shifts: list[Shift] = []
    place, time = (0.0, 0.0), rng.uniform(0.5, 1.5)
    while time < speech.seconds:
        share, x, y, dwell = rng.uniform(), *rng.normal(0, SMALL), rng.lognormal(math.log(0.9), 0.5)
        if not any(start - 0.2 <= time <= end + 0.2 for start, end, _ in away):
            shifts.append(Shift(time, (0.0, 0.0) if share < _AT_VIEWER else (float(x), float(y)), 0.0))
        time += 0.25 + dwell
    for start, end, target in away:
        shifts += [Shift(start, target, 0.0), Shift(end, (0.0, 0.0), 0.0)]
    ordered = []
    for shift in sorted(shifts, key=lambda shift: shift.time):
        size = math.dist(place, shift.target)
        if size > 0.005:
            ordered.append(Shift(shift.time, shift.target, size))
            place = shift.target
    return tuple(ordered)


def _looks_away(speech: Prosody, rng: np.random.Generator) -> list[tuple[float, float, tuple[float, float]]]:
    """(start, end, target): in some pauses between phrases, until just before the voice returns."""
    looks = []
    for pause in speech.pauses:
        chance, side, x, y, delay, length = rng.uniform(size=6)
        inner = pause.start > 0 and pause.end < speech.seconds - 0.05
        if inner and pause.seconds >= _AWAY_PAUSE and chance < _AWAY:
            start = pause.start + 0.05 + 0.15 * delay
            end = min(pause.end - 0.05, start + 0.5 + 0.9 * length)
            target = (math.copysign(0.2 + 0.22 * x, side - 0.5), -0.14 + 0.3 * y)
            if end - start >= 0.2:
                looks.append((start, end, target))
    return looks


def gaze_track(shifts: tuple[Shift, ...], frames: int, strength: float = 1.0) -> AUSequence:
    """gaze_x and gaze_y at 25 fps."""
    time = frame_times(frames, FPS)
    gaze, place = np.zeros((2, frames)), np.zeros(2)
    for shift in shifts:
        step = np.array(shift.target) - place
        gaze += np.outer(step, s_curve((time - shift.time) / _JUMP))
        place = np.array(shift.target)
    x, y = np.clip(strength * gaze, -1, 1)
    return AUSequence.zeros(frames, source="gaze").with_columns({"gaze_x": x, "gaze_y": y})


def keep_target(gaze: AUSequence, head: AUSequence, strength: float = 1.0) -> AUSequence:
    """The gaze turned against the head's motion, so that the eyes stay on what they look at."""
    undo = _KEEPS_TARGET * min(strength, 1.0)
    down = undo * head["pitch"]
    return gaze.with_columns(
        {
            "gaze_x": np.clip(gaze["gaze_x"] - undo * head["yaw"] / GAZE_SIDE, -1, 1),
            "gaze_y": np.clip(gaze["gaze_y"] - down / np.where(down > 0, GAZE_DOWN, GAZE_UP), -1, 1),
        }
    )
