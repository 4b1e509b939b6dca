import numpy as np
import pytest

from auhead_models.alm.expression import in_words, to_expression
from auhead_models.alm.prototype import prototype_values
from auhead_models.au.emotions import EMOTIONS, expression
from auhead_models.au.sequence import Span
from auhead_models.speech import load_audio, to_speech
from auhead_models.speech.features import log_power


@pytest.fixture(scope="module")
def power(speech_path):
    return log_power(to_speech(load_audio(speech_path)), 150).numpy()


def test_the_face_lights_up_faster_than_it_calms_down():
    values = np.zeros((15, 24))
    values[5:10, 11:13] = 0.8
    track = to_expression(values, [Span(0, 3, "neutral", 1)], 75)["lip_corner_raise_left"]
    peak = track.argmax()
    up, down = np.flatnonzero(track > 0.4)[0] - 25, np.flatnonzero(track[peak:] < 0.4)[0] + peak - 50
    assert track.max() > 0.75 and 0 <= up < down


@pytest.mark.parametrize("emotion", [name for name in EMOTIONS if name != "neutral"])
def test_what_tokens_cannot_say_follows_the_emotion(emotion):
    values, extra = expression(emotion, 3)
    sequence = to_expression(np.clip(np.tile(values, (20, 1)), 0, 1), [Span(0, 4, emotion, 3)], 100)
    assert np.allclose(sequence.values[-1], values, atol=0.02) and np.allclose(sequence.extra[-1], extra, atol=0.02)
    calm = to_expression(np.zeros((20, 24)), [Span(0, 4, emotion, 3)], 100)
    assert not calm.table.any()


def test_frames_are_those_of_the_sound():
    for frames in (1, 3, 7, 124):
        sequence = to_expression(np.ones((25, 24)), [Span(0, 5, "happy", 2)], frames)
        assert len(sequence) == frames and sequence.fps == 25


def test_the_chain_of_thought_has_times():
    values = np.zeros((15, 24))
    values[3, 11:13], values[2:10, 11:13] = 0.6, 0.4
    words = in_words(values, [Span(0, 2, "happy", 2), Span(2, 3, "neutral", 1)])
    assert words == (
        "0.0–2.0 s happy (level 2): lip corner raise up to 0.40 at 0.4 s; 2.0–3.0 s neutral (level 1): a calm face"
    )


def test_the_prototype_moves_with_the_voice(power):
    values = prototype_values([Span(0, 6, "happy", 3)], power, 30)
    smile = values[:, 11]
    assert values.shape == (30, 24) and 0.5 < smile[5:].min() < smile.max() - 0.1 <= 0.9
    brows = prototype_values([Span(0, 6, "neutral", 1)], power, 30)
    assert 0.1 < brows[:, 6].max() < 0.3 and not brows[:, 8:].any()


def test_silence_leaves_the_prototype_at_rest():
    values = prototype_values([Span(0, 6, "happy", 3)], np.full((80, 600), -10.0), 30)
    assert values[10:, 11].std() < 0.01 and not prototype_values([], np.full((80, 0), -10.0), 5).any()
