"""Writes what the tests hold the rig of the preview against: tests/data/face_vectors.json.

python tools/face_vectors.py   landmarks of FaceDeformer for single units, emotions, gaze, head pose and closed lips

Two faces: the bundled portrait with glasses, and the bundled head, half relaxed, its left eye a little closed, its
right one shut. Kept are the lips, the lids, the irises and every fifth of the other landmarks.
"""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from auhead_models.au import AUSequence
from auhead_models.au.emotions import EMOTIONS, expression
from auhead_models.au.space import COLUMN_IDS, COLUMNS, EXTRAS, POSE, UNITS
from auhead_models.face.deform import FaceDeformer
from auhead_models.face.face import Face, find_face
from auhead_models.face.preview import HEAD, preview_payload
from auhead_models.face.preview_tables import packed
from auhead_models.face.topology import EYES, LOWER_LIP, MESH_POINTS, POINTS, UPPER_LIP
from auhead_models.image import load_image

ROOT = Path(__file__).resolve().parents[1]
STEP = 1 / 32  # pixels
KEPT = sorted({
    *sum(UPPER_LIP + LOWER_LIP, ()), *EYES[0].opening, *EYES[1].opening, *range(MESH_POINTS, POINTS),
    *range(0, MESH_POINTS, 5),
})  # fmt: skip
COMBINATIONS = (
    {"lips_together": 1, "lip_corner_raise_left": 1, "lip_corner_raise_right": 0.8, "jaw_open": 0.4},
    {"lips_together": 0.5, "jaw_open": 1},
    {"eye_closure_left": 1, "eye_closure_right": 1, "gaze_y": -1, "upper_lid_raise_left": 0.5},
    {"gaze_x": 0.7, "gaze_y": 0.6, "yaw": 0.3, "pitch": -0.2, "roll": 0.1},
    {"gaze_x": -1, "gaze_y": -0.5, "yaw": -0.3, "pitch": 0.3, "roll": -0.3, "x": 0.1, "y": -0.1, "zoom": 0.2},
    {"upper_lip_suck": 1, "lower_lip_suck": 1, "lip_press": 1},
    {"lip_corner_raise_left": -0.5, "jaw_open": -0.5, "chin_raise": 1, "lip_pucker": 0.7},
)


def performances() -> np.ndarray:
    """[N, 40]: rest, each unit and extra at .3 and at 1, glances the other way, emotions, combinations."""
    rows = [{}]
    rows += [{column.id: value} for column in (*UNITS, *EXTRAS) for value in (0.3, 1.0)]
    rows += [{column.id: value} for column in (*EXTRAS[:2], *POSE) for value in (-0.3, 0.3)]
    values = np.array([[row.get(column.id, 0.0) for column in COLUMNS] for row in (*rows, *COMBINATIONS)])
    emotions = [np.concatenate([*expression(emotion, level), np.zeros(6)]) for emotion in EMOTIONS for level in (1, 3)]
    return np.concatenate([values, emotions]).astype(np.float32).round(4)


def case(face: Face, values: np.ndarray, first: int) -> dict:
    """The payload of a face without its pictures, and its landmarks in the performances from `first` on."""
    payload = preview_payload(face)
    sequence = AUSequence(*np.split(values[first:], [24, 34], axis=1))
    return {
        "payload": {key: payload[key] for key in payload if key not in ("crop", "patches")},
        "first": first,
        "points": packed(FaceDeformer(face).meshes(sequence)[:, KEPT, :2], "<i2", STEP),
    }


def main() -> None:
    torch.set_num_threads(1)
    values = performances()
    portrait = find_face(load_image(HEAD.parent / "portrait.png")[0])
    head = find_face(load_image(HEAD)[0])
    own = head.own.clone()
    own[[0, 1, 8]] = torch.tensor([0.3, 0.6, 0.2])
    cases = [
        case(portrait, values, 0),
        case(replace(head, own=own, relax=0.5), values, len(values) - 2 * len(EMOTIONS) - len(COMBINATIONS)),
    ]
    content = {"columns": COLUMN_IDS, "kept": KEPT, "step": STEP, "values": values.tolist(), "cases": cases}
    path = ROOT / "tests" / "data" / "face_vectors.json"
    path.write_text(json.dumps(content, separators=(",", ":")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
