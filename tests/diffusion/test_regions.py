"""Regions: where they lie, what is cut out, and that putting back changes nothing else."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from auhead_models.au.sequence import AUSequence
from auhead_models.au.space import UNIT_INDEX
from auhead_models.diffusion.regions import EYE_PAIR, MOUTH, REGIONS, add_back, cut, region_mask, region_matrices
from auhead_models.face.deform import FaceDeformer
from auhead_models.face.face import find_face
from auhead_models.face.topology import EYES, LOWER_LIP, UPPER_LIP

REST, SPEAKING, BLINKING = range(3)


@pytest.fixture(scope="module")
def small_face(portrait):
    return find_face(portrait, size=256)


@pytest.fixture(scope="module")
def points(small_face) -> torch.Tensor:
    """Landmarks of a face at rest, with an open mouth, with closed eyes."""
    values = np.zeros((3, 24), np.float32)
    values[SPEAKING, UNIT_INDEX["jaw_open"]] = 0.7
    values[BLINKING, [UNIT_INDEX["eye_closure_left"], UNIT_INDEX["eye_closure_right"]]] = 1
    return FaceDeformer(small_face).meshes(replace(AUSequence.zeros(3), values=values))


def to_region(points: torch.Tensor, matrices: torch.Tensor) -> torch.Tensor:
    linear = torch.linalg.inv(matrices[:, :, :2])
    return (points[..., :2] - matrices[:, None, :, 2]) @ linear.mT


def turned(points: torch.Tensor, angle: float, scale: float) -> torch.Tensor:
    c, s = scale * np.cos(angle), scale * np.sin(angle)
    moved = points.clone()
    moved[..., :2] = points[..., :2] @ torch.tensor([[c, s], [-s, c]], dtype=points.dtype) + 40
    return moved


@pytest.mark.parametrize("region", REGIONS, ids=lambda region: region.name)
def test_moving_points_lie_inside_their_region(points, region):
    inner = [*UPPER_LIP[0], *LOWER_LIP[0]] if region is MOUTH else [k for eye in EYES for k in eye.opening]
    place = to_region(points, region_matrices(points, region))[:, inner]
    assert (place > 8).all() and (place[..., 0] < region.width - 8).all() and (place[..., 1] < region.height - 8).all()


@pytest.mark.parametrize("region", REGIONS, ids=lambda region: region.name)
def test_region_turns_and_grows_with_the_head(points, region):
    here = to_region(points, region_matrices(points, region))
    moved = turned(points, 0.4, 1.7)
    there = to_region(moved, region_matrices(moved, region))
    assert (here - there).abs().max() < 0.05


def test_cutting_straight_on_copies_pixels():
    frames = torch.rand(2, 40, 50, 3)
    matrices = torch.tensor([[[1.0, 0, 7], [0, 1, 5]]] * 2)
    assert torch.allclose(cut(frames, matrices, (20, 30)), frames[:, 5:25, 7:37], atol=1e-4)
    assert torch.allclose(cut(frames[..., 0], matrices, (20, 30)), frames[:, 5:25, 7:37, 0], atol=1e-4)


def test_cutting_averages_where_the_region_is_coarser():
    frames = torch.zeros(1, 64, 64, 1)
    frames[:, ::2] = 1  # rows of black and white
    matrices = torch.tensor([[[4.0, 0, 0], [0, 4, 0]]])
    inside = cut(frames, matrices, (16, 16))[:, 2:-2, 2:-2]
    assert (inside - 0.5).abs().max() < 0.1


def test_masks_follow_what_moves(points):
    still = points[REST]
    mouth = region_mask(points, region_matrices(points, MOUTH), MOUTH, still)
    eyes = region_mask(points, region_matrices(points, EYE_PAIR), EYE_PAIR, still)
    assert mouth[SPEAKING].max() == 1 and mouth[[REST, BLINKING]].max() == 0
    assert eyes[BLINKING].max() == 1 and eyes[REST].max() == 0
    for mask in (mouth, eyes):
        assert mask.min() == 0 and mask[:, [0, -1]].max() == 0 and mask[:, :, [0, -1]].max() == 0


def test_closed_lips_are_left_alone(points):
    lips_closed = points.clone()
    lips_closed[:, list(LOWER_LIP[3])] = lips_closed[:, list(UPPER_LIP[3])]
    assert region_mask(lips_closed, region_matrices(points, MOUTH), MOUTH).max() == 0


@pytest.mark.parametrize("size", (128, 700))
def test_putting_back_changes_only_what_the_mask_covers(points, small_face, size):
    frames = torch.rand(3, size, size, 3) * 0.5
    points = points * size / small_face.size
    matrices = region_matrices(points, MOUTH)
    mask = region_mask(points, matrices, MOUTH)
    residual = torch.full((3, *MOUTH.size, 3), 0.25)
    back = add_back(frames, residual, mask, matrices)
    covered = cut(back - frames, matrices, MOUTH.size)[..., 0]
    outside = add_back(torch.zeros_like(frames), torch.ones_like(residual), mask, matrices).amax(-1) == 0
    assert torch.equal(back[outside], frames[outside])
    assert outside[SPEAKING].float().mean() > 0.8 and not outside[SPEAKING].all()
    assert (covered[SPEAKING] - 0.25 * mask[SPEAKING]).abs().mean() < 0.01
    assert covered[SPEAKING].max() == pytest.approx(0.25, abs=0.01)


def test_putting_back_nothing_changes_nothing(points):
    frames = torch.rand(3, 128, 128, 3)
    matrices = region_matrices(points, EYE_PAIR)
    residual = torch.rand(3, *EYE_PAIR.size, 3)
    assert torch.equal(add_back(frames, residual, torch.zeros(3, *EYE_PAIR.size), matrices), frames)
