"""How the sampler runs: settings, progress, cancel, memory."""

import pytest

pytest.importorskip("diffusers")

import torch  # noqa: E402
from drawing import TWO_SEGMENTS, always, draw, make_renderer, own_pictures, perform  # noqa: E402
from stand_ins import as_facemap, as_told, knows, mixed, stand_in_model  # noqa: E402

from auhead_models.diffusion.catalogue import make_settings  # noqa: E402
from auhead_models.diffusion.conditioning import Conditioner  # noqa: E402
from auhead_models.diffusion.guidance import Guidance  # noqa: E402
from auhead_models.errors import AUHeadError  # noqa: E402

NO_ROOM = (  # as PyTorch tells of it: its own allocator, CUDA's, cuBLAS, and Apple's cards
    torch.cuda.OutOfMemoryError("no room"),
    RuntimeError("CUDA error: out of memory"),
    RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
    RuntimeError("MPS backend out of memory (MPS allocated: 17.94 GB)"),
)


def test_memory_grows_with_rows_and_window(face):
    model = stand_in_model(mixed)
    little = make_renderer(model, face).memory
    assert make_renderer(model, face, guidance=Guidance(3.5, 2.0)).memory == 3 * little
    assert make_renderer(model, face, window=8).memory == 2 * little


def test_what_is_shown_at_once_does_not_grow_with_the_clip(face, monkeypatch):
    """FaceMap features, tokens, masks and what is heard."""
    sizes, show = [], Conditioner.show

    def counted(*given):
        shown = show(*given)
        kept = [*shown.features[True], shown.au[True], shown.audio, shown.au_region, shown.audio_region, shown.mask]
        sizes.append(sum(tensor.untyped_storage().nbytes() for tensor in kept))
        return shown

    monkeypatch.setattr(Conditioner, "show", counted)
    most = []
    for frames in (19, 100, 400):
        sizes.clear()
        renderer = make_renderer(stand_in_model(mixed, hears=2), face, steps=1)
        draw(renderer, perform(frames), audio=torch.rand(frames, 2))
        most.append(max(sizes))
    assert len(sizes) > 20 and most[0] == max(most)


def test_progress_ends_with_the_last_window_and_an_error_in_it_stops(face):
    seen, pictures = [], []

    def note(done, total, *picture):
        seen.append((done, total))
        pictures.extend(picture)

    model = stand_in_model(mixed)
    draw(make_renderer(model, face), perform(TWO_SEGMENTS), progress=note)
    steps = len(model.unet.seen)
    assert list(dict.fromkeys(seen)) == [(done, steps) for done in range(steps + 1)]
    assert pictures[-1].shape == (8, 8, 3)

    def cancel(done, total, *_):
        if done == 2:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        draw(make_renderer(model, face), perform(9), progress=cancel)


@pytest.mark.parametrize("part", ["guider", "vae.encode", "vae.decode"])
def test_cancel_is_heard_between_the_chunks_of_what_is_no_step(face, part):
    """Two segments: many chunks of FaceMaps before the first step, and of frames after the last one of a segment."""
    model, calls = stand_in_model(mixed), []
    network, _, method = part.partition(".")
    owner, name = getattr(model, network), method or "forward"
    work = getattr(owner, name)

    def counted(*given, **named):
        calls.append(given)
        return work(*given, **named)

    def cancel(*_):
        if calls:
            raise InterruptedError

    setattr(owner, name, counted)
    with pytest.raises(InterruptedError):
        draw(make_renderer(model, face), perform(TWO_SEGMENTS), progress=cancel)
    assert len(calls) == 1


@pytest.mark.parametrize(("room", "error"), [(2, NO_ROOM[0]), *((1, error) for error in NO_ROOM)])
def test_memory_that_runs_out_is_met_with_smaller_batches(face, room, error):
    def tight(seen):
        if len(seen.sample) > room:
            raise error
        return knows(as_told)(seen)

    models = stand_in_model(knows(as_told)), stand_in_model(tight)
    whole, parted = (draw(make_renderer(model, face, guidance=always(2, 2)), perform(3)) for model in models)
    assert torch.allclose(whole, parted, atol=1e-5)
    assert [len(each.sample) for each in models[1].unet.seen][-1] <= room


def test_other_errors_are_not_taken_for_a_lack_of_memory(face):
    def broken(seen):
        raise RuntimeError("shapes cannot be multiplied")

    with pytest.raises(RuntimeError, match="cannot be multiplied"):
        draw(make_renderer(stand_in_model(broken), face, guidance=always(2, 2)), perform(2))


def test_memory_that_runs_out_while_decoding_is_met_with_smaller_batches(face):
    model, pictures = stand_in_model(knows(as_facemap)), own_pictures(7)
    decode = model.vae.decode

    def tight(latents, return_dict):
        if len(latents) > 1:
            raise torch.cuda.OutOfMemoryError("no room")
        return decode(latents, return_dict)

    model.vae.decode = tight
    drawn = draw(make_renderer(model, face), perform(7), facemaps=pictures[0])
    assert torch.allclose(drawn, pictures[1], atol=1e-5)


def test_memory_that_never_suffices_is_told(face):
    def none(seen):
        raise torch.cuda.OutOfMemoryError("no room")

    with pytest.raises(AUHeadError, match="too little memory"):
        draw(make_renderer(stand_in_model(none), face, guidance=always(2, 2)), perform(2))


@pytest.mark.parametrize(
    "wrong", [{"steps": 0}, {"steps": 1001}, {"window": 64}, {"overlap": 4}, {"scheduler": "magic"}]
)
def test_settings_that_cannot_be_served_are_told_before_any_work(face, wrong):
    with pytest.raises(AUHeadError):
        make_renderer(stand_in_model(mixed), face, **wrong)


def test_no_steps_and_no_guidance_stand_for_what_is_usual(face):
    model = stand_in_model(mixed)
    settings = make_settings(model, seed=3, au_scale=1.5)
    assert (settings.steps, settings.guidance.scale, settings.guidance.au_scale) == (20, 3.5, 1.5)
    with pytest.raises(AUHeadError, match="The guidance is 0.5, .* the first starts at 1"):
        make_settings(model, guidance=0.5)


def test_answers_that_are_no_numbers_stop_in_their_first_step(face):
    """Of weights that are damaged, or leave the range of fp16: the pictures would be black."""
    model = stand_in_model(lambda seen: seen.sample * float("inf"))
    with pytest.raises(AUHeadError, match="model stand-in have run away .*; use less guidance or the precision"):
        draw(make_renderer(model, face, steps=5), perform(2))
    assert len(model.unet.seen) == 1
