import numpy as np
import pytest
from scipy.signal import resample_poly

from auhead_models.au import AUSequence
from auhead_models.au.emotions import EMOTIONS
from auhead_models.speech import Audio, SpeechOptions, articulate, load_audio, speech_to_au, to_speech
from auhead_models.speech.articulation import closing
from auhead_models.speech.coarticulation import LIPS, MOUTH, TEETH, VISEMES
from auhead_models.speech.compose import compose
from auhead_models.speech.model import Heard

from .sounds import FORMANTS, RATE, mama, vowel


def mouth(samples: np.ndarray, rate: int = RATE):
    audio = Audio(samples, rate)
    return articulate(to_speech(audio), audio.frames)


def spoken(name: str, identifier: str, **voice) -> float:
    """The column at its highest in a vowel said four times."""
    syllable = vowel(name, 0.25, **voice) * np.clip(np.minimum(np.arange(4000), np.arange(4000)[::-1]) / 400, 0, 1)
    samples = np.tile(np.concatenate((np.zeros(3200), syllable)), 4)
    return float(np.percentile(mouth(samples).sequence[identifier], 90))


@pytest.mark.parametrize("voice", [{}, {"pitch": 210.0}])
def test_vowels_differ_as_mouths_do(voice):
    jaw, pucker, stretch = (
        {name: spoken(name, identifier, **voice) for name in FORMANTS}
        for identifier in ("jaw_open", "lip_pucker", "lip_corner_stretch_left")
    )
    assert jaw["a"] > 1.3 * max(jaw["i"], jaw["u"])
    assert jaw["a"] > 0.3
    assert jaw["e"] > jaw["i"]
    assert pucker["u"] > 0.15
    assert pucker["u"] > 1.25 * max(pucker["a"], pucker["i"], pucker["e"])
    assert stretch["i"] > 0.2
    assert stretch["i"] > 1.4 * max(stretch["a"], stretch["u"], stretch["e"])


def test_lips_meet_in_mamama_and_the_jaw_goes_with_them():
    samples, middles = mama()
    performed = mouth(samples)
    lips, jaw = performed.sequence["lips_together"], performed.sequence["jaw_open"]
    time = (np.arange(len(lips)) + 0.5) / 25
    speaking = (time > 0.42) & (time < len(samples) / RATE - 0.55)
    for middle in middles:
        near = np.abs(time + 0.04 - middle) < 0.09
        assert 1 <= (lips[near] >= 0.8).sum() <= 3
        assert jaw[near].min() < 0.5 * jaw[speaking].max()
    between = np.all([np.abs(time + 0.04 - middle) > 0.15 for middle in middles], axis=0) & speaking
    assert lips[between].max() < 0.2
    assert jaw[speaking].max() > 0.3


