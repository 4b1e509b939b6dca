"""What the network is shown, with stand-ins that keep it (stand_ins.py)."""

from dataclasses import replace

import pytest

pytest.importorskip("diffusers")

import torch  # noqa: E402
import torch.nn.functional as F  # noqa: E402
from stand_ins import CELL, SCALING, mixed, stand_in_model  # noqa: E402
from toys import toy_guider  # noqa: E402

from auhead_models.au import AUSequence  # noqa: E402
from auhead_models.au.space import UNIT_INDEX  # noqa: E402
from auhead_models.diffusion.codec import image_token  # noqa: E402
from auhead_models.diffusion.conditioning import Conditioner, Portrait  # noqa: E402
from auhead_models.diffusion.face_masks import face_mask, speaking_mask  # noqa: E402
from auhead_models.diffusion.guidance import DROPPED, FULL, NEUTRAL, Guidance  # noqa: E402
from auhead_models.diffusion.running import SamplerSettings  # noqa: E402
from auhead_models.face.deform import FaceDeformer  # noqa: E402
from auhead_models.face.face import find_face  # noqa: E402
from auhead_models.face.facemap import draw_facemap  # noqa: E402

SIDE = 64
SMILE, JAW = UNIT_INDEX["lip_corner_raise_left"], UNIT_INDEX["jaw_open"]
CPU = torch.device("cpu")
PORTRAIT = Portrait({}, torch.zeros(1, 1, 3))


@pytest.fixture(scope="module")
def face(portrait):
    found = find_face(portrait).resized(SIDE)
    own = torch.zeros(24)
    own[SMILE] = 0.4
    return replace(found, own=own, relax=0.0)


def _performance(frames=10, **columns):
    columns = columns or {"lip_corner_raise_left": 0.3, "jaw_open": 0.5}
    return AUSequence.zeros(frames).with_columns(columns)


def _show(face, au_scale=2.0, performance=None, facemaps=None, heard=None, region="all", **options):
    model = stand_in_model(mixed, **options)
    settings = SamplerSettings(guidance=Guidance(1.0, au_scale, region))
    conditioner = Conditioner(model, face, settings, CPU, lambda *_, **__: None)
    return conditioner.show(performance or _performance(), facemaps, heard, _go_on)


def _go_on():
    """Nobody cancels."""


def _cells(maps):
    return F.avg_pool2d(maps.movedim(-1, 1), CELL)


def _drawn(face, performance):
    return _cells(draw_facemap(FaceDeformer(face).meshes(performance), SIDE))


def test_the_portrait_is_read_as_latents_and_token(face):
    model, placed = stand_in_model(mixed), []
    conditioner = Conditioner(model, face, SamplerSettings(), CPU, lambda *networks, **_: placed.extend(networks))
    portrait = conditioner.read_portrait(_go_on)
    latents, token = portrait.known["layer"]
    assert torch.allclose(latents[:, :3], _cells(2 * face.crop[None] - 1) * SCALING, atol=1e-6)
    assert torch.equal(token, portrait.image_token)
    assert torch.equal(token, image_token(model.image_encoder, face.crop)) and bool(token.all())
    assert {model.image_encoder, model.vae, model.reference_net, model.unet} == set(placed)


def test_room_is_asked_for_before_the_portrait_is_encoded(face):
    """As much as ComfyUI reckons for the VAE of SD 1.5; networks of the run before may have to go for it."""
    model, asked = stand_in_model(mixed), {}
    conditioner = Conditioner(
        model, face, SamplerSettings(), CPU, lambda *networks, memory=0: asked.update({networks[0]: memory})
    )
    conditioner.read_portrait(_go_on)
    assert asked[model.vae] == 1767 * SIDE**2 * 4


def test_without_an_image_encoder_the_token_is_zero(face):
    model = stand_in_model(mixed)
    model.image_encoder = None
    portrait = Conditioner(model, face, SamplerSettings(), CPU, lambda *_, **__: None).read_portrait(_go_on)
    assert torch.equal(portrait.image_token, torch.zeros(1, 1, 3))


def test_the_neutral_form_has_a_facemap_and_tokens_of_its_own(face):
    """The smile goes, the jaw, which speaks, stays."""
    shown, calm = _show(face), _performance(jaw_open=0.5)
    assert torch.allclose(shown.features[True][0], _drawn(face, _performance()), atol=1e-6)
    assert torch.allclose(shown.features[False][0], _drawn(face, calm), atol=1e-6)
    assert not torch.allclose(shown.features[True][0], shown.features[False][0], atol=1e-3)
    assert torch.allclose(shown.au[True][:, [SMILE, JAW], 0], torch.tensor([0.3, 0.5]))
    assert torch.allclose(shown.au[False][:, [SMILE, JAW], 0], torch.tensor([0.0, 0.5]))
    for tokens in shown.au.values():
        assert torch.equal(tokens[..., 1], face.own.expand(10, -1))


@pytest.mark.parametrize("au_scale", [0.5, 1.0])
def test_up_to_one_the_performance_itself_is_weaker(face, au_scale):
    shown = _show(face, au_scale)
    assert list(shown.features) == list(shown.au) == [True]
    assert torch.allclose(shown.au[True][:, SMILE, 0], torch.tensor(0.3 * au_scale))
    assert torch.allclose(shown.au[True][:, JAW, 0], torch.tensor(0.5))


