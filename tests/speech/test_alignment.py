import numpy as np
import pytest

pytest.importorskip("pocketsphinx")

from auhead_models.speech import SPEECH_RATE, load_audio, to_speech  # noqa: E402
from auhead_models.speech.alignment import WINDOW, align  # noqa: E402

WORDS = "Had he married a more amiable woman, he might have been made still more respectable than he was. "


@pytest.fixture(scope="module")
def speech(speech_path):
    return load_audio(speech_path)


def test_words_of_long_speech_are_found_window_by_window(speech):
    """Five times the same sentence, nearly without pauses: the same phones at the same times as in one."""
    sentence = to_speech(speech)
    told = []
    phones = align(np.tile(sentence, 5), WORDS * 5, lambda done, total: told.append((done, total)))
    assert len(told) >= 2 and told[-1] == (5 * len(sentence), 5 * len(sentence))
    assert all(0 < after - before <= WINDOW * SPEECH_RATE for (before, _), (after, _) in zip([(0, 0), *told], told))
    one = [phone for phone in align(sentence, WORDS) if phone[2] != "pau"]
    many = [phone for phone in phones if phone[2] != "pau"]
    assert [name for _, _, name in many] == [name for _, _, name in one] * 5
    starts = (
        np.array([start for start, _, _ in many]).reshape(5, -1) - np.arange(5)[:, None] * len(sentence) / SPEECH_RATE
    )
    assert np.abs(starts - [start for start, _, _ in one]).max() <= 0.06


@pytest.mark.parametrize("words", [WORDS * 2, WORDS * 8, "Not a single word of this is said. " * 10])
def test_words_that_are_fewer_more_or_others_than_long_speech_says(speech, words, caplog):
    """They move the lips as far as they are said, or it is told that they do not."""
    phones = align(np.tile(to_speech(speech), 5), words)
    if phones is None:
        assert any("The transcript is not used" in line for line in caplog.messages)
    else:
        assert phones[-1][1] <= 5 * speech.seconds + 0.1
        assert all(start <= end <= after + 1e-6 for (start, end, _), (after, _, _) in zip(phones, phones[1:]))


def test_finding_words_can_be_cancelled(speech):
    def cancel(done, total):
        raise InterruptedError

    with pytest.raises(InterruptedError):
        align(np.tile(to_speech(speech), 5), WORDS * 5, cancel)
