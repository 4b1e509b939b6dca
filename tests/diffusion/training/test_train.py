import json
from dataclasses import replace

import pytest

pytest.importorskip("diffusers")
pytest.importorskip("accelerate")

import numpy as np  # noqa: E402
import torch  # noqa: E402
from PIL import Image  # noqa: E402
from safetensors.torch import load_file, save_file  # noqa: E402
from toys import toy_model  # noqa: E402

from auhead_models.au import AUSequence  # noqa: E402
from auhead_models.cli import main  # noqa: E402
from auhead_models.diffusion.checkpoints import load_model, save_model  # noqa: E402
from auhead_models.diffusion.training.adapters import with_adapters  # noqa: E402
from auhead_models.diffusion.training.clips import load_clip, prepare_clips  # noqa: E402
from auhead_models.diffusion.training.objective import min_snr_weight  # noqa: E402
from auhead_models.diffusion.training.settings import TrainingSettings  # noqa: E402
from auhead_models.diffusion.training.train import train_diffusion  # noqa: E402
from auhead_models.diffusion.weight_files import read_metadata  # noqa: E402
from auhead_models.errors import AUHeadError  # noqa: E402
from auhead_models.face.face import find_face  # noqa: E402
from auhead_models.face.warp import WarpRenderer  # noqa: E402
from auhead_models.hearing import FEATURES  # noqa: E402
from auhead_models.speech import Audio  # noqa: E402
from auhead_models.video import VideoWriter  # noqa: E402

FRAMES = 10
SETTINGS = {"size": 64, "window": 4, "steps": 2, "every": 2, "rate": 1e-3}


@pytest.fixture(scope="module")
def videos(portrait, tmp_path_factory):
    """A folder with one talking video, one without a face, and a text."""
    sound = Audio(np.sin(np.arange(6400) ** 1.2).astype(np.float32), 16000)
    folder = tmp_path_factory.mktemp("videos")
    face = find_face(portrait, size=160)
    opening = AUSequence.zeros(FRAMES).with_columns({"jaw_open": torch.linspace(0, 0.8, FRAMES).numpy()})
    with VideoWriter(folder / "talking.mp4", 25.0, 160, 160, sound) as video:
        for frame, _ in WarpRenderer(face).render(opening):
            video.write(frame)
    with VideoWriter(folder / "wall.mp4", 25.0, 160, 160) as video:
        for _ in range(FRAMES):
            video.write(torch.full((160, 160, 3), 0.5))
    (folder / "notes.txt").write_text("nothing")
    return folder


@pytest.fixture
def model():
    return toy_model()


def _weights(network):
    return {name: weight.detach().clone() for name, weight in network.state_dict().items()}


def test_a_video_becomes_a_clip_once(videos, model, tmp_path, caplog):
    (path,) = prepare_clips(videos, tmp_path, model, 64, 4)
    assert "wall.mp4 is left out" in caplog.text
    clip = load_clip(path)
    assert clip.latents.shape == (FRAMES, 4, 8, 8) and clip.landmarks.shape == (FRAMES, 478, 3)
    jaw = clip.values[:, 8] + clip.own[8]
    assert float(jaw[-1]) > float(jaw[0]) + 0.3 and clip.portrait < FRAMES // 2
    assert float(clip.values[clip.portrait].abs().max()) == 0
    changed = path.stat().st_mtime_ns
    prepare_clips(videos, tmp_path, model, 64, 4)
    assert path.stat().st_mtime_ns == changed
    assert prepare_clips(videos, tmp_path, replace(model, name="another"), 64, 4) != [path]  # of latents of its own


def test_adapters_alone_learn_and_the_model_opens(videos, model, tmp_path):
    before = {part: _weights(getattr(model, part)) for part in ("unet", "reference_net", "guider", "vae")}
    losses = []
    path = train_diffusion(model, videos, tmp_path, TrainingSettings(**SETTINGS), lambda *step: losses.append(step))
    assert [done for done, *_ in losses] == [1, 2] and all(loss == loss for *_, loss in losses)
    trained = load_model(path)
    assert trained.au_tokens is not None
    for part, weights in before.items():  # statistics of batch normalisation included
        after = getattr(trained, part).state_dict()
        assert all(torch.equal(after[name], weight) for name, weight in weights.items()), part
    after = trained.unet.state_dict()
    added = [name for name in after if name not in before["unet"]]
    assert added and any(float(after[name].abs().max()) > 0 for name in added if "to_v_au" in name)
    with Image.open(tmp_path / "samples" / "000002.png") as picture:
        assert picture.size == (4 * 64, 2 * 64)


