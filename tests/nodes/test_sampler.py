import sys

import comfy.model_management
import pytest

pytest.importorskip("diffusers")

import torch  # noqa: E402
from auhead_plugin.auhead_models.diffusion.refined_warp import RefinedWarpRenderer, RefinerModel  # noqa: E402
from auhead_plugin.auhead_models.diffusion.refiner import Refiner  # noqa: E402
from auhead_plugin.auhead_models.diffusion.refiner_files import save_refiner  # noqa: E402
from auhead_plugin.auhead_models.errors import AUHeadError  # noqa: E402
from public_files import small_model  # noqa: E402
from toys import REFINER, toy_model  # noqa: E402

from auhead_models.diffusion.checkpoints import save_model  # noqa: E402
from auhead_models.diffusion.training.adapters import with_adapters  # noqa: E402
from auhead_models.hearing import FEATURES  # noqa: E402


@pytest.fixture
def chosen(nodes, folders):
    """A refiner with random weights in models/auhead, chosen in Load AUHead."""
    network = Refiner(REFINER)
    torch.nn.init.normal_(network.unet.conv_out.weight, std=0.05, generator=torch.Generator().manual_seed(0))
    save_refiner(RefinerModel("mine", network), folders.models / "auhead" / "mine.safetensors", REFINER, {})
    return nodes("AUHeadLoad", diffusion="mine.safetensors")[0]


def _sample(nodes, model, face, performance, **widgets):
    return nodes("AUHeadSampler", model=model, face=face, au=performance, **widgets)


def test_frames_masks_and_rate_come_out(nodes, chosen, face, performance):
    frames, masks, fps = _sample(nodes, chosen, face, performance)
    count = len(performance)
    assert frames.shape == (count, 128, 128, 3) and masks.shape == (count, 128, 128) and fps == 25
    warped = nodes("AUHeadWarp", face=face, au=performance)[0]
    assert not torch.equal(frames, warped)
    assert float((frames == warped).float().mean()) > 0.7  # outside mouth and eyes


def test_a_second_run_uses_the_loaded_model(nodes, chosen, face, performance, monkeypatch):
    first = chosen.opened
    _sample(nodes, chosen, face, performance)
    assert chosen.opened is first


def test_networks_are_brought_by_comfyui(nodes, chosen, face, performance, monkeypatch):
    asked = []
    load = comfy.model_management.load_models_gpu

    def counted(models, *rest, **named):
        asked.append((len(models), named["force_full_load"]))
        return load(models, *rest, **named)

    monkeypatch.setattr(comfy.model_management, "load_models_gpu", counted)
    _sample(nodes, chosen, face, performance)
    assert asked == [(1, True)]


def test_the_seed_decides(nodes, chosen, face, performance):
    first, again, other = (_sample(nodes, chosen, face, performance, seed=seed)[0] for seed in (1, 1, 2))
    assert torch.equal(first, again) and not torch.equal(first, other)


def test_cancel_stops_between_steps_and_the_model_can_be_used_again(nodes, chosen, face, performance, cancel_after):
    stopped = cancel_after(2)
    with pytest.raises(stopped):
        _sample(nodes, chosen, face, performance)
    assert len(_sample(nodes, chosen, face, performance)[0]) == len(performance)


def test_cancel_stops_while_frames_are_decoded(nodes, chosen, face, performance, monkeypatch):
    """No step is told then."""
    management, seen = comfy.model_management, []

    def decoded(*_):
        for index in range(len(performance)):
            seen.append(index)
            if index == 2:
                management.interrupt_current_processing()
            yield torch.zeros(128, 128, 3), torch.zeros(128, 128)

    monkeypatch.setattr(RefinedWarpRenderer, "render", decoded)
    with pytest.raises(management.InterruptProcessingException):
        _sample(nodes, chosen, face, performance)
    assert seen == [0, 1, 2]


def test_what_cannot_fit_is_refused_before_anything_is_drawn(nodes, chosen, face, performance, memory):
    memory(0.001)
    with pytest.raises(AUHeadError, match="GB of memory"):
        _sample(nodes, chosen, face, performance)


