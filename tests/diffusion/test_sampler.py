"""The sampler with networks whose answers are known (stand_ins.py), and twice with toy networks."""

import copy
from dataclasses import replace

import pytest

pytest.importorskip("diffusers")

import torch  # noqa: E402
import torch.nn.functional as F  # noqa: E402
from stand_ins import CELL, SCALING, as_facemap, as_told, knows, mixed, noise_in, stand_in_model  # noqa: E402
from toys import toy_model  # noqa: E402

from auhead_models.au import AUSequence  # noqa: E402
from auhead_models.diffusion.catalogue import make_settings  # noqa: E402
from auhead_models.diffusion.conditioning import Conditioner  # noqa: E402
from auhead_models.diffusion.guidance import Guidance, guided_region  # noqa: E402
from auhead_models.diffusion.presets import ANIMATEDIFF_SCHEDULER, SD15  # noqa: E402
from auhead_models.diffusion.running import SamplerSettings  # noqa: E402
from auhead_models.diffusion.sampler import DiffusionRenderer  # noqa: E402
from auhead_models.diffusion.schedulers import SCHEDULERS  # noqa: E402
from auhead_models.errors import AUHeadError  # noqa: E402
from auhead_models.face.deform import FaceDeformer  # noqa: E402
from auhead_models.face.face import find_face  # noqa: E402
from auhead_models.face.facemap import draw_facemap  # noqa: E402

TRAININGS = {"v": SD15.scheduler, "noise": ANIMATEDIFF_SCHEDULER}
BROWS = {"brow_raise_left": 0.3, "brow_raise_right": 0.3}
TWO_SEGMENTS = 25  # frames, in windows of four


@pytest.fixture(scope="module")
def face(portrait):
    found = find_face(portrait).resized(64)
    return replace(found, own=torch.linspace(0, 0.4, 24), relax=0.0)


@pytest.fixture(scope="module")
def toy():
    return toy_model(au_dim=16)


def _renderer(model, face, **changes):
    settings = {"steps": 2, "window": 4, "overlap": 1, "guidance": Guidance(1.0), **changes}
    return DiffusionRenderer(model, face, SamplerSettings(**settings))


def _performance(frames, **columns):
    return AUSequence.zeros(frames).with_columns(columns or BROWS)


def _draw(renderer, performance, **given):
    return torch.stack([frame for frame, _ in renderer.render(performance, **given)])


def _always(scale, au_scale, region="all"):
    return Guidance(scale, au_scale, region, start=0, end=1)


def _pictures(frames):
    """Pictures of one's own, and what cells of 8 x 8 pixels can show of them."""
    pictures = torch.rand(frames, 64, 64, 3, generator=torch.Generator().manual_seed(0))
    cells = F.avg_pool2d(pictures.movedim(-1, 1), CELL)
    return pictures, F.interpolate(cells, scale_factor=CELL).movedim(1, -1)


@pytest.mark.parametrize("training", TRAININGS)
@pytest.mark.parametrize("scheduler", SCHEDULERS)
def test_every_scheduler_draws_what_the_network_knows(face, scheduler, training):
    model = stand_in_model(knows(as_facemap, TRAININGS[training]), TRAININGS[training])
    pictures, expected = _pictures(TWO_SEGMENTS)
    renderer = _renderer(model, face, scheduler=scheduler, steps=3)
    drawn = _draw(renderer, _performance(TWO_SEGMENTS), facemaps=pictures)
    assert torch.allclose(drawn, expected, atol=2e-3)


@pytest.mark.parametrize(
    ("frames", "window", "overlap", "steps"),
    [(1, 4, 1, 1), (1, 1, 0, 2), (4, 4, 3, 1), (5, 4, 3, 2), (9, 4, 0, 2), (11, 6, 4, 2), (60, 4, 1, 1), (40, 4, 3, 1)],
)
def test_every_length_and_window_draws_what_the_network_knows(face, frames, window, overlap, steps):
    pictures, expected = _pictures(frames)
    renderer = _renderer(stand_in_model(knows(as_facemap)), face, window=window, overlap=overlap, steps=steps)
    drawn = _draw(renderer, _performance(frames), facemaps=pictures)
    assert torch.allclose(drawn, expected, atol=1e-5)


