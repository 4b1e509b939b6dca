"""The refined warp with a network whose answers are known, and with one of toy width."""

from dataclasses import dataclass, replace

import pytest

pytest.importorskip("diffusers")

import torch  # noqa: E402
from stand_ins import parts_at  # noqa: E402
from toys import REFINER, draw_weights  # noqa: E402

from auhead_models.au import AUSequence  # noqa: E402
from auhead_models.au.space import UNIT_INDEX  # noqa: E402
from auhead_models.diffusion.guidance import Guidance  # noqa: E402
from auhead_models.diffusion.refined_warp import RefinedWarpRenderer, RefinerModel  # noqa: E402
from auhead_models.diffusion.refiner import (  # noqa: E402
    LAST_TIMESTEP,
    PIXELS,
    RESIDUAL_SCALE,
    SCHEDULE,
    UNKNOWN,
    Refiner,
    RegionInputs,
    fold,
    unfold,
)
from auhead_models.diffusion.regions import EYE_PAIR, MOUTH, cut, region_mask, region_matrices  # noqa: E402
from auhead_models.diffusion.running import SamplerSettings  # noqa: E402
from auhead_models.diffusion.schedulers import SCHEDULERS  # noqa: E402
from auhead_models.errors import AUHeadError  # noqa: E402
from auhead_models.face.deform import FaceDeformer  # noqa: E402
from auhead_models.face.face import find_face  # noqa: E402
from auhead_models.face.facemap import draw_facemap  # noqa: E402
from auhead_models.face.topology import LOWER_LIP, UPPER_LIP  # noqa: E402
from auhead_models.face.warp import WarpRenderer  # noqa: E402

SMILE = UNIT_INDEX["lip_corner_raise_left"]
SMILING = {"jaw_open": 0.6, "lip_corner_raise_left": 0.3}
BRIGHTER = 0.2  # what the stand-in adds to a region for a whole smile


@dataclass(frozen=True, eq=False)
class Seen:
    """One call of the network."""

    sample: torch.Tensor
    time: int
    given: RegionInputs

    @property
    def region(self):
        return MOUTH if self.given.mask.shape[-2:] == MOUTH.size else EYE_PAIR


class Knowing(torch.nn.Module):
    """A refiner whose residual is brighter by the smile that it is told of; it keeps what it was shown."""

    def __init__(self):
        super().__init__()
        self.seen: list[Seen] = []

    def forward(self, sample, timestep, given):
        self.seen.append(Seen(sample.clone(), int(timestep), given))
        level = BRIGHTER * given.values[:, SMILE, None, None, None]
        target = fold(level.expand_as(given.warp))
        kept, noisy = parts_at(int(timestep), SCHEDULE)
        return kept * (sample - kept * target) / noisy - noisy * target


@pytest.fixture(scope="module")
def face(portrait):
    found = find_face(portrait).resized(128)
    return replace(found, own=torch.linspace(0.05, 0.2, 24), relax=0.0)


@pytest.fixture(scope="module")
def random_model():
    return RefinerModel("toy", draw_weights(Refiner(REFINER)).eval())


@pytest.fixture
def model():
    return RefinerModel("stand-in", Knowing())


def _performance(frames=3, **columns):
    columns = columns or {"jaw_open": 0.6, "eye_closure_left": 0.7, "eye_closure_right": 0.7, "brow_raise_left": 0.4}
    return AUSequence.zeros(frames).with_columns(columns)


def _render(model, face, performance=None, facemaps=None, progress=None, **settings):
    settings = {"steps": 2, "guidance": Guidance(1.0), **settings}
    renderer = RefinedWarpRenderer(model, face, SamplerSettings(**settings))
    frames = [frame for frame, _ in renderer.render(performance or _performance(), progress, facemaps)]
    return torch.stack(frames), renderer


def _always(au_scale, region="all"):
    return Guidance(1.0, au_scale, region, start=0, end=1)


def _warp(face, performance):
    return torch.stack([frame for frame, _ in WarpRenderer(face).render(performance)])


def _points(face, performance):
    return FaceDeformer(face).meshes(performance)


