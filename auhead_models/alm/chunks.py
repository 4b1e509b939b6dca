"""Long speech in pieces that a model can hear at once, cut where the voice rests, and what was written joined again."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..au.sequence import Span
from ..speech.audio import SPEECH_RATE
from .codec import FPS, Utterance

FRAME = round(SPEECH_RATE / FPS)  # samples of a frame

_EARLIEST = 0.5  # of a window, where it may be cut
_SHORTEST = 5  # frames of the last piece; in less than a second no model hears much
_JOINT = 5  # frames of a piece into which the one before it fades


def frames_of(speech: np.ndarray) -> int:
    """Frames at 5 fps of speech [N] at 16 kHz, at least one: ceil(N / 3200)."""
    return max(1, -(-len(speech) // FRAME))


def cut(speech: np.ndarray, window: float) -> list[slice]:
    """Parts of speech [N] at 16 kHz, none longer than `window` seconds nor, if there are several, shorter
    than one, cut at frames in the quietest moments."""
    longest = int(window * FPS)
    loudness = _loudness(speech)
    starts = [0]
    while len(loudness) - starts[-1] > longest:
        left = len(loudness) - starts[-1]
        first = max(int(_EARLIEST * min(longest, left / 2)), left - (left // longest) * longest, 1)
        choice = loudness[starts[-1] + first : starts[-1] + min(longest, left - _SHORTEST) + 1]
        starts.append(starts[-1] + first + len(choice) - 1 - int(choice[::-1].argmin()))  # the latest of the quietest
    ends = [start * FRAME for start in starts[1:]] + [len(speech)]
    return [slice(start * FRAME, end) for start, end in zip(starts, ends)]


def _loudness(speech: np.ndarray) -> np.ndarray:
    """Around the beginning of each frame [ceil(N / 3200)]: the level over 0.2 s in dB, rounded to whole ones."""
    half = FRAME // 2
    blocks = np.pad(speech, (half, -len(speech) % FRAME)).reshape(-1, half)
    power = np.einsum("bs,bs->b", blocks, blocks) / FRAME
    return np.round(10 * np.log10(power[:-1:2] + power[1::2] + 1e-9))


def join(utterances: Sequence[Utterance]) -> tuple[np.ndarray, tuple[Span, ...]]:
    """Values [N, 24] and emotions of consecutive utterances.

    Every piece is written as if the face had been at rest before it: what the one before ends with fades into its
    beginning, so that an expression that goes on is not dropped there. An emotion that goes on is one span.
    """
    values = np.concatenate([utterance.values for utterance in utterances])
    spans: list[Span] = []
    begin = 0
    for utterance in utterances:
        if begin:
            _fade(values[begin - 1], values[begin : begin + len(utterance)])
        offset = begin / FPS
        for span in utterance.spans:
            moved = replace(span, start=span.start + offset, end=span.end + offset)
            if spans and (spans[-1].emotion, spans[-1].level) == (moved.emotion, moved.level):
                spans[-1] = replace(spans[-1], end=moved.end)
            else:
                spans.append(moved)
        begin += len(utterance)
    return np.clip(values, 0, 1), tuple(spans)


def _fade(shown: np.ndarray, values: np.ndarray) -> None:
    """Let the beginning of a piece [n, 24] come out of what was shown before it [24]."""
    share = (1 - np.arange(_JOINT) / _JOINT)[: len(values), None]
    values[:_JOINT] += share * (shown - values[:_JOINT])
