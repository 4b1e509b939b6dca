"""Live Link Face recordings and other CSV files of ARKit's 52 blendshapes.

Columns are found by name. `Timecode` is HH:MM:SS:FF.sub with FF counted at the recording's rate (60 unless FF shows
another one); a column time, timestamp or seconds is read too. Rows without weights, which the app writes when it loses
the face, are interpolated. Head and eye angles are radians, or degrees where they are too large for that; the eyes' are
used where the eyeLook shapes are silent.
"""

import csv
import io
import math
import re

import numpy as np

from .. import space
from ..arkit import ARKIT_NAMES, EYE_RANGE, HEAD_SIGN, arkit_sequence, from_arkit, match_name, to_arkit
from ..sequence import AUSequence
from .text import Rows, cells, number, problem, read_table
from .timeline import to_uniform

_TIMECODE = re.compile(r"(\d+):(\d+):(\d+)[:;](\d+)(\.\d+)?$")
_HEAD = {"headyaw": "yaw", "headpitch": "pitch", "headroll": "roll"}
_EYES = ("lefteyeyaw", "lefteyepitch", "righteyeyaw", "righteyepitch")
_SECONDS = ("time", "timestamp", "seconds")
_NOTICED = 0.02  # a value that comes back this far off is lost
_USUAL_RATES = (24, 25, 30, 48, 50, 60, 100, 120)
_ROTATIONS = ("HeadYaw", "HeadPitch", "HeadRoll") + tuple(
    f"{side}Eye{axis}" for side in ("Left", "Right") for axis in ("Yaw", "Pitch", "Roll")
)


def matches(text: str) -> bool:
    header = text.lstrip().partition("\n")[0].replace(";", ",").replace("\t", ",").split(",")
    return sum(match_name(cell) is not None for cell in header) >= 5


def read(text: str, name: str) -> AUSequence:
    header, rows = read_table(text, name)
    names = [cell.lower() for cell in header]
    shapes = {k: match_name(cell) for k, cell in enumerate(header) if match_name(cell) is not None}
    if not shapes:
        raise problem(name, "no column has the name of an ARKit blendshape; export it with ARKit names.", 1)
    rotations = {names.index(key): key for key in (*_HEAD, *_EYES) if key in names}
    wanted = [*shapes, *rotations]
    full = [(line, row) for line, row in rows if any(row[k] for k in shapes if k < len(row))]
    if not full:
        raise problem(name, "no row holds blendshape weights; record it again.", rows[0][0])
    numbers = cells(full, header, wanted, name)
    times, resolution = _times(names, full, name)
    if times is not None:
        even, fps = to_uniform(times, numbers, name, resolution)
    else:
        even, fps = numbers, 60.0
    weights = np.zeros((len(even), len(ARKIT_NAMES)))
    weights[:, list(shapes.values())] = even[:, : len(shapes)]
    turns = even[:, len(shapes) :]
    turns = np.radians(turns) if np.abs(turns).max(initial=0) > math.pi else turns
    angles = dict(zip(rotations.values(), turns.T))

    columns = from_arkit(weights)
    columns |= {ours: HEAD_SIGN[ours] * angles[theirs] for theirs, ours in _HEAD.items() if theirs in angles}
    if not columns["gaze_x"].any() and not columns["gaze_y"].any() and all(eye in angles for eye in _EYES):
        yaw, pitch = (angles["lefteye" + axis] + angles["righteye" + axis] for axis in ("yaw", "pitch"))
        columns["gaze_x"] = HEAD_SIGN["yaw"] * yaw / 2 / EYE_RANGE["yaw"]
        columns["gaze_y"] = HEAD_SIGN["pitch"] * pitch / 2 / EYE_RANGE["pitch"]
    return AUSequence.zeros(len(even), fps, source=name).with_columns(columns)


