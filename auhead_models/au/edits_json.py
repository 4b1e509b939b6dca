"""The JSON of edits, in and out: every number and name is checked where it stands; edits.py describes the format."""

import json
import math
from collections.abc import Callable, Collection, Iterator

from ..errors import AUHeadError
from . import space
from .edits_data import (
    EDITS_VERSION,
    FADE,
    INTERPOLATIONS,
    Curves,
    Edits,
    EmotionSpan,
    Key,
    Replacement,
    Smoothing,
    TimedPreset,
)
from .emotions import ALIASES, EMOTIONS, LEVELS, emotion_name
from .presets import PRESETS

_MOST_CHARACTERS = 16_000_000
_MOST_KEYS = 100_000  # in all curves together
_MOST_ITEMS = 1000  # in a list of ranges, spans, presets, smoothings or mutes
_LARGEST = 1e6  # of any number; what is merely out of a column's range is clipped in the end


def parse_edits(text: str) -> Edits:
    """The edits in a JSON text (see edits.py); an empty text holds none.

    Raises AUHeadError that names the place, such as keys.jaw_open[3], and what to do there.
    """
    data = _document(text)
    version = data.get("version", EDITS_VERSION)
    if isinstance(version, int) and version > EDITS_VERSION:
        raise AUHeadError(f"A newer AUHead wrote these edits (version {version}); update AUHead.")
    if isinstance(version, bool) or version != EDITS_VERSION:
        raise _problem("version", f"{_shown(version)} is not a version; write {EDITS_VERSION}.")
    edits = Edits(
        keys=_curves(data.get("keys", {}), "keys"),
        replace=_list(data, "replace", _replacement),
        gains=_numbers(data, "gains", _selection),
        offsets=_numbers(data, "offsets", _column),
        mutes=_list(data, "mutes", _selection),
        spans=_list(data, "spans", _span),
        replace_spans=_flag(data.get("replace_spans", False), "replace_spans"),
        presets=_list(data, "presets", _preset),
        blink_rate=_number(data.get("blink_rate", 1), "blink_rate", 0, 10),
        smoothing=_list(data, "smoothing", _smoothing),
        other=_rest(data, "version", *(name for name in Edits.__dataclass_fields__ if name != "other")),
    )
    all_curves = (edits.keys, *(part.keys for part in edits.replace))
    count = sum(len(keys) for curves in all_curves for keys in curves.values())
    if count > _MOST_KEYS:
        raise _problem("keys", f"there are {count} keys in all; keep at most {_MOST_KEYS}.")
    return edits


def edits_to_json(edits: Edits) -> str:
    """Compact JSON in a fixed order: what is at its default is left out, unknown keys follow the known ones."""
    data = {
        "version": EDITS_VERSION,
        "keys": _curves_out(edits.keys),
        "replace": [
            {
                **_times_out(part),
                **({} if part.fade == FADE else {"fade": _plain(part.fade)}),
                "keys": _curves_out(part.keys),
                **part.other,
            }
            for part in edits.replace
        ],
        "gains": {name: _plain(number) for name, number in edits.gains.items()},
        "offsets": {name: _plain(number) for name, number in edits.offsets.items()},
        "mutes": list(edits.mutes),
        "spans": [
            {**_times_out(span), "emotion": span.emotion, "level": span.level, **span.other} for span in edits.spans
        ],
        "replace_spans": edits.replace_spans or None,
        "presets": [
            {
                "name": timed.name,
                "start": _plain(timed.start),
                "seconds": _plain(timed.seconds),
                "level": timed.level,
                "weight": _plain(timed.weight),
                **timed.other,
            }
            for timed in edits.presets
        ],
        "blink_rate": None if edits.blink_rate == 1 else _plain(edits.blink_rate),
        "smoothing": [
            {
                "seconds": _plain(part.seconds),
                **({} if part.regions is None else {"regions": list(part.regions)}),
                **part.other,
            }
            for part in edits.smoothing
        ],
    }
    given = {name: value for name, value in data.items() if value not in ({}, [], None)}
    return json.dumps({**given, **edits.other}, separators=(",", ":"), allow_nan=False)


