"""AUHead's own table: `time` in seconds, one column per id of the AU space, then `emotion` and `level`.

Any choice and order of columns is read, others are ignored; without `time` the rows are 25 fps. Head motion alone needs
`time`, and a turn beside x and y: those two stand in tables of all kinds. Emotion spans are kept to the frame.
"""

import csv
import io
import re

import numpy as np

from .. import space
from ..emotions import emotion_name
from ..sequence import FPS, AUSequence, Span
from .text import Rows, cells, number, placed, problem, read_table
from .timeline import to_uniform


def matches(text: str) -> bool:
    header = text.lstrip().partition("\n")[0]
    return _is_performance([cell.strip(' "') for cell in re.split(r"[,;\t]", header)])


def _is_performance(header: list[str]) -> bool:
    known = {cell for cell in header if cell in space.COLUMN_INDEX}
    if known - space.POSE_INDEX.keys():
        return True
    return "time" in header and len(known) >= 2 and bool(known - {"x", "y"})


def read(text: str, name: str) -> AUSequence:
    header, rows = read_table(text, name)
    known = [k for k, cell in enumerate(header) if cell in space.COLUMN_INDEX]
    if not _is_performance(header):
        kinds = "AUHead, Live Link Face, OpenFace, Audio2Face or Rhubarb, an emotion text or subtitles with tags"
        raise problem(name, f"this file holds no performance; choose one of {kinds}.")
    twice = next((cell for cell in header if cell and header.count(cell) > 1 and cell in space.COLUMN_INDEX), None)
    if twice:
        raise problem(name, f'the column "{twice}" is there twice; remove one.', 1)
    numbers = cells(rows, header, known, name)
    table = np.zeros((len(rows), len(space.COLUMNS)))
    table[:, [space.COLUMN_INDEX[header[k]] for k in known]] = numbers
    fps, even = FPS, table
    if "time" in header:
        times = cells(rows, header, [header.index("time")], name)[:, 0]
        even, fps = to_uniform(times, table, name, resolution=1e-6)
    spans = _spans(header, rows, name, fps) if len(even) == len(table) else ()
    return AUSequence.from_table(even, fps, spans, source=name)


def _spans(header: list[str], rows: Rows, name: str, fps: float) -> tuple[Span, ...]:
    if "emotion" not in header:
        return ()
    emotion_at, level_at = header.index("emotion"), header.index("level") if "level" in header else None
    spans: list[Span] = []
    for frame, (line, row) in enumerate(rows):
        if not row[emotion_at]:
            continue
        with placed(name, line, "emotion"):
            emotion = emotion_name(row[emotion_at])
        level = number(row[level_at], name, line, "level") if level_at is not None and row[level_at] else 2
        start, end = frame / fps, (frame + 1) / fps
        if spans and spans[-1].end == start and (spans[-1].emotion, spans[-1].level) == (emotion, level):
            start = spans.pop().start
        with placed(name, line, "level"):
            spans.append(Span(start, end, emotion, int(level) if level == int(level) else level))
    return tuple(spans)


def write(sequence: AUSequence) -> str:
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(("time", *space.COLUMN_IDS, "emotion", "level"))
    for frame, row in enumerate(sequence.table):
        middle = (frame + 0.5) / sequence.fps
        shown = [span for span in sequence.spans if span.start <= middle < span.end][-1:]
        emotion = (shown[0].emotion, shown[0].level) if shown else ("", "")
        writer.writerow((f"{frame / sequence.fps:.9f}", *(f"{value + 0.0:.7g}" for value in row), *emotion))
    return file.getvalue()
