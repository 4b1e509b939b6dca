"""What the sampler shows its network, and what it makes of the answers: conditions, guidance, FaceMaps of one's own."""

import pytest

pytest.importorskip("diffusers")

import torch  # noqa: E402
import torch.nn.functional as F  # noqa: E402
from drawing import TWO_SEGMENTS, always, draw, make_renderer, own_pictures, perform  # noqa: E402
from stand_ins import CELL, SCALING, as_facemap, as_told, knows, mixed, stand_in_model  # noqa: E402

from auhead_models.au import AUSequence  # noqa: E402
from auhead_models.diffusion.guidance import Guidance, guided_region  # noqa: E402
from auhead_models.errors import AUHeadError  # noqa: E402
from auhead_models.face.deform import FaceDeformer  # noqa: E402
from auhead_models.face.facemap import draw_facemap  # noqa: E402


def test_each_prediction_sees_what_its_name_says(face):
    """Without the portrait · all · without the expression: one below the other, for every window."""
    performance = perform(6, brow_raise_left=0.5, jaw_open=0.4)
    calm = perform(6, jaw_open=0.4)

    def shown(performance, guidance):
        model = stand_in_model(mixed)
        draw(make_renderer(model, face, guidance=guidance, steps=1), performance)
        return model.unet.seen

    both = zip(shown(performance, always(1, 1)), shown(calm, always(1, 1)), strict=True)
    for three, (plain, neutral) in zip(shown(performance, always(2, 2)), both, strict=True):
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
    performance = perform(TWO_SEGMENTS, lip_corner_raise_left=smile)
    model = stand_in_model(knows(as_told))
    drawn = draw(make_renderer(model, face, steps=1), performance)
    token = model.unet.seen[-1].image_token.mean()
    level = 0.1 * (torch.tensor(smile) + token) / SCALING / 2 + 0.5
    assert torch.allclose(drawn, level[:, None, None, None].expand_as(drawn), atol=1e-5)

    drawings = stand_in_model(knows(as_facemap))
    shown = draw(make_renderer(drawings, face, steps=1), performance)
    maps = draw_facemap(FaceDeformer(face).meshes(performance), 64).movedim(-1, 1)
    expected = F.interpolate(F.avg_pool2d(maps, CELL), scale_factor=CELL).movedim(1, -1)
    assert torch.allclose(shown, expected, atol=1e-5)


def test_each_frame_hears_its_own_moment_and_its_neighbours(face):
    """Across windows and segments; nothing in the prediction without the portrait."""
    model = stand_in_model(mixed, hears=1)
    audio = 1.0 + torch.arange(TWO_SEGMENTS)[:, None]
    performance = perform(TWO_SEGMENTS, lip_corner_raise_left=(torch.arange(TWO_SEGMENTS) / 100).numpy())
    draw(make_renderer(model, face, steps=1, guidance=always(2, 1)), performance, audio=audio)
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
    draw(make_renderer(model, face, steps=1), performance, audio=audio)
    for seen in model.unet.seen:
        shown = rows[(seen.au[0, :, 11, 0] * 100).round().long()]
        expected = shown[:, None] + 1 + torch.arange(-2, 3)
        expected = torch.where((expected < 1) | (expected > len(audio)), 0, expected)
        assert torch.allclose(seen.audio[0, ..., 0], expected.float(), atol=1e-3)


def test_a_model_that_listens_needs_what_it_learnt_with(face):
    model = stand_in_model(mixed, hears=3)
    for wrong in (torch.zeros(4, 3), torch.zeros(5, 2)):
        with pytest.raises(AUHeadError, match=r"for 5 frames the model stand-in needs \[5, 3\]"):
            draw(make_renderer(model, face), perform(5), audio=wrong)
    draw(make_renderer(model, face), perform(5))
    assert model.unet.seen[-1].audio is None
    deaf = stand_in_model(mixed)
    draw(make_renderer(deaf, face), perform(5), audio=torch.zeros(5, 3))
    assert deaf.unet.seen[-1].audio is None


