"""How the refined warp runs: settings, count of work, progress, memory."""

import pytest

pytest.importorskip("diffusers")

import torch  # noqa: E402
from refining import always, perform, render  # noqa: E402

from auhead_models.au import AUSequence  # noqa: E402
from auhead_models.diffusion.guidance import Guidance  # noqa: E402
from auhead_models.diffusion.refined_warp import RefinedWarpRenderer  # noqa: E402
from auhead_models.diffusion.running import SamplerSettings  # noqa: E402
from auhead_models.errors import AUHeadError  # noqa: E402


@pytest.mark.parametrize(("au_scale", "passes"), [(1, 1), (0.4, 1), (2, 2)])
def test_the_passes_spent_are_counted_and_told(model, face, caplog, au_scale, passes):
    with caplog.at_level("INFO"):
        _, renderer = render(model, face, guidance=always(au_scale))
    assert f"{passes:.2f} predictions per step" in caplog.text
    assert renderer.spent.per_step == passes
    assert len(model.network.seen) == renderer.spent.predictions == passes * 4  # two regions, two steps


def _told(model, face, performance):
    seen = []
    render(model, face, performance, steps=1, progress=lambda *report: seen.append(report[:2]))
    return seen


def test_progress_comes_to_its_end(model, face):
    """Steps of both regions and the frame itself, of all frames; as many where nothing moves."""
    for performance in (perform(9), AUSequence.zeros(9)):
        assert _told(model, face, performance) == [(done, 27) for done in (8, 16, 24, 25, 26, 27)]


@pytest.mark.parametrize("room", [1, 3])
def test_memory_that_runs_out_is_met_with_fewer_frames(model, face, room):
    performance = perform(9)
    whole, _ = render(model, face, performance)
    forward, sizes = model.network.forward, []

    def tight(sample, timestep, given):
        if len(given.warp) > room:
            raise torch.cuda.OutOfMemoryError("no room")
        sizes.append(len(given.warp))
        return forward(sample, timestep, given)

    model.network.forward = tight
    parted, _ = render(model, face, performance)
    assert torch.allclose(parted, whole, atol=1e-6) and max(sizes) == min(room, 2)
    assert _told(model, face, performance)[-1] == (27, 27)


def test_memory_that_never_suffices_is_told(model, face):
    def none(*_):
        raise torch.cuda.OutOfMemoryError("no room")

    model.network.forward = none
    with pytest.raises(AUHeadError, match="too little memory for this model; use a smaller face"):
        render(model, face)


def test_room_is_asked_for_before_anything_is_drawn(model, face):
    """What frames of this size took when it was measured: 35 values a pixel at 256, 19 at 512 and 29 at 2048."""
    asked = []
    for size, frames, values in ((256, 8, 36), (512, 8, 19), (2048, 1, 29)):
        renderer = RefinedWarpRenderer(
            model, face.resized(size), SamplerSettings(steps=1, guidance=Guidance(1.0)),
            place=lambda *_, memory: asked.append((memory, len(model.network.seen))),
        )  # fmt: skip
        next(renderer.render(perform(1)))
        room, seen = asked.pop()
        assert seen == 0 and values * 4 * frames * size**2 <= room < 2.5 * values * 4 * frames * size**2
        model.network.seen.clear()


@pytest.mark.parametrize("steps", [0, 1001])
def test_steps_are_between_one_and_what_it_was_trained_with(model, face, steps):
    with pytest.raises(AUHeadError, match=f"{steps} steps were asked for"):
        render(model, face, steps=steps)


def test_answers_that_are_no_numbers_are_told(model, face):
    model.network.forward = lambda sample, *_: sample * float("nan")
    with pytest.raises(AUHeadError, match="model stand-in have run away"):
        render(model, face)
