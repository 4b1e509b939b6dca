"""What the sampler draws, with networks whose answers are known (stand_ins.py), and twice with toy networks."""

import copy
from dataclasses import replace

import pytest

pytest.importorskip("diffusers")

import torch  # noqa: E402
from drawing import TWO_SEGMENTS, always, draw, make_renderer, own_pictures, perform  # noqa: E402
from stand_ins import as_facemap, knows, mixed, noise_in, stand_in_model  # noqa: E402
from toys import toy_model  # noqa: E402

from auhead_models.au import AUSequence  # noqa: E402
from auhead_models.diffusion.presets import ANIMATEDIFF_SCHEDULER, SD15  # noqa: E402
from auhead_models.diffusion.schedulers import SCHEDULERS  # noqa: E402

TRAININGS = {"v": SD15.scheduler, "noise": ANIMATEDIFF_SCHEDULER}


@pytest.fixture(scope="module")
def toy():
    return toy_model(au_dim=16)


@pytest.mark.parametrize("training", TRAININGS)
@pytest.mark.parametrize("scheduler", SCHEDULERS)
def test_every_scheduler_draws_what_the_network_knows(face, scheduler, training):
    model = stand_in_model(knows(as_facemap, TRAININGS[training]), TRAININGS[training])
    pictures, expected = own_pictures(TWO_SEGMENTS)
    renderer = make_renderer(model, face, scheduler=scheduler, steps=3)
    drawn = draw(renderer, perform(TWO_SEGMENTS), facemaps=pictures)
    assert torch.allclose(drawn, expected, atol=2e-3)


@pytest.mark.parametrize(
    ("frames", "window", "overlap", "steps"),
    [(1, 4, 1, 1), (1, 1, 0, 2), (4, 4, 3, 1), (5, 4, 3, 2), (9, 4, 0, 2), (11, 6, 4, 2), (60, 4, 1, 1), (40, 4, 3, 1)],
)
def test_every_length_and_window_draws_what_the_network_knows(face, frames, window, overlap, steps):
    pictures, expected = own_pictures(frames)
    renderer = make_renderer(stand_in_model(knows(as_facemap)), face, window=window, overlap=overlap, steps=steps)
    drawn = draw(renderer, perform(frames), facemaps=pictures)
    assert torch.allclose(drawn, expected, atol=1e-5)


@pytest.mark.parametrize("training", TRAININGS)
@pytest.mark.parametrize("scheduler", SCHEDULERS)
def test_the_network_sees_the_mixture_that_it_learnt(face, scheduler, training):
    """Noise of unit size at first, and less of the same noise at every step.

    With "trailing" times, for diffusers' DDIM walks "linspace" ones as if they lay 1000 / steps apart.
    """
    training = {**TRAININGS[training], "timestep_spacing": "trailing"}
    model = stand_in_model(knows(as_facemap, training), training)
    draw(make_renderer(model, face, scheduler=scheduler, steps=4), perform(3), facemaps=own_pictures(3)[0])
    seen = model.unet.seen
    noises = [noise_in(each, as_facemap(each), training) for each in seen]
    assert [each.time for each in seen] == sorted({each.time for each in seen}, reverse=True) and len(seen) == 4
    assert 0.9 < float(seen[0].sample.std()) < 1.1
    for noise in noises:
        assert torch.allclose(noise, noises[0], atol=5e-3)


def test_the_seed_decides(face):
    one, again, other = (draw(make_renderer(stand_in_model(mixed), face, seed=seed), perform(3)) for seed in (1, 1, 2))
    assert torch.equal(one, again) and not torch.allclose(one, other, atol=1e-3)


@pytest.mark.parametrize("scheduler", SCHEDULERS)
def test_segments_share_the_latents_of_their_common_frames_at_every_step(face, scheduler):
    """The last frames of a segment are the first of the next; there is new noise for all others."""
    steps, overlap = 3, 2
    model = stand_in_model(mixed)
    renderer = make_renderer(model, face, steps=steps, overlap=overlap, scheduler=scheduler)
    assert len(draw(renderer, perform(TWO_SEGMENTS))) == TWO_SEGMENTS
    seen = model.unet.seen
    half = next(index for index, (one, two) in enumerate(zip(seen, seen[1:]), 1) if two.time > one.time)
    first, second = ([each for each in part if each.time == time]
                     for part, time in ((seen[:half], seen[0].time), (seen[half:], seen[0].time)))  # fmt: skip
    for step in range(steps):
        before = seen[:half][(step + 1) * len(first) - 1].sample[:, :, -overlap:]
        after = seen[half:][step * len(second)].sample[:, :, :overlap]
        assert torch.equal(before, after)
    noises = [each.sample[:, :, overlap:] for each in (first[0], second[0])]
    assert all(0.8 < float(noise.std()) < 1.2 for noise in noises)
    assert not torch.allclose(*noises)


def test_a_mask_comes_with_each_frame(face):
    pairs = list(make_renderer(stand_in_model(mixed), face).render(perform(2)))
    assert len(pairs) == 2 and all(torch.equal(mask, face.mask) for _, mask in pairs)


def test_a_face_of_odd_size_comes_back_at_its_size(face):
    drawn = draw(make_renderer(stand_in_model(mixed), face.resized(72)), perform(2))
    assert drawn.shape == (2, 72, 72, 3)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_the_real_networks_draw_in_every_precision(face, toy, dtype):
    model = copy.deepcopy(toy)
    for network in model.networks():
        network.to(dtype)
    performance = perform(5)
    drawn = draw(make_renderer(model, face, steps=1, guidance=always(2.0, 1.5)), performance)
    assert drawn.shape == (5, 64, 64, 3) and drawn.dtype == torch.float32
    assert bool(drawn.isfinite().all()) and float(drawn.std()) > 0
    assert all(parameter.dtype == dtype for network in model.networks() for parameter in network.parameters())


def test_the_real_networks_obey_portrait_units_and_facemap(face, toy):
    plain, brows = (draw(make_renderer(toy, face, steps=1), each) for each in (AUSequence.zeros(2), perform(2)))
    mirrored = replace(face, crop=face.crop.flip(1))
    other = draw(make_renderer(toy, mirrored, steps=1), AUSequence.zeros(2))
    assert not torch.allclose(plain, brows, atol=1e-4) and not torch.allclose(plain, other, atol=1e-4)
