"""Subtitles (SRT or WebVTT) with emotion tags: "[happy 2] Good morning!", "{sad} ...", "(sad) ..." or "<sad> ...".

The level is 2 unless given. A tag holds from its place in the text, which is taken as its place in the cue's time, to
the next tag or the end of the cue; the same emotion in cues less than a second apart goes on between them. Other tags,
such as [music], are ignored.
"""

import re
from dataclasses import replace

from ..emotions import ALIASES, EMOTIONS
from ..sequence import AUSequence, Span
from .emotion_text import seconds
from .spans import spans_sequence, until_next
from .text import problem

_TIMES = re.compile(r"([\d:.,]+)\s*-->\s*([\d:.,]+)")
_TAG = re.compile(r"[\[{(<]\s*([A-Za-z]+)[\s:]*([123])?\s*[\]})>]")
_JOIN = 1.0  # seconds


def matches(text: str) -> bool:
    return any(_cue(line) for line in text.split("\n"))


def _cue(line: str) -> re.Match | None:
    return _TIMES.search(line) if "-->" in line else None  # the search is slow on long rows of numbers


def read_spans(text: str, name: str) -> tuple[Span, ...]:
    rows: list[tuple[float, float | None, str, int]] = []
    lines = text.split("\n")
    for number, line in enumerate(lines, start=1):
        times = _cue(line)
        if not times:
            continue
        try:
            start, end = (seconds(part.replace(",", ".")) for part in times.groups())
        except ValueError as error:
            what = f'"{line[:40]}" is not a cue time; write 00:00:01,000 --> 00:00:02,000.'
            raise problem(name, what, number) from error
        if end <= start:
            raise problem(name, "the cue ends before it starts; correct its times.", number)
        words = []
        for spoken in lines[number:]:
            if not spoken.strip() or _cue(spoken):
                break
            words.append(spoken.strip())
        rows += _tags(" ".join(words), start, end)
    if not rows:
        raise problem(name, "no cue has an emotion tag; write for example [happy 2] before the words.")
    return _joined(until_next(rows, name))


def _tags(words: str, start: float, end: float) -> list[tuple[float, float, str, int]]:
    tags = [tag for tag in _TAG.finditer(words) if tag[1].lower() in EMOTIONS or tag[1].lower() in ALIASES]
    length = max(len(_TAG.sub("", words)), 1)
    places = [start + (end - start) * min(len(_TAG.sub("", words[: tag.start()])) / length, 0.99) for tag in tags]
    rows = []
    for tag, place, stop in zip(tags, places, [*places[1:], end]):
        if stop > place:
            emotion = tag[1].lower()
            rows.append((place, stop, ALIASES.get(emotion, emotion), int(tag[2] or 2)))
    return rows


def _joined(spans: tuple[Span, ...]) -> tuple[Span, ...]:
    joined: list[Span] = []
    for span in spans:
        last = joined[-1] if joined else None
        if last and (last.emotion, last.level) == (span.emotion, span.level) and span.start - last.end < _JOIN:
            joined[-1] = replace(last, end=max(last.end, span.end))
        else:
            joined.append(span)
    return tuple(joined)


def read(text: str, name: str) -> AUSequence:
    return spans_sequence(read_spans(text, name), name)
