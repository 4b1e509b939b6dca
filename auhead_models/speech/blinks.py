"""Blinks as events: when, how long, and drawn at 25 frames per second wherever they fall between two frames.

People who talk blink about 26 times a minute (Bentivoglio et al. 1997, Mov. Disord. 12:1028), often where a phrase
ends and with large shifts of gaze. A lid closes in 90 ms, stays for 50 and opens in 150; it stays longer than a frame
lasts, so that every blink is seen closed. Surprise blinks less, sadness with slower lids; both rates are chosen.
"""

import math
from dataclasses import dataclass, replace

import numpy as np

from ..au.emotions import emotion_name
from ..au.sequence import FPS, AUSequence, Span, s_curve
from .gaze import Shift
from .prosody import Prosody
from .randomness import frame_times, layer_generator

CLOSE, HOLD, OPEN = 0.09, 0.05, 0.15  # seconds
_MEDIAN_INTERVAL, _SPREAD = 2.6, 0.5  # log-normal
_LONGEST_INTERVAL = 5.5  # seconds
_REFRACTORY = 0.5  # seconds between two beginnings, unless a blink is double
_DOUBLE = 0.08  # share of blinks that come twice
_REACH = 1.2  # seconds a blink moves to meet the end of a phrase
_WHOLE = 0.43  # seconds that the slowest blink takes; none is cut off by the end
_LARGE_SHIFT = 0.16  # gaze units
_PACE = {"surprised": 0.7}  # blinks against the usual number
_SLOWNESS = {"sad": 1 / 0.85}  # of the lids


@dataclass(frozen=True)
class Blink:
    """`start` in seconds; `depth` is the largest closure, `tempo` stretches it in time, `rank` 0..1 decides which
    blinks a weaker strength leaves out; `left_lead` is how many seconds the left lid is ahead."""

    start: float
    depth: float
    tempo: float
    rank: float
    left_lead: float


def plan_blinks(
    speech: Prosody, shifts: tuple[Shift, ...], seed: int, strength: float = 1.0, emotions: tuple[Span, ...] = ()
) -> tuple[Blink, ...]:
    """The blinks over a sound. Strength 0..1 leaves some out, 1..2 adds others; those in common stay the same."""
    rng = layer_generator(seed, "blinks")

    def wanted(blink: Blink) -> float:
        return strength * _PACE.get(_emotion(emotions, blink.start), 1.0)

    blinks = [blink for blink in _schedule(speech, shifts, rng) if blink.rank < wanted(blink)]
    for blink in _schedule(speech, (), rng):
        free = all(abs(blink.start - other.start) > 2 * _REFRACTORY for other in blinks)
        if free and blink.rank < wanted(blink) - 1:
            blinks.append(blink)
    slowed = (
        replace(blink, tempo=blink.tempo * _SLOWNESS.get(_emotion(emotions, blink.start), 1.0)) for blink in blinks
    )
    return tuple(sorted(slowed, key=lambda blink: blink.start))


def _emotion(emotions: tuple[Span, ...], time: float) -> str:
    return next((emotion_name(span.emotion) for span in emotions if span.start <= time < span.end), "neutral")


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
        shallow, tempo, rank, lead, double = rng.uniform(size=5)
        if blinks and time - blinks[-1].start < _REFRACTORY:
            continue
        blink = Blink(time, 1.0, 0.9 + 0.35 * tempo, rank, 0.016 * (lead - 0.5))
        blinks.append(blink)
        if double < _DOUBLE:
            blinks.append(Blink(time + 0.34 * blink.tempo, 1 - 0.03 * shallow, 0.9, rank, blink.left_lead))
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
