import numpy as np
import pytest
import torch

from auhead_models.errors import AUHeadError
from auhead_models.hearing import FEATURES, hear, rows_of_frames
from auhead_models.speech import Audio, load_audio
from auhead_models.speech.audio import to_speech
from auhead_models.speech.features import log_mel

NAME = "log-mel"


@pytest.fixture(scope="module")
def audio(speech_path):
    return load_audio(speech_path)


def test_a_row_for_each_frame_holds_its_own_moment(audio):
    heard = hear(NAME, audio, 20)
    assert heard.shape == (20, FEATURES[NAME][0])
    columns = log_mel(to_speech(audio), 20)
    assert torch.equal(heard[7].unflatten(0, (4, 80)).T, columns[:, 28:32])


@pytest.mark.parametrize(("frames", "fps", "rows"), [(40, 50.0, 20), (10, 12.5, 19), (121, 24.0, 126), (1, 5.0, 1)])
def test_frames_at_another_rate_are_heard_at_the_usual_one(audio, frames, fps, rows):
    assert torch.equal(hear(NAME, audio, frames, fps), hear(NAME, audio, rows))


def test_each_frame_begins_in_a_row():
    assert rows_of_frames(4, 50.0).tolist() == [0, 0, 1, 1] and rows_of_frames(4, 12.5).tolist() == [0, 2, 4, 6]
    assert rows_of_frames(121, 24.0)[::24].tolist() == [0, 25, 50, 75, 100, 125]  # both begin one with every second


def test_a_sound_may_be_shorter_or_longer_than_the_video():
    ringing = np.sin(np.arange(16000) * 0.3).astype(np.float32)
    heard = hear(NAME, Audio(ringing, 16000), 50)
    assert heard.shape[0] == 50 and float(heard[30:].max()) < float(heard[:20].max(1).values.min())
    assert hear(NAME, Audio(ringing, 16000), 1).shape[0] == 1


def test_models_that_do_not_listen_are_given_nothing(audio, caplog):
    assert hear(None, audio, 3) is None and not caplog.text
    assert hear(NAME, None, 3) is None and "as in silence" in caplog.text


def test_features_of_a_later_version_are_told(audio):
    with pytest.raises(AUHeadError, match='listens to "thoughts", .*update AUHead'):
        hear("thoughts", audio, 3)