@pytest.mark.parametrize("training", TRAININGS)
@pytest.mark.parametrize("scheduler", SCHEDULERS)
def test_the_network_sees_the_mixture_that_it_learnt(face, scheduler, training):
    """Noise of unit size at first, and less of the same noise at every step.

    With "trailing" times, for diffusers' DDIM walks "linspace" ones as if they lay 1000 / steps apart.
    """
    training = {**TRAININGS[training], "timestep_spacing": "trailing"}
    model = stand_in_model(knows(as_facemap, training), training)
    _draw(_renderer(model, face, scheduler=scheduler, steps=4), _performance(3), facemaps=_pictures(3)[0])
    seen = model.unet.seen
    noises = [noise_in(each, as_facemap(each), training) for each in seen]
    assert [each.time for each in seen] == sorted({each.time for each in seen}, reverse=True) and len(seen) == 4
    assert 0.9 < float(seen[0].sample.std()) < 1.1
    for noise in noises:
        assert torch.allclose(noise, noises[0], atol=5e-3)


def test_the_seed_decides(face):
    draw = [_draw(_renderer(stand_in_model(mixed), face, seed=seed), _performance(3)) for seed in (1, 1, 2)]
    assert torch.equal(draw[0], draw[1]) and not torch.allclose(draw[0], draw[2], atol=1e-3)


@pytest.mark.parametrize("scheduler", SCHEDULERS)
def test_segments_share_the_latents_of_their_common_frames_at_every_step(face, scheduler):
    """The last frames of a segment are the first of the next; there is new noise for all others."""
    steps, overlap = 3, 2
    model = stand_in_model(mixed)
    renderer = _renderer(model, face, steps=steps, overlap=overlap, scheduler=scheduler)
    assert len(_draw(renderer, _performance(TWO_SEGMENTS))) == TWO_SEGMENTS
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


def test_each_prediction_sees_what_its_name_says(face):
    """Without the portrait · all · without the expression: one below the other, for every window."""
    performance = _performance(6, brow_raise_left=0.5, jaw_open=0.4)
    calm = _performance(6, jaw_open=0.4)

    def shown(performance, guidance):
        model = stand_in_model(mixed)
        _draw(_renderer(model, face, guidance=guidance, steps=1), performance)
        return model.unet.seen

    both = zip(shown(performance, _always(1, 1)), shown(calm, _always(1, 1)), strict=True)
    for three, (plain, neutral) in zip(shown(performance, _always(2, 2)), both, strict=True):
        assert three.dropped == 1 and plain.dropped == 0
        assert torch.equal(three.sample, plain.sample.expand_as(three.sample))
        assert not three.image_token[0].any() and bool(plain.image_token.all())
        assert torch.equal(three.image_token[1:], plain.image_token.expand(2, -1, -1, -1))
        assert not torch.equal(plain.facemap, neutral.facemap) and not torch.equal(plain.au, neutral.au)
        assert torch.equal(three.facemap, torch.cat([plain.facemap, plain.facemap, neutral.facemap]))
        assert torch.equal(three.au, torch.cat([plain.au, plain.au, neutral.au]))
        assert torch.equal(three.reference["layer"][1], plain.image_token[0, :1])
        assert torch.equal(plain.au[..., 1], face.own.expand(1, 4, -1))


def test_each_frame_is_shown_its_own_moment_of_the_performance(face):
    """Tokens and FaceMaps of frames in different windows and segments."""
    smile = torch.linspace(0, 0.5, TWO_SEGMENTS).numpy()
    performance = _performance(TWO_SEGMENTS, lip_corner_raise_left=smile)
    model = stand_in_model(knows(as_told))
    drawn = _draw(_renderer(model, face, steps=1), performance)
    token = model.unet.seen[-1].image_token.mean()
    level = 0.1 * (torch.tensor(smile) + token) / SCALING / 2 + 0.5
    assert torch.allclose(drawn, level[:, None, None, None].expand_as(drawn), atol=1e-5)

    drawings = stand_in_model(knows(as_facemap))
    shown = _draw(_renderer(drawings, face, steps=1), performance)
    maps = draw_facemap(FaceDeformer(face).meshes(performance), 64).movedim(-1, 1)
    expected = F.interpolate(F.avg_pool2d(maps, CELL), scale_factor=CELL).movedim(1, -1)
    assert torch.allclose(shown, expected, atol=1e-5)


