"""Phones with their times to the mouth: visemes and mouth units at 25 frames per second.

Every phone wants a shape and, unit by unit, insists on it with a dominance that fades with the distance in time; the
mouth is the mean of what is wanted, weighed by dominance (Cohen & Massaro 1993, "Modeling coarticulation in synthetic
visual speech"). So a /t/ between two rounded vowels is rounded, an /s/ keeps the jaw up in any company, and a short
vowel falls short of its target. Closed lips are not averaged: each /p b m/ holds them shut. A diphthong is two shapes.
The mouth is 40 ms ahead of the sound. The speech model learns this; known words are spoken by it directly.

Phones are ARPAbet in small letters, with "ax" for the schwa and "pau" for a pause. The shapes are chosen, as no table
of measured values was to be had; classes of visemes are those of OpenXR (XR_META_face_tracking_visemes).
"""

import numpy as np

from ..au.sequence import s_curve

Phones = list[tuple[float, float, str]]  # start and end in seconds

LEAD = 0.04  # seconds
VISEMES = ("sil", "PP", "FF", "TH", "DD", "kk", "CH", "SS", "nn", "RR", "aa", "E", "ih", "oh", "ou")
MOUTH = (
    "jaw_open",
    "lip_pucker",
    "lip_corner_stretch",
    "lower_lip_depress",
    "upper_lip_raise",
    "lower_lip_suck",
    "upper_lip_suck",
    "chin_raise",
    "tongue_out",
    "lips_together",
)
JAW, TEETH, LIPS = (MOUTH.index(name) for name in ("jaw_open", "lower_lip_suck", "lips_together"))

_SHAPES = {  # viseme; the first nine units of MOUTH; dominance of jaw, of pucker to raise, of suck to tongue
    "pau": ("sil", (0.00, 0.00, 0.00, 0.00, 0.00, 0.00, 0.00, 0.00, 0.00), (1.0, 0.4, 0.6)),
    "p": ("PP", (0.02, 0.02, 0.00, 0.00, 0.00, 0.12, 0.10, 0.14, 0.00), (2.0, 0.2, 2.0)),
    "f": ("FF", (0.08, 0.00, 0.04, 0.00, 0.20, 0.45, 0.00, 0.04, 0.00), (1.5, 0.5, 2.5)),
    "th": ("TH", (0.16, 0.00, 0.06, 0.18, 0.08, 0.00, 0.00, 0.00, 0.32), (1.0, 0.3, 2.0)),
    "t": ("DD", (0.12, 0.00, 0.08, 0.14, 0.04, 0.00, 0.00, 0.00, 0.10), (0.8, 0.15, 0.8)),
    "l": ("nn", (0.22, 0.00, 0.02, 0.16, 0.04, 0.00, 0.00, 0.00, 0.20), (0.6, 0.15, 1.0)),
    "n": ("nn", (0.14, 0.00, 0.04, 0.12, 0.02, 0.00, 0.00, 0.00, 0.10), (0.7, 0.12, 0.8)),
    "k": ("kk", (0.20, 0.00, 0.02, 0.10, 0.02, 0.00, 0.00, 0.00, 0.00), (0.4, 0.10, 0.5)),
    "hh": ("kk", (0.24, 0.00, 0.02, 0.10, 0.02, 0.00, 0.00, 0.00, 0.00), (0.1, 0.05, 0.3)),
    "sh": ("CH", (0.10, 0.48, 0.00, 0.24, 0.20, 0.00, 0.00, 0.06, 0.00), (1.5, 0.9, 0.8)),
    "s": ("SS", (0.06, 0.00, 0.24, 0.22, 0.08, 0.00, 0.00, 0.00, 0.00), (1.5, 0.45, 0.8)),
    "r": ("RR", (0.16, 0.38, 0.00, 0.14, 0.06, 0.00, 0.00, 0.00, 0.00), (0.6, 0.7, 0.5)),
    "w": ("ou", (0.10, 0.75, 0.00, 0.02, 0.00, 0.00, 0.00, 0.04, 0.00), (1.0, 1.6, 0.6)),
    "y": ("ih", (0.15, 0.00, 0.32, 0.18, 0.08, 0.00, 0.00, 0.00, 0.00), (0.7, 0.6, 0.4)),
    "iy": ("ih", (0.18, 0.00, 0.42, 0.20, 0.10, 0.00, 0.00, 0.00, 0.00), (0.9, 1.0, 0.5)),
    "ih": ("ih", (0.24, 0.00, 0.28, 0.18, 0.08, 0.00, 0.00, 0.00, 0.00), (0.8, 0.7, 0.5)),
    "eh": ("E", (0.40, 0.00, 0.26, 0.22, 0.08, 0.00, 0.00, 0.00, 0.00), (1.0, 0.8, 0.5)),
    "ae": ("aa", (0.54, 0.00, 0.24, 0.25, 0.10, 0.00, 0.00, 0.00, 0.00), (1.1, 0.9, 0.5)),
    "aa": ("aa", (0.62, 0.00, 0.04, 0.24, 0.10, 0.00, 0.00, 0.00, 0.00), (1.1, 0.9, 0.5)),
    "ah": ("aa", (0.46, 0.00, 0.04, 0.20, 0.08, 0.00, 0.00, 0.00, 0.00), (1.0, 0.7, 0.5)),
    "ax": ("aa", (0.26, 0.02, 0.06, 0.14, 0.04, 0.00, 0.00, 0.00, 0.00), (0.5, 0.25, 0.5)),
    "ao": ("oh", (0.48, 0.36, 0.00, 0.14, 0.04, 0.00, 0.00, 0.00, 0.00), (1.1, 1.1, 0.5)),
    "uh": ("ou", (0.26, 0.42, 0.00, 0.10, 0.00, 0.00, 0.00, 0.00, 0.00), (0.8, 0.9, 0.5)),
    "uw": ("ou", (0.15, 0.75, 0.00, 0.05, 0.00, 0.00, 0.00, 0.00, 0.00), (1.0, 1.4, 0.5)),
    "er": ("RR", (0.22, 0.40, 0.00, 0.16, 0.06, 0.00, 0.00, 0.00, 0.00), (0.8, 0.8, 0.5)),
}
_LIKE = {
    "sil": "pau", "brth": "pau", "b": "p", "m": "p", "v": "f", "dh": "th", "d": "t", "dx": "t", "el": "l", "nx": "n",
    "en": "n", "g": "k", "ng": "k", "zh": "sh", "ch": "sh", "jh": "sh", "z": "s", "axr": "er", "ix": "ih",
}  # fmt: skip
_DIPHTHONGS = {
    "ay": ("aa", "ih"),
    "aw": ("aa", "uh"),
    "ow": ("ao", "uw"),
    "oy": ("ao", "ih"),
    "ey": ("eh", "ih"),
}
_FIRST_SHARE = 0.55  # of a diphthong's time
_CLOSED = {"p": 0.65, "b": 0.85, "m": 1.0}  # share of the phone before the lips part
_SPREAD = (1, 4, 4)  # units of each dominance