def _between_the_lips(face, performance, pictures):
    """What pictures [T, H, W, 3] show in the middle of the open mouth, [T, 3]."""
    ring = _points(face, performance)[:, [*UPPER_LIP[3], *LOWER_LIP[3]], :2]
    places = ring.mean(1).long()
    return torch.stack([picture[y, x] for picture, (x, y) in zip(pictures, places.tolist(), strict=True)])


def _region(pictures, matrices, region):
    return cut(pictures, matrices, region.size).movedim(-1, 1)


def _with_and_without(seen):
    """The two predictions of the first step."""
    return [each.given for each in seen if each.time == seen[0].time and each.region is MOUTH]


@pytest.mark.parametrize(("scheduler", "level"), [("ddim", 0.0), *((name, 0.4) for name in SCHEDULERS)])
def test_the_last_layer_says_what_is_added(face, scheduler, level):
    """An untrained one says nothing; noise need not pass through it."""
    network = Refiner(REFINER).eval()
    assert network.unet.conv_out.weight.abs().max() == 0
    torch.nn.init.constant_(network.unet.conv_out.bias, -level)
    performance = _performance(1, **SMILING)
    refined, _ = _render(RefinerModel("toy", network), face, performance, scheduler=scheduler)
    added = _between_the_lips(face, performance, refined - _warp(face, performance))
    assert torch.allclose(added, torch.full_like(added, level * RESIDUAL_SCALE), atol=1e-3)


def test_an_untrained_network_can_hear_its_units():
    """Nothing between the units and the last layer is zero."""
    network = Refiner(REFINER).eval()
    torch.nn.init.normal_(network.unet.conv_out.weight, std=0.02)
    pictures = torch.rand(1, 3, 32, 32)
    nothing = torch.zeros(1, PIXELS, 4, 4)
    given = RegionInputs(pictures, pictures, pictures, pictures[:, :1], torch.zeros(1, 24), torch.zeros(1, 24))
    told = replace(given, values=torch.eye(24)[SMILE : SMILE + 1])
    with torch.inference_mode():
        calm, smiling = (network(nothing, torch.tensor(LAST_TIMESTEP), each) for each in (given, told))
    assert float((smiling - calm).abs().max()) > 1e-3 * float(calm.abs().max())


def test_folding_keeps_what_is_broad():
    x = torch.linspace(0, 3, 48)
    residual = (torch.sin(x) * torch.cos(x[:32, None])).expand(2, 3, 32, 48)
    assert torch.allclose(unfold(fold(residual)), residual, atol=0.05)


def test_a_face_at_rest_stays_the_warps_bit_for_bit(model, face):
    still = AUSequence.zeros(2)
    refined, renderer = _render(model, face, still)
    assert torch.equal(refined, _warp(face, still))
    assert renderer.spent.steps == 0 and not model.network.seen


@pytest.mark.parametrize(("scheduler", "steps"), [("ddim", 1), *((name, 3) for name in SCHEDULERS)])
def test_what_the_network_knows_is_added_to_the_warp(model, face, scheduler, steps):
    performance = _performance(2, **SMILING)
    refined, _ = _render(model, face, performance, scheduler=scheduler, steps=steps)
    added = _between_the_lips(face, performance, refined - _warp(face, performance))
    assert torch.allclose(added, torch.full_like(added, BRIGHTER * 0.3), atol=1e-3)


def test_pixels_outside_the_masks_keep_their_bits(random_model, face):
    refined, _ = _render(random_model, face)
    changed = (refined - _warp(face, _performance())).abs().amax((0, 3))
    assert float(changed.max()) > 0.02
    untouched = float((changed == 0).float().mean())
    assert untouched > 0.7
    assert not changed[:24].any() and not changed[:, :10].any()


