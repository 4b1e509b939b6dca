"""Text files in: reading with clear errors, tables, numbers."""

import csv
import io
import json
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from ...errors import AUHeadError

Rows = list[tuple[int, list[str]]]  # line number in the file, cells

_LARGEST = 512 * 1024 * 1024  # bytes


def problem(name: str, what: str, line: int | None = None, column: str | None = None) -> AUHeadError:
    """The error for a file that cannot be used, with the place in it where that is known."""
    place = [f"line {line}"] if line is not None else []
    place += [f'column "{column}"'] if column is not None else []
    return AUHeadError(f"{name}{' (' + ', '.join(place) + ')' if place else ''}: {what}")


@contextmanager
def placed(name: str, line: int | None = None, column: str | None = None) -> Iterator[None]:
    """Give an error from outside the formats (an unknown emotion, a wrong shape) the place in the file."""
    try:
        yield
    except AUHeadError as error:
        if str(error).startswith(name):
            raise
        raise problem(name, str(error), line, column) from error


def read_text(path: Path) -> str:
    """The text of a file (UTF-8, UTF-16 with its mark, else Latin-1)."""
    try:
        if path.stat().st_size > _LARGEST:
            raise problem(path.name, "the file is too large for an AU file; choose another one.")
        data = path.read_bytes()
    except OSError as error:
        reason = "does not exist" if isinstance(error, FileNotFoundError) else f"cannot be read ({error.strerror})"
        raise AUHeadError(f"The file {path} {reason}; check the path.") from error
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        text = data.decode("utf-16", errors="replace")
    else:
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = data.decode("latin-1")
    if "\0" in text:
        raise problem(path.name, "this is not a text file; choose an AU file (JSON, CSV, emotion text, SRT ...).")
    if not text.strip():
        raise problem(path.name, "the file is empty; choose an AU file with at least one frame.")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def parse_json(text: str, name: str) -> object:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        what = f"this is not complete JSON ({error.msg}, column {error.colno}); save the file again."
        raise problem(name, what, error.lineno) from error
    except (RecursionError, ValueError) as error:
        raise problem(name, "this is not usable JSON; save or copy the file again.") from error


def number(value: object, name: str, line: int | None = None, column: str | None = None) -> float:
    """A finite number from a cell or a JSON value."""
    try:
        result = float(value) if not isinstance(value, bool) else math.nan
    except (TypeError, ValueError, OverflowError):
        result = math.nan
    if not math.isfinite(result):
        raise problem(name, f'"{str(value)[:40]}" is not a finite number; put a number there.', line, column)
    return result


def frame_rate(value: object, name: str) -> float:
    fps = number(value, name, column="fps")
    if not 0 < fps <= 1000:
        raise problem(name, f"the frame rate is {fps:g}; it must be above 0 and at most 1000.")
    return fps


def matrix(rows: object, columns: Sequence[str], name: str) -> np.ndarray:
    """[T, len(columns)] float64 from lists of numbers, T ≥ 1."""
    if not isinstance(rows, list) or not rows:
        raise problem(name, "there are no frames in it; choose a file with at least one frame.")
    for frame, row in enumerate(rows):
        if not isinstance(row, list) or len(row) != len(columns):
            count = f"{len(row)} numbers" if isinstance(row, list) else "no list of numbers"
            what = f"frame {frame} has {count} where {len(columns)} are needed; correct it or export it again."
            raise problem(name, what)
    try:
        array = np.array(rows, np.float64)
    except (TypeError, ValueError, OverflowError):
        array = None
    if array is None or array.ndim != 2:
        array = np.array([[number(cell, name, column=columns[k]) for k, cell in enumerate(row)] for row in rows])
    finite = np.isfinite(array)
    if not finite.all():
        frame, column = np.argwhere(~finite)[0]
        raise problem(name, f"frame {frame} has no finite number for {columns[column]}; put a number there.")
    return array


def read_table(text: str, name: str) -> tuple[list[str], Rows]:
    """Header and rows of a CSV file with comma, semicolon (then decimal commas are read too) or tab between cells."""
    first = text.lstrip("\n").partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    try:
        reader = csv.reader(io.StringIO(text), delimiter=delimiter)
        stripped = ((reader.line_num, [cell.strip() for cell in row]) for row in reader)
        rows = [(line, row) for line, row in stripped if any(row)]
    except csv.Error as error:
        raise problem(name, f"this is not a usable table ({error}); export it again.") from error
    if delimiter == ";":
        rows = rows[:1] + [(line, [cell.replace(",", ".") for cell in row]) for line, row in rows[1:]]
    if len(rows) < 2:
        raise problem(name, "there are no rows below the header; choose a file with at least one frame.")
    return rows[0][1], rows[1:]


def cells(rows: Rows, header: list[str], wanted: Sequence[int], name: str) -> np.ndarray:
    """[T, len(wanted)] numbers of these columns; AUHeadError names line and column of what is no number."""
    array = np.zeros((len(rows), len(wanted)))
    for frame, (line, row) in enumerate(rows):
        if len(row) < len(header):
            what = f"the row has {len(row)} cells where the header has {len(header)}; complete or remove it."
            raise problem(name, what, line)
        for k, column in enumerate(wanted):
            array[frame, k] = number(row[column], name, line, header[column])
    return array
