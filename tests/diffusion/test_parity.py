"""Our networks give what AniPortrait's own code computed with the same weights (tools/parity/aniportrait.py)."""

from pathlib import Path

import pytest

pytest.importorskip("diffusers")

import torch  # noqa: E402
from safetensors.torch import load_file  # noqa: E402
from toys import toy_guider, toy_inputs, toy_networks  # noqa: E402

from auhead_models.diffusion.attention import Conditions  # noqa: E402
from auhead_models.diffusion.guider import HEAD_CHANNELS, HEADS  # noqa: E402

FULL_ATTENTION = (HEADS, HEAD_CHANNELS)  # the reference knows no other

GOLDEN = Path(__file__).parents[1] / "data" / "aniportrait.safetensors"
BAR = 1e-7  # of the standard deviation, in double precision; a wrong layer shows as 1e-2 and more


@pytest.fixture(scope="module")
def golden():
    return load_file(GOLDEN)


def _error(got, expected):
    return float((got - expected).abs().max() / expected.std())


@torch.inference_mode()
def test_a_step_with_facemaps_portrait_and_guidance_matches(golden):
    unet, reference_net = (network.double() for network in toy_networks())
    given = toy_inputs(torch.float64)
    frames = given["latents"].shape[2]
    features = toy_guider(FULL_ATTENTION).double()(given["facemaps"])
    for level, feature in enumerate(features):
        assert _error(feature, golden[f"feature_{level}"]) < BAR
    known = reference_net.read(given["portrait"], given["image_token"], unet)
    tokens = torch.cat([torch.zeros_like(given["image_token"]), given["image_token"]]).repeat_interleave(frames, 0)
    got = unet(
        given["latents"].repeat(2, 1, 1, 1, 1),
        given["timestep"],
        tokens,
        [feature.repeat(2, 1, 1, 1) for feature in features],
        Conditions(known, unreferenced=frames),
    )
    assert _error(got, golden["step"]) < BAR


@torch.inference_mode()
def test_the_guider_can_keep_the_statistics_of_the_batch():
    """The public scripts never switch it to evaluation; the choice must survive eval()."""
    facemaps = toy_inputs()["facemaps"]
    stored, of_batch = toy_guider(), toy_guider(batch_statistics=True)
    assert _error(of_batch(facemaps)[0], stored(facemaps)[0]) > 0.1
    assert torch.equal(of_batch(facemaps)[0], of_batch(facemaps)[0])
