import numpy as np
import pytest

from auhead_models.alm.chunks import cut, frames_of, join
from auhead_models.alm.codec import Change, Utterance

RATE = 16000


def voice(seconds: float, pauses: tuple[float, ...] = ()) -> np.ndarray:
    """Noise with half a second of rest around each of the moments."""
    speech = np.random.default_rng(0).normal(0, 0.1, round(seconds * RATE)).astype(np.float32)
    for pause in pauses:
        speech[round((pause - 0.25) * RATE) : round((pause + 0.25) * RATE)] *= 1e-3
    return speech


@pytest.mark.parametrize("samples, frames", [(0, 1), (1, 1), (3200, 1), (3201, 2), (448000, 140)])
def test_frames_are_counted_up(samples, frames):
    assert frames_of(np.zeros(samples, np.float32)) == frames


def test_what_fits_into_a_window_stays_whole():
    assert cut(voice(28), 28) == [slice(0, 28 * RATE)] and cut(voice(0.1), 28) == [slice(0, 1600)]


def test_long_speech_is_cut_where_the_voice_rests():
    parts = cut(voice(60, (21, 44)), 28)
    assert [part.start / RATE for part in parts] == [0, pytest.approx(21, abs=0.2), pytest.approx(44, abs=0.2)]


@pytest.mark.parametrize("seconds, window", [(600, 28), (29, 28), (28.3, 28), (61.7, 10), (10.01, 10), (33, 8)])
def test_parts_follow_each_other_and_none_is_too_long(seconds, window):
    speech = voice(seconds)
    parts = cut(speech, window)
    assert parts[0].start == 0 and parts[-1].stop == len(speech)
    assert all(before.stop == after.start for before, after in zip(parts, parts[1:]))
    assert all(0 < part.stop - part.start <= window * RATE and part.start % 3200 == 0 for part in parts)


@pytest.mark.parametrize("window", [28, 10, 8])
@pytest.mark.parametrize("pause", [0.3, 0.6, 0.9, 1.5])
def test_no_piece_is_shorter_than_a_second(window, pause):
    """However near to the end the voice rests, or the window ends."""
    for seconds in (window + 0.1, window + 0.4, window + 1.3, 2 * window + 0.2, 3.5 * window):
        parts = cut(voice(seconds, (seconds - pause,)), window)
        assert len(parts) > 1
        assert min(part.stop - part.start for part in parts) >= 0.8 * RATE
        assert max(part.stop - part.start for part in parts) <= window * RATE


def test_a_joint_does_not_jump():
    before, after = np.zeros((20, 24)), np.zeros((15, 24))
    before[:, 8], after[:, 8] = 0.2, 0.8
    values, spans = join([Utterance("happy", 2, before), Utterance("happy", 2, after)])
    assert len(values) == 35 and np.abs(np.diff(values[:, 8])).max() < 0.15
    assert values[0, 8] == pytest.approx(0.2) and values[-1, 8] == pytest.approx(0.8)
    assert [(span.start, span.end) for span in spans] == [(0, 7)]


def test_an_expression_that_goes_on_is_not_dropped_at_a_joint():
    part = np.zeros((20, 24))
    part[:, 11] = np.clip(np.arange(20) / 3, 0, 0.9)  # every piece begins at rest
    values, _ = join([Utterance("happy", 3, part)] * 3)
    assert values[3:, 11].min() > 0.65 and values[:, 11].max() <= 0.9


def test_a_piece_shorter_than_the_fade():
    values, _ = join([Utterance("happy", 3, np.full((7, 24), level)) for level in (0.8, 0.2, 0.8)])
    short, _ = join([Utterance("happy", 3, np.full((n, 24), level)) for n, level in ((7, 0.8), (1, 0.2), (7, 0.8))])
    assert len(values) == 21 and len(short) == 15
    assert np.allclose(short, 0.8)


def test_emotions_of_the_parts_become_spans_of_the_whole():
    first = Utterance("happy", 2, np.zeros((20, 24)), (Change(10, "sad", 1),))
    _, spans = join([first, Utterance("sad", 1, np.zeros((5, 24))), Utterance("angry", 1, np.zeros((5, 24)))])
    assert [(s.start, s.end, s.emotion) for s in spans] == [(0, 2, "happy"), (2, 5, "sad"), (5, 6, "angry")]
