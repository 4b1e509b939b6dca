"""Guidance of the refined warp, by the portrait and by units."""

import pytest

pytest.importorskip("diffusers")

import torch  # noqa: E402
from refining import (  # noqa: E402
    BRIGHTER,
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

from auhead_models.au import AUSequence  # noqa: E402
from auhead_models.diffusion.guidance import Guidance  # noqa: E402
from auhead_models.diffusion.refined_warp import RefinerModel  # noqa: E402
from auhead_models.diffusion.refiner import UNKNOWN  # noqa: E402
from auhead_models.diffusion.regions import EYE_PAIR, MOUTH, region_matrices  # noqa: E402
from auhead_models.face.facemap import draw_facemap  # noqa: E402


@pytest.mark.parametrize(("au_scale", "passes"), [(1.0, 1), (2.0, 2)])
def test_guidance_by_the_portrait_is_left_out_and_told(model, face, caplog, au_scale, passes):
    performance = perform(1, **SMILING)
    with caplog.at_level("INFO"):
        guided, renderer = render(model, face, performance, guidance=Guidance(3.5, au_scale, start=0, end=1))
    assert renderer.spent.per_step == passes
    assert sum("guidance of 1" in record.message for record in caplog.records) == 1
    assert torch.equal(guided, render(model, face, performance, guidance=always(au_scale))[0])


@pytest.mark.parametrize(("au_scale", "passes"), [(1.0, 2), (2.0, 3)])
def test_a_model_that_knows_it_is_guided_by_the_portrait(model, face, au_scale, passes):
    """Without the portrait everything else is seen as with it."""
    known = RefinerModel("stand-in", model.network, guided=True)
    performance = perform(1, **SMILING)
    guidance = Guidance(3.5, au_scale, start=0, end=1)
    guided, renderer = render(known, face, performance, guidance=guidance, steps=1)
    assert renderer.spent.per_step == passes
    alone, full, *_ = (each.given for each in model.network.seen if each.region is MOUTH)
    assert torch.equal(alone.portrait, torch.full_like(alone.portrait, UNKNOWN["portrait"]))
    for name in ("warp", "facemap", "mask", "values", "own"):
        assert torch.equal(getattr(alone, name), getattr(full, name))
    # This stand-in does not look at the portrait, so there is nothing to strengthen.
    assert torch.allclose(guided, render(model, face, performance, guidance=always(au_scale))[0], atol=1e-5)


def test_the_neutral_prediction_sees_no_expression(model, face):
    """Units and FaceMap are those of the performance without its smile, cut out at the same place; the rest is one."""
    performance, head = perform(2, **SMILING, x=0.1), {"jaw_open": 0.6, "x": 0.1}
    render(model, face, performance, guidance=always(2.0))
    full, neutral = with_and_without(model.network.seen)
    strong = perform(2, **{**SMILING, "lip_corner_raise_left": 0.6}, x=0.1)
    calm, there = perform(2, **head), region_matrices(points_of(face, strong), MOUTH)
    assert torch.allclose(full.values, torch.tensor(strong.values), atol=1e-6)
    assert torch.allclose(neutral.values, torch.tensor(calm.values), atol=1e-6)
    drawn = draw_facemap(points_of(face, calm), face.size)
    assert torch.allclose(neutral.facemap, region_of(drawn, there, MOUTH), atol=1e-5)
    assert not torch.allclose(neutral.facemap, full.facemap, atol=1e-2)
    for name in ("warp", "portrait", "mask", "own"):
        assert torch.equal(getattr(full, name), getattr(neutral, name))


def test_the_residual_is_guided_by_the_difference(model, face):
    """full + (s_au - 1) (full - neutral), where full is told of s_au times the smile."""
    performance = perform(2, **SMILING)
    refined, _ = render(model, face, performance, guidance=always(2.0))
    strong = perform(2, jaw_open=0.6, lip_corner_raise_left=0.6)
    added = between_the_lips(face, strong, refined - warp(face, strong))
    assert torch.allclose(added, torch.full_like(added, BRIGHTER * 0.6 * 2), atol=1e-3)


@pytest.mark.parametrize(
    ("region", "mouth", "eyes"), [("all", 2, 2), ("mouth", 2, 1), ("lower face", 2, 1), ("eyes", 1, 2), ("brows", 1, 2)]
)
def test_only_the_regions_of_the_units_are_guided(model, face, region, mouth, eyes):
    performance = perform(2, jaw_open=0.6, eye_closure_left=0.7, upper_lid_raise_right=0.3, brow_raise_left=0.3)
    render(model, face, performance, steps=1, guidance=always(2.0, region))
    seen = [each.region for each in model.network.seen]
    assert (seen.count(MOUTH), seen.count(EYE_PAIR)) == (mouth, eyes)


def test_other_regions_are_drawn_as_without_guidance(model, face):
    performance = perform(2, **SMILING)
    plain, guided = (render(model, face, performance, guidance=always(*each))[0] for each in ((1.0,), (3.0, "eyes")))
    assert torch.equal(plain, guided)


def test_the_warp_moves_with_au_guidance(model, face):
    """s_au = 0 draws the neutral performance; above 1 the warp goes on as far as units allow."""
    performance = perform(brow_raise_left=0.4, brow_raise_right=0.4)
    none, _ = render(model, face, performance, guidance=Guidance(1.0, 0.0))
    assert torch.equal(none, render(model, face, AUSequence.zeros(3))[0])
    double, _ = render(model, face, performance, guidance=Guidance(1.0, 2.0, start=0, end=0))
    raised = perform(brow_raise_left=0.8, brow_raise_right=0.8)
    assert torch.allclose(double, render(model, face, raised)[0], atol=1e-6)
