import numpy as np
import pytest
import torch

from auhead_models.au.sequence import AUSequence
from auhead_models.face.basis import fit_basis
from auhead_models.face.deform import FaceDeformer
from auhead_models.face.topology import EYES, LOWER_LIP, UPPER_LIP

from .performances import performance


@pytest.fixture(scope="module")
def deform(head):
    return FaceDeformer(head)


def lip_gap(mesh):
    return mesh[..., UPPER_LIP[3][5], 1] - mesh[..., LOWER_LIP[3][5], 1]


def lid_gap(mesh, eye):
    return (mesh[..., list(eye.upper), 1] - mesh[..., list(eye.lower), 1]).mean(-1)


def test_zero_gives_the_portraits_points_back(deform, head):
    points = deform.meshes(AUSequence.zeros(3))
    assert (points - head.landmarks).abs().max() < 1e-3
    assert torch.equal(points[0], points[2])


def test_closed_lids_meet_on_every_point(deform):
    mesh = deform(performance({"eye_closure": 1.0})).mesh[0]
    for eye in EYES:
        assert (mesh[list(eye.upper), 1] - mesh[list(eye.lower), 1]).abs().max() < 0.03


@pytest.mark.parametrize("side, mine, other", [("left", EYES[0], EYES[1]), ("right", EYES[1], EYES[0])])
def test_a_wink_closes_one_eye(deform, side, mine, other):
    mesh = deform(performance({f"eye_closure_{side}": 1.0})).mesh[0]
    assert lid_gap(mesh, mine) < 0.05
    assert lid_gap(mesh, other) > 0.3


def test_lids_never_pass_through_each_other(deform):
    both = {"eye_closure": 1.0, "cheek_raise": 1.0, "brow_lower": 1.0, "gaze_y": -1.0}
    mesh = deform(performance(both)).mesh[0]
    assert min(float(lid_gap(mesh, eye)) for eye in EYES) > -1e-4


def test_the_jaw_opens_the_mouth_and_lips_together_closes_it(deform, head):
    gaps = lip_gap(deform(performance({}, {"jaw_open": 0.4}, {"jaw_open": 0.4, "lips_together": 1.0})).mesh)
    assert gaps[1] > gaps[0] + 0.8
    assert abs(gaps[2]) < 0.02


def test_the_jaw_turns_rather_than_slides(deform, head):
    mesh = deform(performance({}, {"jaw_open": 1.0})).mesh
    chin = mesh[1, 152] - mesh[0, 152]
    assert chin[1] < -1.0 and chin[2] < -0.3  # down, and back


def test_lips_never_pass_through_each_other(deform):
    mesh = deform(performance({"upper_lip_suck": 1.0, "lower_lip_suck": 1.0, "chin_raise": 1.0, "lip_press": 1.0})).mesh
    gap = mesh[0, list(UPPER_LIP[3]), 1] - mesh[0, list(LOWER_LIP[3]), 1]
    assert gap.min() > -0.05


def test_gaze_moves_the_iris_to_the_subjects_left(deform, head):
    points = deform.meshes(performance({"gaze_x": 1.0}, {"gaze_y": 1.0}))
    assert (points[0, [468, 473], 0] - head.landmarks[[468, 473], 0]).min() > 0.3 * float(head.pose.scale)
    assert (points[1, [468, 473], 1] - head.landmarks[[468, 473], 1]).max() < 0


@pytest.mark.parametrize(
    "column, point, axis, sign",
    [("yaw", 1, 0, 1), ("pitch", 1, 1, -1), ("roll", 10, 0, 1), ("x", 1, 0, 1), ("y", 1, 1, 1)],
)
def test_head_motion_follows_the_stated_signs(deform, head, column, point, axis, sign):
    moved = deform.meshes(performance({column: 0.1}))[0, point, axis] - head.landmarks[point, axis]
    assert sign * moved > 2


def test_shifts_are_fractions_of_the_face_width(deform, head):
    moved = deform.meshes(performance({"x": 0.1}))[0, :, 0] - head.landmarks[:, 0]
    assert moved.mean() == pytest.approx(0.1 * head.width, rel=1e-3)


def test_values_add_to_the_own_expression_and_saturate(head):
    import dataclasses

    own = torch.zeros(24)
    own[8] = 0.3
    deform = FaceDeformer(dataclasses.replace(head, own=own))
    result = deform(performance({}, {"jaw_open": 0.5}, {"jaw_open": 1.0}, {"jaw_open": -1.0}))
    assert result.effective[:, 8].tolist() == pytest.approx([0.3, 0.8, 1.0, 0.0])
    relaxed = FaceDeformer(dataclasses.replace(head, own=own, relax=1.0))
    assert relaxed(performance({})).effective[0, 8] == 0


def test_the_basis_fits_lids_of_any_height(head):
    mesh = head.mesh.clone()
    for eye in EYES:  # half the opening
        mesh[list(eye.upper), 1] = (mesh[list(eye.upper), 1] + mesh[list(eye.lower), 1]) / 2
    closed = mesh[:468] + fit_basis(mesh)[0] + fit_basis(mesh)[1]
    for eye in EYES:
        assert (closed[list(eye.upper), 1] - closed[list(eye.lower), 1]).abs().max() < 1e-4


def test_pieces_equal_the_whole(deform):
    rng = np.random.default_rng(0)
    table = rng.uniform(0, 0.4, (6, 40)).astype(np.float32)
    whole = deform.meshes(AUSequence.from_table(table))
    parts = torch.cat([deform.meshes(AUSequence.from_table(table[i : i + 2])) for i in (0, 2, 4)])
    assert torch.allclose(whole, parts, atol=1e-3)
