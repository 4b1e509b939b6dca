"""AUs from landmarks: what was put into a mesh comes out again."""

import math

import pytest
import torch

from auhead_models.au.space import EXTRA_INDEX, UNIT_INDEX, UNITS
from auhead_models.errors import AUHeadError
from auhead_models.face.basis import field_names, fit_basis
from auhead_models.face.canonical import Pose, head_rotation, load_geometry, move_head
from auhead_models.face.deform import EYE_RADIUS, GAZE_SIDE
from auhead_models.face.estimate import (
    IRIS_RESPONSE,
    ExpressionReader,
    _carry_over,
    estimate_own,
    estimate_sequence,
)
from auhead_models.face.topology import EYES

SCALE = 14.0  # pixels per cm: a face of about 200 px
THRUST = UNIT_INDEX["jaw_thrust"]


def neutral_mesh():
    """The mean head with irises in the middle of the eyes, [478, 3]."""
    positions = load_geometry().positions
    irises = {}
    for eye in EYES:
        centre = (positions[eye.outer] + positions[eye.inner]) / 2
        irises[eye.iris] = centre.expand(5, 3)
    return torch.cat([positions, *(irises[start] for start in sorted(irises))])


def pose_of(frames, angles=(0.0, 0.0, 0.0)):
    rotation = head_rotation(torch.tensor(angles)).expand(frames, 3, 3)
    return Pose(torch.full((frames,), SCALE), rotation, torch.tensor([256.0, -256.0, 0.0]).expand(frames, 3))


def with_units(mesh, units):
    """Meshes [T, 478, 3] with units [T, 24] added."""
    fields = fit_basis(mesh)[: len(UNITS)]
    out = mesh.expand(len(units), -1, -1).clone()
    out[:, :468] += (units @ fields.flatten(1)).unflatten(-1, (468, 3))
    return out


def random_units(frames, seed=0):
    generator = torch.Generator().manual_seed(seed)
    units = torch.rand(frames, len(UNITS), generator=generator)
    units *= torch.rand(frames, len(UNITS), generator=generator) < 0.15
    for first, second in ((0, 2), (1, 3), (4, 6), (5, 7), (9, 10), (15, 18), (16, 19)):
        units[:, second] *= units[:, first] == 0
    units[:, THRUST] = 0
    return units


def test_recovers_random_units_under_noise():
    units = random_units(200)
    mesh = neutral_mesh()
    pixels = pose_of(200, (0.2, 0.1, 0.05)).project(with_units(mesh, units))
    pixels += 0.5 * torch.randn(pixels.shape, generator=torch.Generator().manual_seed(1))
    found, _ = ExpressionReader(mesh)(pose_of(200, (0.2, 0.1, 0.05)).unproject(pixels))
    seen = [unit.index for unit in UNITS if unit.index != THRUST]
    r = torch.stack([torch.corrcoef(torch.stack([units[:, k], found[:, k]]))[0, 1] for k in seen])
    assert r.mean() > 0.92
    assert r.min() > 0.7, UNITS[seen[int(r.argmin())]].id
    assert (units - found).abs().mean() < 0.04


def test_no_motion_is_zero():
    mesh = neutral_mesh()
    units, extra = ExpressionReader(mesh)(mesh[None])
    assert units.abs().max() < 1e-4
    assert extra.abs().max() < 1e-4


def test_neutral_still_shows_nothing_by_itself():
    assert estimate_own(neutral_mesh()).max() == 0


@pytest.mark.parametrize("unit", ["lip_corner_raise_left", "jaw_open", "eye_closure_right"])
def test_still_shows_a_strong_expression(unit):
    wanted = torch.zeros(1, len(UNITS))
    wanted[0, UNIT_INDEX[unit]] = 0.9
    own = estimate_own(with_units(neutral_mesh(), wanted)[0])
    assert own.argmax() == UNIT_INDEX[unit]
    assert own[UNIT_INDEX[unit]] > 0.5


def test_closed_lips_are_not_an_open_jaw():
    mesh = neutral_mesh()
    mesh[152, 1] -= 1.5  # a long chin
    assert estimate_own(mesh)[UNIT_INDEX["jaw_open"]] == 0