def test_own_facemaps(nodes, chosen, face, performance):
    facemaps = nodes("AUHeadFaceMap", face=face, au=performance)[0]
    drawn = _sample(nodes, chosen, face, performance)[0]
    assert torch.allclose(_sample(nodes, chosen, face, performance, facemap=facemaps)[0], drawn, atol=0.02)
    with pytest.raises(AUHeadError, match="3 FaceMaps for a performance of 10"):
        _sample(nodes, chosen, face, performance, facemap=facemaps[:3])


@pytest.mark.parametrize(
    "wrong",
    [
        {"guidance": 0.5},
        {"guidance_start": 0.8, "guidance_end": 0.2},
        {"au_guidance": -1.0},
        {"steps": -1},
        {"scheduler": "magic"},
        {"au_region": "nose tip"},
        {"guidance_rescale": 2.0},
        {"audio": {"waveform": torch.zeros(2, 1, 800), "sample_rate": 16000}},
        {"facemap": torch.full((10, 64, 64, 3), float("nan"))},
    ],
)
def test_wrong_inputs_get_a_sentence_before_weights_are_read(nodes, chosen, face, performance, wrong):
    with pytest.raises(AUHeadError):
        _sample(nodes, chosen, face, performance, **wrong)
    assert "opened" not in vars(chosen)


def test_files_that_are_no_model_get_a_sentence(nodes, folders, face, performance):
    (folders.models / "auhead").mkdir(exist_ok=True)
    (folders.models / "auhead" / "broken.safetensors").write_bytes(b"nothing")
    model = nodes("AUHeadLoad", diffusion="broken.safetensors")[0]
    with pytest.raises(AUHeadError, match="broken.safetensors"):
        _sample(nodes, model, face, performance)


def test_the_public_model_says_what_it_lacks(nodes, face, performance):
    model = nodes("AUHeadLoad", diffusion="sd15")[0]
    with pytest.raises(AUHeadError, match="^Switch download on in Load AUHead .* denoising_unet.pth"):
        _sample(nodes, model, face, performance)


def test_without_diffusers_the_sampler_alone_says_so(nodes, face, performance, monkeypatch):
    model = nodes("AUHeadLoad", diffusion="sd15")[0]
    known = [name for name in sys.modules if "auhead_models.diffusion" in name or name.split(".")[0] == "diffusers"]
    for name in known:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "diffusers", None)
    with pytest.raises(AUHeadError, match="diffusers"):
        _sample(nodes, model, face, performance)
    assert len(nodes("AUHeadWarp", face=face, au=performance)[0]) == len(performance)


def test_a_whole_model_in_one_file(nodes, folders, face, performance):
    (folders.models / "auhead").mkdir(exist_ok=True)
    whole = small_model(image_encoder=False)
    whole.vae = toy_model().vae
    save_model(whole, folders.models / "auhead" / "toy.safetensors")
    model = nodes("AUHeadLoad", diffusion="toy.safetensors")[0]
    frames, _, _ = _sample(nodes, model, face, performance.slice(0, 0.12), steps=1, window=4, overlap=1)
    assert frames.shape == (3, 128, 128, 3) and bool(frames.isfinite().all())


def test_a_model_that_listens_hears_the_speech(nodes, folders, face, performance, sample, caplog):
    (folders.models / "auhead").mkdir(exist_ok=True)
    width, _ = FEATURES["log-mel"]
    whole = with_adapters(toy_model(), {"features": "log-mel", "width": width})
    for name, weight in whole.unet.named_parameters():
        if "to_v_audio" in name:
            torch.nn.init.constant_(weight, 0.1)
    save_model(whole, folders.models / "auhead" / "toy.safetensors")
    model = nodes("AUHeadLoad", diffusion="toy.safetensors")[0]
    given = {"model": model, "face": face, "performance": performance.slice(0, 0.08), "steps": 1}
    heard = _sample(nodes, **given, audio=sample[1])[0]
    assert "as in silence" not in caplog.text
    silent = _sample(nodes, **given)[0]
    assert "as in silence" in caplog.text and not torch.allclose(heard, silent, atol=1e-3)