def test_the_network_sees_both_regions_as_they_are_driven(model, face):
    """Warp, FaceMap and mask where the face is; the portrait where it was; its own units; what changes."""
    performance = _performance(2, x=0.1, roll=0.2, jaw_open=0.6, eye_closure_left=0.7)
    _render(model, face, performance, steps=1)
    points, warped = _points(face, performance), _warp(face, performance)
    assert [each.region for each in model.network.seen] == [MOUTH, EYE_PAIR]
    for each in model.network.seen:
        region, given = each.region, each.given
        there = region_matrices(points, region)
        at_rest = region_matrices(face.landmarks[None], region)
        assert torch.allclose(given.warp, _region(warped, there, region), atol=1e-5)
        assert torch.allclose(given.facemap, _region(draw_facemap(points, face.size), there, region), atol=1e-5)
        portrait = _region(face.crop[None], at_rest, region)
        assert torch.allclose(given.portrait, portrait.expand(2, -1, -1, -1), atol=1e-5)
        assert torch.allclose(given.mask[:, 0], region_mask(points, there, region, face.landmarks), atol=1e-5)
        assert torch.equal(given.own, face.own.expand(2, -1))
        assert torch.allclose(given.values, torch.tensor(performance.values), atol=1e-6)


@pytest.mark.parametrize(("smile", "relax", "change"), [(0.3, 0.0, 0.3), (1.0, 0.0, 0.7), (0.3, 1.0, 0.0)])
def test_the_network_is_told_how_far_the_face_really_moves(model, face, smile, relax, change):
    """A unit that the portrait has already cannot go beyond 1; relaxing takes it away."""
    own = torch.zeros(24)
    own[SMILE] = 0.3
    performance = _performance(1, jaw_open=0.6, lip_corner_raise_left=smile)
    _render(model, replace(face, own=own, relax=relax), performance, steps=1)
    assert float(model.network.seen[0].given.values[0, SMILE]) == pytest.approx(change, abs=1e-6)


@pytest.mark.parametrize("scheduler", SCHEDULERS)
def test_all_frames_start_from_the_same_noise_of_unit_size(model, face, scheduler):
    _render(model, face, _performance(2), scheduler=scheduler)
    first = model.network.seen[0].sample
    assert 0.95 < float(first.std()) < 1.05
    assert torch.equal(first[0], first[1])


def test_the_seed_decides(model, face):
    for seed in (1, 1, 2):
        _render(model, face, _performance(1, jaw_open=0.6), seed=seed, steps=1)
    first, again, other = (each.sample for each in model.network.seen if each.region is MOUTH)
    assert torch.equal(first, again) and not torch.allclose(first, other)


def test_a_length_of_one_and_one_step(model, face):
    assert len(_render(model, face, _performance(1), steps=1)[0]) == 1


@pytest.mark.parametrize(("au_scale", "passes"), [(1, 1), (0.4, 1), (2, 2)])
def test_the_passes_spent_are_counted_and_told(model, face, caplog, au_scale, passes):
    with caplog.at_level("INFO"):
        _, renderer = _render(model, face, guidance=_always(au_scale))
    assert f"{passes:.2f} predictions per step" in caplog.text
    assert renderer.spent.per_step == passes
    assert len(model.network.seen) == renderer.spent.predictions == passes * 4  # two regions, two steps


@pytest.mark.parametrize(("au_scale", "passes"), [(1.0, 1), (2.0, 2)])
def test_guidance_by_the_portrait_is_left_out_and_told(model, face, caplog, au_scale, passes):
    performance = _performance(1, **SMILING)
    with caplog.at_level("INFO"):
        guided, renderer = _render(model, face, performance, guidance=Guidance(3.5, au_scale, start=0, end=1))
    assert renderer.spent.per_step == passes
    assert sum("guidance of 1" in record.message for record in caplog.records) == 1
    assert torch.equal(guided, _render(model, face, performance, guidance=_always(au_scale))[0])


