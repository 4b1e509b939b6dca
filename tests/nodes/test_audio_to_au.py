import pytest
import torch
from auhead_plugin.auhead_models.errors import AUHeadError


def sound(samples: int, rate: int = 16000, batch: int = 1, channels: int = 1) -> dict:
    noise = torch.rand(batch, channels, samples, generator=torch.Generator().manual_seed(0)) - 0.5
    return {"waveform": noise, "sample_rate": rate}


def test_speech_becomes_a_performance(nodes, sample):
    au, emotion, description = nodes("AUHeadAudioToAU", audio=sample[1], emotion="happy", level="3")
    assert len(au) == 10 and au.fps == 25
    assert emotion == "happy" and description == "0.4 s, 10 frames at 25 fps; happy (level 3)."
    assert au["jaw_open"].max() > 0.05


def test_silence_is_told(nodes):
    audio = {"waveform": torch.zeros(1, 2, 32000), "sample_rate": 16000}
    _, _, description = nodes("AUHeadAudioToAU", audio=audio)
    assert description == "2.0 s, 50 frames at 25 fps; neutral (level 2). The recording is silent."


def test_another_seed_is_another_take_and_the_same_seed_the_same(nodes):
    audio = sound(32000)
    takes = [nodes("AUHeadAudioToAU", audio=audio, seed=seed)[0].table for seed in (1, 1, 2)]
    assert (takes[0] == takes[1]).all() and (takes[0] != takes[2]).any()


def test_auto_is_neutral_without_an_audio_language_model(nodes, sample):
    assert nodes("AUHeadAudioToAU", audio=sample[1])[1] == "neutral"


def test_a_script_overrides_the_emotion(nodes, sample):
    au, emotion, description = nodes(
        "AUHeadAudioToAU", audio=sample[1], emotion="sad", emotion_script="0.0 happy 2\n0.2 angry 3"
    )
    assert emotion == "happy, angry" and "happy (level 2), then angry (level 3)" in description
    assert [span.emotion for span in au.spans] == ["happy", "angry"]


def test_an_empty_script_changes_nothing(nodes, sample):
    assert nodes("AUHeadAudioToAU", audio=sample[1], emotion="sad", emotion_script=" \n")[1] == "sad"


def test_a_script_that_cannot_be_read(nodes, sample):
    with pytest.raises(AUHeadError, match="the input emotion_script"):
        nodes("AUHeadAudioToAU", audio=sample[1], emotion_script="be happy")


@pytest.mark.parametrize("samples, frames", [(1, 1), (100, 1), (639, 1), (640, 1), (641, 2)])
def test_a_sound_shorter_than_a_frame_makes_one_frame(nodes, samples, frames):
    assert len(nodes("AUHeadAudioToAU", audio=sound(samples))[0]) == frames


def test_any_rate_and_number_of_channels(nodes):
    assert len(nodes("AUHeadAudioToAU", audio=sound(44100, 44100, channels=2))[0]) == 25


@pytest.mark.parametrize(
    "audio, sentence",
    [
        (None, "The input audio holds no sound"),
        (sound(0), "The sound of the input audio has no length"),
        (sound(16000, channels=0), "The sound of the input audio has no length"),
        (sound(16000, batch=2), "The input audio holds 2 sounds; give one"),
        (sound(16000, batch=0), "The input audio holds 0 sounds; give one"),
        (sound(16000, rate=0), "The sound has 0 samples per second"),
    ],
)
def test_sounds_that_cannot_be_used(nodes, audio, sentence):
    with pytest.raises(AUHeadError, match=sentence):
        nodes("AUHeadAudioToAU", audio=audio)


@pytest.mark.parametrize("name, value", [("level", "4"), ("emotion", "bored")])
def test_choices_that_are_not_on_the_list(nodes, sample, name, value):
    with pytest.raises(AUHeadError, match=f'"{value}"'):
        nodes("AUHeadAudioToAU", audio=sample[1], **{name: value})
