"""From what a model wrote to the expression layer of a performance, and to a sentence about it."""

from collections.abc import Sequence

import numpy as np

from ..au.emotions import expression
from ..au.sequence import FPS as VIDEO_FPS
from ..au.sequence import AUSequence, Span
from ..au.space import EXTRAS, UNITS
from .codec import FPS

_ATTACK, _RELEASE = 0.08, 0.2  # seconds, time constants: a face lights up faster than it calms down
_MOST = 1.2  # times the prototype, what an expression beyond it may add

_SEEN = 0.05  # a unit that stays below it is not worth a word


def to_expression(values: np.ndarray, spans: Sequence[Span], frames: int) -> AUSequence:
    """The expression at 25 fps of so many frames: values [N, 24] at 5 fps with their emotions.

    The tokens say no extras (raised cheeks, lip corners down, ...) and no units below 0 (a portrait's own smile taken
    away). Both follow the emotion's prototype as far as the written units do.
    """
    told, extra = values.astype(np.float64), np.zeros((len(values), len(EXTRAS)))
    for span in spans:
        part = slice(round(span.start * FPS), round(span.end * FPS))
        units, others = (column.astype(np.float64) for column in expression(span.emotion, span.level))
        share = _share(values[part], np.clip(units, 0, None))
        told[part] += share[:, None] * np.clip(units, None, 0)
        extra[part] = share[:, None] * others
    table = np.concatenate((told, extra), axis=1)
    smooth = _attack_release(_interpolated(table, frames))
    pose = np.zeros((frames, 6))
    return AUSequence(smooth[:, : len(UNITS)], smooth[:, len(UNITS) :], pose, VIDEO_FPS, tuple(spans), "alm").clamp()


def _share(values: np.ndarray, prototype: np.ndarray) -> np.ndarray:
    """How much of a prototype [24] is in each row of values [n, 24]: its projection."""
    return np.clip(values @ prototype / max(prototype @ prototype, 1e-6), 0, _MOST)


def _interpolated(table: np.ndarray, frames: int) -> np.ndarray:
    """[N, C] at 5 fps at the times of so many video frames; values stand in the middle of their frames."""
    place = np.clip((np.arange(frames) + 0.5) * FPS / VIDEO_FPS - 0.5, 0, len(table) - 1)
    below = np.minimum(place.astype(int), max(len(table) - 2, 0))
    share = (place - below)[:, None]
    return table[below] * (1 - share) + table[np.minimum(below + 1, len(table) - 1)] * share


def _attack_release(table: np.ndarray) -> np.ndarray:
    """Each column follows its target: quickly away from rest, slowly back. It begins at rest."""
    fast, slow = (1 - np.exp(-1 / (VIDEO_FPS * seconds)) for seconds in (_ATTACK, _RELEASE))
    state, rows = np.zeros(table.shape[1]), []
    for target in table:
        state = state + np.where(np.abs(target) > np.abs(state), fast, slow) * (target - state)
        rows.append(state)
    return np.array(rows)


def in_words(values: np.ndarray, spans: Sequence[Span]) -> str:
    """The chain of thought: "0.0–2.4 s happy (level 2): lip corner raise up to 0.60 at 1.2 s, ...; 2.4–3.0 s ..."."""
    return "; ".join(_span_in_words(values, span) for span in spans)


def _span_in_words(values: np.ndarray, span: Span) -> str:
    first = round(span.start * FPS)
    part = values[first : max(round(span.end * FPS), first + 1)]
    tracks = {name: part[:, columns].max(axis=1) for name, columns in _COLUMNS.items()}
    strongest = sorted(tracks, key=lambda name: -tracks[name].mean())[:3]
    told = [
        f"{name} up to {tracks[name].max():.2f} at {(first + int(tracks[name].argmax())) / FPS:.1f} s"
        for name in strongest
        if tracks[name].max() >= _SEEN
    ]
    what = ", ".join(told) if told else "a calm face"
    return f"{span.start:.1f}–{span.end:.1f} s {span.emotion} (level {span.level}): {what}"


def _columns() -> dict[str, list[int]]:
    """Plain names of the units, left and right under one."""
    columns: dict[str, list[int]] = {}
    for unit in UNITS:
        name = unit.name.lower().removeprefix("left ").removeprefix("right ")
        columns.setdefault(name.split(" to the ")[0], []).append(unit.index)
    return columns


_COLUMNS = _columns()