def test_each_frame_hears_its_own_moment_and_its_neighbours(face):
    """Across windows and segments; nothing in the prediction without the portrait."""
    model = stand_in_model(mixed, hears=1)
    audio = 1.0 + torch.arange(TWO_SEGMENTS)[:, None]
    performance = _performance(TWO_SEGMENTS, lip_corner_raise_left=(torch.arange(TWO_SEGMENTS) / 100).numpy())
    _draw(_renderer(model, face, steps=1, guidance=_always(2, 1)), performance, audio=audio)
    for seen in model.unet.seen:
        dropped, full = seen.audio
        frames = (seen.au[1, :, 11, 0] * 100).round()
        assert not dropped.any()
        expected = frames[:, None] + 1 + torch.arange(-2, 3)
        expected = torch.where((expected < 1) | (expected > TWO_SEGMENTS), 0, expected)
        assert torch.allclose(full[..., 0], expected, atol=1e-3)
        assert seen.au_region.shape == seen.audio_region.shape == (2, 4, 1, 8, 8)


@pytest.mark.parametrize("fps", [50.0, 24.0, 10.0])
def test_neighbours_are_a_25th_of_a_second_away_at_every_frame_rate(face, fps):
    """Frames beyond one window and segment."""
    model, frames = stand_in_model(mixed, hears=1), TWO_SEGMENTS
    numbers = torch.arange(frames)
    rows = (numbers * 25 / fps + 1e-6).long()
    audio = 1.0 + torch.arange(int(rows[-1]) + 1)[:, None]
    told = {"lip_corner_raise_left": (numbers / 100).numpy()}
    performance = AUSequence.zeros(frames, fps=fps).with_columns(told)
    _draw(_renderer(model, face, steps=1), performance, audio=audio)
    for seen in model.unet.seen:
        shown = rows[(seen.au[0, :, 11, 0] * 100).round().long()]
        expected = shown[:, None] + 1 + torch.arange(-2, 3)
        expected = torch.where((expected < 1) | (expected > len(audio)), 0, expected)
        assert torch.allclose(seen.audio[0, ..., 0], expected.float(), atol=1e-3)


def test_a_model_that_listens_needs_what_it_learnt_with(face):
    model = stand_in_model(mixed, hears=3)
    for wrong in (torch.zeros(4, 3), torch.zeros(5, 2)):
        with pytest.raises(AUHeadError, match=r"for 5 frames the model stand-in needs \[5, 3\]"):
            _draw(_renderer(model, face), _performance(5), audio=wrong)
    _draw(_renderer(model, face), _performance(5))
    assert model.unet.seen[-1].audio is None
    deaf = stand_in_model(mixed)
    _draw(_renderer(deaf, face), _performance(5), audio=torch.zeros(5, 3))
    assert deaf.unet.seen[-1].audio is None


def test_guidance_is_its_formula_and_stays_within_the_region(face):
    """Frames of a network that tells the AUs and the portrait by a shade of grey, against guidance.py's formula."""
    frames, scale, au_scale = 5, 1.5, 2.0
    performance = _performance(frames, brow_raise_left=0.4, lip_corner_raise_left=0.3)
    performance = performance.with_columns({"x": torch.linspace(-0.1, 0.1, frames).numpy()})
    model = stand_in_model(knows(as_told))
    plain = _draw(_renderer(model, face, guidance=_always(scale, 1.0)), performance)
    guided = _draw(_renderer(model, face, guidance=_always(scale, au_scale, "brows")), performance)

    mask = guided_region(FaceDeformer(face).meshes(performance), "brows", 64, (8, 8))
    mask = F.interpolate(mask, scale_factor=CELL).movedim(1, -1).expand_as(plain)
    assert not torch.equal(mask[0], mask[-1])
    token = model.unet.seen[-1].image_token[1].mean()
    dropped, full, change = 0.1 * 0.7, 0.1 * (0.7 + token), 0.1 * 0.4
    level = dropped + scale * (full - dropped) + (au_scale - 1) * mask * change
    assert torch.allclose(guided, level / SCALING / 2 + 0.5, atol=1e-5)
    assert torch.equal(guided[mask == 0], plain[mask == 0]) and bool((guided[mask > 0.1] > plain[mask > 0.1]).all())


def test_no_au_guidance_is_the_neutral_performance(face):
    """s_au = 0 shows the network what a performance without the units shows it."""
    without, neutral = stand_in_model(mixed), stand_in_model(mixed)
    _draw(_renderer(without, face, guidance=Guidance(1.0, 0.0)), _performance(3))
    _draw(_renderer(neutral, face), AUSequence.zeros(3))
    for one, two in zip(without.unet.seen, neutral.unet.seen, strict=True):
        assert torch.equal(one.facemap, two.facemap) and torch.equal(one.au, two.au)


