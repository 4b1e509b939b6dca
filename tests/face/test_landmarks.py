"""Landmarks lie where MediaPipe puts them, and move with the face."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image

from auhead_models.face.detector import Detection, detect_faces
from auhead_models.face.facemesh import LEFT_EYE, LIPS, RIGHT_EYE, crop_features, region_matrix
from auhead_models.face.landmarks import find_landmarks, track_landmarks

PORTRAIT = Path(__file__).parents[2] / "auhead_models/assets/portrait.png"

# MediaPipe 0.10.21, solutions.face_mesh with static_image_mode and refine_landmarks, on the bundled portrait; pixels
GOLDEN = {
    1: (262.76, 283.08, -51.95), 10: (255.27, 147.63, -19.26), 152: (263.33, 387.00, 13.70),
    234: (139.27, 245.58, 99.59), 454: (361.75, 238.04, 104.51), 33: (185.21, 219.88, 11.67),
    133: (229.31, 221.40, 4.52), 159: (203.08, 212.51, -1.32), 145: (207.80, 224.49, 1.30),
    263: (325.54, 214.21, 14.75), 362: (283.62, 219.11, 5.89), 386: (308.77, 208.16, 1.02),
    374: (305.90, 219.54, 3.56), 61: (219.04, 323.46, 6.60), 291: (300.08, 318.82, 8.37),
    13: (259.28, 321.49, -13.08), 14: (259.32, 321.32, -14.46), 70: (162.60, 204.10, 10.75),
    300: (345.90, 195.38, 14.67), 468: (206.25, 217.54, 3.54), 473: (305.54, 213.51, 5.79),
}  # fmt: skip
EYES = 99.4  # pixels between the pupils


@pytest.fixture(scope="module")
def portrait() -> torch.Tensor:
    return torch.from_numpy(np.array(Image.open(PORTRAIT).convert("RGB"))).float() / 255


@pytest.fixture(scope="module")
def points(portrait) -> torch.Tensor:
    return find_landmarks(portrait, detect_faces(portrait)[0], refine=2).points


def moved(image: torch.Tensor, angle: float, scale: float, shift: tuple[float, float]):
    """The image turned clockwise, scaled and shifted about its middle; and the function that moves points alike."""
    height, width = image.shape[:2]
    centre = torch.tensor([width / 2, height / 2])
    cos, sin = math.cos(angle), math.sin(angle)
    turn = torch.tensor([[cos, -sin], [sin, cos]]) * scale
    y, x = torch.meshgrid(torch.arange(height) + 0.5, torch.arange(width) + 0.5, indexing="ij")
    source = (torch.stack([x, y], -1) - centre - torch.tensor(shift)) @ turn.inverse().mT + centre
    grid = source / torch.tensor([width, height]) * 2 - 1
    planes = F.grid_sample(image.permute(2, 0, 1)[None], grid[None], padding_mode="border", align_corners=False)
    return planes[0].permute(1, 2, 0), lambda xy: (xy - centre) @ turn.mT + centre + torch.tensor(shift)


def test_one_look_is_mediapipe(portrait):
    found = find_landmarks(portrait, detect_faces(portrait)[0], refine=0)
    expected = torch.tensor(list(GOLDEN.values()))
    assert found.points.shape == (478, 3)
    assert found.confidence > 0.9
    assert (found.points[list(GOLDEN)] - expected).abs().max() < 0.002 * EYES


@pytest.mark.parametrize(
    ("angle", "scale", "shift"), [(0.0, 1.0, (23.0, -17.0)), (0.35, 1.0, (0.0, 0.0)), (-0.6, 0.8, (9.5, 14.25))]
)
def test_points_move_with_the_face(portrait, points, angle, scale, shift):
    image, move = moved(portrait, angle, scale, shift)
    found = find_landmarks(image, detect_faces(image)[0], refine=2).points
    away = (found[:, :2] - move(points[:, :2])).norm(dim=1) / (scale * EYES)
    assert away.mean() < 0.015
    rings = list(LIPS[:40] + RIGHT_EYE[:16] + LEFT_EYE[:16])
    assert away[rings].mean() < 0.012


def test_depth_scales_with_the_picture(portrait, points):
    image = F.interpolate(portrait.permute(2, 0, 1)[None], scale_factor=2, mode="bilinear")[0].permute(1, 2, 0)
    found = find_landmarks(image, detect_faces(image)[0], refine=2).points
    assert torch.allclose(found[:, 2], 2 * points[:, 2], atol=0.05 * EYES)


def test_a_mirrored_face_has_mirrored_points(portrait, points):
    image = portrait.flip(1)
    found = find_landmarks(image, detect_faces(image)[0], refine=2).points
    for right, left in ((33, 263), (61, 291), (468, 473), (159, 386)):
        mirrored = torch.tensor([512 - points[left, 0], points[left, 1]])
        assert torch.dist(found[right, :2], mirrored) < 0.03 * EYES


def test_anatomy(points):
    x, y, z = points.unbind(1)
    assert x[468] < x[473], "the subject's right eye is on the left of the picture"
    assert z[1] < z[234] and z[1] < z[454], "the nose is nearer than the ears"
    assert y[10] < y[468] < y[1] < y[13] < y[152]
    for iris, eye in ((468, RIGHT_EYE[:16]), (473, LEFT_EYE[:16])):
        ring = points[list(eye), :2]
        assert (ring.amin(0) < points[iris, :2]).all() and (points[iris, :2] < ring.amax(0)).all()


def test_where_there_is_no_face_the_confidence_is_low():
    keypoints = torch.tensor([[150.0, 160], [250, 160]] + [[200, 200]] * 4)
    imagined = Detection(0.9, torch.tensor([100.0, 100, 300, 300]), keypoints)
    noise = torch.rand(400, 400, 3, generator=torch.Generator().manual_seed(0))
    assert find_landmarks(noise, imagined).confidence < 0.5


def test_a_face_cut_by_the_edge_still_gives_points(portrait):
    cut = portrait[:, 200:]
    found = find_landmarks(cut, detect_faces(cut)[0])
    assert torch.isfinite(found.points).all()


def test_tracking_follows_a_moving_face(portrait, points):
    image, move = moved(portrait, 0.1, 1.0, (12.0, 8.0))
    found = track_landmarks(image, points)
    again = track_landmarks(image, found.points)
    assert found.confidence > 0.9
    assert ((again.points[:, :2] - move(points[:, :2])).norm(dim=1) / EYES).mean() < 0.015


def test_tracking_loses_a_face_that_is_gone(points):
    assert track_landmarks(torch.zeros(512, 512, 3), points).confidence < 0.5


def test_the_crop_of_a_level_region_is_its_box_one_and_a_half_times_as_large():
    corners = torch.tensor([[[10.0, 20], [30, 20], [30, 28], [10, 28]]])
    matrix = region_matrix(corners, (0, 1, 2, 3), (0, 1))
    edges = torch.tensor([[0.0, 0, 1], [16, 16, 1]]) @ matrix[0].mT
    assert edges.tolist() == [pytest.approx([5, 18]), pytest.approx([35, 30])]


def test_a_crop_reads_pixel_centres_and_zeros_beyond_them():
    features = torch.arange(48.0).expand(1, 1, 48, 48)  # each column holds its index
    matrix = torch.tensor([[[1.0, 0, -2], [0, 1, 10]]])  # two columns left of the map, ten rows down
    crop = crop_features(features, matrix)
    assert crop[0, 0, 0].tolist() == pytest.approx([0, 0, *range(14)], abs=1e-4)