@pytest.mark.parametrize(("au_scale", "passes"), [(1.0, 2), (2.0, 3)])
def test_a_model_that_knows_it_is_guided_by_the_portrait(model, face, au_scale, passes):
    """Without the portrait everything else is seen as with it."""
    known = RefinerModel("stand-in", model.network, guided=True)
    performance = _performance(1, **SMILING)
    guidance = Guidance(3.5, au_scale, start=0, end=1)
    guided, renderer = _render(known, face, performance, guidance=guidance, steps=1)
    assert renderer.spent.per_step == passes
    alone, full, *_ = (each.given for each in model.network.seen if each.region is MOUTH)
    assert torch.equal(alone.portrait, torch.full_like(alone.portrait, UNKNOWN["portrait"]))
    for name in ("warp", "facemap", "mask", "values", "own"):
        assert torch.equal(getattr(alone, name), getattr(full, name))
    # This stand-in does not look at the portrait, so there is nothing to strengthen.
    assert torch.allclose(guided, _render(model, face, performance, guidance=_always(au_scale))[0], atol=1e-5)


def test_the_neutral_prediction_sees_no_expression(model, face):
    """Units and FaceMap are those of the performance without its smile, cut out at the same place; the rest is one."""
    performance, head = _performance(2, **SMILING, x=0.1), {"jaw_open": 0.6, "x": 0.1}
    _render(model, face, performance, guidance=_always(2.0))
    full, neutral = _with_and_without(model.network.seen)
    strong = _performance(2, **{**SMILING, "lip_corner_raise_left": 0.6}, x=0.1)
    calm, there = _performance(2, **head), region_matrices(_points(face, strong), MOUTH)
    assert torch.allclose(full.values, torch.tensor(strong.values), atol=1e-6)
    assert torch.allclose(neutral.values, torch.tensor(calm.values), atol=1e-6)
    drawn = draw_facemap(_points(face, calm), face.size)
    assert torch.allclose(neutral.facemap, _region(drawn, there, MOUTH), atol=1e-5)
    assert not torch.allclose(neutral.facemap, full.facemap, atol=1e-2)
    for name in ("warp", "portrait", "mask", "own"):
        assert torch.equal(getattr(full, name), getattr(neutral, name))


def test_the_residual_is_guided_by_the_difference(model, face):
    """full + (s_au - 1) (full - neutral), where full is told of s_au times the smile."""
    performance = _performance(2, **SMILING)
    refined, _ = _render(model, face, performance, guidance=_always(2.0))
    strong = _performance(2, jaw_open=0.6, lip_corner_raise_left=0.6)
    added = _between_the_lips(face, strong, refined - _warp(face, strong))
    assert torch.allclose(added, torch.full_like(added, BRIGHTER * 0.6 * 2), atol=1e-3)


@pytest.mark.parametrize(
    ("region", "mouth", "eyes"), [("all", 2, 2), ("mouth", 2, 1), ("lower face", 2, 1), ("eyes", 1, 2), ("brows", 1, 2)]
)
def test_only_the_regions_of_the_units_are_guided(model, face, region, mouth, eyes):
    performance = _performance(2, jaw_open=0.6, eye_closure_left=0.7, upper_lid_raise_right=0.3, brow_raise_left=0.3)
    _render(model, face, performance, steps=1, guidance=_always(2.0, region))
    seen = [each.region for each in model.network.seen]
    assert (seen.count(MOUTH), seen.count(EYE_PAIR)) == (mouth, eyes)


def test_other_regions_are_drawn_as_without_guidance(model, face):
    performance = _performance(2, **SMILING)
    plain, guided = (_render(model, face, performance, guidance=_always(*each))[0] for each in ((1.0,), (3.0, "eyes")))
    assert torch.equal(plain, guided)


def test_the_warp_moves_with_au_guidance(model, face):
    """s_au = 0 draws the neutral performance; above 1 the warp goes on as far as units allow."""
    performance = _performance(brow_raise_left=0.4, brow_raise_right=0.4)
    none, _ = _render(model, face, performance, guidance=Guidance(1.0, 0.0))
    assert torch.equal(none, _render(model, face, AUSequence.zeros(3))[0])
    double, _ = _render(model, face, performance, guidance=Guidance(1.0, 2.0, start=0, end=0))
    raised = _performance(brow_raise_left=0.8, brow_raise_right=0.8)
    assert torch.allclose(double, _render(model, face, raised)[0], atol=1e-6)


