"""The square crop and paste-back: where the square lies, exact pixels, feathering, streams, alpha."""

import pytest
import torch

from auhead_models.errors import AUHeadError
from auhead_models.face.crop import extract_crop, paste_back, paste_mask, square_crop, transform_points


def noise(*shape, seed=0):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


def smooth(height, width):
    """A picture without fine detail, so that scaling it loses little."""
    y = torch.linspace(0, 3, height)[:, None, None]
    x = torch.linspace(0, 3, width)[None, :, None]
    return 0.5 + 0.25 * torch.sin(x + torch.arange(3.0)) + 0.2 * torch.cos(y)


def disc(size, radius):
    at = torch.arange(size) + 0.5 - size / 2
    return (at[:, None] ** 2 + at**2 < radius**2).float()


def test_a_tight_square_portrait_is_taken_whole():
    matrix = square_crop(torch.tensor([100.0, 90, 310, 330]), (500, 500), size=512)
    assert matrix.tolist() == [[500 / 512, 0, 0], [0, 500 / 512, 0]]
    image = noise(256, 256, 3)
    matrix = square_crop(torch.tensor([60.0, 50, 180, 190]), (256, 256), size=256)
    assert torch.equal(extract_crop(image, matrix, 256), image)


@pytest.mark.parametrize(
    ("box", "image_size"),
    [
        ((300, 200, 420, 340), (800, 1200)),  # room on all sides
        ((10, 5, 130, 150), (800, 1200)),  # in the corner
        ((1090, 680, 1195, 795), (800, 1200)),  # in the opposite corner
        ((80, 300, 330, 610), (1000, 400)),  # the image is narrower than the crop
    ],
)
def test_the_square_stays_inside_the_image_and_holds_the_face(box, image_size):
    box = torch.tensor(box, dtype=torch.float32)
    corners = transform_points(torch.tensor([[0.0, 0], [512, 512]]), square_crop(box, image_size))
    assert corners.min() >= 0
    assert (corners[1] <= torch.tensor(image_size[::-1])).all()
    assert (corners[0] <= box[:2]).all() and (corners[1] >= box[2:]).all()
    assert torch.equal(corners, corners.round())


def test_a_face_larger_than_the_image_is_padded_with_its_border():
    image = noise(120, 300, 3)
    matrix = square_crop(torch.tensor([100.0, 2, 190, 118]), (120, 300), scale=1.5, size=64)
    crop = extract_crop(image, matrix, 64)
    assert transform_points(torch.tensor([[0.0, 0]]), matrix)[0, 1] < 0
    assert crop.shape == (64, 64, 3)
    assert torch.allclose(crop[0], crop[1], atol=1e-5)


def test_points_and_boxes_give_the_same_square():
    points = torch.tensor([[300.0, 200, 5], [420, 260, -9], [350, 340, 1]])
    assert torch.equal(square_crop(points, (800, 1200)), square_crop(torch.tensor([300.0, 200, 420, 340]), (800, 1200)))
    with pytest.raises(ValueError, match="extent"):
        square_crop(points[:1], (800, 1200))


def test_points_come_back():
    matrix = square_crop(torch.tensor([300.0, 200, 420, 340]), (800, 1200))
    points = noise(478, 3) * 512
    there = transform_points(points, matrix)
    assert torch.allclose(transform_points(there, matrix, inverse=True), points, atol=1e-3)
    assert torch.allclose(there[:, 2] / points[:, 2], matrix[0, 0])


def test_a_crop_at_the_images_own_scale_copies_pixels():
    image = noise(90, 120, 4)
    matrix = torch.tensor([[1.0, 0, 7], [0, 1, 13]])
    assert torch.equal(extract_crop(image, matrix, 64), image[13:77, 7:71])
    assert torch.equal(extract_crop(image[..., 0], matrix, 64), image[13:77, 7:71, 0])


def test_shrinking_averages_and_does_not_alias():
    stripes = (torch.arange(1024) % 2).float()[None, :, None].expand(1024, 1024, 3)
    crop = extract_crop(stripes, torch.tensor([[8.0, 0, 0], [0, 8, 0]]), 128)
    assert (crop - 0.5).abs().max() < 0.02


@pytest.mark.parametrize("side", [100, 200, 137.3])
def test_crops_line_up_with_their_matrix(side):
    image = smooth(300, 300)
    matrix = torch.tensor([[side / 128, 0, 41.0], [0, side / 128, 53.5 if side % 1 else 53]])
    crop = extract_crop(image, matrix, 128)
    index = torch.tensor([[20, 30], [64, 64], [100, 9]])
    x, y = transform_points(index.flip(1) + 0.5, matrix).unbind(1)
    expected = 0.5 + 0.25 * torch.sin((x - 0.5)[:, None] * 3 / 299 + torch.arange(3.0))
    expected += 0.2 * torch.cos((y - 0.5)[:, None] * 3 / 299)
    assert torch.allclose(crop[index[:, 0], index[:, 1]], expected, atol=2e-3)


