from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from auhead_plugin.auhead_models.errors import AUHeadError
from auhead_plugin.nodes.host import reserve


@pytest.fixture
def frames() -> torch.Tensor:
    """Three white squares, so that pasted pixels show."""
    return torch.ones(3, 128, 128, 3)


def test_frames_go_where_the_face_was(nodes, sample, face, frames):
    pictures, mask = nodes("AUHeadPasteBack", image=sample[0], frames=frames, face=face)
    assert pictures.shape == (3, 512, 512, 3) and mask.shape == (1, 512, 512)
    nose = (face.landmarks[1, :2] * 4).int().tolist()
    assert pictures[:, nose[1], nose[0]].min() == 1 and mask[0, nose[1], nose[0]] == 1
    outside = mask[0] == 0
    assert outside.any() and torch.equal(pictures[0][outside], sample[0][0][outside])


def test_a_larger_picture_is_brought_to_max_side(nodes, sample, face, frames):
    pictures, mask = nodes("AUHeadPasteBack", image=sample[0], frames=frames, face=face, max_side=256)
    assert pictures.shape == (3, 256, 256, 3) and mask.shape == (1, 256, 256)


def test_frames_that_were_enlarged(nodes, sample, face):
    pictures, _ = nodes("AUHeadPasteBack", image=sample[0], frames=torch.ones(2, 300, 300, 3), face=face)
    assert pictures.shape == (2, 512, 512, 3)


def test_a_picture_for_each_frame(nodes, sample, face, frames):
    images = sample[0] * torch.tensor([1.0, 0.5, 0.25]).view(3, 1, 1, 1)
    pictures, mask = nodes("AUHeadPasteBack", image=images, frames=frames, face=face)
    outside = mask[0] == 0
    assert all(torch.equal(picture[outside], image[outside]) for picture, image in zip(pictures, images))


def test_half_precision_as_comfyui_may_have_it_between_nodes(nodes, sample, face, frames):
    pictures, _ = nodes("AUHeadPasteBack", image=sample[0].half(), frames=frames.half(), face=face)
    assert pictures.dtype == torch.float32 and pictures.shape == (3, 512, 512, 3)


def test_alpha_stays(nodes, sample, face, frames):
    image = torch.cat([sample[0], torch.full((1, 512, 512, 1), 0.5)], -1)
    pictures, _ = nodes("AUHeadPasteBack", image=image, frames=frames, face=face)
    assert pictures.shape == (3, 512, 512, 4) and pictures[..., 3].unique().tolist() == [0.5]


@pytest.mark.parametrize(
    "image, shape, sentence",
    [
        ((1, 512, 512, 3), (3, 128, 96, 3), "The input frames are 3 pictures of 96 x 128 pixels; connect the square"),
        ((1, 512, 512, 3), (0, 128, 128, 3), "The input frames are 0 pictures"),
        ((2, 512, 512, 3), (3, 128, 128, 3), "The input image holds 2 pictures and the input frames 3"),
        ((0, 512, 512, 3), (3, 128, 128, 3), "The input image holds 0 pictures and the input frames 3"),
        ((1, 300, 400, 3), (3, 128, 128, 3), "400 x 300 pixels, but the face was found in a picture of 512 x 512"),
    ],
)
def test_pictures_that_do_not_fit(nodes, face, image, shape, sentence):
    with pytest.raises(AUHeadError, match=sentence):
        nodes("AUHeadPasteBack", image=torch.zeros(image), frames=torch.zeros(shape), face=face)


@pytest.mark.parametrize(
    "edit",
    [
        lambda image: image,
        lambda image: image ** torch.tensor([2.0, 1.0, 0.5]) * 0.5,
        lambda image: F.avg_pool2d(image.movedim(-1, 1), 33, 1, 16).movedim(1, -1),
        lambda image: (image * 4).round() / 4,
        torch.zeros_like,
    ],
    ids=["same", "graded", "blurred", "four tones", "plain"],
)
def test_the_picture_of_the_face_may_be_edited(nodes, sample, face, frames, edit):
    assert len(nodes("AUHeadPasteBack", image=edit(sample[0]), frames=frames, face=face)[0]) == 3


def test_another_background_is_no_other_picture(nodes, sample, face, frames):
    head = nodes("AUHeadPasteBack", image=sample[0], frames=frames, face=face, feather=0.0)[1][0, ..., None]
    image = torch.lerp(torch.rand(sample[0].shape, generator=torch.Generator().manual_seed(0)), sample[0], head)
    assert len(nodes("AUHeadPasteBack", image=image, frames=frames, face=face)[0]) == 3


def test_the_picture_of_another_person_is_refused(nodes, face, frames):
    other = nodes("AUHeadExample", sample="rendered head")[0]
    with pytest.raises(AUHeadError, match="^The input image is not the picture .* connect the same picture to image"):
        nodes("AUHeadPasteBack", image=other, frames=frames, face=face)
    assert len(nodes("AUHeadPasteBack", image=other.repeat(3, 1, 1, 1), frames=frames, face=face)[0]) == 3


def test_cancel_stops_the_pasting(nodes, sample, face, frames, cancel_after):
    with pytest.raises(cancel_after(2)):
        nodes("AUHeadPasteBack", image=sample[0], frames=frames, face=face)
    assert len(nodes("AUHeadPasteBack", image=sample[0], frames=frames, face=face)[0]) == 3


def test_ten_minutes_at_4k_are_refused_with_a_number(nodes, face):
    photograph = torch.zeros(1, 1).expand(2160, 3840)[..., None].expand(-1, -1, 3)
    frames = torch.zeros(1, 1, 1, 1).expand(600 * 25, 128, 128, 3)
    large = replace(face, image=photograph)
    with pytest.raises(
        AUHeadError, match="15000 frames of 3840 x 2160 need 1390.5 GB of memory .* only 21.6 GB are free"
    ):
        nodes("AUHeadPasteBack", image=photograph[None], frames=frames, face=large, max_side=3840)


def test_30_seconds_at_1280_fit_beside_their_frames_into_24_gb(nodes, face, memory):
    """Frames and masks of 30 s at 512 x 512 are there already; the square picture is the largest that can be asked."""
    frames, side = 750, 1280
    memory(24 - frames * 512 * 512 * 4 * 4 / 2**30)
    assert reserve("the whole pictures", (frames, side, side, 3))[0].shape == (frames, side, side, 3)
