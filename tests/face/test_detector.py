"""Faces are found where they are, and nowhere else."""

from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image

from auhead_models.face.detector import detect_faces, suppress

PORTRAIT = Path(__file__).parents[2] / "auhead_models/assets/portrait.png"

# MediaPipe 0.10.21, solutions.face_detection with model_selection=0, on the bundled portrait
BOX = (138.42, 159.36, 372.70, 393.60)
KEYPOINTS = ((207.10, 218.58), (306.87, 215.42), (259.84, 268.62), (259.93, 323.18), (152.48, 249.45), (358.31, 244.27))
SCORE = 0.8803


@pytest.fixture(scope="module")
def portrait() -> torch.Tensor:
    return torch.from_numpy(np.array(Image.open(PORTRAIT).convert("RGB"))).float() / 255


def resized(image: torch.Tensor, height: int, width: int) -> torch.Tensor:
    """The image at another size, smooth in both directions."""
    planes = image.permute(2, 0, 1)[None]
    return F.interpolate(planes, (height, width), mode="bilinear", antialias=True)[0].permute(1, 2, 0).contiguous()


def assert_box(found: torch.Tensor, expected: torch.Tensor, tolerance: float):
    """Corners agree within a share of the expected box's side."""
    side = (expected[2:] - expected[:2]).max()
    assert (found - expected).abs().max() < tolerance * side


def test_the_portrait_has_one_face_where_mediapipe_sees_it(portrait):
    (face,) = detect_faces(portrait)
    assert face.score == pytest.approx(SCORE, abs=1e-3)
    assert torch.allclose(face.box, torch.tensor(BOX), atol=0.1)
    assert torch.allclose(face.keypoints, torch.tensor(KEYPOINTS), atol=0.1)


def test_two_faces_side_by_side(portrait):
    faces = sorted(detect_faces(torch.cat([portrait, portrait.flip(1)], 1)), key=lambda face: face.box[0].item())
    assert len(faces) == 2
    assert_box(faces[0].box, torch.tensor(BOX), 0.1)
    x0, y0, x1, y1 = BOX
    assert_box(faces[1].box, torch.tensor([1024 - x1, y0, 1024 - x0, y1]), 0.1)


def test_the_surest_face_comes_first(portrait):
    faces = detect_faces(torch.cat([portrait * 0.4 + 0.3, portrait], 1))
    assert [face.score for face in faces] == sorted((face.score for face in faces), reverse=True)


@pytest.mark.parametrize(("canvas", "side"), [(512, 40), (1024, 60), (3000, 40)])
def test_a_small_face_is_found_in_a_large_picture(portrait, canvas, side):
    scale = side / (BOX[2] - BOX[0])
    small = resized(portrait, round(512 * scale), round(512 * scale))
    picture = torch.full((canvas * 3 // 4, canvas, 3), 0.5)
    top, left = canvas // 3, canvas // 5
    picture[top : top + small.shape[0], left : left + small.shape[1]] = small
    (face,) = detect_faces(picture)
    assert_box(face.box, torch.tensor(BOX) * scale + torch.tensor([left, top, left, top]), 0.15)


def test_a_4k_picture(portrait):
    (face,) = detect_faces(resized(portrait, 3840, 3840)[:3160])
    assert_box(face.box, torch.tensor(BOX) * 7.5, 0.1)


def test_grey_and_half_precision_pictures(portrait):
    grey = portrait.mean(-1, keepdim=True).expand(-1, -1, 3)
    (face,) = detect_faces(grey.half())
    assert_box(face.box, torch.tensor(BOX), 0.1)


@pytest.mark.parametrize("picture", ["black", "white", "noise"])
def test_no_face_in_nothing(picture):
    noise = torch.rand(300, 400, 3, generator=torch.Generator().manual_seed(0))
    assert detect_faces({"black": noise * 0, "white": noise * 0 + 1, "noise": noise}[picture]) == []


@pytest.mark.parametrize("size", [(1, 1), (31, 400), (400, 5), (32, 32), (40, 3000)])
def test_pictures_too_small_or_too_thin_have_no_face(size):
    assert detect_faces(torch.full((*size, 3), 0.5)) == []


def test_a_higher_threshold_leaves_the_face_out(portrait):
    assert detect_faces(portrait, threshold=0.95) == []


def test_a_lower_threshold_takes_less_sure_faces(portrait):
    half_hidden = resized(portrait, 80, 80)
    half_hidden[41:] = 0.5  # from the nose down
    picture = torch.full((600, 800, 3), 0.5)
    picture[200:280, 300:380] = half_hidden
    assert detect_faces(picture) == []
    (face,) = detect_faces(picture, threshold=0.3)
    assert_box(face.box, torch.tensor(BOX) * 80 / 512 + torch.tensor([300, 200, 300, 200]), 0.2)
    assert 0.48 <= face.score < 0.8


def test_overlapping_boxes_become_their_mean_weighted_by_score():
    points = torch.zeros(3, 8, 2)
    points[:, :2] = torch.tensor([[[0.0, 0], [10, 10]], [[1.0, 0], [11, 10]], [[50.0, 50], [60, 60]]])
    first, second = suppress(torch.tensor([0.6, 0.9, 0.7]), points)
    assert first.score == pytest.approx(0.9)
    assert first.box.tolist() == pytest.approx([0.6, 0, 10.6, 10])
    assert second.box.tolist() == [50, 50, 60, 60]
