"""Head motion: slow seeded wandering, nods on stressed syllables, a settling at the end of each phrase.

Angles stay inside ±4° yaw, ±3° pitch and ±2° roll at strength 1. The first frame is the portrait's own pose.
"""

import math

import numpy as np
from scipy.ndimage import gaussian_filter1d

from ..au.sequence import FPS, AUSequence, s_curve
from .prosody import Prosody
from .randomness import frame_times, layer_generator

LIMITS = {  # radians, fractions of the face width, log zoom
    "yaw": math.radians(4.0),
    "pitch": math.radians(3.0),
    "roll": math.radians(2.0),
    "x": 0.016,
    "y": 0.014,
    "zoom": 0.012,
}
_PACES = np.geomspace(0.06, 0.75, 7)  # Hz
_FADE = 0.7  # amplitude falls with pace to this power
_STILL = 0.45  # of the wandering that is left in a pause
_NOD_FROM = 0.62  # rank of the stresses that may be nodded
_NOD_GAP = 0.55  # seconds


def head_track(speech: Prosody, frames: int, seed: int, strength: float = 1.0) -> AUSequence:
    """The pose columns at 25 fps."""
    rng = layer_generator(seed, "head")
    time = frame_times(frames, FPS)
    moving = gaussian_filter1d(np.interp(time, np.arange(len(speech.speaking)) * 0.01, speech.speaking), 8.0)
    amount = _STILL + (1 - _STILL) * moving
    wander = {name: amount * _wander(time, rng) for name in LIMITS}
    begin = s_curve(time / 1.5)  # away from the portrait's own pose
    nods = _nods(speech, time, rng)
    settle = _settle(speech, time)
    pose = {
        "yaw": 0.5 * wander["yaw"],
        "pitch": 0.32 * wander["pitch"] - 0.55 * nods - 0.3 * settle,
        "roll": 0.42 * wander["roll"] + 0.14 * wander["yaw"],
        "x": 0.3 * wander["x"] - 0.3 * wander["yaw"],
        "y": 0.3 * wander["y"] + 0.35 * nods + 0.2 * settle,
        "zoom": 0.4 * wander["zoom"],
    }
    columns = {name: strength * LIMITS[name] * np.tanh(begin * track) for name, track in pose.items()}
    return AUSequence.zeros(frames, source="head").with_columns(columns)


def _wander(time: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Band-limited noise [T] of variance 1: a sum of slow waves, 0 at the beginning."""
    rates = _PACES * rng.uniform(0.8, 1.25, len(_PACES))
    sizes = _PACES**-_FADE * rng.uniform(0.6, 1.0, len(_PACES))
    phases = rng.uniform(0, 2 * math.pi, len(_PACES))
    waves = np.sin(2 * math.pi * np.outer(time, rates) + phases) - np.outer(np.exp(-time / 1.5), np.sin(phases))
    return waves @ (sizes / math.sqrt((sizes**2).sum() / 2))


def _nods(speech: Prosody, time: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """0..1: down onto a stressed syllable within 0.16 s, back within 0.4 s."""
    nods, last = np.zeros(len(time)), -math.inf
    for stress in speech.stresses:
        chance, size = rng.uniform(size=2)
        if stress.strength < _NOD_FROM or stress.time - last < _NOD_GAP or chance > 0.75:
            continue
        last = stress.time
        since = time - stress.time
        depth = (0.45 + 0.55 * size) * (0.5 + 0.5 * stress.strength)
        nods = np.maximum(nods, depth * s_curve((since + 0.16) / 0.2) * (1 - s_curve((since - 0.05) / 0.4)))
    return gaussian_filter1d(nods, 1.0)


def _settle(speech: Prosody, time: np.ndarray) -> np.ndarray:
    """0..1: the head sinks a little where a phrase ends and rises again as the next one begins."""
    settle = np.zeros(len(time))
    for pause in speech.pauses:
        if pause.start > 0:
            settle = np.maximum(
                settle, s_curve((time - pause.start + 0.1) / 0.45) * (1 - s_curve((time - pause.end) / 0.5))
            )
    return settle
