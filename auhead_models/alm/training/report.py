"""Scores as a table that a person reads, and as JSON."""

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from ...au.emotions import EMOTIONS
from ...au.space import UNITS
from ...files import whole_file
from .metrics import ACTIVE, Scores

_ROWS = {  # in the table: of Scores, by name
    "answers that parse": "parsed",
    "frame count error": "frame_error",
    "emotion recall (UAR)": "recall",
    "emotion accuracy": "accuracy",
    "level accuracy": "level_accuracy",
    "MAE, all units": "mae",
    "MAE, active units": "active_mae",
    f"F1 at {ACTIVE:g}, mean of units": "f1",
    "PCC, mean of units": "correlation",
    "CCC, mean of units": "concordance",
    "velocity error, 1/s": "velocity",
}
_UNIT_ROWS = {"F1": "f1", "precision": "precision", "recall": "found", "PCC": "correlation", "CCC": "concordance"}


def markdown(scores: Mapping[str, Scores], about: str = "") -> str:
    """A table of several scores, by their names; for the first of them also its confusion and its units."""
    (name, first), *_ = scores.items()
    lines = [f"{first.clips} clips. {about}".strip(), "", _row("", *scores), _row(*["---"] * (len(scores) + 1))]
    lines += [
        _row(title, *(_shown(getattr(each, field)) for each in scores.values())) for title, field in _ROWS.items()
    ]
    for key in first.author:
        lines.append(_row(f"author's {key.replace('_', ' ')}", *(_shown(each.author[key]) for each in scores.values())))
    lines += ["", f"Emotions of {name}: rows were meant, columns were answered.", ""]
    columns = (*EMOTIONS, "no answer")
    lines += [_row("", *columns), _row(*["---"] * (len(columns) + 1))]
    lines += [_row(emotion, *map(str, row)) for emotion, row in zip(EMOTIONS, first.confusion) if row.any()]
    lines += ["", f"Units of {name}.", "", _row("", *_UNIT_ROWS), _row(*["---"] * (len(_UNIT_ROWS) + 1))]
    for unit in UNITS:
        numbers = [getattr(first, field)[unit.index] for field in _UNIT_ROWS.values()]
        if np.isfinite(numbers).any():
            lines.append(_row(unit.id, *map(_shown, numbers)))
    return "\n".join(lines) + "\n"


def write_report(path: Path, scores: Mapping[str, Scores], about: str = "") -> None:
    """The table as `path`, Markdown, and the numbers beside it as JSON."""
    with whole_file(path) as partial:
        partial.write_text(markdown(scores, about), encoding="utf-8")
    with whole_file(path.with_suffix(".json")) as partial:
        partial.write_text(json.dumps({name: each.as_json() for name, each in scores.items()}, indent=1))


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _shown(number: float | np.ndarray) -> str:
    """Three digits; the mean of what is known of an array."""
    numbers = np.asarray(number, float)
    known = numbers[np.isfinite(numbers)]
    return f"{known.mean():.3f}" if known.size else "–"
