"""Pictures of any mode come in as RGB 0..1, upright, with their alpha."""

import numpy as np
import pytest
import torch
from PIL import Image

from auhead_models.errors import AUHeadError
from auhead_models.image import load_image, save_png


@pytest.fixture
def picture() -> Image.Image:
    return Image.fromarray(np.random.default_rng(0).integers(0, 256, (6, 9, 3), dtype=np.uint8))


def test_png_round_trip_is_exact(tmp_path):
    image = torch.arange(256).reshape(16, 16, 1).repeat(1, 1, 3) / 255
    save_png(image, tmp_path / "image.png")
    loaded, alpha = load_image(tmp_path / "image.png")
    assert torch.equal(loaded, image) and alpha is None


@pytest.mark.parametrize("mode", ["RGBA", "LA", "PA"])
def test_alpha(tmp_path, picture, mode):
    suffix = "png" if mode in ("RGBA", "LA") else "tif"
    seen = picture.convert("L" if mode != "RGBA" else "RGB").convert("RGBA")
    seen.putalpha(Image.linear_gradient("L").resize(picture.size))
    seen.convert(mode).save(tmp_path / f"image.{suffix}")
    image, alpha = load_image(tmp_path / f"image.{suffix}")
    assert image.shape == (6, 9, 3) and alpha.shape == (6, 9)
    assert alpha[0].max() < alpha[-1].min()


def test_palette_with_a_transparent_colour(tmp_path, picture):
    picture.quantize(8).save(tmp_path / "image.png", transparency=0)
    image, alpha = load_image(tmp_path / "image.png")
    assert image.shape == (6, 9, 3) and set(alpha.unique().tolist()) == {0.0, 1.0}


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_sixteen_bit_grey_uses_the_whole_range(tmp_path, suffix):
    Image.fromarray(np.array([[0, 32768, 65535]], np.uint16)).save(tmp_path / f"image.{suffix}")
    image, _ = load_image(tmp_path / f"image.{suffix}")
    torch.testing.assert_close(image[0, :, 0], torch.tensor([0.0, 32768 / 65535, 1.0]))


@pytest.mark.parametrize("mode", ["1", "L", "P", "CMYK", "YCbCr"])
def test_other_modes(tmp_path, picture, mode):
    suffix = "jpg" if mode in ("CMYK", "YCbCr") else "png"
    picture.convert(mode).save(tmp_path / f"image.{suffix}")
    image, alpha = load_image(tmp_path / f"image.{suffix}")
    assert image.shape == (6, 9, 3) and image.dtype == torch.float32 and alpha is None


def test_turned_upright_as_exif_says(tmp_path, picture):
    exif = Image.Exif()
    exif[0x0112] = 6  # taken with the camera turned a quarter
    picture.save(tmp_path / "image.png", exif=exif)
    image, _ = load_image(tmp_path / "image.png")
    expected = torch.from_numpy(np.rot90(np.asarray(picture), -1).copy()) / 255
    torch.testing.assert_close(image, expected)


def test_huge_pictures_are_refused(tmp_path, monkeypatch, picture):
    picture.save(tmp_path / "image.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 20)
    with pytest.raises(AUHeadError, match="too large"):
        load_image(tmp_path / "image.png")


def test_what_is_no_picture(tmp_path, picture):
    picture.resize((90, 60)).save(tmp_path / "whole.png")
    (tmp_path / "cut.png").write_bytes((tmp_path / "whole.png").read_bytes()[:500])
    (tmp_path / "text.png").write_text("not a picture")
    for name, what in (("cut.png", "Cannot read"), ("text.png", "is none"), ("none.png", "There is no picture")):
        with pytest.raises(AUHeadError, match=what):
            load_image(tmp_path / name)
