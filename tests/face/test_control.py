"""A portrait obeys: what is turned up can be found again in the picture, and on the right side of the face."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from auhead_models.au.sequence import AUSequence
from auhead_models.au.space import COLUMN_INDEX
from auhead_models.face.canonical import fit_pose
from auhead_models.face.estimate import ExpressionReader
from auhead_models.face.face import find_face
from auhead_models.face.landmarks import track_landmarks
from auhead_models.face.topology import MESH_POINTS
from auhead_models.face.warp import WarpRenderer

INTENSITIES = (0.0, 0.5, 1.0)


@pytest.fixture(scope="module")
def face(portrait):
    found = find_face(portrait)
    return replace(found, own=torch.zeros_like(found.own))  # nothing is cut off at the top


@pytest.fixture(scope="module")
def respond(face):
    """(column, reach) -> pictures [5, S, S, 3] and what is read from them: {unit: [5]} and {extra: [5]} in one."""
    renderer, reader = WarpRenderer(face), ExpressionReader(face.mesh)
    neutral = face.mesh[:MESH_POINTS]

    def play(column: str, reach: float = 1.0):
        values = np.zeros((len(INTENSITIES), len(COLUMN_INDEX)), np.float32)
        values[:, COLUMN_INDEX[column]] = reach * np.array(INTENSITIES)
        sequence = AUSequence(values[:, :24], values[:, 24:34], values[:, 34:], fps=25.0)
        with torch.inference_mode():
            frames = torch.stack([frame for frame, _ in renderer.render(sequence)])
            points = torch.stack([track_landmarks(frame, face.landmarks).points for frame in frames])
            found = torch.cat(reader(fit_pose(points, neutral).unproject(points)), -1)
        return frames, dict(zip(COLUMN_INDEX, found.T.tolist(), strict=False))

    return play


@pytest.mark.parametrize(
    ("column", "reach", "at_least"),
    [
        ("eye_closure_right", 1, 0.5),
        ("jaw_open", 1, 0.6),
        ("lip_corner_raise_left", 1, 0.4),
        ("lower_lip_suck", 1, 0.2),
        ("upper_lip_raise", 1, 0.3),
        ("lip_pucker", 1, 0.4),
        ("gaze_x", 1, 0.25),
        ("gaze_x", -1, 0.2),
    ],
)
def test_what_is_turned_up_is_found_again(respond, column, reach, at_least):
    _, found = respond(column, reach)
    still, half, full = (reach * value for value in found[column])
    assert abs(still) < 0.1
    assert still < half < full
    assert full > at_least


@pytest.mark.parametrize("unit", ["eye_closure", "lip_corner_raise", "lower_lip_slide"])
def test_left_and_right_are_told_apart(respond, unit):
    for side, other in (("left", "right"), ("right", "left")):
        _, found = respond(f"{unit}_{side}")
        assert found[f"{unit}_{side}"][-1] > 2 * found[f"{unit}_{other}"][-1]


@pytest.mark.parametrize("unit", ["eye_closure", "brow_raise", "lip_corner_raise", "lip_corner_stretch"])
def test_a_unit_moves_its_side_of_the_face(face, respond, unit):
    """The subject's left is the right of a picture seen from the front."""
    middle = int(face.landmarks[168, 0])
    for side in ("left", "right"):
        frames, _ = respond(f"{unit}_{side}")
        change = (frames[-1] - frames[0]).abs().mean(-1)
        on_left, on_right = change[:, middle:].sum(), change[:, :middle].sum()
        own, opposite = (on_left, on_right) if side == "left" else (on_right, on_left)
        assert own > 3 * opposite
