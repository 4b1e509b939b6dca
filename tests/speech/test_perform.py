import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from auhead_models import speech as package
from auhead_models.au import Span, frame_count
from auhead_models.au.space import COLUMN_INDEX, column_mask
from auhead_models.errors import AUHeadError
from auhead_models.speech import Audio, SpeechOptions, load_audio, speech_to_au

LIDS = column_mask(("eye_closure_left", "eye_closure_right"))
MOUTH = column_mask(("mouth", "jaw"))


@pytest.fixture(scope="module")
def speech() -> Audio:
    return load_audio(Path(package.__path__[0]).parent / "assets" / "speech.wav")


@pytest.fixture(scope="module")
def long_speech(speech) -> Audio:
    return Audio(np.tile(speech.samples, (1, 10)), speech.sample_rate)


def silence(seconds: float) -> Audio:
    return Audio(np.zeros(round(16000 * seconds)), 16000)


@pytest.mark.parametrize(
    ("samples", "rate"), [(11025, 11025), (44101, 44100), (1, 8000), (99999, 96000), (22051, 22050)]
)
def test_frames_are_counted_from_the_sound_as_given(samples, rate):
    performed = speech_to_au(Audio(np.zeros(samples), rate))
    assert len(performed) == frame_count(samples, rate) == -(-samples * 25 // rate)
    assert performed.fps == 25.0


def test_same_seed_same_performance(speech):
    first, again = speech_to_au(speech, SpeechOptions(), 7), speech_to_au(speech, SpeechOptions(), 7)
    assert np.array_equal(first.table, again.table)
    other = speech_to_au(speech, SpeechOptions(), 8)
    assert not np.allclose(first.pose, other.pose)
    assert np.array_equal(first["jaw_open"], other["jaw_open"])  # the mouth follows the sound alone
    for seed in (-1, 2**64 - 1):
        speech_to_au(silence(1), SpeechOptions(), seed)


@pytest.mark.parametrize("layer", ["articulation", "blinks", "gaze", "head_motion", "expression"])
def test_a_layer_changes_only_its_own_columns(speech, layer):
    own = {
        "articulation": ("mouth", "jaw"),
        "blinks": ("eyes",),
        "gaze": ("gaze",),
        "head_motion": ("pose", "gaze"),  # the eyes turn against the head
        "expression": ("eyes", "brows", "mouth", "jaw", "cheeks", "nose"),
    }[layer]
    options = SpeechOptions(emotion="happy")
    usual = speech_to_au(speech, options, 3).table
    for strength in (0.0, 0.5, 2.0):
        changed = speech_to_au(speech, replace(options, **{layer: strength}), 3).table
        assert np.array_equal(changed[:, ~column_mask(own)], usual[:, ~column_mask(own)])
        assert strength > 0 or not np.array_equal(changed, usual)


def test_strength_0_takes_a_layer_away(speech):
    off = dict.fromkeys(("expression", "articulation", "blinks", "gaze", "head_motion"), 0.0)
    assert not speech_to_au(speech, SpeechOptions(emotion="angry", **off), 0).table.any()
    for layer, columns in (("articulation", MOUTH), ("blinks", LIDS), ("head_motion", column_mask("pose"))):
        options = SpeechOptions(**{layer: 0.0})
        assert not speech_to_au(speech, options, 0).table[:, columns].any()
    still = speech_to_au(speech, SpeechOptions(gaze=0.0), 0)
    assert not still["gaze_x"].any()


def test_silence_closes_the_mouth_but_is_alive():
    performed = speech_to_au(silence(20), SpeechOptions(), 0)
    assert not performed.table[:, MOUTH].any()
    assert performed["eye_closure_left"].max() > 0.9
    for name, least in (("yaw", 0.004), ("pitch", 0.003), ("gaze_x", 0.02)):
        assert np.ptp(performed[name]) > least


def test_head_starts_at_the_portrait_and_stays_near(long_speech):
    pose = np.stack([speech_to_au(long_speech, SpeechOptions(), seed).pose for seed in range(4)])
    assert np.abs(pose[:, 0]).max() < 1e-3
    yaw, pitch, roll = np.degrees(np.abs(pose[..., :3]).max(axis=(0, 1)))
    assert 2 < yaw <= 4
    assert 1.2 < pitch <= 3
    assert 0.7 < roll <= 2
    speed = np.degrees(np.abs(np.diff(pose[..., :3], axis=1)).max()) * 25
    assert speed < 25  # degrees per second


def test_blinks_come_at_the_pace_of_conversation(long_speech):
    counts = []
    for seed in range(8):
        performed = speech_to_au(long_speech, SpeechOptions(), seed)
        lid = performed["eye_closure_left"]
        closed = lid > 0.5
        starts = np.flatnonzero(closed[1:] & ~closed[:-1])
        counts.append(len(starts) / (len(lid) / 25 / 60))
        lengths = [np.flatnonzero(~closed[start + 1 :])[0] for start in starts]
        assert all(2 <= length <= 6 for length in lengths)  # 80 to 240 ms more than half closed
        for eye in (lid, performed["eye_closure_right"]):
            assert min(eye[start : start + 7].max() for start in starts) >= 0.97  # wherever it falls between frames
        assert lid[-1] < 0.05
        assert 0 < np.abs(lid - performed["eye_closure_right"]).max() < 0.3
    assert 15 < np.mean(counts) < 35


def test_surprise_blinks_less(long_speech):
    def count(emotion):
        lids = (speech_to_au(long_speech, SpeechOptions(emotion=emotion), seed).table[:, LIDS] for seed in range(4))
        return sum(int((np.diff((lid[:, 0] > 0.75).astype(int)) > 0).sum()) for lid in lids)

    assert count("surprised") < 0.9 * count("neutral")


def test_more_blinks_keep_those_that_were_there(long_speech):
    def starts(strength):
        lid = speech_to_au(long_speech, SpeechOptions(blinks=strength), 1)["eye_closure_left"]
        return set(np.flatnonzero((lid[1:] > 0.5) & (lid[:-1] <= 0.5)))

    assert starts(0.5) < starts(1.0) < starts(2.0)


def test_blinks_like_the_ends_of_phrases(long_speech):
    near = total = 0
    for seed in range(6):
        lid = speech_to_au(long_speech, SpeechOptions(), seed)["eye_closure_left"]
        for start in np.flatnonzero((lid[1:] > 0.5) & (lid[:-1] <= 0.5)) / 25:
            near += abs((start % 5.99) - 5.8) < 0.3
            total += 1
    assert near / total > 1.7 * 0.6 / 5.99  # well above what chance gives


def test_a_smile_stays_while_speaking_and_the_lips_still_meet(speech):
    happy = speech_to_au(speech, SpeechOptions(emotion="happy"), 0)
    assert np.median(happy["lip_corner_raise_left"][20:]) > 0.4
    lips = happy["lips_together"]
    closed = lips > 0.95
    assert closed.sum() > 10
    assert happy["lower_lip_depress"][closed].max() < 0.02
    assert happy["upper_lip_raise"][closed].max() < 0.02
    surprised = speech_to_au(speech, SpeechOptions(emotion="surprised", level=3), 0)
    assert surprised["jaw_open"][closed].mean() < 0.5 * surprised["jaw_open"].max()


def test_emotions_over_time(speech):
    spans = (Span(0.0, 2.0, "happy", 2), Span(3.0, 6.0, "sad", 3))
    performed = speech_to_au(speech, SpeechOptions(emotion="angry", spans=spans), 0)
    assert [(span.emotion, span.start) for span in performed.spans] == [("happy", 0.0), ("sad", 3.0)]
    assert performed["lip_corner_raise_left"][30] > 0.3
    assert performed["lip_corner_down_left"][120] > 0.3
    assert performed["brow_lower_left"][30] < 0.1


def test_left_and_right_differ_a_little(speech):
    happy = speech_to_au(speech, SpeechOptions(emotion="happy"), 5)
    left, right = happy["cheek_raise_left"][50], happy["cheek_raise_right"][50]
    assert 0 < abs(left - right) < 0.17 * max(left, right)


def test_stress_raises_the_brows_a_little(long_speech):
    brows = speech_to_au(long_speech, SpeechOptions(), 0)["brow_raise_left"]
    assert 0.1 < brows.max() < 0.3
    assert np.mean(brows > 0.05) < 0.5


def test_everything_is_in_range(speech):
    strong = dict.fromkeys(("expression", "articulation", "blinks", "gaze", "head_motion"), 2.0)
    table = speech_to_au(speech, SpeechOptions(emotion="surprised", level=3, **strong), 0).table
    assert np.isfinite(table).all()
    assert np.abs(table[:, : COLUMN_INDEX["yaw"]]).max() <= 1
    assert table[:, COLUMN_INDEX["lips_together"]].min() >= 0


@pytest.mark.parametrize(
    "wrong",
    [{"emotion": "hungry"}, {"level": 4}, {"blinks": -0.1}, {"gaze": 2.5}, {"articulation": math.nan}],
)
def test_options_that_mean_nothing(wrong):
    with pytest.raises(AUHeadError):
        SpeechOptions(**wrong)


@pytest.mark.parametrize(
    ("samples", "silent"),
    [
        (np.zeros((2, 32000)), True),
        (np.full((1, 32000), 0.2), True),  # a microphone that is switched off may leave a constant
        (np.random.default_rng(0).integers(-1, 2, (1, 32000)) / 32768, True),
        (np.full((1, 100), np.nan), True),
        (0.003 * np.random.default_rng(0).standard_normal((1, 32000)), False),
    ],
    ids=["zeros", "constant", "dither", "no numbers", "whisper"],
)
def test_a_silent_recording_is_told_in_the_log(caplog, samples, silent):
    speech_to_au(Audio(samples, 16000), SpeechOptions(), 0)
    assert any("The recording is silent, so the lips do not move" in line for line in caplog.messages) == silent


@pytest.mark.parametrize("channels", [2, 6])
def test_nan_channels_and_strange_rates_are_performed(speech, channels):
    samples = np.repeat(speech.samples, channels, axis=0)
    samples[0, ::1000] = np.nan
    performed = speech_to_au(Audio(samples, 16000), SpeechOptions(), 0)
    assert performed["jaw_open"].max() > 0.3


def test_ten_minutes_are_performed(speech):
    audio = Audio(np.tile(speech.samples, (1, 100)), 16000)
    performed = speech_to_au(audio, SpeechOptions(), 0)
    assert len(performed) == audio.frames
