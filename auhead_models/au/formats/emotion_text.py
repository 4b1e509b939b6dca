"""Timed emotion text, one emotion a line: start, end if it should not last until the next line, emotion, level.

    # anything after a hash is a comment
    0.0 happy 2
    1.5 3.0 sad        # level 2 unless given
    0:04.5 angry 3
"""

import re

import numpy as np

from ..emotions import emotion_name, emotion_track
from ..sequence import AUSequence, Span
from .spans import spans_sequence, until_next
from .text import placed, problem

_TIME = r"((?:\d+:){0,2}\d+(?:\.\d*)?|\.\d+)\s*s?"
_LINE = re.compile(rf"{_TIME}(?:\s*(?:-|–|-->|\s)\s*{_TIME})?\s+([A-Za-z_]+)\s*(\S.*)?$")


def matches(text: str) -> bool:
    first = next((line for line in map(_plain, text.split("\n")) if line), "")
    return _LINE.match(first) is not None and "-->" not in text


def read_spans(text: str, name: str) -> tuple[Span, ...]:
    """The spans of the file; the last one may have an open (infinite) end."""
    starts: list[tuple[float, float | None, str, int]] = []
    for number, written in enumerate(text.split("\n"), start=1):
        line = _plain(written)
        if not line:
            continue
        match = _LINE.match(line)
        if not match:
            what = "is not understood; write a time, an emotion and a level, such as 0.0 happy 2."
            raise problem(name, f'"{written.strip()[:40]}" {what}', number)
        start, end = (seconds(part) if part else None for part in match.groups()[:2])
        level = (match[4] or "2").strip()
        if level not in ("1", "2", "3"):
            raise problem(name, f'the level is "{level[:40]}"; write 1, 2 or 3 after the emotion.', number)
        if end is not None and end <= start:
            raise problem(name, f"the emotion ends at {end:g} s, not after its start; correct the times.", number)
        with placed(name, number):
            emotion = emotion_name(match[3])
        starts.append((start, end, emotion, int(level)))
    return until_next(starts, name)


def read(text: str, name: str) -> AUSequence:
    return spans_sequence(read_spans(text, name), name)


def write(sequence: AUSequence) -> str:
    if not sequence.spans:
        raise problem("Emotion text", "this performance holds no emotions with times; save it as JSON or CSV.")
    lines = [f"{_short(span.start)} {_short(span.end)} {span.emotion} {span.level}" for span in sequence.spans]
    return "# start end emotion level\n" + "\n".join(lines) + "\n"


def lost(sequence: AUSequence) -> str:
    """The motion, unless it is that which the emotions make by themselves."""
    alone = emotion_track(sequence.spans, len(sequence), sequence.fps).table
    same = np.allclose(alone, sequence.table, atol=1e-3)
    return "" if same else "the motion, only the emotions and their times"


def seconds(time: str) -> float:
    """Seconds from seconds, m:s or h:m:s."""
    total = 0.0
    for part in time.split(":"):
        total = total * 60 + float(part)
    return total


def _plain(line: str) -> str:
    return re.split(r"#|//", line)[0].replace(",", " ").replace(";", " ").replace("\t", " ").strip()


def _short(time: float) -> str:
    return f"{time:.7f}".rstrip("0").rstrip(".")
