"""Blinks as events: when, how long, and drawn at 25 frames per second wherever they fall between two frames.

People who talk blink about 26 times a minute (Bentivoglio et al. 1997, Mov. Disord. 12:1028), often where a phrase
ends and with large shifts of gaze. A lid closes in 90 ms, stays for 40 and opens in 150.
"""

import math
from dataclasses import dataclass

import numpy as np

from ..au.sequence import FPS, AUSequence, s_curve
from .gaze import Shift
from .prosody import Prosody
from .randomness import frame_times, layer_generator

CLOSE, HOLD, OPEN = 0.09, 0.04, 0.15  # seconds
_MEDIAN_INTERVAL, _SPREAD = 2.6, 0.5  # log-normal
_LONGEST_INTERVAL = 5.5  # seconds
_REFRACTORY = 0.5  # seconds between two beginnings, unless a blink is double
_DOUBLE = 0.08  # share of blinks that come twice
_REACH = 1.2  # seconds a blink moves to meet the end of a phrase
_WHOLE = 0.36  # seconds that the slowest blink takes; none is cut off by the end
_LARGE_SHIFT = 0.16  # gaze units


@dataclass(frozen=True)
class Blink:
    """`start` in seconds; `depth` is the largest closure, `tempo` stretches it in time, `rank` 0..1 decides which
    blinks a weaker strength leaves out; `left_lead` is how many seconds the left lid is ahead."""

    start: float
    depth: float
    tempo: float
    rank: float
    left_lead: float


def plan_blinks(speech: Prosody, shifts: tuple[Shift, ...], seed: int, strength: float = 1.0) -> tuple[Blink, ...]:
    """The blinks over a sound. Strength 0..1 leaves some out, 1..2 adds others; those in common stay the same."""
    rng = layer_generator(seed, "blinks")
    usual = _schedule(speech, shifts, rng)
    blinks = [blink for blink in usual if blink.rank < strength]
    for blink in _schedule(speech, (), rng):
        free = all(abs(blink.start - other.start) > 2 * _REFRACTORY for other in blinks)
        if free and blink.rank < strength - 1:
            blinks.append(blink)
    return tuple(sorted(blinks, key=lambda blink: blink.start))


def _schedule(speech: Prosody, shifts: tuple[Shift, ...], rng: np.random.Generator) -> list[Blink]:
    with_gaze = [shift.time - 0.03 for shift in shifts if shift.size > _LARGE_SHIFT]
    times: list[float] = []
    time = rng.uniform(0.5, 1.9)
    while time < speech.seconds:
        times.append(_attracted(time, speech, rng.uniform()))
        time += np.clip(rng.lognormal(math.log(_MEDIAN_INTERVAL), _SPREAD), _REFRACTORY, _LONGEST_INTERVAL)
    times = [time for time in times if all(abs(time - other) > 3 * _REFRACTORY for other in with_gaze)]
    blinks: list[Blink] = []
    for time in sorted(times + with_gaze):
        depth, tempo, rank, lead, double = rng.uniform(size=5)
        if blinks and time - blinks[-1].start < _REFRACTORY:
            continue
        blink = Blink(time, 0.94 + 0.06 * depth, 0.9 + 0.35 * tempo, rank, 0.016 * (lead - 0.5))
        blinks.append(blink)
        if double < _DOUBLE:
            blinks.append(Blink(time + 0.34 * blink.tempo, 0.8 + 0.15 * depth, 0.9, rank, blink.left_lead))
    return [blink for blink in blinks if 0 <= blink.start < speech.seconds - _WHOLE]


def _attracted(time: float, speech: Prosody, chance: float) -> float:
    """The time, or the nearest end of a phrase when that is close and chance agrees."""
    ends = [end + 0.06 for end in speech.phrase_ends if end < speech.seconds - _WHOLE - 0.06]
    ends = [end for end in ends if abs(end - time) < _REACH]
    return min(ends, key=lambda end: abs(end - time)) if ends and chance < 0.8 else time


def blink_track(blinks: tuple[Blink, ...], frames: int) -> AUSequence:
    """eye_closure_left and _right at 25 fps."""
    time = frame_times(frames, FPS)
    lids = {}
    for side, sign in (("left", 1.0), ("right", -1.0)):
        lid = np.zeros(frames)
        for blink in blinks:
            since = (time - blink.start + sign * blink.left_lead / 2) / blink.tempo
            lid = np.maximum(lid, blink.depth * s_curve(since / CLOSE) * (1 - s_curve((since - CLOSE - HOLD) / OPEN)))
        lids[f"eye_closure_{side}"] = lid
    return AUSequence.zeros(frames, source="blinks").with_columns(lids)