def test_guidance_acts_in_its_part_of_the_steps(face):
    model = stand_in_model(mixed)
    renderer = _renderer(model, face, steps=4, guidance=Guidance(2.0, 2.0, start=0.5, end=0.75))
    _draw(renderer, _performance(2))
    assert [len(each.sample) for each in model.unet.seen] == [1, 1, 3, 1]
    assert renderer.spent.per_step == 1.5


@pytest.mark.parametrize(
    ("scale", "au_scale", "passes"), [(1.0, 0.5, 1), (1.0, 1.0, 1), (3.5, 1.0, 2), (1.0, 2.0, 2), (3.5, 2.0, 3)]
)
def test_the_passes_spent_are_counted(face, scale, au_scale, passes):
    renderer = _renderer(stand_in_model(mixed), face, guidance=_always(scale, au_scale))
    _draw(renderer, _performance(5))
    assert renderer.spent.per_step == passes


def test_memory_grows_with_rows_and_window(face):
    model = stand_in_model(mixed)
    little = _renderer(model, face).memory
    assert _renderer(model, face, guidance=Guidance(3.5, 2.0)).memory == 3 * little
    assert _renderer(model, face, window=8).memory == 2 * little


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
        renderer = _renderer(stand_in_model(mixed, hears=2), face, steps=1)
        _draw(renderer, _performance(frames), audio=torch.rand(frames, 2))
        most.append(max(sizes))
    assert len(sizes) > 20 and most[0] == max(most)


def test_a_mask_comes_with_each_frame(face):
    pairs = list(_renderer(stand_in_model(mixed), face).render(_performance(2)))
    assert len(pairs) == 2 and all(torch.equal(mask, face.mask) for _, mask in pairs)


def test_progress_ends_with_the_last_window_and_an_error_in_it_stops(face):
    seen, pictures = [], []

    def note(done, total, *picture):
        seen.append((done, total))
        pictures.extend(picture)

    model = stand_in_model(mixed)
    _draw(_renderer(model, face), _performance(TWO_SEGMENTS), progress=note)
    steps = len(model.unet.seen)
    assert list(dict.fromkeys(seen)) == [(done, steps) for done in range(steps + 1)]
    assert pictures[-1].shape == (8, 8, 3)

    def cancel(done, total, *_):
        if done == 2:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        _draw(_renderer(model, face), _performance(9), progress=cancel)


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
        _draw(_renderer(model, face), _performance(TWO_SEGMENTS), progress=cancel)
    assert len(calls) == 1


def test_facemaps_must_be_one_for_each_frame(face):
    with pytest.raises(AUHeadError, match="2 FaceMaps for a performance of 3"):
        _draw(_renderer(stand_in_model(mixed), face), _performance(3), facemaps=torch.rand(2, 64, 64, 3))


@pytest.mark.parametrize(
    "wrong",
    [
        torch.rand(3, 64, 64),
        torch.rand(3, 64, 64, 1),
        torch.rand(3, 0, 64, 3),
        torch.zeros(3, 64, 64, 3, dtype=torch.uint8),
    ],
)
def test_facemaps_must_be_pictures(face, wrong):
    with pytest.raises(AUHeadError, match=r"FaceMaps are \w+ of shape \[3, .*give pictures in colour"):
        _draw(_renderer(stand_in_model(mixed), face), _performance(3), facemaps=wrong)


def test_facemaps_of_another_size_are_brought_to_the_face_s(face):
    model, pictures = stand_in_model(knows(as_facemap)), _pictures(2)
    large = F.interpolate(pictures[0].movedim(-1, 1), scale_factor=3, mode="nearest").movedim(1, -1)
    assert torch.allclose(_draw(_renderer(model, face), _performance(2), facemaps=large), pictures[1], atol=1e-5)
    with pytest.raises(AUHeadError, match="96 x 64; this model needs square ones"):
        _draw(_renderer(model, face), _performance(2), facemaps=torch.rand(2, 64, 96, 3))


def test_no_steps_and_no_guidance_stand_for_what_is_usual(face):
    model = stand_in_model(mixed)
    settings = make_settings(model, seed=3, au_scale=1.5)
    assert (settings.steps, settings.guidance.scale, settings.guidance.au_scale) == (20, 3.5, 1.5)
    with pytest.raises(AUHeadError, match="The guidance is 0.5, .* the first starts at 1"):
        make_settings(model, guidance=0.5)


