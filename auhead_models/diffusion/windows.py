"""Context windows: a network that sees at most some 32 frames at once draws a clip of any length.

Within a segment, windows that overlap are predicted at every step and their predictions averaged (AniPortrait's
"uniform" schedule, without its wrap from the last frame to the first). Longer clips are a row of segments; the first
frames of a segment are the last of the one before, held to what they were at every step.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from ..errors import AUHeadError

SEGMENT = 6  # windows


@dataclass(frozen=True)
class Segment:
    """Frames start..stop of the clip, of which the first `known` were drawn before."""

    start: int
    stop: int
    known: int

    def __len__(self) -> int:
        return self.stop - self.start


def windows(frames: int, window: int, overlap: int) -> list[tuple[int, int]]:
    """Ranges (start, stop) that cover 0..frames, each `window` long, the last moved back to end with the clip."""
    if frames <= window:
        return [(0, frames)]
    starts = [*range(0, frames - window, window - overlap), frames - window]
    return [(start, start + window) for start in starts]


def segments(frames: int, window: int, overlap: int) -> Iterator[Segment]:
    """The clip in equal parts of at most SEGMENT windows, so that memory does not grow with its length."""
    longest = window + (SEGMENT - 1) * (window - overlap)
    count = max(1, math.ceil((frames - overlap) / (longest - overlap)))
    fresh = (frames - overlap) / count  # frames that each part adds, but for the first
    stop = 0
    for index in range(1, count + 1):
        start, stop = stop, overlap + round(index * fresh) if index < count else frames
        known = overlap if start else 0
        yield Segment(start - known, stop, known)


def check_window(window: int, overlap: int, longest: int) -> None:
    """Raises AUHeadError when windows of these lengths cannot cover a clip, or the network cannot hold them."""
    if not 1 <= window <= longest:
        raise AUHeadError(f"A window of {window} frames was asked for; this model takes 1 to {longest}.")
    if not 0 <= overlap < window:
        raise AUHeadError(
            f"An overlap of {overlap} frames does not fit a window of {window}; use a smaller overlap or a longer "
            "window."
        )
