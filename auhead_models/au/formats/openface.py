"""FACS tables: OpenFace 2 (AU01_r 0..5, pose_R*, gaze_angle_*) and tables of the same kind with AU01 0..1 (Py-Feat).

OpenFace's camera axes are x right, y down, z away, so its positive rotations are down, to the subject's right and to
the own left shoulder. Its gaze is in the camera's frame, so the turn of the head is taken out. Rows where no face was
found are interpolated; of several faces the first is read.
"""

import logging
import re

import numpy as np

from ..arkit import EYE_RANGE
from ..facs import FACS, from_facs
from ..sequence import AUSequence
from .text import Rows, cells, problem, read_table
from .timeline import to_uniform

_log = logging.getLogger(__name__)
_UNIT = re.compile(r"au_?(\d\d?)(_r|_intensity)?$")
_POSE = {"pose_rx": ("pitch", -1.0), "pose_ry": ("yaw", -1.0), "pose_rz": ("roll", 1.0)}
_GAZE = ("gaze_angle_x", "gaze_angle_y")
_TIMES = ("timestamp", "time", "approx_time")
_FPS = 30.0  # where the file has no time


def matches(text: str) -> bool:
    header = text.lstrip().partition("\n")[0].lower()
    return sum(_UNIT.match(cell.strip(' "')) is not None for cell in re.split(r"[,;\t]", header)) >= 3


def read(text: str, name: str) -> AUSequence:
    header, rows = read_table(text, name)
    names = [cell.lower() for cell in header]
    units = {k: match for k, cell in enumerate(names) if (match := _UNIT.match(cell)) and int(match[1]) in FACS}
    if not units:
        raise problem(name, "no column holds the intensity of an action unit; run OpenFace with -aus.", 1)
    rows = _one_face(names, rows, name)
    shown = rows
    if "success" in names:
        success = names.index("success")
        shown = [(line, row) for line, row in rows if len(row) <= success or row[success] in ("1", "1.0")]
        if not shown:
            raise problem(name, "no face was found in any of its frames; choose another recording.")
    rotations = [key for key in (*_POSE, *_GAZE) if key in names]
    numbers = cells(shown, header, [*units, *(names.index(key) for key in rotations)], name)
    time = next((names.index(key) for key in _TIMES if key in names), None)
    if time is not None:
        numbers, fps = to_uniform(cells(shown, header, [time], name)[:, 0], numbers, name, resolution=1e-3)
    else:
        _log.warning("%s has no timestamps; its rows are read at %g fps.", name, _FPS)
        fps = _FPS

    intensities: dict[int, np.ndarray] = {}
    for k, match in enumerate(units.values()):
        scale = 0.2 if match[2] else 1.0
        intensities[int(match[1])] = np.clip(scale * numbers[:, k], 0.0, 1.0)
    angles = {key: numbers[:, len(units) + k] for k, key in enumerate(rotations)}
    columns = from_facs(intensities)
    columns |= {ours: sign * angles[key] for key, (ours, sign) in _POSE.items() if key in angles}
    if all(key in angles for key in _GAZE):
        columns["gaze_x"] = (angles["gaze_angle_x"] - columns.get("yaw", 0.0)) / EYE_RANGE["yaw"]
        columns["gaze_y"] = (-angles["gaze_angle_y"] - columns.get("pitch", 0.0)) / EYE_RANGE["pitch"]
        columns |= {key: np.clip(columns[key], -1.0, 1.0) for key in ("gaze_x", "gaze_y")}  # noisy by nature
    return AUSequence.zeros(len(numbers), fps, source=name).with_columns(columns)


def _one_face(names: list[str], rows: Rows, name: str) -> Rows:
    key = next((names.index(key) for key in ("face_id", "faceid") if key in names), None)
    if key is None:
        return rows
    first = next((row[key] for _, row in rows if len(row) > key), "")
    kept = [(line, row) for line, row in rows if len(row) <= key or row[key] == first]
    if len(kept) < len(rows):
        _log.warning("%s holds several faces; face %s is read.", name, first)
    return kept