def test_pasted_back_at_its_own_scale_frames_are_exact_inside_and_the_image_outside():
    image, frame = noise(90, 120, 3), noise(64, 64, 3, seed=1)
    matrix = torch.tensor([[1.0, 0, 7], [0, 1, 13]])
    mask = disc(64, 24)
    (out,) = paste_back(image, frame[None], matrix, mask, feather=4)
    shown = paste_mask((90, 120), matrix, mask, feather=4)
    full = torch.zeros(90, 120)
    full[13:77, 7:71] = mask
    assert torch.equal(out[full == 0], image[full == 0])
    assert torch.equal(out[shown == 0], image[shown == 0])
    inside = torch.zeros(90, 120, dtype=torch.bool)
    inside[13:77, 7:71] = disc(64, 18).bool()
    assert (shown[inside] == 1).all()
    assert torch.equal(out[inside], frame[disc(64, 18).bool()])
    ramp = shown[45, 39:]  # from the disc's centre to the right
    assert (ramp.diff() <= 1e-6).all()
    assert ((ramp > 0) & (ramp < 1)).sum() >= 3


@pytest.mark.parametrize("side", [50, 200, 163.7])
def test_a_crop_pasted_back_gives_the_image_again(side):
    image = smooth(260, 300)
    matrix = torch.tensor([[side / 128, 0, 31.0], [0, side / 128, 22.0]])
    (out,) = paste_back(image, extract_crop(image, matrix, 128)[None], matrix, disc(128, 60), feather=8)
    assert (out - image).abs().max() < 4e-3
    outside = paste_mask((260, 300), matrix, disc(128, 60), feather=8) == 0
    assert torch.equal(out[outside], image[outside])


def test_the_crops_border_fades_only_inside_the_image():
    matrix, mask = torch.tensor([[1.0, 0, 0], [0, 1, 0]]), torch.ones(64, 64)
    assert (paste_mask((64, 64), matrix, mask, feather=8) == 1).all()
    shown = paste_mask((64, 100), matrix, mask, feather=8)  # only the right border lies inside
    assert shown[32, 0] == 1 and shown[0, 20] == 1
    assert shown[32, 62] < 0.3 and shown[32, 64:].max() == 0


def test_frames_stream_from_a_generator():
    made = []

    def frames():
        for i in range(5):
            made.append(i)
            yield torch.full((32, 32, 3), i / 5)

    matrix = torch.tensor([[1.0, 0, 9], [0, 1, 9]])
    stream = paste_back(noise(50, 50, 3), frames(), matrix, torch.ones(32, 32), feather=2)
    next(stream)
    assert made == [0]
    assert len(list(stream)) == 4


def test_a_moving_background_and_moving_masks():
    image, frames = noise(3, 50, 60, 3), noise(3, 32, 32, 3, seed=1)
    masks = torch.stack([disc(32, r) for r in (4, 8, 12)])
    matrix = torch.tensor([[1.0, 0, 9], [0, 1, 9]])
    for i, out in enumerate(paste_back(image, frames, matrix, masks, feather=0)):
        inside = masks[i].bool()
        assert torch.equal(out[9:41, 9:41][inside], frames[i][inside])
        out[9:41, 9:41][inside] = image[i, 9:41, 9:41][inside]
        assert torch.equal(out, image[i])


@pytest.mark.parametrize("stream", [False, True])
def test_a_background_of_the_wrong_length_is_explained(stream):
    frames = noise(3, 32, 32, 3)
    arguments = torch.tensor([[1.0, 0, 9], [0, 1, 9]]), torch.ones(32, 32)
    for pictures in (2, 4):
        with pytest.raises(AUHeadError, match=f"{pictures} pictures"):
            list(paste_back(noise(pictures, 50, 60, 3), iter(frames) if stream else frames, *arguments))


def test_alpha_stays():
    image, frame = noise(50, 60, 4), noise(1, 32, 32, 3, seed=1)
    matrix = torch.tensor([[1.0, 0, 9], [0, 1, 9]])
    (out,) = paste_back(image, frame, matrix, torch.ones(32, 32), feather=0)
    assert torch.equal(out[..., 3], image[..., 3])
    assert torch.equal(out[9:41, 9:41, :3], frame[0])
    (out,) = paste_back(image, noise(1, 32, 32, 4, seed=2), matrix, torch.ones(32, 32), feather=0)
    assert not torch.equal(out[..., 3], image[..., 3])


def test_a_longest_side_shrinks_the_picture():
    image = smooth(400, 600)
    matrix = torch.tensor([[1.5, 0, 101], [0, 1.5, 53]])
    crop = extract_crop(image, matrix, 128)
    (out,) = paste_back(image, crop[None], matrix, disc(128, 60), feather=4, max_side=240)
    assert out.shape == (160, 240, 3)
    assert paste_mask((400, 600), matrix, disc(128, 60), max_side=240).shape == (160, 240)
    (plain,) = paste_back(image, crop[None], matrix, torch.zeros(128, 128), max_side=240)
    assert (out - plain).abs().max() < 5e-3
