import dataclasses

import pytest
import torch

from auhead_models.au.space import EXTRAS, UNITS
from auhead_models.face.deform import FaceDeformer
from auhead_models.face.face import find_face
from auhead_models.face.topology import EYES, LOWER_LIP, UPPER_LIP
from auhead_models.face.warp import PIECE, WarpRenderer, frames_at_once

from .conftest import picture
from .performances import performance


def decibels(a, b):
    return float(-10 * ((a - b) ** 2).mean().clamp(min=1e-12).log10())


def around(face, points, margin=4):
    """The pixels around some landmarks: rows and columns."""
    low = face.landmarks[list(points), :2].amin(0).int() - margin
    high = face.landmarks[list(points), :2].amax(0).int() + margin
    return slice(int(low[1]), int(high[1])), slice(int(low[0]), int(high[0]))


@pytest.fixture(scope="module")
def renderer(head):
    return WarpRenderer(head)


def frames(renderer, *performed):
    return torch.stack([frame for frame, _ in renderer.render(performance(*performed))])


@pytest.mark.parametrize("name", ["portrait.png", "head.png"])
def test_zero_gives_the_portrait_back(name):
    face = find_face(picture(name))
    renderer = WarpRenderer(face)
    tiny = {unit.id: 1e-3 for unit in (*UNITS, *EXTRAS)}  # not the pose: a turned head reads every pixel elsewhere
    still, nearly = frames(renderer, {}, tiny)
    assert decibels(still, face.crop) >= 45
    assert decibels(nearly, face.crop) >= 40


def test_frames_are_pictures(renderer, head):
    result = frames(renderer, {"jaw_open": 1.0, "eye_closure": 1.0, "yaw": 0.1}, {"tongue_out": 1.0, "jaw_open": 0.6})
    assert result.shape == (2, head.size, head.size, 3)
    assert result.isfinite().all() and result.min() >= 0 and result.max() <= 1


def test_an_open_mouth_shows_a_dark_inside(renderer, head):
    opened = frames(renderer, {"jaw_open": 0.6})[0]
    rows, columns = around(head, UPPER_LIP[3] + LOWER_LIP[3], margin=0)
    below = slice(rows.stop, rows.stop + int(1.2 * float(head.pose.scale)))  # chin in the portrait
    middle = slice(columns.start + 15, columns.stop - 15)
    assert (head.crop[below, middle].mean(-1) < 0.25).float().mean() < 0.05
    assert (opened[below, middle].mean(-1) < 0.25).float().mean() > 0.2


def test_retracted_lips_show_teeth(renderer, head):
    grin = frames(renderer, {"upper_lip_raise": 1.0, "lower_lip_depress": 1.0})[0]
    rows, columns = around(head, UPPER_LIP[3] + LOWER_LIP[3], margin=0)

    def ivory(image):
        part = image[rows, columns.start + 15 : columns.stop - 15]
        return ((part.amax(-1) - part.amin(-1) < 0.15) & (part.mean(-1) > 0.5)).float().mean()

    assert ivory(head.crop) < 0.02
    assert ivory(grin) > 0.3


def test_a_blink_hides_the_iris_and_leaves_the_rest(renderer, head):
    shut = frames(renderer, {"eye_closure": 1.0})[0]
    for eye in EYES:
        rows, columns = around(head, range(eye.iris, eye.iris + 5), margin=-2)
        assert (shut[rows, columns] - head.crop[rows, columns]).abs().mean() > 0.1
    mouth = around(head, UPPER_LIP[0] + LOWER_LIP[0])
    assert decibels(shut[mouth], head.crop[mouth]) > 45


def test_a_wink_changes_one_eye_only(renderer, head):
    wink = frames(renderer, {"eye_closure_left": 1.0})[0]
    left, right = (around(head, eye.opening) for eye in EYES)
    assert (wink[left] - head.crop[left]).abs().mean() > 0.05
    assert decibels(wink[right], head.crop[right]) > 45


def test_gaze_moves_the_dark_of_the_eye(renderer, head):
    away = frames(renderer, {"gaze_x": 0.8})[0]
    for eye in EYES:
        rows, columns = around(head, eye.opening, margin=0)
        x = torch.arange(columns.stop - columns.start, dtype=torch.float32)
        darkness = [(1 - image[rows, columns].mean(-1)).pow(4).sum(0) for image in (head.crop, away)]
        before, after = ((weight * x).sum() / weight.sum() for weight in darkness)
        assert after > before + 1  # the subject's left is the picture's right


def test_the_border_of_the_crop_never_moves(renderer, head):
    moved = frames(renderer, {"yaw": 0.1, "pitch": 0.08, "roll": 0.08, "jaw_open": 1.0})[0]
    for edge in (moved[0] - head.crop[0], moved[-1] - head.crop[-1], moved[:, 0] - head.crop[:, 0]):
        assert edge.abs().max() < 0.06 and edge.abs().mean() < 0.002


def test_no_tearing_between_neighbouring_frames(renderer):
    steps = torch.stack([frames(renderer, {"yaw": 0.08 * k, "jaw_open": k})[0] for k in (0.50, 0.51)])
    assert (steps[1] - steps[0]).abs().mean() < 0.01


def test_the_performance_may_be_cut_anywhere(renderer):
    performed = [{"jaw_open": 0.05 * k, "yaw": 0.005 * k} for k in range(PIECE + 3)]
    whole = frames(renderer, *performed)
    assert torch.allclose(whole[PIECE:], frames(renderer, *performed[PIECE:]), atol=2e-3)


@pytest.mark.parametrize("size, piece", [(128, PIECE), (512, PIECE), (724, 4), (1024, 2), (2048, 1)])
def test_large_frames_are_drawn_fewer_at_once(size, piece):
    assert frames_at_once(size) == piece


def test_alpha_moves_with_the_head(head):
    alpha = torch.zeros(head.size, head.size)
    alpha[100:400, 150:360] = 1
    renderer = WarpRenderer(dataclasses.replace(head, crop_alpha=alpha))
    (_, still), (_, moved) = renderer.render(performance({}, {"x": 0.15}))
    assert (still - alpha).abs().mean() < 0.01
    x = torch.arange(head.size, dtype=torch.float32)
    centre = [float((mask.sum(0) * x).sum() / mask.sum()) for mask in (still, moved)]
    assert centre[1] > centre[0] + 2


def test_another_deformer_moves_the_face(renderer, head):
    class Yawning(FaceDeformer):
        def __call__(self, sequence):
            return super().__call__(performance(*[{"jaw_open": 1.0}] * len(sequence)))

    yawning = frames(WarpRenderer(head, deformer=Yawning(head)), {}, {})
    assert torch.equal(yawning, frames(renderer, {"jaw_open": 1.0}, {"jaw_open": 1.0}))


def test_progress_is_reported(renderer):
    seen = []
    for _ in renderer.render(performance(*[{}] * (PIECE + 1)), progress=lambda done, total: seen.append((done, total))):
        pass
    assert seen == [(PIECE, PIECE + 1), (PIECE + 1, PIECE + 1)]
