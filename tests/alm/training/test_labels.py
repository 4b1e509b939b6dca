import numpy as np

from auhead_models.alm.codec import Utterance, decode, encode
from auhead_models.alm.training.labels import DEAD_ZONE, above_neutral, at_five, neutral_of, read_units, steady
from auhead_models.au import AUSequence
from auhead_models.au.space import UNIT_INDEX

JAW, LEFT_EYE = UNIT_INDEX["jaw_open"], UNIT_INDEX["eye_closure_left"]


def performance(frames, fps=25.0, **columns):
    return AUSequence.zeros(frames, fps).with_columns(columns)


def test_blinks_go_and_a_squint_stays():
    lids = np.full(100, 0.3)
    lids[20:26] = 1.0  # a blink of 240 ms
    lids[60:] = 0.7
    units = read_units(performance(100, eye_closure_left=lids))
    assert np.abs(units[10:40, LEFT_EYE] - 0.3).max() < 0.01
    assert np.abs(units[66:, LEFT_EYE] - 0.7).max() < 0.01


def test_noise_goes_and_motion_stays():
    time = np.arange(200) / 25
    motion = 0.4 + 0.3 * np.sin(2 * np.pi * 1.0 * time)
    noise = 0.05 * np.random.default_rng(0).standard_normal(200)
    units = read_units(performance(200, jaw_open=motion + noise))[:, JAW]
    assert np.abs(units - motion).std() < 0.7 * noise.std()
    assert units.std() > 0.95 * motion.std()


def test_what_is_faster_than_five_frames_do_not_fold_back():
    """5 Hz seen at 5 frames per second would stand still at a wrong value if frames were picked."""
    shaking = 0.5 + 0.4 * np.cos(2 * np.pi * 5.0 * np.arange(250) / 25)
    values = at_five(read_units(performance(250, jaw_open=shaking)), 50)[:, JAW]
    assert np.abs(values - 0.5).max() < 0.03 and abs(shaking[::5].mean() - 0.9) < 0.01


def test_a_track_at_five_frames_stays_what_it_was():
    values = np.random.default_rng(0).uniform(0, 1, (12, 24)).astype(np.float32)
    values[:, [UNIT_INDEX["eye_closure_left"], UNIT_INDEX["eye_closure_right"]]] = 0.2
    units = read_units(AUSequence.zeros(12, 5.0).with_columns(dict(zip(UNIT_INDEX, values.T))))
    assert np.abs(at_five(units, 12) - values).max() < 1e-6


def test_frames_are_as_many_as_the_sound_has():
    units = np.linspace(0, 1, 23, dtype=np.float32)[:, None].repeat(24, 1)
    assert at_five(units, 5).shape == (5, 24) and np.allclose(at_five(units, 6)[-1], 1.0)
    assert at_five(units, 2).shape == (2, 24)


def test_the_neutral_face_of_a_person():
    calm, frowning = np.full((50, 24), 0.1, np.float32), np.full((50, 24), 0.6, np.float32)
    calm[:25, JAW] = 0.5  # speaks
    assert np.allclose(neutral_of([calm, frowning], ["neutral", "angry"]), 0.1)
    assert np.allclose(neutral_of([frowning, calm], ["angry", "sad"])[0], 0.1)
    assert not neutral_of([frowning, frowning], ["angry", "angry"]).any()


def test_what_is_weak_or_below_neutral_is_nothing():
    units = np.array([[0.05, 0.2, 0.5]])
    above = above_neutral(units, np.array([0.2, 0.2 - DEAD_ZONE / 2, 0.2]))
    assert np.allclose(above, [[0, 0, 0.3]])


def test_noise_between_two_steps_is_not_written():
    """A slow face read with noise of 0.02: fewer tokens, and nearer to the face."""
    rng = np.random.default_rng(0)
    time = np.arange(200)[:, None] / 5
    face = 0.5 + 0.3 * np.sin(2 * np.pi * (0.05 * time + rng.uniform(0, 1, 24)))
    read = face + 0.02 * rng.standard_normal(face.shape)
    plain, steadied = (encode(Utterance("sad", 2, values)) for values in (read, steady(read)))
    assert len(steadied) < 0.8 * len(plain)
    errors = [np.abs(decode(tokens).values - face).mean() for tokens in (plain, steadied)]
    assert errors[1] < errors[0]
    assert np.abs(decode(steadied).values - read).max() <= 0.0375 + 1e-6


def test_a_step_stays_until_the_face_has_left_it_and_is_the_nearest_at_a_key():
    values = np.zeros((12, 24))
    values[:, JAW] = [0.5, 0.53, 0.49, 0.53, 0.54, 0.53, 0.3, 0.0, 0.0, 0.53, 0.53, 0.5]
    found = steady(values)
    wanted = [0.5, 0.5, 0.5, 0.5, 0.55, 0.55, 0.3, 0.0, 0.0, 0.55, 0.55, 0.5]
    assert np.allclose(found[:, JAW], wanted)
    assert np.abs(decode(encode(Utterance("sad", 2, found))).values - found).max() < 1e-6