def _times(names: list[str], rows: Rows, name: str) -> tuple[np.ndarray | None, float]:
    """Seconds of each row, and their resolution; None when the file has no time."""
    if "timecode" not in names:
        column = next((names.index(key) for key in _SECONDS if key in names), None)
        return (None, 0.0) if column is None else (cells(rows, names, [column], name)[:, 0], 1e-3)
    column = names.index("timecode")
    clock, frames = np.zeros(len(rows)), np.zeros(len(rows))
    for k, (line, row) in enumerate(rows):
        match = _TIMECODE.match(row[column])
        if not match:
            what = f'"{row[column][:40]}" is not a timecode; write it as HH:MM:SS:FF.'
            raise problem(name, what, line, "Timecode")
        hours, minutes, seconds, frame = (int(part) for part in match.groups()[:4])
        clock[k] = hours * 3600 + minutes * 60 + seconds
        frames[k] = frame + number(match[5] or 0, name, line, "Timecode")
    clock += 86400 * np.concatenate(([0], np.cumsum(np.diff(clock) < -43200)))  # past midnight
    base = _base(int(frames.max()), rolled_over=bool(np.diff(clock).any()), alone=len(rows) == 1)
    times = clock - clock[0] + frames / base
    if len(times) == 1:
        return times, 0.0
    if (np.diff(times) <= 0).any():  # drop-frame or stuck clocks: trust the rows
        times = np.arange(len(rows)) / base
    return times, 1e-3


def _base(highest: int, rolled_over: bool, alone: bool) -> int:
    """Frames in a second of the timecode, from the highest frame number that occurs."""
    above = [rate for rate in _USUAL_RATES if rate > highest]
    if not rolled_over and not alone:
        above = [rate for rate in above if rate >= 60]
    usual = above[0] if above else highest + 1
    return usual if not rolled_over or usual - highest <= 3 else highest + 1


def write(sequence: AUSequence) -> str:
    """The app's own 63 columns. The first row is the last frame of a second, so that the file shows its rate."""
    base = math.ceil(sequence.fps)
    weights = to_arkit(sequence)
    eyes = [HEAD_SIGN["yaw"] * EYE_RANGE["yaw"] * sequence["gaze_x"]]
    eyes += [HEAD_SIGN["pitch"] * EYE_RANGE["pitch"] * sequence["gaze_y"], np.zeros(len(sequence))]
    head = [sign * sequence[axis] for axis, sign in HEAD_SIGN.items()]
    numbers = np.concatenate((weights, np.stack(head + eyes + eyes, axis=1)), axis=1)
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    shapes = [name[0].upper() + name[1:] for name in ARKIT_NAMES]
    writer.writerow(("Timecode", "BlendShapeCount", *shapes, *_ROTATIONS))
    for frame, row in enumerate(numbers):
        millis = round(((base - 1) / base + frame / sequence.fps) * base * 1000)  # thousandths of a timecode frame
        seconds, rest = divmod(millis, base * 1000)
        clock = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
        timecode = f"{clock}:{rest // 1000:02d}.{rest % 1000:03d}"
        writer.writerow((timecode, numbers.shape[1], *(f"{value + 0.0:.7g}" for value in row)))
    return file.getvalue()


def lost(sequence: AUSequence) -> str:
    """What does not come back from the blendshapes as it was: emotions and columns, the strongest change first."""
    change = np.abs(arkit_sequence(to_arkit(sequence), sequence.fps).table - sequence.table).max(axis=0)
    change[[space.COLUMN_INDEX[axis] for axis in HEAD_SIGN]] = 0.0  # the file has columns of its own for these
    columns = [space.COLUMN_IDS[k] for k in np.argsort(-change, kind="stable") if change[k] > _NOTICED]
    names = list(dict.fromkeys(column.removesuffix("_left").removesuffix("_right") for column in columns))
    if len(names) > 4:
        names[3:] = [f"{len(names) - 3} more"]
    names = (["the emotions"] if sequence.spans else []) + names
    return " and ".join([", ".join(names[:-1])] * (len(names) > 1) + names[-1:])
