import pytest
import torch

from auhead_models.diffusion.face_masks import face_mask, moved_mask, speaking_mask
from auhead_models.face.face import find_face
from auhead_models.face.topology import EYES, FACE_OVAL, LOWER_LIP

SIDE = 128


@pytest.fixture(scope="module")
def points(portrait):
    return find_face(portrait).resized(SIDE).landmarks[None]


def _at(mask, points, index):
    x, y = points[0, index, :2].long().tolist()
    return float(mask[0, 0, y, x])


def test_the_face_is_inside_and_the_corners_are_not(points):
    mask = face_mask(points, SIDE, (SIDE, SIDE))
    assert mask.shape == (1, 1, SIDE, SIDE) and float(mask.max()) == 1
    assert all(_at(mask, points, index) > 0.5 for index in (*FACE_OVAL, *EYES[0].upper))
    assert float(mask[0, 0, [0, 0, -1, -1], [0, -1, 0, -1]].max()) == 0


def test_speech_moves_the_mouth_and_not_the_brows(points):
    mask = speaking_mask(points, SIDE, (SIDE, SIDE))
    assert _at(mask, points, LOWER_LIP[0][5]) == 1 and _at(mask, points, 105) == 0  # a point of the left brow
    assert bool((mask <= face_mask(points, SIDE, (SIDE, SIDE)) + 1e-5).all())


def test_units_without_a_field_change_nothing(points):
    jaw, both = (moved_mask(points, units, SIDE, (16, 16)) for units in (("jaw_open",), ("jaw_open", "tongue_out")))
    assert torch.equal(jaw, both)
