import numpy as np
import pytest
import torch
from auhead_plugin.auhead_models.errors import AUHeadError


def test_a_face_its_crop_and_its_mask(nodes, sample):
    face, crop, mask = nodes("AUHeadFace", image=sample[0], size=128)
    assert crop.shape == (1, 128, 128, 3) and mask.shape == (1, 128, 128)
    assert torch.equal(crop[0], face.crop) and 0.1 < mask.mean() < 1


def test_a_portrait_with_alpha_keeps_it(nodes, sample):
    alpha = torch.ones(1, 512, 512, 1)
    alpha[:, :100] = 0
    face, crop, _ = nodes("AUHeadFace", image=torch.cat([sample[0], alpha], -1), size=128)
    assert crop.shape == (1, 128, 128, 3)
    assert face.crop_alpha[:20].max() == 0 and face.crop_alpha[64:].min() == 1


def test_half_precision_as_comfyui_may_have_it_between_nodes(nodes, sample, points, core_landmarks):
    for landmarks in (None, core_landmarks([[points]], (512, 512))):
        face, crop, _ = nodes("AUHeadFace", image=sample[0].half(), landmarks=landmarks, size=128)
        assert face.image.dtype == crop.dtype == torch.float32


@pytest.mark.parametrize("count", [0, 2])
def test_a_batch_where_one_picture_is_meant(nodes, sample, count):
    with pytest.raises(AUHeadError, match=f"The input image holds {count} pictures; give one.* Get Image from Batch"):
        nodes("AUHeadFace", image=sample[0][:0] if count == 0 else sample[0].expand(2, -1, -1, -1))


def test_a_picture_without_a_face(nodes):
    with pytest.raises(AUHeadError, match="No face was found in the portrait"):
        nodes("AUHeadFace", image=torch.full((1, 200, 300, 3), 0.5))


def test_a_face_that_is_not_there(nodes, sample):
    with pytest.raises(AUHeadError, match="Face 3 was asked for, but the portrait shows 1"):
        nodes("AUHeadFace", image=sample[0], face_index=3)


def test_a_picture_of_broken_numbers(nodes, sample):
    with pytest.raises(AUHeadError, match="not numbers"):
        nodes("AUHeadFace", image=sample[0] * torch.nan)


def test_the_landmarks_of_comfyui(nodes, sample, face, points, core_landmarks):
    found, _, _ = nodes("AUHeadFace", image=sample[0], landmarks=core_landmarks([[points]], (512, 512)), size=128)
    assert (found.landmarks - face.landmarks).abs().max() < 0.05


def test_the_landmarks_of_comfyui_on_a_picture_with_alpha(nodes, sample, points, core_landmarks):
    picture = torch.cat([sample[0], torch.ones(1, 512, 512, 1)], -1)
    face, _, _ = nodes("AUHeadFace", image=picture, landmarks=core_landmarks([[points]], (512, 512)), size=128)
    assert face.image.shape == (512, 512, 3) and face.crop_alpha.min() == 1


@pytest.mark.parametrize(
    "broken, sentence",
    [
        (lambda data: {**data, "frames": [[]]}, "The input landmarks hold no face"),
        (lambda data: {**data, "frames": []}, "belong to 0 pictures, but the input image holds 1"),
        (lambda data: {**data, "frames": data["frames"] * 3}, "belong to 3 pictures, but the input image holds 1"),
        (lambda data: {**data, "image_size": (512, 640)}, "pictures of 640 x 512, but the input image has 512 x 512"),
        (lambda data: {"frames": data["frames"]}, "not those of ComfyUI's face landmarker"),
        (lambda data: {**data, "frames": [[{"landmarks_xy": [1, 2]}]]}, "not those of ComfyUI's face landmarker"),
        (lambda data: {**data, "frames": [[{**data["frames"][0][0], "landmarks_3d": np.zeros((68, 3))}]]}, "not those"),
        (lambda data: "landmarks", "not those of ComfyUI's face landmarker"),
    ],
)
def test_landmarks_that_do_not_fit(nodes, sample, points, core_landmarks, broken, sentence):
    with pytest.raises(AUHeadError, match=sentence):
        nodes("AUHeadFace", image=sample[0], landmarks=broken(core_landmarks([[points]], (512, 512))))


def test_a_face_that_the_landmarks_do_not_hold(nodes, sample, points, core_landmarks):
    with pytest.raises(AUHeadError, match="Face 1 was asked for, but the input landmarks hold 1"):
        nodes("AUHeadFace", image=sample[0], landmarks=core_landmarks([[points]], (512, 512)), face_index=1)
