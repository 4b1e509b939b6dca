import numpy as np
import pytest
import torch

from auhead_models.au import AUSequence
from auhead_models.au.space import EXTRA_INDEX, UNIT_INDEX
from auhead_models.diffusion.guidance import AU_REGIONS, DROPPED, FULL, NEUTRAL, Guidance, guided_region
from auhead_models.errors import AUHeadError
from auhead_models.face.canonical import load_geometry

ALWAYS = {"start": 0.0, "end": 1.0}


def _performance():
    shape = AUSequence.zeros(4)
    return shape.with_columns(
        {"brow_raise_left": 0.3, "lip_corner_raise_left": 0.4, "jaw_open": 0.5, "eye_closure_left": 0.6, "yaw": 0.2,
         "gaze_x": 0.3, "cheek_raise_left": 0.2, "lips_together": 0.1}
    )  # fmt: skip


def _predicted(*names):
    noise = torch.Generator().manual_seed(0)
    return {name: torch.randn(1, 4, 3, 8, 8, generator=noise) for name in names}


@pytest.mark.parametrize(
    ("scale", "au_scale", "passes"),
    [(1, 1, 1), (1, 0.5, 1), (1, 0, 1), (2.5, 1, 2), (2.5, 0.3, 2), (1, 1.5, 2), (2.5, 1.5, 3)],
)
def test_passes(scale, au_scale, passes):
    assert len(Guidance(scale, au_scale, **ALWAYS).predictions(5, 20)) == passes


@pytest.mark.parametrize("steps", [20, 25, 40])
def test_the_default_interval_costs_two_passes_a_step_at_most(steps):
    guidance = Guidance(2.5, 1.5)
    spent = sum(len(guidance.predictions(step, steps)) for step in range(steps))
    assert spent / steps <= 2.0


def test_one_au_scale_is_plain_classifier_free_guidance():
    predicted = _predicted(DROPPED, FULL)
    expected = predicted[DROPPED] + 3.5 * (predicted[FULL] - predicted[DROPPED])
    assert torch.equal(Guidance(3.5, 1.0).combine(predicted), expected)


def test_guidance_is_continuous_where_the_formula_changes():
    predicted = _predicted(DROPPED, FULL, NEUTRAL)
    plain = Guidance(3.5, 1.0).combine({name: predicted[name] for name in (DROPPED, FULL)})
    assert torch.allclose(Guidance(3.5, 1 + 1e-6).combine(predicted), plain, atol=1e-4)
    performance = _performance()
    below = Guidance(au_scale=1 - 1e-6).performed(performance)
    assert np.allclose(below.table, Guidance(au_scale=1 + 1e-6).performed(performance).table, atol=1e-5)


def test_au_guidance_leaves_what_the_mask_leaves():
    predicted = _predicted(DROPPED, FULL, NEUTRAL)
    mask = torch.zeros(1, 1, 3, 8, 8)
    mask[..., :4] = 1
    plain = Guidance(3.5, 1.0).combine({name: predicted[name] for name in (DROPPED, FULL)})
    guided = Guidance(3.5, 2.0).combine(predicted, mask)
    assert torch.equal(guided[..., 4:], plain[..., 4:])
    assert not torch.allclose(guided[..., :4], plain[..., :4])


def test_neutral_predictions_sum_to_one():
    """Equal predictions come out as they are, whatever the scales: the same for noise and v."""
    same = torch.randn(1, 4, 3, 8, 8)
    combined = Guidance(3.5, 2.5).combine({DROPPED: same, FULL: same, NEUTRAL: same})
    assert torch.allclose(combined, same, atol=1e-5)


def test_rescale_gives_the_contrast_of_the_plain_prediction():
    predicted = _predicted(DROPPED, FULL)
    combined = Guidance(7.5, rescale=1.0).combine(predicted)
    assert torch.allclose(combined.std((1, 3, 4)), predicted[FULL].std((1, 3, 4)), rtol=1e-4)


def test_zero_takes_the_expression_and_leaves_speech_blinks_gaze_and_head():
    performance = _performance()
    neutral = Guidance(au_scale=0).performed(performance)
    for name in ("brow_raise_left", "lip_corner_raise_left"):
        assert not neutral.values[:, UNIT_INDEX[name]].any()
    assert not neutral.extra[:, EXTRA_INDEX["cheek_raise_left"]].any()
    for name in ("jaw_open", "eye_closure_left", "yaw", "gaze_x", "lips_together"):
        assert np.array_equal(neutral[name], performance[name])
    assert np.array_equal(neutral.table, Guidance(au_scale=0).neutral(performance).table)


def test_a_region_keeps_the_units_of_the_others():
    performance = _performance()
    neutral = Guidance(au_scale=0, region="brows").performed(performance)
    assert not neutral["brow_raise_left"].any()
    assert np.array_equal(neutral["lip_corner_raise_left"], performance["lip_corner_raise_left"])


def test_a_warp_shows_as_much_of_it_as_units_allow():
    strong = Guidance(au_scale=3).strengthened(_performance())
    assert np.allclose(strong["brow_raise_left"], 0.9, atol=1e-6)
    assert np.allclose(strong["lip_corner_raise_left"], 1.0)
    assert np.allclose(strong["jaw_open"], 0.5)


@pytest.mark.parametrize("region", AU_REGIONS)
def test_every_region_has_units_and_a_mask_on_its_side_of_the_face(region):
    points = load_geometry().positions[None] * torch.tensor([10.0, -10.0, -10.0]) + 128
    mask = guided_region(points, region, 256, (64, 64))
    assert mask.shape == (1, 1, 64, 64)
    assert 0 <= float(mask.min()) and float(mask.max()) > 0.5
    assert float(mask[..., :4].max()) == 0
    rows = mask[0, 0].sum(1) / mask.sum()
    middle = float((rows * torch.arange(64)).sum())
    assert {"brows": middle < 30, "eyes": middle < 32, "mouth": middle > 36}.get(region, True)


@pytest.mark.parametrize(
    "wrong",
    [{"region": "nose tip"}, {"scale": 0.5}, {"scale": float("nan")}, {"au_scale": -1}, {"start": 0.7, "end": 0.2},
     {"end": 1.5}],
)
def test_wrong_settings_are_told(wrong):
    with pytest.raises(AUHeadError):
        Guidance(**wrong)
