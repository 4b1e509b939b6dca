import pytest

pytest.importorskip("diffusers")

import torch  # noqa: E402
from diffusers import AutoencoderKL, AutoencoderTiny  # noqa: E402
from stand_ins import CELL, SCALING, Autoencoder, ImageEncoder  # noqa: E402
from toys import SMALL, draw_weights  # noqa: E402

from auhead_models.diffusion.codec import CLIP_MEAN, CLIP_STD, decode, encode, image_token, preview, shrinks  # noqa: E402


def _tiny():
    narrow = {"encoder_block_out_channels": (4, 4, 4, 4), "decoder_block_out_channels": (4, 4, 4, 4)}
    return draw_weights(AutoencoderTiny(**narrow, num_encoder_blocks=(1,) * 4, num_decoder_blocks=(1,) * 4)).eval()


@pytest.fixture(scope="module", params=["kl", "tiny"])
def vae(request):
    return draw_weights(AutoencoderKL(**SMALL.vae)).eval() if request.param == "kl" else _tiny()


@torch.inference_mode()
def test_either_kind_of_vae_shrinks_by_what_it_says(vae):
    pictures = torch.rand(2, 32, 48, 3)
    latents = encode(vae, pictures)
    assert latents.shape == (2, 4, 32 // shrinks(vae), 48 // shrinks(vae)) and shrinks(vae) == 8
    drawn = decode(vae, latents)
    assert drawn.shape == pictures.shape and 0 <= float(drawn.min()) and float(drawn.max()) <= 1


@torch.inference_mode()
def test_encoding_takes_no_random_numbers(vae):
    pictures = torch.rand(1, 32, 32, 3)
    assert torch.equal(encode(vae, pictures), encode(vae, pictures))


@torch.inference_mode()
def test_half_precision_gives_full_back():
    vae = _tiny().to(torch.bfloat16)
    latents = encode(vae, torch.rand(1, 16, 16, 3))
    assert latents.dtype == decode(vae, latents).dtype == torch.float32


def test_networks_see_colours_from_minus_one_to_one_and_scaled_latents():
    pictures = torch.tensor([0.0, 0.5, 1.0]).expand(1, CELL, CELL, 3)
    latents = encode(Autoencoder(), pictures)
    assert torch.allclose(latents[0, :3, 0, 0], torch.tensor([-1.0, 0.0, 1.0]) * SCALING)
    assert torch.allclose(decode(Autoencoder(), latents), pictures)
    assert float(decode(Autoencoder(), 5 * latents).max()) == 1


def test_the_image_token_is_that_of_a_picture_as_clip_was_trained():
    colour = torch.tensor([0.2, 0.5, 0.9])
    token = image_token(ImageEncoder(), colour.expand(40, 30, 3))
    expected = (colour - torch.tensor(CLIP_MEAN)) / torch.tensor(CLIP_STD)
    assert token.shape == (1, 1, 3) and torch.allclose(token[0, 0], expected, atol=1e-4)


def test_previews_are_small_pictures_of_four_channels_alone():
    picture = preview(3 * torch.randn(4, 6, 5))
    assert picture.shape == (6, 5, 3) and 0 <= float(picture.min()) and float(picture.max()) <= 1
    assert preview(torch.zeros(192, 6, 5)) is None