@pytest.mark.parametrize(
    ("smile", "relax", "change"), [(0.3, 0.0, 0.3), (0.9, 0.0, 0.6), (0.0, 1.0, -0.4), (0.9, 1.0, 0.5)]
)
def test_tokens_tell_how_far_the_face_really_moves(face, smile, relax, change):
    """A unit that the portrait has already cannot go beyond 1; relaxing takes it away."""
    shown = _show(replace(face, relax=relax), 1.0, _performance(2, lip_corner_raise_left=smile))
    assert torch.allclose(shown.au[True][:, SMILE, 0], torch.tensor(change), atol=1e-6)


def test_facemaps_of_ones_own_are_shown_with_and_without_expression(face):
    maps = torch.rand(10, 2 * SIDE, 2 * SIDE, 3)
    shown = _show(face, facemaps=maps)
    assert torch.allclose(shown.features[True][0], F.avg_pool2d(maps.movedim(-1, 1), 2 * CELL), atol=1e-6)
    assert torch.equal(shown.features[False][0], shown.features[True][0])
    assert not torch.equal(shown.au[False], shown.au[True])


def test_the_mask_lies_on_the_driven_face(face):
    far = _show(face, region="brows", performance=_performance(2, x=0.2)).mask
    near = _show(face, region="brows", performance=_performance(2)).mask
    assert far.shape == near.shape == (1, 1, 2, SIDE // CELL, SIDE // CELL)
    columns = torch.arange(SIDE // CELL) / (SIDE // CELL)
    middle = [float((mask.sum((0, 1, 2, 3)) * columns).sum() / mask.sum()) for mask in (near, far)]
    assert middle[1] > middle[0] + 0.03


def test_rows_follow_the_names_and_parts_the_frames(face):
    steady = torch.arange(10) / 100
    performance = _performance(10, lip_corner_raise_left=steady.numpy())
    heard = torch.rand(10, 5, 2)
    part = _show(face, performance=performance, heard=heard, hears=2).part(3, 5)
    features, told = part.rows((DROPPED, FULL, NEUTRAL), PORTRAIT)
    assert [len(level) for level in features] == [6, 6] and told.au.shape == (6, 24, 2)
    assert torch.allclose(told.au[:, SMILE, 0], torch.tensor([0.03, 0.04, 0.03, 0.04, 0, 0]), atol=1e-6)
    full, neutral = part.features[True], part.features[False]
    for level, rows in enumerate(features):
        assert torch.equal(rows, torch.cat([full[level], full[level], neutral[level]]))
    assert told.unreferenced == 2
    assert torch.equal(told.audio, torch.cat([torch.zeros(2, 5, 2), heard[3:5], heard[3:5]]))


def test_tokens_act_on_the_driven_face_and_audio_where_it_speaks(face):
    """Away from where the portrait's face was, when the head has moved."""
    moving = _performance(4, x=torch.linspace(0, 0.3, 4).numpy())
    shown = _show(face, performance=moving, heard=torch.rand(4, 5, 2), hears=2)
    points = FaceDeformer(face).meshes(moving)
    size = (SIDE // CELL, SIDE // CELL)
    assert torch.equal(shown.au_region, face_mask(points, SIDE, size))
    assert torch.equal(shown.audio_region, speaking_mask(points, SIDE, size))
    assert not torch.equal(shown.au_region[0], shown.au_region[-1])
    told = shown.part(2, 4).rows((FULL, NEUTRAL), PORTRAIT)[1]
    assert torch.equal(told.au_region, shown.au_region[2:].repeat(2, 1, 1, 1))
    assert torch.equal(told.audio_region, shown.audio_region[2:].repeat(2, 1, 1, 1))


@pytest.mark.parametrize("window", [5, 16])
def test_a_guider_with_the_statistics_of_its_batch_sees_a_window_at_once(face, window):
    model = stand_in_model(mixed)
    model.guider = toy_guider(batch_statistics=True)
    settings = SamplerSettings(guidance=Guidance(1.0), window=window, overlap=0)
    brighter = torch.rand(12, SIDE, SIDE, 3) * torch.linspace(0.1, 1, 12)[:, None, None, None]
    conditioner = Conditioner(model, face, settings, CPU, lambda *_, **__: None)
    shown = conditioner.show(_performance(12), brighter, None, _go_on)
    maps = brighter.movedim(-1, 1)
    parts = [maps] if window > 12 else [maps[:5], maps[5:10], maps[7:]]
    expected = torch.cat([model.guider(part)[0] for part in parts])
    if window < 12:
        expected = torch.cat([expected[:10], expected[13:]])  # the last frames are read with those before them
    assert torch.allclose(shown.features[True][0], expected, atol=1e-4)
    assert not torch.allclose(expected, torch.cat([model.guider(part)[0] for part in maps.split(8)]), atol=1e-3)


def test_a_model_without_au_tokens_reads_the_facemap_alone(face):
    shown = _show(face, tokens=False)
    told = shown.part(0, 2).rows((FULL,), PORTRAIT)[1]
    assert shown.au is None and told.au is None and told.audio is None
