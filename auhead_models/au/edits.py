"""The edits of a performance: what the AU Editor stores, as JSON, and how they change an AUSequence.

Only edits are stored, never frames, so they survive a new voice, a new length and a new portrait. Complete example:

    {
      "version": 1,
      "keys": {
        "jaw_open": [[0, 0], [0.4, 0.3], [0.8, 0.3, "linear"], [1.2, 0]],
        "yaw": [[1, 0, "step"], [1.5, 0.2]],
        "gaze_x": [[2, -0.5]]
      },
      "replace": [
        {"start": 2, "end": 3, "fade": 0.15, "keys": {"lip_corner_raise_left": [[2, 0.1], [2.6, 0.8]], "jaw_open": []}}
      ],
      "gains": {"all": 0.9, "brows": 1.4, "jaw_open": 0.8},
      "offsets": {"inner_brow_raise": 0.1, "pitch": -0.05},
      "mutes": ["cheeks", "tongue_out"],
      "spans": [{"start": 0.5, "end": 2, "emotion": "happy", "level": 2}, {"start": 2, "emotion": "sad", "level": 1}],
      "replace_spans": true,
      "presets": [{"name": "nod", "start": 1, "seconds": 0.8, "level": 2, "weight": 0.7}],
      "blink_rate": 1.5,
      "smoothing": [{"seconds": 0.08, "regions": ["brows", "pose"]}]
    }

Every part may be left out; an empty text holds no edits and changes nothing. Keys of the JSON that are not named here
(the editor's own state) are kept by parse_edits and edits_to_json. A column is one of the 40 ids of space.py; a
region is one of space.REGIONS or "all". Times are seconds from the beginning; frame i is at i / fps. Nothing changes
the length: what lies beyond the end waits for a longer performance and has no effect before it, except that a curve
still heads for its next key.

Order of application; nothing is clipped before the last step:

 1. blink_rate, 0 to 10: times so many blinks of the incoming performance (blink_rate.py).
 2. smoothing, one after the other: Gaussian with a standard deviation of `seconds`, in these regions or columns;
    without `regions` everything but the eyes and lips_together, which must still close.
 3. spans: expressions added as in emotions.emotion_track. Without `end` a span lasts until the next one begins, the
    last one to the end. `level` is 1 to 3, 2 unless given. With "replace_spans": true they stand in place of the
    emotions of the incoming performance (exchange.py) instead of being added to them.
 4. presets: `weight` times the preset added from `start` on (seconds 2, level 2, weight 1 unless given).
 5. gains: factors of regions and columns; those that meet in one column multiply. Then offsets of columns are added.
 6. keys: the curve of a column is added. A key is [seconds, value] or [seconds, value, interpolation], and the
    interpolation leads to the next key: "smooth" (unless given), "linear", or "step", which holds the value. The first
    value holds before the first key, the last after the last. Two keys at one time make a jump.
 7. replace, one after the other: from `start` to `end` (without it: to the end) the curves of a range stand in place of
    all that steps 1 to 6 gave these columns; an empty list is the portrait's own face, 0. The range fades in and out
    inside its borders along S-curves of `fade` seconds (0.2 unless given, at most half the range), but not at the
    beginning and the end of the performance.
 8. mutes: these regions or columns are 0, the portrait's own.
 9. Every column is clipped to its range.

A smooth curve is a cubic Hermite spline that never overshoots its keys: flat at the first and the last key, at turning
points and beside steps, elsewhere with the slopes of Fritsch & Butland (1984, SIAM J. Sci. Stat. Comput. 5:300).
"""

import math
from dataclasses import replace

import numpy as np

from . import space
from .blink_rate import with_blink_rate
from .chance import Chance
from .edits_data import EDITS_VERSION, Edits, EmotionSpan, Key, Replacement, Smoothing, TimedPreset
from .edits_json import edits_to_json, parse_edits
from .emotions import emotion_track
from .exchange import exchange
from .presets import preset
from .sequence import AUSequence, Span, s_curve

__all__ = [
    "EDITS_VERSION",
    "Edits",
    "EmotionSpan",
    "Key",
    "Replacement",
    "Smoothing",
    "TimedPreset",
    "apply_edits",
    "curve",
    "edits_to_json",
    "parse_edits",
]

_SAME_TIME = 1e-4  # seconds by which a key or a border written with few digits may miss its frame
_SHORTEST = 1e-6  # seconds between two keys that are not at one time
_SMOOTHED = tuple(unit.id for unit in space.COLUMNS if unit.region != "eyes" and unit.id != "lips_together")


