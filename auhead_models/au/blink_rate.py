"""Fewer or more blinks in a finished performance.

A blink is where both lids come down together and open again within half a second; a wink or a long look down is none.
web/blinks.js does the same in AU Editor.
"""

import heapq
import math

import numpy as np
from scipy.ndimage import median_filter

from . import space
from .chance import chance
from .presets import preset
from .sequence import AUSequence

USUAL = 26.0  # blinks a minute of people who talk (Bentivoglio et al. 1997, Mov. Disord. 12:1028)

_LIDS = [space.COLUMN_INDEX[f"eye_closure_{side}"] for side in ("left", "right")]
_WIDE = [space.COLUMN_INDEX[f"upper_lid_raise_{side}"] for side in ("left", "right")]
_HALF_WINDOW = 0.46  # seconds: a closure that is longer than this is a look, not a blink
_RISES, _PEAK = 0.1, 0.35  # closure above the lid's rest: where a blink begins, and what it has to reach
_MARGIN = 0.04  # seconds before and after, in which the lid has nearly come to rest
_SMALLEST_GAP = 1.5  # seconds between two blinks that another one may come into
_PLACE = (0.35, 0.3)  # a new blink falls at 0.35 to 0.65 of its gap, so at least half a second from its neighbours


def with_blink_rate(sequence: AUSequence, rate: float, seed: int = 0) -> AUSequence:
    """The performance with `rate` times its blinks: 0 has none, 1 is the same, 2 has twice as many.

    Below 1 the seed decides which blinks go; above 1 new ones come into the longest gaps until no gap has room. A lower
    rate keeps a part of what a higher one shows. A performance without any blinks counts as having 26 a minute to
    which a rate above 1 adds its share.
    """
    if rate == 1:
        return sequence
    table = sequence.table.astype(np.float64)
    blinks, rest = _find(table[:, _LIDS], sequence.fps)
    if rate < 1:
        order = sorted(range(len(blinks)), key=lambda number: chance(seed, number))
        for number in order[_rounded(rate * len(blinks)) :]:
            _remove(table, rest, *blinks[number])
    else:
        usual = len(blinks) or USUAL * sequence.seconds / 60
        middles = [(first + last) / 2 / sequence.fps for first, last in blinks]
        blink = preset("blink", seconds=0.4, fps=sequence.fps, fade_in=0, fade_out=0)["eye_closure_left"]
        for time in _new_times(middles, sequence.seconds, _rounded((rate - 1) * usual), seed):
            _insert(table, blink, _rounded(time * sequence.fps) - len(blink) // 2)
    return AUSequence.from_table(table, sequence.fps, sequence.spans, sequence.source)


def find_blinks(sequence: AUSequence) -> list[tuple[int, int]]:
    """The blinks of a performance: first frame and the frame after the last, in order."""
    lids = [sequence["eye_closure_left"], sequence["eye_closure_right"]]
    return _find(np.stack(lids, axis=1).astype(np.float64), sequence.fps)[0]


def _find(lids: np.ndarray, fps: float) -> tuple[list[tuple[int, int]], np.ndarray]:
    """Ranges of frames, and how the lids [T, 2] rest without blinks: their running median."""
    rest = median_filter(lids, size=(2 * int(_HALF_WINDOW * fps) + 1, 1), mode="nearest")
    above = lids - rest
    rising = np.concatenate(([False], above.max(axis=1) > _RISES, [False]))
    edges = np.flatnonzero(rising[1:] != rising[:-1])
    margin = math.ceil(_MARGIN * fps)
    together = above.min(axis=1)
    blinks = [
        (max(int(first) - margin, 0), min(int(last) + margin, len(lids)))
        for first, last in zip(edges[::2], edges[1::2])
        if together[first:last].max() > _PEAK
    ]
    return blinks, rest


def _remove(table: np.ndarray, rest: np.ndarray, first: int, last: int) -> None:
    table[first:last, _LIDS] = np.minimum(table[first:last, _LIDS], rest[first:last])
    ends = [frame for frame in (first - 1, last) if 0 <= frame < len(table)]
    if ends:  # a blink pulls the raised lid down too
        for column in _WIDE:
            table[first:last, column] = np.interp(np.arange(first, last), ends, table[ends, column])


def _insert(table: np.ndarray, blink: np.ndarray, first: int) -> None:
    start, end = max(first, 0), min(first + len(blink), len(table))
    part = blink[start - first : end - first, None]
    table[start:end, _LIDS] = np.maximum(table[start:end, _LIDS], part)
    table[start:end, _WIDE] *= 1 - part


def _new_times(times: list[float], seconds: float, count: int, seed: int) -> list[float]:
    """Seconds of up to so many more blinks, each in the gap that is the longest by then."""
    borders = [0.0, *times, seconds]
    gaps = [(start - end, start, end) for start, end in zip(borders, borders[1:])]
    heapq.heapify(gaps)
    new = []
    while len(new) < count and -gaps[0][0] >= _SMALLEST_GAP:
        _, start, end = heapq.heappop(gaps)
        time = start + (end - start) * (_PLACE[0] + _PLACE[1] * chance(seed, len(new)))
        new.append(time)
        for gap in ((start - time, start, time), (time - end, time, end)):
            heapq.heappush(gaps, gap)
    return new


def _rounded(number: float) -> int:
    return math.floor(number + 0.5)
