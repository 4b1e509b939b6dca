import numpy as np
import pytest
import torch

from auhead_models.speech.encoder import EncoderConfig, SpeechEncoder
from auhead_models.speech.features import log_mel

TOY = EncoderConfig(d_model=32, encoder_layers=2, encoder_attention_heads=2, encoder_ffn_dim=48)


def test_the_encoder_is_that_of_qwen2audio():
    pytest.importorskip("transformers")
    from transformers import Qwen2AudioEncoderConfig
    from transformers.models.qwen2_audio.modeling_qwen2_audio import Qwen2AudioEncoder

    torch.manual_seed(0)
    ours = SpeechEncoder(TOY).eval()
    theirs = Qwen2AudioEncoder(Qwen2AudioEncoderConfig(**vars(TOY))).eval()
    theirs.load_state_dict(ours.state_dict())
    mel = torch.randn(2, 80, TOY.longest)
    with torch.inference_mode():
        assert torch.allclose(ours(mel), theirs(mel).last_hidden_state, atol=1e-5)


def test_the_spectrogram_is_whispers():
    pytest.importorskip("transformers")
    from transformers import WhisperFeatureExtractor

    extractor = WhisperFeatureExtractor(feature_size=80, chunk_length=10)
    time = np.arange(16000 * 10) / 16000
    sound = 0.1 * np.sin(2 * np.pi * (200 * time + 150 * time**2)).astype(np.float32)
    sound += 0.01 * np.random.default_rng(0).standard_normal(len(sound)).astype(np.float32)
    for samples in (len(sound), 50000):
        theirs = extractor(sound[:samples], sampling_rate=16000, return_tensors="pt").input_features[0]
        assert (log_mel(sound[:samples], 250) - theirs).abs().max() < 1e-4


@pytest.mark.parametrize("frames", [1, 2, 77, 250])
def test_one_feature_for_each_video_frame(frames):
    mel = log_mel(np.zeros(frames * 640 - 5, np.float32), frames)
    assert mel.shape == (80, 4 * frames)
    assert SpeechEncoder(TOY)(mel[None]).shape == (1, frames, 32)


def test_long_sound_is_computed_in_blocks_without_seams():
    sound = 0.1 * np.random.default_rng(0).standard_normal(16000 * 70).astype(np.float32)
    whole, part = log_mel(sound, 1750), log_mel(sound[16000 * 20 :][: 16000 * 30], 750)
    difference = (whole[:, 2010 : 2000 + 2990] - part[:, 10:2990]).abs()
    assert difference.max() < 1e-3
