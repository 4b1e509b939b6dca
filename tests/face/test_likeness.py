from dataclasses import replace
from pathlib import Path

import pytest
import torch

import auhead_models
from auhead_models.face.face import Face, find_face
from auhead_models.face.likeness import SAME, likeness
from auhead_models.image import load_image

ASSETS = Path(auhead_models.__file__).parent / "assets"


@pytest.fixture(scope="module")
def face() -> Face:
    return find_face(load_image(ASSETS / "portrait.png")[0], size=256)


def test_the_same_picture(face):
    assert likeness(face.image, face) == pytest.approx(1, abs=1e-4)
    assert likeness(1 - face.image, face) < 0


def test_two_people(face):
    other = load_image(ASSETS / "head.png")[0]
    assert likeness(other, face) < SAME - 0.1


def test_a_face_in_a_large_picture_alone_counts(face):
    """What lies outside the crop may be anything."""
    around = torch.zeros(1000, 1200, 3)
    around[200:712, 400:912] = face.image
    matrix = face.crop_matrix + torch.tensor([[0.0, 0, 400], [0, 0, 200]])
    placed = replace(face, image=around, crop_matrix=matrix)
    elsewhere = around.clone()
    elsewhere[:, :390] = torch.rand(1000, 390, 3, generator=torch.Generator().manual_seed(0))
    assert likeness(elsewhere, placed) > 0.99
    assert likeness(around.roll(300, 1), placed) < SAME