def test_guidance_is_its_formula_and_stays_within_the_region(face):
    """Frames of a network that tells the AUs and the portrait by a shade of grey, against guidance.py's formula."""
    frames, scale, au_scale = 5, 1.5, 2.0
    performance = perform(frames, brow_raise_left=0.4, lip_corner_raise_left=0.3)
    performance = performance.with_columns({"x": torch.linspace(-0.1, 0.1, frames).numpy()})
    model = stand_in_model(knows(as_told))
    plain = draw(make_renderer(model, face, guidance=always(scale, 1.0)), performance)
    guided = draw(make_renderer(model, face, guidance=always(scale, au_scale, "brows")), performance)

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
    draw(make_renderer(without, face, guidance=Guidance(1.0, 0.0)), perform(3))
    draw(make_renderer(neutral, face), AUSequence.zeros(3))
    for one, two in zip(without.unet.seen, neutral.unet.seen, strict=True):
        assert torch.equal(one.facemap, two.facemap) and torch.equal(one.au, two.au)


def test_guidance_acts_in_its_part_of_the_steps(face):
    model = stand_in_model(mixed)
    renderer = make_renderer(model, face, steps=4, guidance=Guidance(2.0, 2.0, start=0.5, end=0.75))
    draw(renderer, perform(2))
    assert [len(each.sample) for each in model.unet.seen] == [1, 1, 3, 1]
    assert renderer.spent.per_step == 1.5


@pytest.mark.parametrize(
    ("scale", "au_scale", "passes"), [(1.0, 0.5, 1), (1.0, 1.0, 1), (3.5, 1.0, 2), (1.0, 2.0, 2), (3.5, 2.0, 3)]
)
def test_the_passes_spent_are_counted_and_told(face, caplog, scale, au_scale, passes):
    renderer = make_renderer(stand_in_model(mixed), face, guidance=always(scale, au_scale))
    with caplog.at_level("INFO"):
        draw(renderer, perform(5))
    assert renderer.spent.per_step == passes and f"{passes:.2f} predictions per step" in caplog.text


def test_facemaps_must_be_one_for_each_frame(face):
    with pytest.raises(AUHeadError, match="2 FaceMaps for a performance of 3"):
        draw(make_renderer(stand_in_model(mixed), face), perform(3), facemaps=torch.rand(2, 64, 64, 3))


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
        draw(make_renderer(stand_in_model(mixed), face), perform(3), facemaps=wrong)


def test_facemaps_of_another_size_are_brought_to_the_face_s(face):
    model, pictures = stand_in_model(knows(as_facemap)), own_pictures(2)
    large = F.interpolate(pictures[0].movedim(-1, 1), scale_factor=3, mode="nearest").movedim(1, -1)
    assert torch.allclose(draw(make_renderer(model, face), perform(2), facemaps=large), pictures[1], atol=1e-5)
    with pytest.raises(AUHeadError, match="96 x 64; this model needs square ones"):
        draw(make_renderer(model, face), perform(2), facemaps=torch.rand(2, 64, 96, 3))


@pytest.mark.parametrize("au_scale", [0.5, 2.0])
def test_a_model_without_au_tokens_cannot_guide_facemaps_of_ones_own(face, au_scale):
    model, pictures = stand_in_model(mixed, tokens=False), own_pictures(2)[0]
    with pytest.raises(AUHeadError, match="stand-in"):
        draw(make_renderer(model, face, guidance=Guidance(1.0, au_scale)), perform(2), facemaps=pictures)
    assert len(draw(make_renderer(model, face), perform(2), facemaps=pictures)) == 2
    assert len(draw(make_renderer(model, face, guidance=Guidance(1.0, au_scale)), perform(2))) == 2


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), 255.0, -1.0])
def test_facemaps_are_pictures_but_for_their_alpha(face, value):
    maps = torch.rand(3, 64, 64, 4)
    maps[..., 3] = value
    drawn = draw(make_renderer(stand_in_model(mixed), face), perform(3), facemaps=maps)
    assert bool(drawn.isfinite().all())
    maps[1, 5, 6, 2] = value
    with pytest.raises(AUHeadError, match="FaceMap 1 holds values from .*; give pictures in 0..1"):
        draw(make_renderer(stand_in_model(mixed), face), perform(3), facemaps=maps)
