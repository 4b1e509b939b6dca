import pytest
import torch

from auhead_models.errors import AUHeadError
from auhead_models.face.crop import transform_points
from auhead_models.face.face import face_from_landmarks, find_face


def test_a_face_carries_everything_that_drawing_needs(face, portrait):
    assert face.crop.shape == (512, 512, 3)
    assert face.landmarks.shape == (478, 3) and face.mesh.shape == (478, 3)
    assert torch.allclose(face.pose.project(face.mesh), face.landmarks, atol=1e-2)
    assert 0 <= face.own.min() and face.own.max() <= 1
    assert set(face.mask.unique().tolist()) <= {0.0, 1.0}
    x, y = face.landmarks[1, :2].int().tolist()
    assert face.mask[y, x] == 1


def test_the_bundled_portrait_is_neutral_and_faces_the_camera(face):
    assert face.own.max() < 0.35


def test_glasses_are_recognised_in_crops_of_any_size(face, head, portrait):
    assert face.glasses == 1 and head.glasses == 0
    assert find_face(portrait, size=128).glasses == 1


def test_the_crop_lies_over_the_image(portrait):
    wide = torch.nn.functional.pad(portrait.movedim(-1, 0), (300, 500, 40, 60)).movedim(0, -1)
    face = find_face(wide, crop_scale=1.8)
    corner = transform_points(torch.zeros(1, 2), face.crop_matrix)[0]
    assert 0 <= corner[0] <= 812 and corner[0] > 100
    on_image = transform_points(face.landmarks, face.crop_matrix)
    assert (on_image[1, :2] - find_face(portrait).landmarks[1, :2] - torch.tensor([300, 40])).norm() < 4


@pytest.mark.parametrize("order, index, side", [("left-right", 0, 0), ("left-right", 1, 1), ("right-left", 0, 1)])
def test_one_of_several_faces(portrait, order, index, side):
    two = torch.cat([portrait, portrait], 1)
    face = find_face(two, face_index=index, face_order=order)
    nose = transform_points(face.landmarks[1:2], face.crop_matrix)[0, 0]
    assert (nose > portrait.shape[1]) == bool(side)


def test_grey_and_alpha_pictures(portrait):
    grey = portrait.mean(-1, keepdim=True)
    assert find_face(grey).crop.shape[-1] == 3
    alpha = torch.ones(*portrait.shape[:2], 1)
    face = find_face(torch.cat([portrait, alpha], -1))
    assert face.crop_alpha.shape == (512, 512)


@pytest.mark.parametrize(
    "arguments, words",
    [
        ({"face_index": 3}, "Face 3 was asked for"),
        ({"face_order": "best"}, "large-small"),
        ({"relax": 2.0}, "relax"),
    ],
)
def test_wrong_choices_are_one_sentence(portrait, arguments, words):
    with pytest.raises(AUHeadError, match=words):
        find_face(portrait, **arguments)


@pytest.mark.parametrize(
    "image, words",
    [
        (torch.zeros(64, 64, 3), "No face was found"),
        (torch.rand(300, 200, 3, generator=torch.Generator().manual_seed(0)), "No face was found"),
        (torch.zeros(3, 64, 64, 3), "batch of 3"),
        (torch.zeros(64, 64), "shape"),
        (torch.full((64, 64, 3), float("nan")), "not numbers"),
    ],
)
def test_pictures_without_a_usable_face(image, words):
    with pytest.raises(AUHeadError, match=words):
        find_face(image)


def test_a_tiny_face_and_a_profile_are_refused(portrait, face):
    image_points = transform_points(face.landmarks, face.crop_matrix)
    with pytest.raises(AUHeadError, match="pixels wide"):
        face_from_landmarks(portrait, image_points * 0.05)
    turned = image_points.clone()
    centre = turned.mean(0)
    sine, cosine = 0.94, 0.34  # 70 degrees
    x, z = (turned - centre)[:, 0], (turned - centre)[:, 2]
    turned[:, 0], turned[:, 2] = centre[0] + cosine * x - sine * z, centre[2] + sine * x + cosine * z
    with pytest.raises(AUHeadError, match="turned"):
        face_from_landmarks(portrait, turned)


def test_a_face_of_40_pixels_works(portrait):
    small = torch.nn.functional.interpolate(
        portrait.movedim(-1, 0)[None], scale_factor=0.17, mode="bicubic", antialias=True
    )[0].movedim(0, -1)
    canvas = torch.full((400, 400, 3), 0.5)
    canvas[100 : 100 + small.shape[0], 150 : 150 + small.shape[1]] = small.clamp(0, 1)
    assert find_face(canvas).crop.shape == (512, 512, 3)