@pytest.mark.parametrize("au_scale", [0.5, 2.0])
def test_a_model_without_au_tokens_cannot_guide_facemaps_of_ones_own(face, au_scale):
    model, pictures = stand_in_model(mixed, tokens=False), _pictures(2)[0]
    with pytest.raises(AUHeadError, match="stand-in"):
        _draw(_renderer(model, face, guidance=Guidance(1.0, au_scale)), _performance(2), facemaps=pictures)
    assert len(_draw(_renderer(model, face), _performance(2), facemaps=pictures)) == 2
    assert len(_draw(_renderer(model, face, guidance=Guidance(1.0, au_scale)), _performance(2))) == 2


def test_a_face_of_odd_size_comes_back_at_its_size(face):
    drawn = _draw(_renderer(stand_in_model(mixed), face.resized(72)), _performance(2))
    assert drawn.shape == (2, 72, 72, 3)


NO_ROOM = (  # as PyTorch tells of it: its own allocator, CUDA's, cuBLAS, and Apple's cards
    torch.cuda.OutOfMemoryError("no room"),
    RuntimeError("CUDA error: out of memory"),
    RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
    RuntimeError("MPS backend out of memory (MPS allocated: 17.94 GB)"),
)


@pytest.mark.parametrize(("room", "error"), [(2, NO_ROOM[0]), *((1, error) for error in NO_ROOM)])
def test_memory_that_runs_out_is_met_with_smaller_batches(face, room, error):
    def tight(seen):
        if len(seen.sample) > room:
            raise error
        return knows(as_told)(seen)

    models = stand_in_model(knows(as_told)), stand_in_model(tight)
    whole, parted = (_draw(_renderer(model, face, guidance=_always(2, 2)), _performance(3)) for model in models)
    assert torch.allclose(whole, parted, atol=1e-5)
    assert [len(each.sample) for each in models[1].unet.seen][-1] <= room


def test_other_errors_are_not_taken_for_a_lack_of_memory(face):
    def broken(seen):
        raise RuntimeError("shapes cannot be multiplied")

    with pytest.raises(RuntimeError, match="cannot be multiplied"):
        _draw(_renderer(stand_in_model(broken), face, guidance=_always(2, 2)), _performance(2))


def test_memory_that_runs_out_while_decoding_is_met_with_smaller_batches(face):
    model, pictures = stand_in_model(knows(as_facemap)), _pictures(7)
    decode = model.vae.decode

    def tight(latents, return_dict):
        if len(latents) > 1:
            raise torch.cuda.OutOfMemoryError("no room")
        return decode(latents, return_dict)

    model.vae.decode = tight
    drawn = _draw(_renderer(model, face), _performance(7), facemaps=pictures[0])
    assert torch.allclose(drawn, pictures[1], atol=1e-5)


def test_memory_that_never_suffices_is_told(face):
    def none(seen):
        raise torch.cuda.OutOfMemoryError("no room")

    with pytest.raises(AUHeadError, match="too little memory"):
        _draw(_renderer(stand_in_model(none), face, guidance=_always(2, 2)), _performance(2))


@pytest.mark.parametrize("wrong", [{"steps": 0}, {"window": 64}, {"overlap": 4}, {"scheduler": "magic"}])
def test_settings_that_cannot_be_served_are_told(face, wrong):
    with pytest.raises(AUHeadError):
        _draw(_renderer(stand_in_model(mixed), face, **wrong), _performance(2))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_the_real_networks_draw_in_every_precision(face, toy, dtype):
    model = copy.deepcopy(toy)
    for network in model.networks():
        network.to(dtype)
    performance = _performance(5)
    drawn = _draw(_renderer(model, face, steps=1, guidance=_always(2.0, 1.5)), performance)
    assert drawn.shape == (5, 64, 64, 3) and drawn.dtype == torch.float32
    assert bool(drawn.isfinite().all()) and float(drawn.std()) > 0
    assert all(parameter.dtype == dtype for network in model.networks() for parameter in network.parameters())


def test_the_real_networks_obey_portrait_units_and_facemap(face, toy):
    plain, brows = (_draw(_renderer(toy, face, steps=1), each) for each in (AUSequence.zeros(2), _performance(2)))
    mirrored = replace(face, crop=face.crop.flip(1))
    other = _draw(_renderer(toy, mirrored, steps=1), AUSequence.zeros(2))
    assert not torch.allclose(plain, brows, atol=1e-4) and not torch.allclose(plain, other, atol=1e-4)
