"""Write tests/data/edits_vectors.json: edits, performances and what the Python library makes of them.

    python tools/editor/vectors.py [-o tests/data/edits_vectors.json]

The editor's JavaScript has to give the same numbers (within 1e-6) and the same sentences about edits that cannot be
used. tests/web holds the file against this output, so after a change of the edits' arithmetic run it again.
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from auhead_models.au import AUSequence, Span, edits, emotion_track, presets, space  # noqa: E402
from auhead_models.au.edits import apply_edits, edits_to_json, parse_edits  # noqa: E402
from auhead_models.errors import AUHeadError  # noqa: E402

_MOVING = ("jaw_open", "lip_corner_raise_left", "brow_lower_right", "gaze_x", "lip_press", "yaw", "zoom")
_EXAMPLE = json.loads(edits.__doc__[edits.__doc__.index("    {\n") : edits.__doc__.index("\n    }\n") + 6])


def _noise(frames: int, fps: float = 25.0) -> AUSequence:
    rng = np.random.default_rng(1)
    columns = {name: rng.uniform(-0.2, 0.6, frames).round(3) for name in _MOVING}
    return AUSequence.zeros(frames, fps).with_columns(columns).clamp()


def _still(frames: int = 50, fps: float = 25.0) -> AUSequence:
    return AUSequence.zeros(frames, fps)


def _blinking() -> AUSequence:
    """12 s in which both lids close seven times, once with the lid held half closed."""
    idle = presets.preset("idle", seconds=12, seed=3)
    lids = {name: idle[name].round(4) for name in ("eye_closure_left", "eye_closure_right")}
    lids["upper_lid_raise_left"] = np.linspace(0, 0.5, len(idle)).round(4)
    return AUSequence.zeros(len(idle)).with_columns(lids)


def _acted() -> AUSequence:
    """4 s of happy and then sad, and of an emotion that nobody knows, in a mouth that speaks from 1 to 2 s."""
    spans = [Span(0, 2, "happy", 3), Span(2, 4, "sad", 2)]
    acted = emotion_track(spans, 100)
    speech = np.zeros(100)
    speech[25:50] = 0.3 + 0.3 * np.sin(np.arange(25))
    table = acted.with_columns({"jaw_open": (acted["jaw_open"] + speech).round(4)}).table
    return AUSequence.from_table(table.round(4), spans=[*spans, Span(1, 3, "bored", 2)]).clamp()


def _keys(**columns: list) -> dict:
    return {"keys": columns}


def _span(start: float, end: float | None, emotion: str, level: int = 2) -> dict:
    return {"start": start, **({} if end is None else {"end": end}), "emotion": emotion, "level": level}


def _cases() -> list[tuple[str, AUSequence, dict]]:
    smooth = [[0.1, 0], [0.4, 0.3], [0.8, 0.35], [1.1, 0.9], [1.5, 0.2], [1.9, 0.2]]
    kinds = [[0.2, 0.1, "linear"], [0.5, -0.6, "step"], [0.81, 0.7], [0.81, -0.2], [1.3, 0.4, "linear"], [1.7, 0]]
    emotions = [
        _span(0.3, 1.2, "happy", 3),
        _span(1.2, 2.2, "sad", 1),
        _span(0.6, 0.8, "surprised"),
        _span(1.8, 3, "fear"),
    ]
    held = [
        {"name": name, "start": 0.1 * k, "seconds": 0.9, "level": 1 + k % 3} for k, name in enumerate(presets.PRESETS)
    ]
    return [
        ("empty", _noise(9), {}),
        ("the documented example", _noise(75), _EXAMPLE),
        ("smooth keys", _still(), _keys(jaw_open=smooth, yaw=[[v, t] for t, v in reversed(smooth)])),
        ("all interpolations", _still(), _keys(lip_pucker=kinds, gaze_y=[[0.7, 0.5]])),
        ("keys that meet", _still(), _keys(jaw_open=[[1, 0.1], [1, 0.5], [1, 0.9], [1.0000001, 0.2], [1.2, 0.3]])),
        ("keys out of order and beyond the end", _still(), _keys(jaw_open=[[9, 1], [0.5, 0.2], [1, 0]])),
        ("30 fps and few digits", _still(12, 30), _keys(yaw=[[0, 0, "step"], [0.066667, 0.5], [0.2, -0.5]])),
        ("12.5 fps", _noise(20, 12.5), {**_keys(jaw_open=smooth), "spans": [_span(0.2, None, "angry", 3)]}),
        ("one frame", _still(1), {**_EXAMPLE, "presets": [{"name": "idle", "start": 0}]}),
        (
            "replaced ranges",
            _noise(60),
            {
                **_keys(jaw_open=[[0, 0.2], [2, -0.2]]),
                "replace": [
                    {"start": 0.5, "end": 1.5, "fade": 0.3, "keys": {"jaw_open": [[0.5, 0.1], [1.2, 0.8]], "yaw": []}},
                    {"start": 1.2, "keys": {"lip_press": [[1.2, 0.9]]}},
                    {"start": 0, "end": 0.4, "keys": {"gaze_x": [[0, 0.5, "step"], [0.2, -0.5]]}},
                    {"start": 1, "end": 1.1, "fade": 5, "keys": {"jaw_open": []}},
                ],
            },
        ),
        (
            "gains, offsets and mutes",
            _noise(30),
            {
                "gains": {"all": 0.5, "mouth": 3, "jaw_open": 2, "pose": -1},
                "offsets": {"jaw_open": -0.1, "brow_raise_left": 0.3},
                "mutes": ["cheeks", "zoom"],
            },
        ),
        ("emotions", _still(80), {"spans": emotions}),
        ("emotions without end", _still(60), {"spans": [_span(1, None, "contempt"), _span(0, None, "disgusted", 3)]}),
        ("emotions in place of those that came", _acted(), {"spans": emotions, "replace_spans": True}),
        (
            "emotions taken away, calmed and stronger",
            _acted(),
            {"replace_spans": True, "smoothing": [{"seconds": 0.05}], "gains": {"mouth": 1.5}},
        ),
        ("emotions in place of none", _still(60), {"spans": emotions[:1], "replace_spans": True}),
        ("every preset", _still(80), {"presets": held}),
        (
            "idle",
            _still(110),
            {"presets": [{"name": "idle", "start": 0.05, "seconds": 4.2, "level": 3, "weight": 0.8}]},
        ),
        ("smoothing", _noise(40), {"smoothing": [{"seconds": 0.1, "regions": ["jaw", "yaw"]}, {"seconds": 0.05}]}),
        ("heavy smoothing", _noise(5), {"smoothing": [{"seconds": 1}]}),
        ("no blinks", _blinking(), {"blink_rate": 0}),
        ("fewer blinks", _blinking(), {"blink_rate": 0.5}),
        ("more blinks", _blinking(), {"blink_rate": 2.5}),
        ("blinks where there are none", _still(250), {"blink_rate": 3}),
    ]


_BAD = [
    "{",
    "[1]",
    "17",
    {"version": 2},
    {"version": 0},
    {"version": "1"},
    {"version": True},
    {"version": None},
    {"keys": []},
    {"keys": {"jaw": [[0, 0]]}},
    {"keys": {"jaw_open": 1}},
    {"keys": {"jaw_open": [[0, 0], [1]]}},
    {"keys": {"jaw_open": [[0, 0], [1, "wide"]]}},
    {"keys": {"jaw_open": [[0, True]]}},
    {"keys": {"yaw": [[None, 1]]}},
    '{"keys": {"jaw_open": [[0, 0], [1, 0], [2, NaN]]}}',
    '{"keys": {"jaw_open": [[0, -Infinity]]}}',
    {"keys": {"jaw_open": [[0, 1e300]]}},
    {"keys": {"jaw_open": [[-0.5, 1]]}},
    {"keys": {"yaw": [[0, 1, "bouncy"]]}},
    {"replace": [{"start": 0, "end": 1}]},
    {"replace": [{"start": 2, "end": 2, "keys": {}}]},
    {"replace": [{"start": 0, "keys": {"yaw": [[0, "a"]]}}]},
    {"replace": {}},
    {"gains": {"lips": 1}},
    {"gains": {"mouth": "2"}},
    {"offsets": {"mouth": 0.1}},
    {"mutes": ["mouth", 3]},
    {"spans": [{"start": 0, "emotion": "bored"}]},
    {"spans": [{"start": 0, "emotion": "sad", "level": 4}]},
    {"spans": [{"emotion": "sad"}]},
    {"spans": [7]},
    {"replace_spans": 1},
    {"presets": [{"name": "dance", "start": 0}]},
    {"presets": [{"name": "nod", "start": 0, "seconds": 0}]},
    {"blink_rate": 11},
    {"smoothing": [{"seconds": -1}]},
    {"smoothing": [{"seconds": 1, "regions": "mouth"}]},
]
_GOOD = [
    _EXAMPLE,
    {"replace_spans": True, "gains": {"jaw_open": 2}},
    {"replace_spans": False, "spans": [{"start": 1, "emotion": "sad"}]},
    '\ufeff {"spans": [{"start": 0, "emotion": " Joy"}], "ui": {"a": [1, null, "\u7b11"]}}\n',
    {"replace": [{"start": 0, "keys": {}, "colour": "red"}], "presets": [{"name": "Wink Left", "start": 1, "x": 1}]},
]


def vectors() -> dict:
    """{"cases": [...], "bad": [...], "round_trips": [...]} of plain lists and numbers."""
    cases = []
    for name, base, data in _cases():
        result = apply_edits(base, parse_edits(json.dumps(data)))
        cases.append(
            {
                "name": name,
                "fps": base.fps,
                "frames": len(base),
                "base": _columns(base),
                "base_spans": [[span.start, span.end, span.emotion, span.level] for span in base.spans],
                "edits": data,
                "edited": _columns(result),
                "spans": [[span.start, span.end, span.emotion, span.level] for span in result.spans],
            }
        )
    texts = [each if isinstance(each, str) else json.dumps(each) for each in _BAD]
    good = [each if isinstance(each, str) else json.dumps(each) for each in _GOOD]
    return {
        "cases": cases,
        "bad": [{"text": text, "error": _error(text)} for text in texts],
        "round_trips": [{"text": text, "written": edits_to_json(parse_edits(text))} for text in good],
    }


def _columns(sequence: AUSequence) -> dict[str, list[float]]:
    """The columns that are not 0 throughout."""
    rows = {name: sequence[name].astype(np.float64) for name in space.COLUMN_IDS}
    return {name: [float(f"{value:.7g}") for value in row] for name, row in rows.items() if row.any()}


def _error(text: str) -> str:
    try:
        parse_edits(text)
    except AUHeadError as error:
        return str(error)
    raise SystemExit(f"this was meant to be refused: {text}")


def text() -> str:
    return json.dumps(vectors(), ensure_ascii=False, separators=(",", ":")).replace('{"name":', '\n{"name":') + "\n"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("-o", "--output", type=Path, default=ROOT / "tests" / "data" / "edits_vectors.json")
    parser.parse_args().output.write_text(text(), encoding="utf-8")
