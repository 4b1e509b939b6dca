import pytest
import torch
from auhead_plugin.auhead_models.errors import AUHeadError


def sound(samples: int, rate: int = 16000, batch: int = 1, channels: int = 1) -> dict:
    noise = torch.rand(batch, channels, samples, generator=torch.Generator().manual_seed(0)) - 0.5
    return {"waveform": noise, "sample_rate": rate}


@pytest.fixture(scope="module")
def speech(nodes) -> dict:
    """The bundled recording."""
    return nodes("AUHeadExample")[1]


def test_speech_becomes_a_performance(nodes, sample):
    au, emotion, description = nodes("AUHeadAudioToAU", audio=sample[1], emotion="happy", level="3")
    assert len(au) == 10 and au.fps == 25
    assert emotion == "happy" and description == "0.4 s, 10 frames at 25 fps; happy (level 3)."
    assert au["jaw_open"].max() > 0.05


def test_silence_is_told(nodes):
    audio = {"waveform": torch.zeros(1, 2, 32000), "sample_rate": 16000}
    _, _, description = nodes("AUHeadAudioToAU", audio=audio)
    assert description == "2.0 s, 50 frames at 25 fps; neutral (level 2). The recording is silent."


def test_a_recording_without_speech_and_a_clipped_one_are_told(nodes, speech):
    assert nodes("AUHeadAudioToAU", audio=sound(32000))[2].endswith("(level 2). No speech is heard in the recording.")
    loud = {**speech, "waveform": (30 * speech["waveform"]).clamp(-0.9, 0.9)}
    assert nodes("AUHeadAudioToAU", audio=loud)[2].endswith("(level 2). The recording is clipped.")
    assert nodes("AUHeadAudioToAU", audio=speech)[2].endswith("(level 2).")


def test_why_no_emotion_is_heard_is_told(nodes, speech):
    pytest.importorskip("transformers")
    _, tiny = nodes("AUHeadLoad")
    loud = {**speech, "waveform": (30 * speech["waveform"]).clamp(-0.9, 0.9)}
    _, emotion, description = nodes("AUHeadAudioToAU", audio=loud, alm=tiny)
    assert emotion == "neutral" and "Likeliest" not in description
    assert description.endswith("The recording is clipped, which sounds like anger, so no emotion is heard in it.")


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


@pytest.fixture(params=["qwen2-audio", "qwen2.5-omni"])
def toy(request, nodes, folders):
    """A folder in models/auhead with a model of random weights; taught: whether it knows the AU tokens."""
    pytest.importorskip("transformers")
    from toy_backends import TOYS, save_folder

    def choose(taught: bool = True):
        save_folder(TOYS[request.param](taught=taught), folders.models / "auhead" / "toy")
        return nodes("AUHeadLoad", alm="toy", alm_precision="fp32")[1]

    return choose


def test_a_model_of_the_user_s_own_writes_the_expression(nodes, toy):
    audio, alm = sound(80000), toy()
    au, emotion, description = nodes("AUHeadAudioToAU", audio=audio, alm=alm)
    assert len(au) == 125 and au.spans[0].start == 0 and au.spans[-1].end == 5
    assert emotion == ", ".join(dict.fromkeys(span.emotion for span in au.spans))
    assert (
        description.startswith("5.0 s, 125 frames at 25 fps; toy hears 0.0–") and "Likeliest over all: " in description
    )
    assert len(alm.get_models()) == 1 and alm.patcher is alm.get_models()[0]
    again = nodes("AUHeadAudioToAU", audio=audio, alm=alm)
    assert (again[0].table == au.table).all() and again[1:] == (emotion, description)


def test_what_the_user_chooses_is_not_left_to_the_model(nodes, toy):
    au, emotion, told = nodes("AUHeadAudioToAU", audio=sound(80000), alm=toy(), emotion="sad", level="3")
    assert "toy plays 0.0–5.0 s sad (level 3)" in told and "Likeliest" not in told
    assert emotion == "sad" and {(span.emotion, span.level) for span in au.spans} == {("sad", 3)}


def test_an_emotion_that_is_too_unsure_is_told_as_such(nodes):
    pytest.importorskip("transformers")
    alm = nodes("AUHeadLoad", alm="tiny")[1]
    _, emotion, told = nodes("AUHeadAudioToAU", audio=nodes("AUHeadExample")[1], alm=alm)
    assert emotion == "neutral" and told.endswith("too unsure to be played.")


def test_a_script_needs_no_model(nodes):
    _, alm = nodes("AUHeadLoad", alm="gone")
    assert nodes("AUHeadAudioToAU", audio=sound(8000), alm=alm, emotion_script="0 happy 2")[1] == "happy"


def test_temperature_makes_takes(nodes, toy):
    audio, alm = sound(32000), toy()
    takes = [
        nodes("AUHeadAudioToAU", audio=audio, alm=alm, temperature=t, seed=seed, emotion="happy", blinks=0.0)[2]
        for t, seed in ((1.5, 1), (1.5, 1), (1.5, 2))
    ]
    assert takes[0] == takes[1] != takes[2]


def test_a_model_that_knows_no_au_tokens_names_the_emotion(nodes, toy):
    au, emotion, description = nodes("AUHeadAudioToAU", audio=sound(80000), alm=toy(taught=False))
    assert "It knows no AU tokens" in description and len(au.spans) == 1 and emotion == au.spans[0].emotion


@pytest.mark.parametrize("updates", [1, 7])
def test_cancel_stops_within_a_token(nodes, toy, cancel_after, updates):
    alm = toy()
    alm.opened  # noqa: B018
    with pytest.raises(cancel_after(updates)):
        nodes("AUHeadAudioToAU", audio=sound(80000), alm=alm)


def test_cancel_stops_while_long_speech_is_heard(nodes, cancel_after):
    with pytest.raises(cancel_after(1)):
        nodes("AUHeadAudioToAU", audio=sound(16000 * 25))
