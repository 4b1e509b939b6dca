import numpy as np
import pytest

from auhead_models.speech.coarticulation import JAW, LIPS, MOUTH, VISEMES, mouth_track, viseme_track


def said(words: str, each: float = 0.1) -> tuple[np.ndarray, list[tuple[float, float, str]]]:
    """The mouth [T, 10] of phones of the same length, and the phones."""
    phones = [(k * each, (k + 1) * each, phone) for k, phone in enumerate(words.split())]
    return mouth_track(phones, round(len(phones) * each * 25)), phones


def during(track: np.ndarray, phones, index: int) -> np.ndarray:
    """Frames that show the middle third of a phone, 40 ms ahead of the sound."""
    start, end, _ = phones[index]
    time = (np.arange(len(track)) + 0.5) / 25 + 0.04
    near = np.abs(time - (start + end) / 2) <= max((end - start) / 6, 0.02)
    return track[near]


@pytest.mark.parametrize("lips", ["p", "b", "m"])
@pytest.mark.parametrize("length", [0.04, 0.06, 0.1])
def test_lips_that_close_are_never_averaged_away(lips, length):
    mouth, phones = said(f"pau aa {lips} aa pau", length)
    assert mouth[:, LIPS].max() == 1.0
    assert during(mouth, phones, 2)[:, JAW].min() < 0.35
    assert mouth[-1, LIPS] < 0.1


def test_the_lower_lip_touches_the_teeth_and_no_lip_the_other():
    mouth, phones = said("pau aa f iy pau")
    assert during(mouth, phones, 2)[:, MOUTH.index("lower_lip_suck")].max() > 0.35
    assert mouth[:, LIPS].max() == 0


@pytest.mark.parametrize(("tongue", "least"), [("th", 0.2), ("dh", 0.2), ("l", 0.1), ("d", 0.05)])
def test_the_tongue_shows(tongue, least):
    mouth, phones = said(f"pau aa {tongue} aa pau")
    assert during(mouth, phones, 2)[:, MOUTH.index("tongue_out")].max() > least
    assert during(mouth, phones, 1)[:, MOUTH.index("tongue_out")].max() < least


def test_a_weak_sound_takes_on_its_neighbours():
    pucker = MOUTH.index("lip_pucker")
    rounded, phones = said("pau uw t uw pau")
    spread, _ = said("pau iy t iy pau")
    assert during(rounded, phones, 2)[:, pucker].min() > 0.4
    assert during(spread, phones, 2)[:, pucker].max() < 0.1


def test_an_s_keeps_the_jaw_up_between_open_vowels():
    mouth, phones = said("pau aa s aa pau")
    assert during(mouth, phones, 2)[:, JAW].max() < 0.5 * during(mouth, phones, 1)[:, JAW].max()


def test_a_schwa_is_smaller_than_a_vowel():
    vowel, phones = said("pau t aa t pau")
    schwa, _ = said("pau t ax t pau")
    assert during(schwa, phones, 2)[:, JAW].max() < 0.6 * during(vowel, phones, 2)[:, JAW].max()


def test_a_diphthong_is_two_shapes():
    mouth, phones = said("pau k ay k pau", 0.2)
    visemes = [VISEMES[k] for k in viseme_track(phones, len(mouth))]
    assert "aa" in visemes and "ih" in visemes
    jaw = mouth[10:14, JAW]
    assert jaw[0] > 1.4 * jaw[-1]


def test_the_mouth_is_ahead_of_the_sound():
    mouth, _ = said("pau aa pau", 0.4)
    opening = np.flatnonzero(mouth[:, JAW] > 0.5 * mouth[:, JAW].max())[0] / 25
    assert 0.3 < opening < 0.4


def test_without_phones_the_mouth_rests():
    assert not mouth_track([], 25).any()
    assert not viseme_track([], 25).any()