def _problem(place: str, what: str) -> AUHeadError:
    return AUHeadError(f"The edits at {place}: {what}")


def _shown(value: object) -> str:
    """A value of the JSON as it stands there, short and on one line."""
    if isinstance(value, (list, dict)):
        return "a list" if isinstance(value, list) else "an object"
    text = json.dumps(value)
    return text if len(text) <= 40 else f"{text[:39]}…"


def _document(text: str) -> dict:
    if not isinstance(text, str) or len(text) > _MOST_CHARACTERS:
        raise AUHeadError(f"The edits are not a text of at most {_MOST_CHARACTERS} characters; clear the field.")
    text = text.strip("\ufeff \t\r\n")
    if not text:
        return {}

    def finite(number: str) -> float | str:
        return float(number) if math.isfinite(float(number)) else number

    try:  # NaN and infinities stay words, so that they are found where a number is needed and never written again
        data = json.loads(text, parse_constant=str, parse_float=finite)
    except json.JSONDecodeError as error:
        place = f"Line {error.lineno}, column {error.colno} of the edits"
        raise AUHeadError(f"{place} cannot be read; correct the text there, or clear the field.") from error
    except (RecursionError, ValueError) as error:
        raise AUHeadError("The edits cannot be read; clear the field, or paste them again.") from error
    if not isinstance(data, dict):
        what = f"The edits are {_shown(data)} and not what AU Editor writes"
        raise AUHeadError(f"{what}; clear the field, or paste them again.")
    return data


def _flag(value: object, place: str) -> bool:
    if not isinstance(value, bool):
        raise _problem(place, f"{_shown(value)} is neither true nor false; write one of them.")
    return value


def _object(data: object, place: str) -> dict:
    if not isinstance(data, dict):
        raise _problem(place, f"{_shown(data)} is not an object; write {{…}} or leave it out.")
    return data


def _rest(data: dict, *known: str) -> dict[str, object]:
    return {name: value for name, value in data.items() if name not in known}


def _items(data: object, place: str, most: int) -> Iterator[tuple[object, str]]:
    """Each item of a list with its place."""
    if not isinstance(data, list):
        raise _problem(place, f"{_shown(data)} is not a list; write […] or leave it out.")
    if len(data) > most:
        raise _problem(place, f"there are {len(data)} items in the list; keep at most {most}.")
    for index, item in enumerate(data):
        yield item, f"{place}[{index}]"


def _list(data: dict, name: str, read: Callable[[object, str], object]) -> tuple:
    return tuple(read(item, place) for item, place in _items(data.get(name, []), name, _MOST_ITEMS))


def _number(value: object, place: str, minimum: float = -_LARGEST, maximum: float = _LARGEST) -> float:
    try:
        number = float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else math.nan
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise _problem(place, f"{_shown(value)} is not a finite number; put a number there.")
    if not minimum <= number <= maximum:
        raise _problem(place, f"{number:g} is out of range; use a number from {minimum:g} to {maximum:g}.")
    return number


def _time(value: object, place: str) -> float:
    number = _number(value, place)
    if number < 0:
        raise _problem(place, f"{number:g} s is before the beginning; use 0 or more seconds.")
    return number


def _range(data: dict, place: str) -> tuple[float, float | None]:
    """Start and end in seconds; None where no end is given."""
    start = _time(data.get("start"), f"{place}.start")
    end = _time(data["end"], f"{place}.end") if "end" in data else None
    if end is not None and end <= start:
        raise _problem(place, f"it lasts from {start:g} to {end:g} s; let it end after its start.")
    return start, end


def _level(data: dict, place: str) -> int:
    level = data.get("level", 2)
    if isinstance(level, bool) or level not in LEVELS:
        raise _problem(f"{place}.level", f"{_shown(level)} is not a level; use 1, 2 or 3.")
    return int(level)


def _column(name: object, place: str) -> str:
    if not isinstance(name, str) or name not in space.COLUMN_INDEX:
        raise _problem(place, f"{_shown(name)} is not a column; use one of {', '.join(space.COLUMN_IDS)}.")
    return name