_STEP = 0.01
_CORE = 0.3  # share of a shape's time, around its middle, in which it insists fully
_BEFORE, _AFTER = 0.055, 0.045  # seconds in which the dominance falls to 1/e
_REACH = 0.25
_RAMP = 0.05  # seconds in which lips close and part


def _targets(phones: Phones) -> list[tuple[float, float, str]]:
    """(start, end, shape) of every shape."""
    targets = []
    for start, end, phone in phones:
        if phone in _DIPHTHONGS:
            middle = start + _FIRST_SHARE * (end - start)
            first, second = _DIPHTHONGS[phone]
            targets += [(start, middle, first), (middle, end, second)]
        else:
            name = _LIKE.get(phone, phone)
            targets.append((start, end, name if name in _SHAPES else "ax"))
    return targets


def viseme_track(phones: Phones, frames: int) -> np.ndarray:
    """Index into VISEMES of what sounds in the middle of each frame [T]."""
    time = (np.arange(frames) + 0.5) / 25
    track = np.zeros(frames, np.int64)
    for start, end, shape in _targets(phones):
        track[(time >= start) & (time < end)] = VISEMES.index(_SHAPES[shape][0])
    return track


def mouth_track(phones: Phones, frames: int) -> np.ndarray:
    """Units of MOUTH [T, 10], 0..1; without phones, at rest."""
    steps = frames * 4 + round(LEAD / _STEP) + 1
    wanted, total = np.zeros((steps, len(MOUTH) - 1)), np.full((steps, len(MOUTH) - 1), 1e-3)
    for start, end, name in _targets(phones):
        first, last = max(int((start - _REACH) / _STEP), 0), min(int((end + _REACH) / _STEP) + 1, steps)
        if first >= last:
            continue
        _, values, dominances = _SHAPES[name]
        time = (np.arange(first, last) + 0.5) * _STEP
        half = _CORE * (end - start) / 2
        if name == "pau":  # rest begins and ends with the pause, however long it is
            half = max((end - start) / 2 - 0.08, 0.0)
        away = time - (start + end) / 2
        fall = np.where(away < 0, -(away + half) / _BEFORE, (away - half) / _AFTER)
        weight = np.exp(-np.maximum(fall, 0))[:, None] * np.repeat(dominances, _SPREAD)
        wanted[first:last] += weight * values
        total[first:last] += weight
    middles = np.arange(frames) * 4 + 2 + round(LEAD / _STEP)
    mixed = wanted / total
    shapes = 0.5 * (mixed[middles - 1] + mixed[middles])  # the steps on both sides of a frame's middle
    return np.concatenate((shapes, closing_track(phones, frames)[:, None]), axis=1).astype(np.float32)


def closing_track(phones: Phones, frames: int) -> np.ndarray:
    """lips_together [T]: 1 in every frame in which the lips touch."""
    steps = np.zeros(frames * 4)
    time = (np.arange(len(steps)) + 0.5) * _STEP + LEAD
    for start, end, phone in phones:
        if phone in _CLOSED:
            parts = max(start + _CLOSED[phone] * (end - start), start + 0.03)
            steps = np.maximum(steps, s_curve((np.minimum(time - start, parts - time) + _RAMP) / _RAMP))
    return steps.reshape(frames, 4).max(axis=1)