def test_layers_that_listen_learn_and_those_for_units_stay(videos, model, tmp_path):
    """The width is that of the features; a model that listens is trained on with the features that it knows."""
    asked = []

    def sound(name, video, frames):
        asked.append((name, video.name, frames))
        return torch.rand(frames, 3)

    settings = TrainingSettings(**SETTINGS, audio="log-mel")
    trained = load_model(train_diffusion(model, videos, tmp_path / "first", settings, sound=sound))
    assert asked == [("log-mel", "talking.mp4", FRAMES)]
    assert trained.architecture.audio == {"features": "log-mel", "width": 3}
    values = [weight for name, weight in trained.unet.state_dict().items() if "to_v_audio" in name]
    assert values and all(float(weight.abs().max()) > 0 for weight in values)
    units = _weights(trained.au_tokens)
    settings = TrainingSettings(**{**SETTINGS, "steps": 1, "rate": 1e-12})
    again = load_model(train_diffusion(trained, videos, tmp_path / "second", settings, sound=sound))
    assert asked[-1][0] == "log-mel" and again.audio_tokens is not None
    assert all(torch.allclose(weight, units[name]) for name, weight in again.au_tokens.state_dict().items())


def test_layers_for_units_are_kept_when_a_model_begins_to_listen(model):
    reading = with_adapters(model)
    layer = reading.unet.down_blocks[0].attentions[0].transformer_blocks[0].attn2
    layer.processor.to_v_au.weight.data.fill_(0.5)
    listening = with_adapters(reading, {"features": "log-mel", "width": 3})
    assert listening.au_tokens is reading.au_tokens and listening.architecture.unet["audio_dim"] == 24
    assert bool((layer.processor.to_v_au.weight == 0.5).all()) and not layer.processor.to_v_audio.weight.any()


def test_training_goes_on_where_it_stopped(videos, tmp_path):
    """Two and two steps give the weights of four."""
    whole = train_diffusion(toy_model(), videos, tmp_path / "whole", TrainingSettings(**{**SETTINGS, "steps": 4}))
    train_diffusion(toy_model(), videos, tmp_path / "parts", TrainingSettings(**SETTINGS))
    seen = []
    settings = TrainingSettings(**{**SETTINGS, "steps": 4})
    parts = train_diffusion(toy_model(), videos, tmp_path / "parts", settings, lambda done, *_: seen.append(done))
    assert seen == [3, 4]
    ours, theirs = (load_model(path).unet.state_dict() for path in (whole, parts))
    assert all(torch.allclose(ours[name], theirs[name], atol=1e-5) for name in ours)


def test_everything_can_be_trained(videos, model, tmp_path):
    before = [_weights(network) for network in (model.unet, model.reference_net, model.guider)]
    path = train_diffusion(model, videos, tmp_path, TrainingSettings(**SETTINGS, train="all"))
    trained = load_model(path)
    for old, network in zip(before, (trained.unet, trained.reference_net, trained.guider), strict=True):
        now = network.state_dict()
        assert any(not torch.equal(now[name], weight) for name, weight in old.items())
    assert all(torch.equal(now, old) for now, old in zip(trained.vae.parameters(), model.vae.parameters(), strict=True))


def test_pure_noise_is_learnt_too():
    snr = torch.tensor([0.0, 1.0, 4.0, 99.0])
    assert torch.allclose(min_snr_weight(snr, velocity=True), torch.tensor([1.0, 1.0, 1.0, 0.05]))
    assert torch.allclose(min_snr_weight(snr[1:], velocity=False), torch.tensor([1.0, 1.0, 5 / 99]))


