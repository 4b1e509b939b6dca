"""Other emotions in place of those that a performance came in with.

A performance says which emotions are in it, its spans, and holds them mixed with all else. Speech takes from them at
the mouth (emotions.yield_shares), so they are taken out as they went in: whole where the mouth is still beside them,
without what speech takes where it moves. The new ones yield in the same way, and the same ones change nothing.
"""

import numpy as np

from . import space
from .emotions import EMOTIONS, emotion_track, yield_shares
from .sequence import AUSequence

_SPEAKING = 2.0  # units a second by which the columns of a speaking mouth change, all together
_REACH = 0.4  # seconds around a movement in which the mouth is still taken to speak
_MOUTH = np.array([unit.side is None and unit.region in ("mouth", "jaw") for unit in space.COLUMNS])


def exchange(sequence: AUSequence, track: AUSequence) -> np.ndarray:
    """What to add [T, 40] to a performance so that it holds the emotions of a track [T] in place of its own."""
    known = [span for span in sequence.spans if span.emotion in EMOTIONS]  # any name may come in
    own = emotion_track(known, len(sequence), sequence.fps).table.astype(np.float64)
    speaking = _speaking(sequence.table[:, _MOUTH] - own[:, _MOUTH], sequence.fps)
    return (track.table - own) * (1 - speaking[:, None] * yield_shares())


def _speaking(mouth: np.ndarray, fps: float) -> np.ndarray:
    """How far the mouth [T, K] speaks, 0..1 [T]: where it moves, and less and less around there."""
    moves = np.abs(np.diff(mouth, axis=0, prepend=mouth[:1])).sum(axis=1) * (fps / _SPEAKING)
    reach = round(_REACH * fps)
    padded = np.pad(np.minimum(moves, 1.0), reach)
    parts = [padded[k : k + len(moves)] * (1 - abs(k - reach) / (reach + 1)) for k in range(2 * reach + 1)]
    return np.max(parts, axis=0)
