import pytest

pytest.importorskip("diffusers")

import torch  # noqa: E402
import torch.nn.functional as F  # noqa: E402
from toys import SIDE, draw_weights, numbers, toy_inputs, toy_networks  # noqa: E402

from auhead_models.diffusion import attention  # noqa: E402
from auhead_models.diffusion.attention import Conditions, attend  # noqa: E402
from auhead_models.diffusion.tokens import AUTokens  # noqa: E402

AU_DIM = 16


@pytest.fixture(scope="module")
def networks():
    return toy_networks(au_dim=AU_DIM, audio_dim=12)


def _run(unet, reference=None, unreferenced=0, given=None, **conditions):
    given = given or toy_inputs()
    frames = given["latents"].shape[2]
    token = given["image_token"].repeat_interleave(frames, 0)
    with torch.inference_mode():
        return unet(
            given["latents"], given["timestep"], token, (), Conditions(reference or {}, unreferenced, **conditions)
        )


def _restart(unet):
    """The adapters as a new model has them."""
    for name, weight in unet.named_parameters():
        if "to_v_au" in name or "to_v_audio" in name:
            weight.data.zero_()
    return unet


def test_au_and_audio_start_without_effect():
    unet = _restart(toy_networks(au_dim=AU_DIM, audio_dim=12)[0])
    plain = _run(unet)
    assert torch.equal(_run(unet, au=numbers("au", (3, 24, AU_DIM)), audio=numbers("audio", (3, 5, 12))), plain)


def test_au_tokens_act_once_their_values_are_trained(networks):
    assert not torch.allclose(_run(networks[0], au=numbers("au", (3, 24, AU_DIM))), _run(networks[0]))


def test_silence_is_the_same_as_no_audio(networks):
    assert torch.allclose(_run(networks[0], audio=torch.zeros(3, 5, 12)), _run(networks[0]), atol=1e-5)


def test_a_region_of_zero_takes_the_tokens_away(networks):
    au = numbers("au", (3, 24, AU_DIM))
    nowhere = _run(networks[0], au=au, au_region=torch.zeros(1, 1, 8, 8))
    assert torch.allclose(nowhere, _run(networks[0]), atol=1e-5)
    everywhere = _run(networks[0], au=au, au_region=torch.ones(1, 1, 8, 8))
    assert torch.allclose(everywhere, _run(networks[0], au=au), atol=1e-5)


def test_regions_work_for_pictures_that_are_not_square(networks):
    given = toy_inputs()
    given["latents"] = numbers("wide", (1, 4, 3, 8, 16))
    au = numbers("au", (3, 24, AU_DIM))
    got = _run(networks[0], given=given, au=au, au_region=torch.ones(3, 1, 8, 16))
    assert got.shape == given["latents"].shape


def test_the_portrait_is_read_by_the_rows_that_may(networks):
    unet, reference_net = networks
    given = toy_inputs()
    with torch.inference_mode():
        known = reference_net.read(given["portrait"], given["image_token"], unet)
    assert len(known) == 16
    both = dict(given, latents=given["latents"].repeat(2, 1, 1, 1, 1), image_token=given["image_token"].repeat(2, 1, 1))
    mixed = _run(unet, known, unreferenced=3, given=both)
    assert torch.allclose(mixed[:1], _run(unet), atol=1e-4)
    assert torch.allclose(mixed[1:], _run(unet, known), atol=1e-4)
    assert not torch.allclose(mixed[:1], mixed[1:], atol=1e-2)


def test_frames_stand_alone_without_temporal_layers():
    unet = toy_networks(motion=False)[0]
    given = toy_inputs()
    together = _run(unet, given=given)
    alone = dict(given, latents=given["latents"][:, :, 1:2])
    assert torch.allclose(_run(unet, given=alone)[:, :, 0], together[:, :, 1], atol=1e-4)


def test_temporal_layers_join_the_frames(networks):
    given = toy_inputs()
    alone = dict(given, latents=given["latents"][:, :, 1:2])
    assert not torch.allclose(_run(networks[0], given=alone)[:, :, 0], _run(networks[0])[:, :, 1], atol=1e-2)


@pytest.fixture
def taken(monkeypatch):
    """How many sequences PyTorch's attention was given, call by call."""
    counts, scaled = [], F.scaled_dot_product_attention

    def counted(query, *rest, **named):
        counts.append(len(query))
        return scaled(query, *rest, **named)

    monkeypatch.setattr(F, "scaled_dot_product_attention", counted)
    return counts


@pytest.mark.parametrize(("sequences", "calls"), [(65535, [65535]), (65536, [65535, 1]), (131071, [65535, 65535, 1])])
def test_attention_is_given_no_more_sequences_than_a_card_takes(taken, sequences, calls):
    """65,536 are the latents of 2048 x 2048 pixels."""
    values = torch.arange(sequences).float()[:, None, None]
    read = attend(1, torch.ones(sequences, 1, 1), torch.ones(sequences, 1, 1), values)
    assert taken == calls and torch.equal(read, values)


def test_no_layer_goes_around_that_limit(networks, taken, monkeypatch):
    whole = _run(networks[0])
    assert max(taken) == SIDE**2  # of the temporal layers
    taken.clear()
    monkeypatch.setattr(attention, "_SEQUENCES", 7)
    assert torch.allclose(_run(networks[0]), whole, atol=1e-5)
    assert max(taken) == 7


def test_gradients_reach_the_adapters_from_the_start():
    unet = _restart(toy_networks(au_dim=AU_DIM)[0])
    tokens = draw_weights(AUTokens(AU_DIM))(torch.rand(3, 24), torch.rand(24))
    given = toy_inputs()
    frames = given["latents"].shape[2]
    token = given["image_token"].repeat_interleave(frames, 0)
    unet(given["latents"], given["timestep"], token, (), Conditions(au=tokens)).square().mean().backward()
    values = [weight.grad for name, weight in unet.named_parameters() if "to_v_au" in name]
    assert len(values) == 16 and all(float(gradient.abs().sum()) > 0 for gradient in values)


def test_a_token_tells_units_strengths_and_the_portraits_own():
    tokens = draw_weights(AUTokens(AU_DIM))
    zeros, own = torch.zeros(2, 24), torch.zeros(24)
    base = tokens(zeros, own)
    assert base.shape == (2, 24, AU_DIM)
    assert not torch.equal(base[0, 0], base[0, 1])
    assert not torch.equal(tokens(zeros + 0.5, own), base)
    assert not torch.equal(tokens(zeros, own + 0.5), base)
