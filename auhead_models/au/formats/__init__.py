"""Files of performances: `load` and `save` by content and suffix.

Whatever is wrong with a file, the error is one sentence with its name, the place and what to do; values out of range
are clipped with a warning.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...errors import AUHeadError
from ...files import whole_file
from .. import space
from ..sequence import AUSequence, Span
from . import au_csv, au_json, audio2face, author_list, emotion_text, live_link, openface, rhubarb, srt
from .text import placed, problem, read_text

__all__ = [
    "FORMATS",
    "Format",
    "format_to_write",
    "is_emotion_script",
    "load",
    "load_emotion_script",
    "parse_emotion_script",
    "save",
]

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Format:
    """A kind of file: `matches(text)` recognises it, `read(text, file name)` and `write(sequence)` translate it.

    `lost(sequence)` names what a written file will not hold of the performance; "" where it holds all.
    """

    id: str
    name: str
    suffixes: tuple[str, ...]
    matches: Callable[[str], bool]
    read: Callable[[str, str], AUSequence]
    read_spans: Callable[[str, str], tuple[Span, ...]] | None = None
    write: Callable[[AUSequence], str] | None = None
    lost: Callable[[AUSequence], str] = lambda sequence: ""


# In the order in which a file is tried.
_ALL = (
    Format("audio2face", "Audio2Face JSON", (".json",), audio2face.matches, audio2face.read),
    Format("rhubarb", "Rhubarb mouth cues", (".tsv", ".xml", ".json"), rhubarb.matches, rhubarb.read),
    Format("json", "AUHead JSON", (".json",), au_json.matches, au_json.read, write=au_json.write),
    Format("srt", "Subtitles with emotion tags", (".srt", ".vtt"), srt.matches, srt.read, srt.read_spans),
    Format("author_list", "AU list at 5 fps", (".txt", ".json"), author_list.matches, author_list.read),
    Format(
        "live_link",
        "Live Link Face CSV",
        (".csv",),
        live_link.matches,
        live_link.read,
        write=live_link.write,
        lost=live_link.lost,
    ),
    Format("openface", "OpenFace CSV", (".csv",), openface.matches, openface.read),
    Format("csv", "AUHead CSV", (".csv",), au_csv.matches, au_csv.read, write=au_csv.write),
    Format(
        "emotion_text",
        "Timed emotion text",
        (".txt",),
        emotion_text.matches,
        emotion_text.read,
        emotion_text.read_spans,
        emotion_text.write,
        emotion_text.lost,
    ),
)
FORMATS = {known.id: known for known in _ALL}
_SUFFIX_FORMAT = {  # where the content says nothing, for the error that helps most
    ".json": "json",
    ".csv": "csv",
    ".txt": "emotion_text",
    ".srt": "srt",
    ".vtt": "srt",
    ".tsv": "rhubarb",
}
_LOWER = np.array([unit.minimum for unit in space.COLUMNS], np.float32)
_UPPER = np.array([unit.maximum for unit in space.COLUMNS], np.float32)


def load(path: str | Path, neutral: int | None = None) -> AUSequence:
    """The performance in a file, at the file's own frame rate.

    neutral: the frame of the file that shows the performer's neutral face, to be subtracted from all; None takes the
    values as they are. Emotion scripts come back as the expressions that they name. Raises AUHeadError.
    """
    path = Path(path)
    text = read_text(path)
    with placed(path.name):
        sequence = _recognise(path, text).read(text, path.name)
    sequence = _clipped(sequence, path.name)
    if neutral is None:
        return sequence
    if not 0 <= neutral < len(sequence):
        raise problem(path.name, f"there is no frame {neutral} to take as neutral; use 0 to {len(sequence) - 1}.")
    table = sequence.table
    return AUSequence.from_table(table - table[neutral], sequence.fps, sequence.spans, sequence.source).clamp()


def load_emotion_script(path: str | Path) -> tuple[Span, ...]:
    """The emotion spans of timed text, subtitles with tags, or a saved performance; an open end is infinite."""
    path = Path(path)
    text = read_text(path)
    if _recognise(path, text).read_spans:
        return parse_emotion_script(text, path.name)
    spans = load(path).spans
    if not spans:
        raise problem(path.name, "there are no emotions with times in it; write lines such as: 0.0 happy 2.")
    return spans


def parse_emotion_script(text: str, name: str) -> tuple[Span, ...]:
    """The emotion spans of timed text or subtitles with tags; `name` tells errors where the text came from."""
    for known in _ALL:
        if known.read_spans and known.matches(text):
            with placed(name):
                return known.read_spans(text, name)
    raise problem(name, "there are no emotions with times in it; write lines such as: 0.0 happy 2.")


def is_emotion_script(path: str | Path) -> bool:
    """Whether a file holds emotions with their times alone, and no motion."""
    path = Path(path)
    return _recognise(path, read_text(path)).read_spans is not None


def format_to_write(path: str | Path, format: str | None = None) -> Format:
    """The format that `save` will write: the named one, or that of the suffix. Raises AUHeadError."""
    path = Path(path)
    chosen = FORMATS.get(format or _SUFFIX_FORMAT.get(path.suffix.lower(), ""))
    if chosen and chosen.write:
        return chosen
    what = f'"{format}"' if format else f'A file named "{path.name}"'
    why = f" ({chosen.name} can only be read)" if chosen else ""
    writers = ", ".join(known.id for known in _ALL if known.write)
    raise AUHeadError(f"{what} cannot be written{why}; use .json, .csv or .txt, or name a format: {writers}.")


def save(sequence: AUSequence, path: str | Path, format: str | None = None) -> Path:
    """Write a performance, whole or not at all; the format follows the suffix unless it is named (see FORMATS).

    The folder is made when it is missing. What the format cannot hold is lost with a warning. Raises AUHeadError.
    """
    path = Path(path)
    chosen = format_to_write(path, format)
    text = chosen.write(sequence)
    with whole_file(path) as partial:
        partial.write_text(text, encoding="utf-8", newline="\n")
    if lost := chosen.lost(sequence):
        _log.warning("%s: %s does not keep %s; save as .json, too, to keep all.", path.name, chosen.name, lost)
    return path


def _recognise(path: Path, text: str) -> Format:
    for known in _ALL:
        if known.matches(text):
            return known
    by_suffix = _SUFFIX_FORMAT.get(path.suffix.lower())
    if by_suffix:
        return FORMATS[by_suffix]
    raise problem(path.name, f"this is not an AU file; use one of: {', '.join(known.name for known in _ALL)}.")


def _clipped(sequence: AUSequence, name: str) -> AUSequence:
    table = sequence.table
    outside = (table < _LOWER - 1e-6) | (table > _UPPER + 1e-6)
    if outside.any():
        frame, column = np.argwhere(outside)[0]
        _log.warning(
            "%s: %d values are out of range and were clipped, the first is %s = %g in frame %d.",
            name,
            outside.sum(),
            space.COLUMNS[column].id,
            table[frame, column],
            frame,
        )
    return sequence.clamp()
