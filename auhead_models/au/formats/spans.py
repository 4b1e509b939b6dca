"""What the emotion script formats share: open ends, joining, and the performance that shows the spans."""

import math
from collections.abc import Iterable
from dataclasses import replace

from ..emotions import emotion_track
from ..sequence import FPS, AUSequence, Span
from .text import problem

OPEN_END = 3.0  # seconds for an emotion whose end is open, where a length is needed
_LONGEST = 3 * 3600.0


def until_next(starts: Iterable[tuple[float, float | None, str, int]], name: str) -> tuple[Span, ...]:
    """Spans from (start, end or None, emotion, level): None means until the next one, for the last one for ever."""
    rows = sorted(starts, key=lambda row: row[0])
    if not rows:
        raise problem(name, "there is no emotion in it; write lines such as: 0.0 happy 2.")
    spans = []
    for row, (start, end, emotion, level) in enumerate(rows):
        if end is None:
            end = next((other[0] for other in rows[row + 1 :] if other[0] > start), math.inf)
        spans.append(Span(start, end, emotion, level))
    return tuple(spans)


def spans_sequence(spans: tuple[Span, ...], name: str) -> AUSequence:
    """The emotions as a performance at 25 fps; a last span without an end lasts 3 s."""
    closed = [replace(span, end=span.start + OPEN_END) if span.end == math.inf else span for span in spans]
    end = max(span.end for span in closed)
    if end > _LONGEST:
        raise problem(name, f"it lasts {end:g} s; use at most {_LONGEST:g} s (three hours).")
    sequence = emotion_track(closed, math.ceil(end * FPS - 1e-6), FPS)
    return replace(sequence, source=name)
