"""What the refined warp draws and shows its network: one whose answers are known, and one of toy width."""

from dataclasses import replace

import pytest

pytest.importorskip("diffusers")

import torch  # noqa: E402
from refining import (  # noqa: E402
    BRIGHTER,
    SMILE,
    SMILING,
    always,
    between_the_lips,
    perform,
    points_of,
    region_of,
    render,
    warp,
    with_and_without,
)
from toys import REFINER  # noqa: E402

from auhead_models.au import AUSequence  # noqa: E402
from auhead_models.diffusion.refined_warp import RefinerModel  # noqa: E402
from auhead_models.diffusion.refiner import (  # noqa: E402
    LAST_TIMESTEP,
    PIXELS,
    RESIDUAL_SCALE,
    Refiner,
    RegionInputs,
    fold,
    unfold,
)
from auhead_models.diffusion.regions import EYE_PAIR, MOUTH, region_mask, region_matrices  # noqa: E402
from auhead_models.diffusion.schedulers import SCHEDULERS  # noqa: E402
from auhead_models.errors import AUHeadError  # noqa: E402
from auhead_models.face.facemap import draw_facemap  # noqa: E402


@pytest.mark.parametrize(("scheduler", "level"), [("ddim", 0.0), *((name, 0.4) for name in SCHEDULERS)])
def test_the_last_layer_says_what_is_added(face, scheduler, level):
    """An untrained one says nothing; noise need not pass through it."""
    network = Refiner(REFINER).eval()
    assert network.unet.conv_out.weight.abs().max() == 0
    torch.nn.init.constant_(network.unet.conv_out.bias, -level)
    performance = perform(1, **SMILING)
    refined, _ = render(RefinerModel("toy", network), face, performance, scheduler=scheduler)
    added = between_the_lips(face, performance, refined - warp(face, performance))
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
    refined, renderer = render(model, face, still)
    assert torch.equal(refined, warp(face, still))
    assert renderer.spent.steps == 0 and not model.network.seen


@pytest.mark.parametrize(("scheduler", "steps"), [("ddim", 1), *((name, 3) for name in SCHEDULERS)])
def test_what_the_network_knows_is_added_to_the_warp(model, face, scheduler, steps):
    performance = perform(2, **SMILING)
    refined, _ = render(model, face, performance, scheduler=scheduler, steps=steps)
    added = between_the_lips(face, performance, refined - warp(face, performance))
    assert torch.allclose(added, torch.full_like(added, BRIGHTER * 0.3), atol=1e-3)


def test_pixels_outside_the_masks_keep_their_bits(random_model, face):
    refined, _ = render(random_model, face)
    changed = (refined - warp(face, perform())).abs().amax((0, 3))
    assert float(changed.max()) > 0.02
    untouched = float((changed == 0).float().mean())
    assert untouched > 0.7
    assert not changed[:24].any() and not changed[:, :10].any()


def test_the_network_sees_both_regions_as_they_are_driven(model, face):
    """Warp, FaceMap and mask where the face is; the portrait where it was; its own units; what changes."""
    performance = perform(2, x=0.1, roll=0.2, jaw_open=0.6, eye_closure_left=0.7)
    render(model, face, performance, steps=1)
    points, warped = points_of(face, performance), warp(face, performance)
    assert [each.region for each in model.network.seen] == [MOUTH, EYE_PAIR]
    for each in model.network.seen:
        region, given = each.region, each.given
        there = region_matrices(points, region)
        at_rest = region_matrices(face.landmarks[None], region)
        assert torch.allclose(given.warp, region_of(warped, there, region), atol=1e-5)
        assert torch.allclose(given.facemap, region_of(draw_facemap(points, face.size), there, region), atol=1e-5)
        portrait = region_of(face.crop[None], at_rest, region)
        assert torch.allclose(given.portrait, portrait.expand(2, -1, -1, -1), atol=1e-5)
        assert torch.allclose(given.mask[:, 0], region_mask(points, there, region, face.landmarks), atol=1e-5)
        assert torch.equal(given.own, face.own.expand(2, -1))
        assert torch.allclose(given.values, torch.tensor(performance.values), atol=1e-6)


@pytest.mark.parametrize(("smile", "relax", "change"), [(0.3, 0.0, 0.3), (1.0, 0.0, 0.7), (0.3, 1.0, 0.0)])
def test_the_network_is_told_how_far_the_face_really_moves(model, face, smile, relax, change):
    """A unit that the portrait has already cannot go beyond 1; relaxing takes it away."""
    own = torch.zeros(24)
    own[SMILE] = 0.3
    performance = perform(1, jaw_open=0.6, lip_corner_raise_left=smile)
    render(model, replace(face, own=own, relax=relax), performance, steps=1)
    assert float(model.network.seen[0].given.values[0, SMILE]) == pytest.approx(change, abs=1e-6)


@pytest.mark.parametrize("scheduler", SCHEDULERS)
def test_all_frames_start_from_the_same_noise_of_unit_size(model, face, scheduler):
    render(model, face, perform(2), scheduler=scheduler)
    first = model.network.seen[0].sample
    assert 0.95 < float(first.std()) < 1.05
    assert torch.equal(first[0], first[1])


def test_the_seed_decides(model, face):
    for seed in (1, 1, 2):
        render(model, face, perform(1, jaw_open=0.6), seed=seed, steps=1)
    first, again, other = (each.sample for each in model.network.seen if each.region is MOUTH)
    assert torch.equal(first, again) and not torch.allclose(first, other)


def test_a_length_of_one_and_one_step(model, face):
    assert len(render(model, face, perform(1), steps=1)[0]) == 1


@pytest.mark.parametrize("au_scale", [1.0, 2.0])
def test_own_facemaps_of_any_size_are_seen(model, face, au_scale):
    """The region of a drawing that is wider and lower than the face's crop; one drawing for both predictions."""
    performance, maps = perform(2, **SMILING), torch.rand(2, 96, 160, 3)
    render(model, face, performance, maps, guidance=always(au_scale))
    shown = with_and_without(model.network.seen)
    assert len(shown) == au_scale
    strong = perform(2, jaw_open=0.6, lip_corner_raise_left=0.3 * au_scale)
    there = region_matrices(points_of(face, strong), MOUTH) * torch.tensor([160 / 128, 96 / 128])[:, None]
    for given in shown:
        assert torch.allclose(given.facemap, region_of(maps, there, MOUTH), atol=1e-5)


def test_facemaps_must_be_one_for_each_frame(model, face):
    with pytest.raises(AUHeadError, match="1 FaceMaps for a performance of 3"):
        render(model, face, facemaps=torch.rand(1, 96, 160, 3))


def test_the_real_network_is_decided_by_seed_units_and_portrait(random_model, face):
    performance = perform(1, jaw_open=0.6)
    first = render(random_model, face, performance, seed=1, steps=1)[0]
    assert torch.equal(first, render(random_model, face, performance, seed=1, steps=1)[0])
    others = (face, 2), (replace(face, own=face.own.flip(0)), 1)
    for other, seed in others:
        assert not torch.equal(first, render(random_model, other, performance, seed=seed, steps=1)[0])
