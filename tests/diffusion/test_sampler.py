import pytest

pytest.importorskip("diffusers")

import torch  # noqa: E402
from toys import toy_model  # noqa: E402

from auhead_models.au import AUSequence  # noqa: E402
from auhead_models.diffusion.guidance import Guidance  # noqa: E402
from auhead_models.diffusion.running import SamplerSettings  # noqa: E402
from auhead_models.diffusion.sampler import DiffusionRenderer  # noqa: E402
from auhead_models.diffusion.schedulers import SCHEDULERS  # noqa: E402
from auhead_models.errors import AUHeadError  # noqa: E402
from auhead_models.face.face import find_face  # noqa: E402


@pytest.fixture(scope="module")
def face(portrait):
    return find_face(portrait).resized(64)


@pytest.fixture(scope="module")
def model():
    return toy_model(au_dim=16)


def _settings(**changes):
    return SamplerSettings(**{"steps": 2, "window": 4, "overlap": 1, "guidance": Guidance(1.0), **changes})


def _performance(frames):
    return AUSequence.zeros(frames).with_columns({"brow_raise_left": 0.3, "brow_raise_right": 0.3})


def _render(model, face, frames=3, facemaps=None, progress=None, **changes):
    renderer = DiffusionRenderer(model, face, _settings(**changes))
    drawn = [frame for frame, _ in renderer.render(_performance(frames), progress, facemaps)]
    return torch.stack(drawn), renderer


@pytest.mark.parametrize("scheduler", SCHEDULERS)
def test_every_scheduler_draws_frames_that_the_seed_decides(model, face, scheduler):
    first, _ = _render(model, face, scheduler=scheduler, seed=1)
    assert first.shape == (3, 64, 64, 3) and bool(first.isfinite().all())
    again, _ = _render(model, face, scheduler=scheduler, seed=1)
    other, _ = _render(model, face, scheduler=scheduler, seed=2)
    assert torch.equal(first, again) and not torch.allclose(first, other, atol=1e-3)


@pytest.mark.parametrize(("frames", "steps"), [(1, 1), (1, 2), (9, 1)])
def test_short_clips_and_single_steps(model, face, frames, steps):
    drawn, _ = _render(model, face, frames, steps=steps)
    assert len(drawn) == frames


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_runs_on_the_cpu(face, dtype):
    model = toy_model(au_dim=16)
    for network in model.networks():
        network.to(dtype)
    drawn, _ = _render(model, face, guidance=Guidance(2.0, 1.5, start=0, end=1))
    assert drawn.dtype == torch.float32 and bool(drawn.isfinite().all())


def test_memory_grows_with_rows_and_window(model, face):
    little = DiffusionRenderer(model, face, _settings()).memory
    assert DiffusionRenderer(model, face, _settings(guidance=Guidance(3.5, 2.0))).memory == 3 * little
    assert DiffusionRenderer(model, face, _settings(window=8)).memory == 2 * little


def test_a_mask_comes_with_each_frame(model, face):
    pairs = list(DiffusionRenderer(model, face, _settings()).render(_performance(2)))
    assert all(torch.equal(mask, face.mask) for _, mask in pairs)


@pytest.mark.parametrize(
    ("scale", "au_scale", "passes"), [(1.0, 0.5, 1), (1.0, 1.0, 1), (3.5, 1.0, 2), (1.0, 2.0, 2), (3.5, 2.0, 3)]
)
def test_the_passes_spent_are_counted(model, face, scale, au_scale, passes):
    _, renderer = _render(model, face, guidance=Guidance(scale, au_scale, start=0, end=1))
    assert renderer.spent.per_step == passes


def test_no_au_guidance_is_the_neutral_performance(model, face):
    """s_au = 0 draws what a performance without the units draws."""
    without, _ = _render(model, face, guidance=Guidance(1.0, 0.0))
    renderer = DiffusionRenderer(model, face, _settings())
    neutral = torch.stack([frame for frame, _ in renderer.render(AUSequence.zeros(3))])
    assert torch.allclose(without, neutral, atol=1e-6)
    assert not torch.allclose(without, _render(model, face)[0], atol=1e-4)


def test_a_long_clip_is_drawn_in_segments_that_join(model, face):
    frames = 4 + 5 * 3 + 6
    drawn, renderer = _render(model, face, frames)
    assert len(drawn) == frames and bool(drawn.isfinite().all())
    assert renderer.spent.steps == 2 * (renderer.spent.steps // 2)


def test_progress_ends_with_the_last_window_and_an_error_in_it_stops(model, face):
    seen = []
    _render(model, face, 9, progress=lambda done, total, *_: seen.append((done, total)))
    assert seen == [(done, len(seen)) for done in range(1, len(seen) + 1)]

    def cancel(done, total, *_):
        if done == 2:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        _render(model, face, 9, progress=cancel)


def test_own_facemaps_take_the_place_of_the_drawn_ones(model, face):
    plain, _ = _render(model, face)
    own, _ = _render(model, face, facemaps=torch.rand(3, 96, 80, 3, generator=torch.Generator().manual_seed(0)))
    assert not torch.allclose(plain, own, atol=1e-3)
    with pytest.raises(AUHeadError, match="2 FaceMaps for a performance of 3"):
        _render(model, face, facemaps=torch.rand(2, 64, 64, 3))


def test_a_face_of_odd_size_comes_back_at_its_size(model, face):
    drawn, _ = _render(model, face.resized(72))
    assert drawn.shape == (3, 72, 72, 3)


def test_memory_that_runs_out_is_met_with_smaller_batches(model, face, monkeypatch):
    whole, _ = _render(model, face, guidance=Guidance(3.5, 2.0, start=0, end=1))
    forward = type(model.unet).forward

    def small(self, sample, *rest):
        if len(sample) > 1:
            raise torch.cuda.OutOfMemoryError("no room")
        return forward(self, sample, *rest)

    monkeypatch.setattr(type(model.unet), "forward", small)
    parted, _ = _render(model, face, guidance=Guidance(3.5, 2.0, start=0, end=1))
    assert torch.allclose(whole, parted, atol=1e-3)


def test_memory_that_never_suffices_is_told(model, face, monkeypatch):
    def none(self, *_):
        raise torch.cuda.OutOfMemoryError("no room")

    monkeypatch.setattr(type(model.unet), "forward", none)
    with pytest.raises(AUHeadError, match="too little memory"):
        _render(model, face)


@pytest.mark.parametrize("wrong", [{"steps": 0}, {"window": 64}, {"overlap": 4}, {"scheduler": "magic"}])
def test_settings_that_cannot_be_served_are_told(model, face, wrong):
    with pytest.raises(AUHeadError):
        _render(model, face, **wrong)