def _selection(name: object, place: str) -> str:
    if not isinstance(name, str) or name not in (*space.COLUMN_IDS, *space.REGIONS, "all"):
        what = f"a region (all, {', '.join(space.REGIONS)}) or the id of a column, such as jaw_open"
        raise _problem(place, f"{_shown(name)} is neither a region nor a column; use {what}.")
    return name


def _numbers(data: dict, section: str, check: Callable[[object, str], str]) -> dict[str, float]:
    rows = _object(data.get(section, {}), section)
    return {check(name, section): _number(value, f"{section}.{name}") for name, value in rows.items()}


def _curves(data: object, place: str) -> Curves:
    curves = {}
    for name, rows in _object(data, place).items():
        keys = [_key(row, at) for row, at in _items(rows, f"{place}.{_column(name, place)}", _MOST_KEYS)]
        curves[name] = tuple(sorted(keys, key=lambda key: key.time))
    return curves


def _key(row: object, place: str) -> Key:
    if not isinstance(row, list) or len(row) not in (2, 3):
        raise _problem(place, f"{_shown(row)} is not a key; write [seconds, value] or [seconds, value, interpolation].")
    interpolation = row[2] if len(row) == 3 else "smooth"
    if interpolation not in INTERPOLATIONS:
        what = f"use one of {', '.join(INTERPOLATIONS)}"
        raise _problem(place, f"{_shown(interpolation)} is not an interpolation; {what}.")
    return Key(_time(row[0], place), _number(row[1], place), interpolation)


def _replacement(data: object, place: str) -> Replacement:
    start, end = _range(_object(data, place), place)
    return Replacement(
        start=start,
        end=math.inf if end is None else end,
        keys=_curves(data.get("keys"), f"{place}.keys"),
        fade=_time(data.get("fade", FADE), f"{place}.fade"),
        other=_rest(data, "start", "end", "keys", "fade"),
    )


def _span(data: object, place: str) -> EmotionSpan:
    start, end = _range(_object(data, place), place)
    emotion = _name(data, "emotion", place, EMOTIONS, ALIASES)
    return EmotionSpan(
        start, end, emotion_name(emotion), _level(data, place), _rest(data, "start", "end", "emotion", "level")
    )


def _preset(data: object, place: str) -> TimedPreset:
    return TimedPreset(
        name=_name(_object(data, place), "name", place, PRESETS),
        start=_time(data.get("start"), f"{place}.start"),
        seconds=_number(data.get("seconds", 2), f"{place}.seconds", 0.001, 3600),
        level=_level(data, place),
        weight=_number(data.get("weight", 1), f"{place}.weight"),
        other=_rest(data, "name", "start", "seconds", "level", "weight"),
    )


def _smoothing(data: object, place: str) -> Smoothing:
    seconds = _number(_object(data, place).get("seconds"), f"{place}.seconds", 0, 10)
    regions = None
    if "regions" in data:
        regions = tuple(_selection(name, at) for name, at in _items(data["regions"], f"{place}.regions", _MOST_ITEMS))
    return Smoothing(seconds, regions, _rest(data, "seconds", "regions"))


def _name(data: dict, key: str, place: str, names: Collection[str], also: Collection[str] = ()) -> str:
    name = data.get(key)
    plain = name.strip().lower().replace(" ", "_") if isinstance(name, str) else ""
    if plain not in names and plain not in also:
        kind = "an emotion" if key == "emotion" else "a preset"
        raise _problem(f"{place}.{key}", f"{_shown(name)} is not {kind}; use one of {', '.join(names)}.")
    return plain


def _plain(number: float) -> int | float:
    """Whole numbers without a point, as JavaScript writes them."""
    return int(number) if number == int(number) else number


def _times_out(part: Replacement | EmotionSpan) -> dict:
    end = {} if part.end in (None, math.inf) else {"end": _plain(part.end)}
    return {"start": _plain(part.start), **end}


def _curves_out(curves: Curves) -> dict:
    return {
        name: [
            [_plain(key.time), _plain(key.value), *([] if key.interpolation == "smooth" else [key.interpolation])]
            for key in keys
        ]
        for name, keys in curves.items()
    }