def apply_edits(sequence: AUSequence, edits: Edits, seed: int = 0) -> AUSequence:
    """The edited performance, as long as the given one and at its frame rate; without edits it is the given one itself.

    The seed decides which blinks go or come and how the `idle` preset moves.
    """
    if edits == Edits(other=edits.other):
        return sequence
    result = with_blink_rate(sequence, edits.blink_rate, seed)
    for part in edits.smoothing:
        result = result.smooth(part.seconds, _SMOOTHED if part.regions is None else part.regions)
    table, spans = result.table.astype(np.float64), list(result.spans)
    track = emotion_track(_closed(edits.spans), len(table), sequence.fps)
    if edits.replace_spans:
        table += exchange(sequence, track)
        spans = list(track.spans)
    elif edits.spans:
        table += track.table
        spans += track.spans
    for index, timed in enumerate(edits.presets):
        first = round(timed.start * sequence.fps)
        if first < len(table) and timed.weight:
            played = preset(timed.name, timed.level, timed.seconds, sequence.fps, Chance(seed, index))
            part = table[first : first + len(played)]
            part += timed.weight * played.table[: len(part)]
            later = first / sequence.fps
            spans += [replace(span, start=span.start + later, end=span.end + later) for span in played.spans]
    for name, factor in edits.gains.items():
        table[:, space.column_mask(name)] *= factor
    for name, offset in edits.offsets.items():
        table[:, space.COLUMN_INDEX[name]] += offset
    time = np.arange(len(table)) / sequence.fps
    for name, keys in edits.keys.items():
        table[:, space.COLUMN_INDEX[name]] += curve(keys, time)
    for part in edits.replace:
        weight = _presence(part, time, sequence.seconds)
        for name, keys in part.keys.items():
            column = table[:, space.COLUMN_INDEX[name]]
            column += weight * (curve(keys, time) - column)
    table[:, space.column_mask(edits.mutes)] = 0
    return AUSequence.from_table(table, sequence.fps, spans, sequence.source).clamp()


def curve(keys: tuple[Key, ...], time: np.ndarray) -> np.ndarray:
    """The curve through keys (in the order of time) at `time` [T] seconds; no keys are 0."""
    if not keys:
        return np.zeros(len(time))
    at = np.array([key.time for key in keys])
    value = np.array([key.value for key in keys])
    step, linear = (np.array([key.interpolation == kind for key in keys]) for kind in ("step", "linear"))
    slope = _slopes(np.diff(at), np.where(step[:-1], 0.0, np.diff(value)))

    key = np.clip(np.searchsorted(at, time + _SAME_TIME, side="right") - 1, 0, None)
    following = np.minimum(key + 1, len(keys) - 1)
    width = at[following] - at[key]
    x = np.clip((time - at[key]) / np.where(width > _SHORTEST, width, 1.0), 0.0, 1.0)
    rise = value[following] - value[key]
    smooth = x * x * (3 - 2 * x) * rise + x * (1 - x) * width * ((1 - x) * slope[key] - x * slope[following])
    return value[key] + np.select([step[key], linear[key]], [0.0, x * rise], smooth)


def _slopes(width: np.ndarray, rise: np.ndarray) -> np.ndarray:
    """Slope at each key [K] from the segments [K - 1] between them: a weighted harmonic mean of both sides."""
    secant = np.where(width > _SHORTEST, rise / np.where(width > _SHORTEST, width, 1.0), 0.0)
    before, after = secant[:-1], secant[1:]
    weight_before, weight_after = width[:-1] + 2 * width[1:], 2 * width[:-1] + width[1:]
    turns = before * after <= 0
    safe_before, safe_after = np.where(turns, 1.0, before), np.where(turns, 1.0, after)
    weights = np.where(turns, 1.0, weight_before + weight_after)
    inner = weights / np.where(turns, 1.0, weight_before / safe_before + weight_after / safe_after)
    return np.concatenate(([0.0], np.where(turns, 0.0, inner), [0.0]))


def _presence(part: Replacement, time: np.ndarray, seconds: float) -> np.ndarray:
    """How far a range stands in place of the performance, 0..1 [T]."""
    inside = (time + _SAME_TIME >= part.start) & (time + _SAME_TIME < part.end)
    weight = inside.astype(np.float64)
    fade = min(part.fade, (part.end - part.start) / 2)
    if fade > 0 and part.start > 0:
        weight *= s_curve((time - part.start) / fade)
    if fade > 0 and part.end < seconds - _SAME_TIME:
        weight *= s_curve((part.end - time) / fade)
    return weight


def _closed(spans: tuple[EmotionSpan, ...]) -> list[Span]:
    """Spans in order; an open end is the beginning of the next one that starts later."""
    ordered = sorted(spans, key=lambda span: span.start)
    closed = []
    for index, span in enumerate(ordered):
        end = span.end
        if end is None:
            end = next((other.start for other in ordered[index + 1 :] if other.start > span.start), math.inf)
        closed.append(Span(span.start, end, span.emotion, span.level))
    return closed