def test_the_mouth_leads_the_sound():
    quiet = np.zeros(RATE // 2, np.float32)
    performed = mouth(np.concatenate((quiet, vowel("a", 0.6), quiet)))
    jaw = performed.sequence["jaw_open"]
    half = np.flatnonzero(jaw > 0.5 * jaw.max())[0] / 25
    assert 0.4 <= half <= 0.54


def test_hiss_keeps_the_jaw_nearly_closed():
    noise = 0.1 * np.random.default_rng(0).standard_normal(RATE).astype(np.float32)
    sharp = np.diff(noise, n=2, prepend=[0, 0])
    samples = np.concatenate((vowel("a", 0.5), sharp[: RATE // 4], vowel("a", 0.5)))
    jaw = mouth(samples).sequence["jaw_open"]
    assert jaw[14:17].max() < 0.5 * jaw[4:10].max()


def test_silence_rests():
    performed = mouth(np.zeros(RATE * 2, np.float32))
    assert not performed.sequence.table.any()
    assert performed.envelope.max() < 0.01
    hum = 1e-5 * np.random.default_rng(0).standard_normal(RATE * 2).astype(np.float32)
    assert mouth(hum).sequence["jaw_open"].max() < 0.05


def test_pauses_close_the_mouth_and_then_relax():
    performed = mouth(np.concatenate((vowel("a", 1.0), np.zeros(RATE * 3, np.float32))))
    jaw, lips = performed.sequence["jaw_open"], performed.sequence["lips_together"]
    assert jaw[35:].max() < 0.02
    assert 0.2 < lips[28:40].max() <= 0.6
    assert lips[-1] < 0.1
    assert performed.envelope[10] > 0.9
    assert performed.envelope[-1] < 0.01


def test_real_speech_moves_in_syllables_and_does_not_flap(speech):
    jaw = mouth(speech.samples[0]).sequence["jaw_open"]
    power = np.abs(np.fft.rfft(jaw - jaw.mean())) ** 2
    rate = np.fft.rfftfreq(len(jaw), 1 / 25)
    assert power[rate > 7].sum() < 0.03 * power.sum()
    assert 0.35 < jaw.max() < 0.7
    peaks = np.flatnonzero((jaw[1:-1] > jaw[:-2]) & (jaw[1:-1] >= jaw[2:]) & (jaw[1:-1] > 0.15))
    assert 2 < len(peaks) / (len(jaw) / 25) < 6  # openings a second


def test_bilabials_of_real_speech_close(speech):
    """Middles of /m b p/ in the bundled recording, found by forced alignment."""
    lips = mouth(speech.samples[0]).sequence["lips_together"]
    middles = [0.52, 1.02, 1.59, 1.79, 2.20, 2.71, 3.16, 3.34, 4.03, 4.45, 4.75]
    near = [lips[max(0, round((middle - 0.04) * 25) - 3) : round((middle - 0.04) * 25) + 3].max() for middle in middles]
    assert sum(peak >= 0.8 for peak in near) >= 9


def closed_runs(lips: np.ndarray) -> np.ndarray:
    """(first, after the last) frame of each time the lips are shut."""
    return np.flatnonzero(np.diff(np.concatenate(([0], lips >= 0.6, [0])).astype(int))).reshape(-1, 2)


def test_closures_of_real_speech_leave_vowels_between_them(speech):
    runs = closed_runs(speech_to_au(speech)["lips_together"])
    assert 9 <= len(runs) <= 13
    assert (runs[1:, 0] - runs[:-1, 1]).min() >= 3
    assert 2 <= np.diff(runs).min() and np.diff(runs).max() <= 3  # 80 to 120 ms


@pytest.mark.parametrize("emotion", ["neutral", "surprised"])
def test_the_mouth_takes_several_frames_to_open(speech, emotion):
    performed = speech_to_au(speech, SpeechOptions(emotion=emotion, level=3))
    opening = performed["jaw_open"] * (1 - performed["lips_together"])
    for track in (opening, performed["lip_pucker"], performed["lip_corner_stretch_left"]):
        assert np.abs(np.diff(track)).max() <= 0.2501
    assert opening.max() > 0.4


def test_w_is_rounded_and_not_closed(speech):
    """ "woman" at 1.9 s in the bundled recording, between two closures."""
    performed = speech_to_au(speech)
    assert performed["lips_together"][47:52].max() < 0.1
    assert performed["lip_pucker"][46:52].max() > 0.4


@pytest.mark.parametrize("period", [0.1, 0.13])
def test_crowded_closures_do_not_flutter(period):
    samples, _ = mama(8, period, 0.04)
    runs = closed_runs(mouth(samples).sequence["lips_together"])
    assert len(runs) >= 2
    assert (runs[1:, 0] - runs[:-1, 1]).min() >= 3


@pytest.mark.parametrize("seed", range(5))
def test_closures_are_shut_for_two_or_three_frames_and_apart(seed):
    rng = np.random.default_rng(seed)
    touch = np.clip(np.convolve(rng.standard_normal(400), np.hanning(5), "same") * 0.4, 0, 1)
    runs = closed_runs(closing(touch, np.zeros(400, bool)))
    assert len(runs) > 10
    assert set(np.diff(runs[1:-1]).ravel()) <= {2, 3}
    assert (runs[1:, 0] - runs[:-1, 1]).min() >= 3
    assert not closing(np.full(50, 0.3), np.zeros(50, bool)).any()


@pytest.mark.parametrize("strength", [0.3, 2.0])
def test_lips_meet_in_lazy_and_in_lively_mouths(speech, strength):
    usual = speech_to_au(speech)
    changed = speech_to_au(speech, SpeechOptions(articulation=strength))
    assert np.allclose(changed["lips_together"], usual["lips_together"], atol=1e-6)
    assert changed["jaw_open"].max() != pytest.approx(usual["jaw_open"].max(), rel=0.2)


def test_the_less_sure_of_two_near_closures_gives_way():
    """ "amiable": /m/ and /b/ with three frames of vowels between them."""
    touch = np.zeros(20)
    touch[5:14] = 0.63, 0.9, 0.97, 0.86, 0.2, 0.92, 0.98, 0.99, 0.61
    free = np.zeros(20, bool)
    assert closed_runs(closing(touch, free)).tolist() == [[5, 7], [10, 13]]
    touch[9] = 0.9  # one long hum
    assert closed_runs(closing(touch, free)).tolist() == [[10, 13]]


@pytest.mark.parametrize("turned", [False, True])
def test_a_v_beside_a_b_shows_the_teeth(turned):
    """ "have been", and "obvious": what the model hears of it in a synthetic voice, at 40 to 200 ms."""
    frames = 20
    visemes, units = np.zeros((frames, len(VISEMES)), np.float32), np.zeros((frames, len(MOUTH)), np.float32)
    visemes[:, VISEMES.index("aa")] = 1
    units[8:13, LIPS] = 0.02, 0.95, 0.98, 0.96, 0.55
    units[7:13, TEETH] = 0.12, 0.29, 0.57, 0.49, 0.13, 0.08
    if turned:
        units = units[::-1].copy()
    nothing = np.zeros((frames, 8), np.float32)
    sound = vowel("a", frames / 25)
    performed = articulate(sound, frames, heard=Heard(nothing, visemes, units, nothing, nothing))
    still = AUSequence.zeros(frames)
    finished = compose(still, performed, still, still, still)
    lips, shown = finished["lips_together"], finished["lower_lip_suck"] * (1 - finished["lips_together"])
    v, b = ([10, 9], slice(7, 9)) if turned else ([9, 10], slice(11, 13))
    assert lips[b].min() == 1.0
    assert shown[v].max() > 0.25


def test_a_closure_that_is_all_at_the_teeth_is_kept():
    touch = np.zeros(12)
    touch[4:8] = 0.8, 0.9, 0.9, 0.8
    assert np.diff(closed_runs(closing(touch, np.ones(12, bool)))).tolist() == [[2]]


@pytest.mark.parametrize("emotion", EMOTIONS)
def test_no_emotion_opens_a_closure(speech, emotion):
    calm = speech_to_au(speech, SpeechOptions())
    felt = speech_to_au(speech, SpeechOptions(emotion=emotion, level=3))
    closed = calm["lips_together"] >= 0.99
    assert closed.sum() > 15
    assert felt["lips_together"][closed].min() >= 0.99
    assert felt["upper_lip_raise"][closed].max() < 0.01
    assert felt["lower_lip_depress"][closed].max() < 0.01


def test_known_words_move_the_lips(speech):
    pytest.importorskip("pocketsphinx")
    words = "Had he married a more amiable woman, he might have been made still more respectable than he was."
    audio = Audio(speech.samples, speech.sample_rate)
    performed = articulate(to_speech(audio), audio.frames, transcript=words)
    assert len(closed_runs(performed.sequence["lips_together"])) >= 10
    by_ear = articulate(to_speech(audio), audio.frames)
    assert np.corrcoef(performed.sequence["jaw_open"], by_ear.sequence["jaw_open"])[0, 1] > 0.6


@pytest.mark.parametrize(
    "words", ["xyzzyq is no word", "…", "一二三", "He had 25 apples", "Had he", "Not a single word of this is said."]
)
def test_words_that_are_not_known_or_not_said_are_told_and_left_out(speech, caplog, words):
    audio = Audio(speech.samples, speech.sample_rate)
    performed = articulate(to_speech(audio), audio.frames, transcript=words)
    assert any("The transcript is not used" in line for line in caplog.messages)
    usual = articulate(to_speech(audio), audio.frames)
    assert np.array_equal(performed.sequence.table, usual.sequence.table)


def test_noise_and_hum_are_not_spoken():
    rng = np.random.default_rng(0)
    time = np.arange(3 * RATE) / RATE
    for sound in (0.1 * rng.standard_normal(len(time)), 0.1 * np.sin(2 * np.pi * 50 * time)):
        performed = mouth(sound.astype(np.float32)).sequence
        assert performed["jaw_open"].mean() < 0.1
        assert (performed["lips_together"] > 0.9).mean() < 0.1


@pytest.fixture(scope="module")
def speech():
    from auhead_models import speech as package

    return load_audio(f"{package.__path__[0]}/../assets/speech.wav")


def test_loud_and_quiet_are_the_same_mouth(speech):
    usual = mouth(speech.samples[0]).sequence.table
    for factor in (0.02, 5.0):
        assert np.abs(mouth(speech.samples[0] * factor).sequence.table - usual).max() < 0.02


def test_noise_below_the_voice_changes_little(speech):
    samples = speech.samples[0]
    noise = np.random.default_rng(0).standard_normal(len(samples)) * np.sqrt(np.mean(samples**2)) * 10 ** (-25 / 20)
    usual, noisy = (mouth(x).sequence["jaw_open"] for x in (samples, samples + noise.astype(np.float32)))
    assert np.corrcoef(usual, noisy)[0, 1] > 0.85


@pytest.mark.parametrize("rate", [8000, 22050, 44100, 96000])
def test_other_rates_give_the_same_frames_and_jaw(speech, rate):
    other = resample_poly(speech.samples[0], rate, RATE).astype(np.float32)
    usual, jaw = mouth(speech.samples[0]).sequence["jaw_open"], mouth(other, rate).sequence["jaw_open"]
    assert len(jaw) == -(-len(other) * 25 // rate)
    assert np.corrcoef(usual, jaw[: len(usual)])[0, 1] > (0.9 if rate == 8000 else 0.99)


@pytest.mark.parametrize("samples", [1, 3, 200, 639, 641])
def test_sounds_shorter_than_a_window(samples):
    audio = Audio(np.full(samples, 0.1), 16000)
    assert len(speech_to_au(audio, SpeechOptions(), 0)) == audio.frames
