"""Every tensor of a run is where the networks are; on a second device (second_device.py) a stray one is an error."""

from dataclasses import replace

import pytest

pytest.importorskip("diffusers")

import torch  # noqa: E402
from second_device import THERE, SecondDevice, bring  # noqa: E402
from toys import draw_weights, toy_model  # noqa: E402

from auhead_models.au import AUSequence  # noqa: E402
from auhead_models.diffusion.guidance import Guidance  # noqa: E402
from auhead_models.diffusion.presets import SD15  # noqa: E402
from auhead_models.diffusion.running import SamplerSettings  # noqa: E402
from auhead_models.diffusion.sampler import DiffusionRenderer  # noqa: E402
from auhead_models.diffusion.schedulers import SCHEDULERS, make_scheduler  # noqa: E402
from auhead_models.diffusion.tokens import AudioTokens  # noqa: E402
from auhead_models.face.face import find_face  # noqa: E402

FRAMES = 3


@pytest.fixture(scope="module")
def face(portrait):
    return find_face(portrait).resized(64)


def _model(dtype):
    model = toy_model(au_dim=16, audio_dim=8)
    architecture = replace(model.architecture, audio={"features": "log-mel", "width": 4})
    model = replace(model, architecture=architecture, audio_tokens=draw_weights(AudioTokens(4, 8)))
    for network in model.networks():
        network.to(dtype)
    return model


def _draw(model, face, scheduler, *where):
    guidance = Guidance(2.0, 1.5, start=0, end=1, rescale=0.5)
    settings = SamplerSettings(steps=2, window=2, overlap=1, scheduler=scheduler, guidance=guidance)
    performance = AUSequence.zeros(FRAMES).with_columns({"brow_raise_left": 0.4})
    frames = DiffusionRenderer(model, face, settings, *where).render(performance, audio=torch.ones(FRAMES, 4))
    return torch.stack([frame for frame, _ in frames])


@pytest.mark.parametrize(("scheduler", "dtype"), [("ddim", torch.float64), ("dpm++ 2m", torch.float16)])
def test_everything_is_where_the_networks_are(face, scheduler, dtype):
    with SecondDevice():
        there = _draw(_model(dtype), face, scheduler, THERE, bring)
    assert there.device.type == "cpu" and bool(there.isfinite().all())
    if dtype == torch.float64:  # others differ in the last digits, which such networks make larger
        assert torch.allclose(there, _draw(_model(dtype), face, scheduler), atol=2e-3)


@pytest.mark.parametrize("name", SCHEDULERS)
def test_schedulers_step_where_the_latents_are(name):
    def walk(device):
        scheduler = make_scheduler(name, SD15.scheduler)
        scheduler.set_timesteps(3, device=device)
        latents = torch.ones(1, 4, 2, 2, 2).to(device) * scheduler.init_noise_sigma
        for time in scheduler.timesteps:
            given = scheduler.scale_model_input(latents, time)
            latents = scheduler.step(0.5 * given, time, latents).prev_sample
        return latents.cpu()

    with SecondDevice():
        there = walk(THERE)
    assert torch.allclose(there, walk("cpu"), atol=1e-4)


def test_a_stray_tensor_would_be_seen():
    with SecondDevice(), pytest.raises(RuntimeError, match="both devices"):
        torch.zeros(3, device=THERE) + torch.zeros(3)
