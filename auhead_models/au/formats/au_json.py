"""AUHead's own file: JSON with a version, one frame per line, ids of the columns beside the numbers.

Readers ignore keys and column ids they do not know and fill missing columns with 0, so later versions may add both.
"""

import json

import numpy as np

from .. import space
from ..emotions import emotion_name
from ..sequence import AUSequence, Span
from .text import frame_rate, matrix, number, parse_json, problem

FORMAT = "auhead-au"
VERSION = 1
_PARTS = {"values": space.UNITS, "extra": space.EXTRAS, "pose": space.POSE}


def matches(text: str) -> bool:
    return text.lstrip().startswith("{") and (f'"{FORMAT}"' in text[:2000] or '"values"' in text)


def read(text: str, name: str) -> AUSequence:
    data = parse_json(text, name)
    if not isinstance(data, dict) or "values" not in data:
        raise problem(name, "this JSON holds no AU values; choose a file that AUHead saved.")
    if data.get("format", FORMAT) != FORMAT:
        raise problem(name, f'this JSON says that it is "{data["format"]}"; choose a file that AUHead saved.')
    version = data.get("version", VERSION)
    if isinstance(version, int) and version > VERSION:
        raise problem(name, f"a newer AUHead wrote it (version {version}); update AUHead.")
    if version != VERSION:
        raise problem(name, f"its version is {version}; save it again with AUHead.")
    values = _part(data, "values", name)
    parts = [values] + [_part(data, key, name, len(values)) for key in ("extra", "pose")]
    spans = data.get("spans", [])
    if not isinstance(spans, list):
        raise problem(name, '"spans" is not a list; correct it or leave it out.')
    source = data.get("source")
    return AUSequence(
        *parts,
        fps=frame_rate(data.get("fps"), name),
        spans=tuple(_span(span, name) for span in spans),
        source=source if isinstance(source, str) else name,
    )


def _part(data: dict, key: str, name: str, frames: int = 0) -> np.ndarray:
    units = _PARTS[key]
    if frames and key not in data:
        return np.zeros((frames, len(units)))
    columns = data.get("columns", {})
    ids = columns.get(key) if isinstance(columns, dict) else None
    if not isinstance(ids, list) or not all(isinstance(identifier, str) for identifier in ids):
        ids = [unit.id for unit in units]
    rows = matrix(data[key], ids, name)
    if frames and len(rows) != frames:
        raise problem(name, f'"{key}" has {len(rows)} frames and "values" {frames}; they need the same number.')
    part = np.zeros((len(rows), len(units)))
    for unit in units:
        if unit.id in ids:
            part[:, unit.index] = rows[:, ids.index(unit.id)]
    return part


def _span(span: object, name: str) -> Span:
    if not isinstance(span, dict):
        raise problem(name, "an emotion span is not an object with start, end, emotion and level; correct it.")
    start, end = (number(span.get(key), name, column=f"spans.{key}") for key in ("start", "end"))
    level = span.get("level", 2)
    return Span(start, end, emotion_name(span.get("emotion")), level if isinstance(level, (int, float)) else -1)


def write(sequence: AUSequence) -> str:
    head = {"format": FORMAT, "version": VERSION, "fps": sequence.fps, "source": sequence.source}
    head["columns"] = {key: [unit.id for unit in units] for key, units in _PARTS.items()}
    head["spans"] = [
        {"start": span.start, "end": span.end, "emotion": span.emotion, "level": span.level} for span in sequence.spans
    ]
    lines = [f" {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}" for key, value in head.items()]
    for key in _PARTS:
        rows = np.round(getattr(sequence, key).astype(np.float64), 7).tolist()
        lines.append(f" {json.dumps(key)}: [\n" + ",\n".join(f"  {json.dumps(row)}" for row in rows) + "\n ]")
    return "{\n" + ",\n".join(lines) + "\n}\n"