def clip():
    """Two seconds: a blink around frame 12, a look to the left in frames 25-35, a turn of the head at the end."""
    units = torch.zeros(50, len(UNITS))
    for frame, amount in ((11, 0.6), (12, 1.0), (13, 0.5)):
        units[frame, :2] = amount
    mesh = with_units(neutral_mesh(), units)
    gaze = torch.zeros(50)
    gaze[25:36] = 0.7
    lids = fit_basis(neutral_mesh())[field_names().index("lids_gaze_left")]
    mesh[:, :468] += gaze[:, None, None] * lids
    mesh[:, 468:, 0] += IRIS_RESPONSE[0] * EYE_RADIUS * (gaze * GAZE_SIDE).sin()[:, None]
    motion = torch.zeros(50, 6)
    motion[40:, 0] = 0.25
    motion[40:, 3] = 0.1
    motion[40:, 5] = math.log(1.1)
    still = Pose(torch.tensor(SCALE), torch.eye(3), torch.tensor([256.0, -256.0, 0.0]))
    return move_head(still, motion, face_width=200.0).project(mesh), motion


@pytest.mark.parametrize("neutral", ["auto", "first frame"])
def test_sequence_shows_blink_gaze_and_head_motion(neutral):
    points, motion = clip()
    found = estimate_sequence(points, 25.0, neutral)
    assert len(found) == 50 and found.fps == 25.0
    blink = found["eye_closure_left"]
    assert blink[12] > 0.85 and blink[:9].max() < 0.1 and blink[16:24].max() < 0.1
    gaze = found["gaze_x"]
    assert gaze[27:34].min() > 0.4 and abs(gaze[:24]).max() < 0.1
    assert found["yaw"][45] == pytest.approx(0.25, abs=0.03)
    assert found["yaw"][:40] == pytest.approx(0, abs=0.02)
    assert found["zoom"][45] == pytest.approx(math.log(1.1), abs=0.02)
    assert found["jaw_thrust"].max() == 0


def test_neutral_is_found_where_no_frame_is_neutral():
    units = torch.zeros(60, len(UNITS))
    brows, smile = UNIT_INDEX["brow_raise_left"], UNIT_INDEX["lip_corner_raise_left"]
    units[:30, [brows, brows + 1]] = 0.6
    units[30:, [smile, smile + 1]] = 0.6
    found = estimate_sequence(pose_of(60).project(with_units(neutral_mesh(), units)), 25.0)
    assert found["brow_raise_left"][:30].mean() - found["brow_raise_left"][30:].mean() > 0.35
    assert found["lip_corner_raise_left"][30:].mean() - found["lip_corner_raise_left"][:30].mean() > 0.35


def test_frames_without_a_face_repeat_their_neighbours():
    points, _ = clip()
    whole = estimate_sequence(points, 25.0)
    points[5:8] = float("nan")
    holes = estimate_sequence(points, 25.0)
    assert holes.values[5:8] == pytest.approx(whole.values[5:8], abs=0.1)


def test_a_long_video_with_gaps_needs_little_memory():
    seen = torch.rand(200_000, generator=torch.Generator().manual_seed(0)) < 0.5
    seen[:2], seen[-3:] = False, False
    carried = _carry_over(torch.arange(200_000.0), seen)  # a table of all distances would take 160 GB
    assert torch.equal(carried[seen], torch.arange(200_000.0)[seen])
    known = torch.nonzero(seen)[:, 0]
    for frame in [0, 1, 199_999, *torch.nonzero(~seen)[:50, 0].tolist()]:
        assert abs(carried[frame] - frame) == (known - frame).abs().min()


def test_lips_kept_together_over_an_open_jaw():
    mesh = neutral_mesh()
    fields = dict(zip(field_names(), fit_basis(mesh), strict=True))
    moved = mesh.clone()
    moved[:468] += 0.6 * fields["jaw_open"] + 0.6 * fields["lips_together"]
    units, extra = ExpressionReader(mesh)(moved[None])
    assert units[0, UNIT_INDEX["jaw_open"]] > 0.4
    assert extra[0, EXTRA_INDEX["lips_together"]] > 0.7


def test_wrong_input_is_one_sentence():
    points, _ = clip()
    with pytest.raises(AUHeadError, match="first frame"):
        estimate_sequence(points, 25.0, "last")
    with pytest.raises(AUHeadError, match="478"):
        estimate_sequence(points[:, :468], 25.0)
    with pytest.raises(AUHeadError, match="face"):
        estimate_sequence(torch.full_like(points, float("nan")), 25.0)