def test_adapters_begin_without_effect(model):
    given = torch.randn(1, 4, 2, 8, 8), torch.tensor(500), torch.zeros(2, 1, 24)
    with torch.inference_mode():
        before = model.unet(*given)
        assert torch.equal(with_adapters(model).unet(*given), before)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"train": "half"}, "cannot be trained"),
        ({"size": 100}, "multiple of 64"),
        ({"window": 64}, "takes 1 to 32"),
        ({"steps": 0}, "steps is 0"),
        ({"window": 32}, "None of the 2 videos"),
    ],
)
def test_what_cannot_be_trained_is_told(videos, model, tmp_path, changes, sentence):
    with pytest.raises(AUHeadError, match=sentence):
        train_diffusion(model, videos, tmp_path / "run", TrainingSettings(**{**SETTINGS, **changes}))
    assert not list(tmp_path.rglob("*.safetensors"))


def test_the_command_trains(videos, model, tmp_path, capsys):
    save_model(model, tmp_path / "toy.safetensors")
    words = ["--model", tmp_path / "toy.safetensors", "--size", 64, "--window", 4, "--steps", 1, "--audio", "log-mel"]
    command = ["train", "diffusion", videos, "-o", tmp_path / "run", *words]
    assert main([str(word) for word in command]) == 0
    trained = load_model(tmp_path / "run" / "model.safetensors")
    assert trained.au_tokens is not None and trained.audio_tokens.first.in_features == FEATURES["log-mel"][0]
    assert "model.safetensors" in capsys.readouterr().out


def test_a_folder_without_videos_is_told(model, tmp_path):
    with pytest.raises(AUHeadError, match="no video"):
        prepare_clips(tmp_path, tmp_path / "cache", model, 64, 4)


def test_a_run_of_other_weights_is_not_taken_up(videos, model, tmp_path):
    train_diffusion(model, videos, tmp_path, TrainingSettings(**{**SETTINGS, "steps": 1}))
    assert [path.name for path in (tmp_path / "state").iterdir()] == ["000001.safetensors"]
    with pytest.raises(AUHeadError, match="a training with train adapters, not all"):
        train_diffusion(toy_model(), videos, tmp_path, TrainingSettings(**SETTINGS, train="all"))


def test_a_run_that_began_with_another_model_is_not_taken_up(videos, model, tmp_path):
    """Of the same name and shape, too: one number is enough."""
    other = toy_model()
    train_diffusion(model, videos, tmp_path, TrainingSettings(**{**SETTINGS, "steps": 1}))
    other.unet.conv_in.bias.data[0] += 1e-3
    with pytest.raises(AUHeadError, match=r"a training with model toy \(\w+\), not toy \(\w+\); choose another output"):
        train_diffusion(other, videos, tmp_path, TrainingSettings(**SETTINGS))
    train_diffusion(toy_model(), videos, tmp_path, TrainingSettings(**SETTINGS))


def _rewritten(state, change):
    """A state whose description is another one."""
    about = json.loads(read_metadata(state)["auhead_training"])
    change(about)
    save_file(load_file(state), state, {"auhead_training": json.dumps(about)})


def test_a_run_of_an_older_version_that_does_not_tell_its_model_goes_on(videos, model, tmp_path, caplog):
    train_diffusion(model, videos, tmp_path, TrainingSettings(**{**SETTINGS, "steps": 1}))
    state = tmp_path / "state" / "000001.safetensors"
    _rewritten(state, lambda about: about["training"].pop("model"))
    train_diffusion(toy_model(), videos, tmp_path, TrainingSettings(**{**SETTINGS, "steps": 2}))
    assert "000001.safetensors does not tell its model; going on with toy" in caplog.text
    assert [path.name for path in state.parent.iterdir()] == ["000002.safetensors"]


def test_a_state_of_another_model_or_of_anything_else_is_told(videos, model, tmp_path):
    train_diffusion(model, videos, tmp_path, TrainingSettings(**{**SETTINGS, "steps": 1}))
    state = tmp_path / "state" / "000001.safetensors"
    _rewritten(state, lambda about: about["training"].pop("model"))
    about = {"auhead_training": read_metadata(state)["auhead_training"]}
    weights = load_file(state)
    name = next(name for name in weights if name.startswith("weight/"))
    save_file({**weights, name: torch.zeros(1)}, state, about)
    with pytest.raises(AUHeadError, match="holds a training of another model; choose another output folder"):
        train_diffusion(toy_model(), videos, tmp_path, TrainingSettings(**SETTINGS))
    save_file(weights, state)
    with pytest.raises(AUHeadError, match="000001.safetensors is no state of a training"):
        train_diffusion(toy_model(), videos, tmp_path, TrainingSettings(**SETTINGS))
