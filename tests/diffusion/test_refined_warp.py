import pytest

pytest.importorskip("diffusers")

import torch  # noqa: E402
from toys import draw_weights  # noqa: E402

from auhead_models.au import AUSequence  # noqa: E402
from auhead_models.diffusion.guidance import Guidance  # noqa: E402
from auhead_models.diffusion.refined_warp import RefinedWarpRenderer, RefinerModel  # noqa: E402
from auhead_models.diffusion.refiner import TINY, Refiner, fold, unfold  # noqa: E402
from auhead_models.diffusion.running import SamplerSettings  # noqa: E402
from auhead_models.errors import AUHeadError  # noqa: E402
from auhead_models.face.face import find_face  # noqa: E402
from auhead_models.face.warp import WarpRenderer  # noqa: E402

TOY = {**TINY, "block_out_channels": (32, 32), "num_attention_heads": 2}


@pytest.fixture(scope="module")
def face(portrait):
    return find_face(portrait).resized(128)


@pytest.fixture(scope="module")
def random_model():
    return RefinerModel("toy", draw_weights(Refiner(TOY)).eval())


def _performance(frames=3, **units):
    units = units or {"jaw_open": 0.6, "eye_closure_left": 0.7, "eye_closure_right": 0.7, "brow_raise_left": 0.4}
    return AUSequence.zeros(frames).with_columns(units)


def _render(model, face, performance=None, facemaps=None, progress=None, **settings):
    settings = {"steps": 2, "guidance": Guidance(1.0), **settings}
    renderer = RefinedWarpRenderer(model, face, SamplerSettings(**settings))
    frames = [frame for frame, _ in renderer.render(performance or _performance(), progress, facemaps)]
    return torch.stack(frames), renderer


def _warp(face, performance):
    return torch.stack([frame for frame, _ in WarpRenderer(face).render(performance)])


def test_an_untrained_network_says_nothing():
    network = Refiner(TOY).eval()
    given = torch.zeros(1, 192, 8, 8)
    assert network.unet.conv_out.weight.abs().max() == 0
    assert torch.equal(unfold(given), torch.zeros(1, 3, 64, 64))


def test_folding_loses_nothing():
    residual = torch.randn(2, 3, 32, 48)
    assert torch.allclose(unfold(fold(residual)), residual, atol=1e-6)


def test_a_face_at_rest_stays_the_warps_bit_for_bit(random_model, face):
    still = AUSequence.zeros(2)
    refined, renderer = _render(random_model, face, still)
    assert torch.equal(refined, _warp(face, still)) and renderer.spent.steps == 0


def test_only_mouth_and_eyes_change(random_model, face):
    refined, _ = _render(random_model, face)
    changed = (refined - _warp(face, _performance())).abs().amax((0, 3))
    assert float(changed.max()) > 0.02
    untouched = float((changed == 0).float().mean())
    assert untouched > 0.7
    assert not changed[:24].any() and not changed[:, :10].any()


def test_the_seed_decides(random_model, face):
    first, _ = _render(random_model, face, seed=1)
    assert torch.equal(first, _render(random_model, face, seed=1)[0])
    assert not torch.equal(first, _render(random_model, face, seed=2)[0])


def test_a_length_of_one_and_one_step(random_model, face):
    assert len(_render(random_model, face, _performance(1), steps=1)[0]) == 1


@pytest.mark.parametrize(("scale", "au_scale", "passes"), [(1, 1, 1), (1, 0.4, 1), (2, 1, 2), (1, 2, 2), (2, 2, 3)])
def test_the_passes_spent_are_counted(random_model, face, scale, au_scale, passes):
    guidance = Guidance(scale, au_scale, start=0, end=1)
    assert _render(random_model, face, guidance=guidance)[1].spent.per_step == passes


def test_the_warp_moves_with_au_guidance(random_model, face):
    """s_au = 0 draws the neutral performance; above 1 the warp goes on as far as units allow."""
    performance = _performance(brow_raise_left=0.4, brow_raise_right=0.4)
    none, _ = _render(random_model, face, performance, guidance=Guidance(1.0, 0.0))
    assert torch.equal(none, _render(random_model, face, AUSequence.zeros(3))[0])
    double, _ = _render(random_model, face, performance, guidance=Guidance(1.0, 2.0, start=0, end=0))
    raised = _performance(brow_raise_left=0.8, brow_raise_right=0.8)
    assert torch.allclose(double, _render(random_model, face, raised)[0], atol=1e-6)


def test_own_facemaps_of_any_size_are_seen(random_model, face):
    plain, _ = _render(random_model, face)
    own, _ = _render(random_model, face, facemaps=torch.rand(3, 96, 160, 3))
    assert not torch.allclose(plain, own)
    with pytest.raises(AUHeadError, match="1 FaceMaps for a performance of 3"):
        _render(random_model, face, facemaps=torch.rand(1, 96, 160, 3))


def test_progress_comes_to_its_end(random_model, face):
    seen = []
    _render(random_model, face, _performance(9), progress=lambda done, total, *_: seen.append((done, total)))
    assert seen == [(done, len(seen)) for done in range(1, len(seen) + 1)]
