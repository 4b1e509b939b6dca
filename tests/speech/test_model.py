import importlib
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from auhead_models import speech as package
from auhead_models.au.emotions import EMOTIONS
from auhead_models.speech import hear, load_audio, to_speech
from auhead_models.speech.coarticulation import MOUTH, VISEMES
from auhead_models.speech.encoder import EncoderConfig
from auhead_models.speech.model import CONTEXT, WEIGHTS, SpeechModel, frame_by_frame, load_model, save_model

TOY = EncoderConfig(d_model=32, encoder_layers=1, encoder_attention_heads=2, encoder_ffn_dim=48)


@pytest.fixture(scope="module")
def speech() -> np.ndarray:
    return to_speech(load_audio(Path(package.__path__[0]).parent / "assets" / "speech.wav"))


def test_a_saved_model_comes_back_with_its_configuration(tmp_path):
    model = SpeechModel(TOY)
    save_model(model, tmp_path / "model.safetensors")
    again = load_model(tmp_path / "model.safetensors")
    assert again.encoder.config == TOY
    for name, tensor in again.state_dict().items():
        assert torch.allclose(tensor, model.state_dict()[name], atol=2e-3)


def test_the_bundled_file_is_small():
    assert WEIGHTS.stat().st_size < 20e6


@pytest.mark.parametrize("frames", [1, 3, 249, 250, 251, 480, 1000])
def test_one_row_for_each_frame(frames):
    model = SpeechModel(TOY).eval()
    heard = hear(np.zeros(frames * 640, np.float32), frames, model)
    assert heard.features.shape == (frames, 32)
    assert heard.visemes.shape == (frames, len(VISEMES))
    assert heard.units.shape == (frames, len(MOUTH))
    assert heard.emotion.shape == (frames, 8) and heard.level.shape == (frames, 3)


def test_windows_join_without_a_seam(speech):
    """The same words at two places of a long recording are heard alike, wherever the windows lie."""
    frames = len(speech) // 640
    period = speech[: frames * 640]
    heard = hear(np.tile(period, 6), 6 * frames)
    copies = heard.units.reshape(6, frames, -1)[1:-1, 5:-5]
    assert np.abs(copies - copies.mean(axis=0)).mean() < 0.02
    steps = np.abs(np.diff(heard.units[:, :-1], axis=0)).max()
    assert steps < 0.5


def test_the_bundled_model_hears_speech_and_silence(speech):
    frames = len(speech) // 640
    heard = hear(speech, frames)
    assert heard.visemes[10:120, 0].mean() < 0.3
    silent = hear(np.zeros(32000, np.float32), 50)
    assert silent.visemes[:, 0].mean() > 0.8
    assert silent.units[:, 0].max() < 0.1


def test_silence_is_heard_as_calm(speech):
    emotion, level = hear(np.zeros(32000, np.float32), 50).pooled()
    assert EMOTIONS[int(emotion.argmax())] == "neutral"
    for probabilities in (emotion, level, *hear(speech, len(speech) // 640).pooled()):
        assert probabilities.sum() == pytest.approx(1, abs=1e-5)


def test_the_mouth_is_read_from_the_frames_around():
    """A shape that is heard in every second frame alone is half of it all the time, after the layer is made a mean."""
    model = SpeechModel(TOY).eval()
    with torch.no_grad():
        model.around.weight.zero_()
        model.around.bias.zero_()
        model.around.weight[0, 0] = 1 / CONTEXT
    logits = {"units": torch.full((1, 40, len(MOUTH)), -20.0), "viseme": torch.zeros(1, 40, len(VISEMES))}
    logits["units"][:, ::2, 0] = 20.0
    mouth = model.mouth(logits)
    assert mouth.shape == (1, 40, len(MOUTH))
    assert ((mouth[0, 5:-5, 0] - 0.5).abs() < 0.1).all() and not mouth[..., 1:].any()


def test_the_fit_finds_the_mouth_in_what_is_heard_around(monkeypatch):
    """tools/speech/train.py fits the layer to clips; here the true mouth lags a frame behind what is heard."""
    train = tool(monkeypatch)
    model = SpeechModel(TOY).eval()
    rng = np.random.default_rng(0)

    def drawn(clips, size, frames, rng):
        mel = torch.from_numpy(rng.standard_normal((size, 80, 4 * frames)).astype(np.float32))
        heard = frame_by_frame(model(mel)[1]).detach()
        return SimpleNamespace(mel=mel, mouth=heard[:, :, : len(MOUTH)].roll(1, 1))

    monkeypatch.setattr(train, "draw", drawn)
    monkeypatch.setattr(train, "_FITTED", 4)
    monkeypatch.setattr(train, "_RIDGE", 1e-6)
    train.read_from_around(model, {}, rng)
    batch = drawn({}, 2, 60, rng)
    logits = model(batch.mel)[1]
    alone = frame_by_frame(logits)[..., : len(MOUTH)]
    error, before = ((found - batch.mouth)[:, 4:-4].square().mean() for found in (model.mouth(logits), alone))
    assert error < 0.05 * before


def tool(monkeypatch):
    """tools/speech/train.py as a module, forgotten afterwards."""
    folder = Path(__file__).resolve().parents[2] / "tools" / "speech"
    monkeypatch.syspath_prepend(str(folder))
    for name in (file.stem for file in folder.glob("*.py")):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return importlib.import_module("train")
