"""Mouth cues of Rhubarb Lip Sync (TSV, JSON or XML) as a mouth at 25 fps.

The nine shapes are Rhubarb's: A closed (P, B, M), B clenched teeth, C open, D wide open, E slightly rounded, F
puckered, G teeth on lip (F, V), H tongue raised (L), X rest.
"""

import re

import numpy as np

from .. import space
from ..sequence import FPS, AUSequence
from .text import number, parse_json, problem

_SHAPES: dict[str, dict[str, float]] = {
    "A": {"lips_together": 1.0, "upper_lip_suck": 0.15, "lower_lip_suck": 0.2, "chin_raise": 0.15},
    "B": {"jaw_open": 0.08, "lip_corner_stretch": 0.2, "lower_lip_depress": 0.2},
    "C": {"jaw_open": 0.36, "lip_corner_stretch": 0.2, "lower_lip_depress": 0.2},
    "D": {"jaw_open": 0.6, "lower_lip_depress": 0.25, "upper_lip_raise": 0.1},
    "E": {"jaw_open": 0.36, "lip_pucker": 0.4},
    "F": {"jaw_open": 0.14, "lip_pucker": 0.7},
    "G": {"jaw_open": 0.08, "lower_lip_suck": 0.45, "upper_lip_raise": 0.2},
    "H": {"jaw_open": 0.28, "lower_lip_depress": 0.15, "upper_lip_raise": 0.08},
    "X": {},
}
_LINE = re.compile(r"\s*(\d+(?:\.\d*)?)\s+([A-HX])\s*$")
_CUE = re.compile(r'<mouthCue\s+start="([^"]*)"\s+end="([^"]*)"\s*>\s*([^<]*?)\s*</mouthCue>')
_LONGEST = 3 * 3600.0
_FINE = 4  # steps per frame before smoothing
_BLUR = 0.035  # seconds


def matches(text: str) -> bool:
    start = text.lstrip()
    if start.startswith("{"):
        return '"mouthCues"' in text
    return "<rhubarbResult" in text[:2000] or _LINE.match(start.partition("\n")[0]) is not None


def read(text: str, name: str) -> AUSequence:
    start = text.lstrip()
    parse = {"{": _json, "<": _xml}.get(start[0], _tsv)
    cues = parse(text, name)
    if not cues:
        raise problem(name, "there are no mouth cues in it; run Rhubarb again.")
    end = max(cue[1] for cue in cues)
    if not 0 < end <= _LONGEST:
        raise problem(name, f"its mouth cues end at {end:g} s; use more than 0 and at most {_LONGEST:g} s.")
    frames = int(np.ceil(end * FPS - 1e-6))
    middles = (np.arange(frames * _FINE) + 0.5) / (FPS * _FINE)
    table = np.zeros((len(middles), len(space.COLUMNS)))
    for first, last, shape in cues:
        if shape not in _SHAPES:
            raise problem(name, f'"{shape[:20]}" at {first:g} s is not a mouth shape; use A to H or X.')
        row = np.zeros(len(space.COLUMNS))
        for stem, value in _SHAPES[shape].items():
            row[[space.COLUMN_INDEX[identifier] for identifier in space.both_sides(stem)]] = value
        table[(middles >= first) & (middles < last)] = row
    moving = [unit.id for unit in space.COLUMNS if unit.region in ("mouth", "jaw") and unit.id != "lips_together"]
    return AUSequence.from_table(table, FPS * _FINE, source=name).smooth(_BLUR, moving).resample(FPS)


def _tsv(text: str, name: str) -> list[tuple[float, float, str]]:
    starts: list[tuple[float, str]] = []
    for line_number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        match = _LINE.match(line)
        if not match:
            what = f'"{line[:40]}" is not a mouth cue; write a time and a shape from A to H or X.'
            raise problem(name, what, line_number)
        starts.append((float(match[1]), match[2]))
    ends = [start for start, _ in starts[1:]] + [starts[-1][0] + 1 / FPS]
    return [(start, end, shape) for (start, shape), end in zip(starts, ends)]


def _json(text: str, name: str) -> list[tuple[float, float, str]]:
    data = parse_json(text, name)
    cues = data.get("mouthCues") if isinstance(data, dict) else None
    if not isinstance(cues, list) or not all(isinstance(cue, dict) for cue in cues):
        raise problem(name, '"mouthCues" is not a list of cues; run Rhubarb again.')
    return [
        (*(number(cue.get(key), name, column=f"mouthCues.{key}") for key in ("start", "end")), str(cue.get("value")))
        for cue in cues
    ]


def _xml(text: str, name: str) -> list[tuple[float, float, str]]:
    if "</rhubarbResult>" not in text:
        raise problem(name, "the file ends in the middle; run Rhubarb again.")
    cues = _CUE.findall(text)
    return [(number(start, name), number(end, name), shape) for start, end, shape in cues]
