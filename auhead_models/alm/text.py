"""Utterances as text: a script that a person can read and edit, and the list format of the first author's code.

    0.0 s  emotion happy 2 · lip_corner_raise 0.35 · jaw_open 0.1
    0.4 s  lip_corner_raise 0.5
    2.0 s  emotion sad 1
    3.4 s  end

A line names what changes at its time; a unit without a side stands for both. Times fall on fifths of a second, and
emotions change on even seconds. `#` begins a comment.
"""

import json
import re

import numpy as np

from ..au.emotions import emotion_name
from ..au.formats import author_list
from ..au.space import UNIT_INDEX, UNITS
from ..errors import AUHeadError
from .codec import FPS, PAIRS, STEPS, Change, Utterance, quantise

_SENTENCE = "The AU sequence for each frame of audio is: "
_LINE = re.compile(r"(\d+(?:\.\d*)?|\.\d+)\s*s?\s+(\S.*)$")
_FEELING = re.compile(r"emotion\s+([A-Za-z_]+)(?:\s+(\S+))?$")
_UNIT = re.compile(r"([a-z_]+)\s+(\d+(?:\.\d*)?|\.\d+)$")


def to_script(utterance: Utterance) -> str:
    """The script of an utterance; values are rounded to those of the tokens."""
    feelings = {0: Change(0, utterance.emotion, utterance.level), **{c.frame: c for c in utterance.changes}}
    before, lines = np.zeros(len(UNITS), int), []
    for frame, steps in enumerate(quantise(utterance.values)):
        words = [f"emotion {feelings[frame].emotion} {feelings[frame].level}"] if frame in feelings else []
        words += _named(before, steps)
        if words:
            lines.append(f"{frame / FPS:.1f} s  {' · '.join(words)}")
        before = steps
    return "\n".join([*lines, f"{len(utterance) / FPS:.1f} s  end"]) + "\n"


def _named(before: np.ndarray, after: np.ndarray) -> list[str]:
    """The units that differ, by name; a pair where both sides change to the same value."""
    differs, words, paired = before != after, [], set()
    for left, right in PAIRS:
        if differs[left] and differs[right] and after[left] == after[right]:
            paired.add(right)
    partner = {right: left for left, right in PAIRS}
    for unit in np.flatnonzero(differs):
        if unit in paired:
            continue
        both = any(partner[right] == unit for right in paired)
        name = UNITS[unit].id.removesuffix("_left") if both else UNITS[unit].id
        words.append(f"{name} {after[unit] / STEPS:g}")
    return words


def from_script(text: str, name: str = "The AU script") -> Utterance:
    """The utterance of a script. Raises AUHeadError with the line that is not understood."""
    feelings: list[Change] = []
    marks: list[tuple[int, dict[int, float]]] = []
    for number, written in enumerate(text.splitlines(), start=1):
        line = written.split("#")[0].strip()
        if not line:
            continue
        match = _LINE.match(line)
        if not match:
            raise _problem(name, number, f'"{line[:40]}" has no time; write for example 0.4 s  jaw_open 0.2')
        frame = round(float(match[1]) * FPS)
        if marks and frame <= marks[-1][0]:
            raise _problem(name, number, f"{frame / FPS:g} s does not come after the line before; order lines by time")
        values: dict[int, float] = {}
        marks.append((frame, values))
        for word in re.split(r"[·,;]", match[2]):
            word = word.strip()
            if word == "end":
                return _perform(feelings, marks, name)
            if feeling := _FEELING.match(word):
                feelings.append(Change(frame, _emotion(feeling[1], name, number), _level(feeling[2], name, number)))
            elif unit := _UNIT.match(word):
                values |= _unit(unit[1], float(unit[2]), name, number)
            elif word:
                raise _problem(name, number, f'"{word[:40]}" is not understood; write a unit and its value')
    raise AUHeadError(f'{name} has no last line; write the length, for example "3.4 s  end".')


def _perform(feelings: list[Change], marks: list[tuple[int, dict[int, float]]], name: str) -> Utterance:
    if not feelings or feelings[0].frame:
        raise AUHeadError(f'{name} names no emotion at the beginning; start with "0.0 s  emotion neutral 1".')
    values = np.zeros((marks[-1][0], len(UNITS)), np.float32)
    for frame, units in marks:
        for unit, value in units.items():
            values[frame:, unit] = value
    return Utterance(feelings[0].emotion, feelings[0].level, values, tuple(feelings[1:]))


def _emotion(word: str, name: str, line: int) -> str:
    try:
        return emotion_name(word)
    except AUHeadError as error:
        raise _problem(name, line, str(error).removesuffix(".")) from error


def _level(word: str | None, name: str, line: int) -> int:
    if word not in (None, "1", "2", "3"):
        raise _problem(name, line, f'the level is "{word}"; write 1, 2 or 3')
    return int(word or 2)


def _unit(word: str, value: float, name: str, line: int) -> dict[int, float]:
    ids = [identifier for identifier in (word, f"{word}_left", f"{word}_right") if identifier in UNIT_INDEX]
    if not ids:
        raise _problem(name, line, f'"{word}" is not one of the 24 units; write for example jaw_open')
    if value > 1:
        raise _problem(name, line, f"{word} is {value:g}; write a number from 0 to 1")
    return {UNIT_INDEX[identifier]: value for identifier in ids}


def _problem(name: str, line: int, what: str) -> AUHeadError:
    return AUHeadError(f"{name} (line {line}): {what}.")


def to_author_list(utterance: Utterance) -> str:
    """The first author's list: [unit, value] pairs of each frame, two decimals, zeros left out; without the emotion."""
    frames = [
        [[unit, round(float(value), 2)] for unit, value in enumerate(row) if round(float(value), 2)]
        for row in utterance.values
    ]
    return _SENTENCE + json.dumps(frames)


def from_author_list(text: str, emotion: str = "neutral", level: int = 2, name: str = "The AU list") -> Utterance:
    """An utterance from the list, which does not know the emotion. Raises AUHeadError when it cannot be read."""
    return Utterance(emotion, level, author_list.read(text, name).values)