@pytest.mark.parametrize("au_scale", [1.0, 2.0])
def test_own_facemaps_of_any_size_are_seen(model, face, au_scale):
    """The region of a drawing that is wider and lower than the face's crop; one drawing for both predictions."""
    performance, maps = _performance(2, **SMILING), torch.rand(2, 96, 160, 3)
    _render(model, face, performance, maps, guidance=_always(au_scale))
    shown = _with_and_without(model.network.seen)
    assert len(shown) == au_scale
    strong = _performance(2, jaw_open=0.6, lip_corner_raise_left=0.3 * au_scale)
    there = region_matrices(_points(face, strong), MOUTH) * torch.tensor([160 / 128, 96 / 128])[:, None]
    for given in shown:
        assert torch.allclose(given.facemap, _region(maps, there, MOUTH), atol=1e-5)


def test_facemaps_must_be_one_for_each_frame(model, face):
    with pytest.raises(AUHeadError, match="1 FaceMaps for a performance of 3"):
        _render(model, face, facemaps=torch.rand(1, 96, 160, 3))


def _told(model, face, performance):
    seen = []
    _render(model, face, performance, steps=1, progress=lambda *report: seen.append(report[:2]))
    return seen


def test_progress_comes_to_its_end(model, face):
    """Steps of both regions and the frame itself, of all frames; as many where nothing moves."""
    for performance in (_performance(9), AUSequence.zeros(9)):
        assert _told(model, face, performance) == [(done, 27) for done in (8, 16, 24, 25, 26, 27)]


@pytest.mark.parametrize("room", [1, 3])
def test_memory_that_runs_out_is_met_with_fewer_frames(model, face, room):
    performance = _performance(9)
    whole, _ = _render(model, face, performance)
    forward, sizes = model.network.forward, []

    def tight(sample, timestep, given):
        if len(given.warp) > room:
            raise torch.cuda.OutOfMemoryError("no room")
        sizes.append(len(given.warp))
        return forward(sample, timestep, given)

    model.network.forward = tight
    parted, _ = _render(model, face, performance)
    assert torch.allclose(parted, whole, atol=1e-6) and max(sizes) == min(room, 2)
    assert _told(model, face, performance)[-1] == (27, 27)


def test_memory_that_never_suffices_is_told(model, face):
    def none(*_):
        raise torch.cuda.OutOfMemoryError("no room")

    model.network.forward = none
    with pytest.raises(AUHeadError, match="too little memory for this model; use a smaller face"):
        _render(model, face)


def test_room_is_asked_for_before_anything_is_drawn(model, face):
    """What frames of this size took when it was measured: 35 values a pixel at 256, 19 at 512 and 29 at 2048."""
    asked = []
    for size, frames, values in ((256, 8, 36), (512, 8, 19), (2048, 1, 29)):
        renderer = RefinedWarpRenderer(
            model, face.resized(size), SamplerSettings(steps=1, guidance=Guidance(1.0)),
            place=lambda *_, memory: asked.append((memory, len(model.network.seen))),
        )  # fmt: skip
        next(renderer.render(_performance(1)))
        room, seen = asked.pop()
        assert seen == 0 and values * 4 * frames * size**2 <= room < 2.5 * values * 4 * frames * size**2
        model.network.seen.clear()


@pytest.mark.parametrize("steps", [0, 1001])
def test_steps_are_between_one_and_what_it_was_trained_with(model, face, steps):
    with pytest.raises(AUHeadError, match=f"{steps} steps were asked for"):
        _render(model, face, steps=steps)


def test_answers_that_are_no_numbers_are_told(model, face):
    model.network.forward = lambda sample, *_: sample * float("nan")
    with pytest.raises(AUHeadError, match="model stand-in have run away"):
        _render(model, face)


def test_the_real_network_is_decided_by_seed_units_and_portrait(random_model, face):
    performance = _performance(1, jaw_open=0.6)
    first = _render(random_model, face, performance, seed=1, steps=1)[0]
    assert torch.equal(first, _render(random_model, face, performance, seed=1, steps=1)[0])
    others = (face, 2), (replace(face, own=face.own.flip(0)), 1)
    for other, seed in others:
        assert not torch.equal(first, _render(random_model, other, performance, seed=seed, steps=1)[0])
