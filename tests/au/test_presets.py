import numpy as np
import pytest

from auhead_models.au.chance import Chance
from auhead_models.au.presets import PRESETS, preset
from auhead_models.errors import AUHeadError


@pytest.mark.parametrize("name", PRESETS)
def test_begins_and_ends_at_the_portrait(name):
    sequence = preset(name, 3, seconds=3.0)
    assert len(sequence) == 75 and sequence.seconds == 3
    assert np.abs(sequence.table[0]).max() < 1e-6 and np.abs(sequence.table[-1]).max() < 1e-6
    assert name == "neutral" or np.abs(sequence.table).max() > 0.02
    assert np.array_equal(sequence.clamp().table, sequence.table)


@pytest.mark.parametrize("name", PRESETS)
@pytest.mark.parametrize("seconds", [0.04, 0.5, 4.0])
def test_a_loop_has_no_seam(name, seconds):
    looped = preset(name, 3, seconds=seconds, loop=True, seed=4).table
    inside = np.abs(np.diff(looped, axis=0)).max(initial=0)
    assert np.abs(looped[0] - looped[-1]).max() <= inside * 1.2 + 1e-6


@pytest.mark.parametrize("name", ["happy", "smirk", "nod", "shake"])
def test_level_is_strength(name):
    peaks = [np.abs(preset(name, level).table).max() for level in (1, 2, 3)]
    assert peaks[0] < peaks[1] < peaks[2]


def test_a_wink_is_one_eye():
    left = preset("wink_left")
    assert left["eye_closure_left"].max() == 1 and not left["eye_closure_right"].any()
    assert np.allclose(left.mirror().table, preset("wink_right").table)


def test_nod_and_shake_move_their_axis():
    nod, shake = preset("nod"), preset("shake")
    assert nod["pitch"].min() < -0.1 and nod["pitch"].max() < 1e-6 and not nod["yaw"].any()
    assert shake["yaw"].max() > 0.1 and shake["yaw"].min() < -0.1 and not shake["pitch"].any()


def test_idle_lives_and_repeats_with_its_seed():
    idle = preset("idle", seconds=20, seed=7)
    blinks = (np.diff((idle["eye_closure_left"] > 0.5).astype(int)) == 1).sum()
    assert 4 <= blinks <= 14
    assert idle["yaw"].std() > 0.003 and np.abs(idle["yaw"]).max() < 0.15 and idle["gaze_x"].std() > 0.01
    assert np.array_equal(idle.table, preset("idle", seconds=20, seed=7).table)
    assert np.array_equal(idle.table, preset("idle", seconds=20, seed=Chance(7)).table)
    assert not np.array_equal(idle.table, preset("idle", seconds=20, seed=8).table)


def test_emotion_presets_carry_their_span():
    (span,) = preset("Sad", 3, seconds=1.5).spans
    assert (span.start, span.end, span.emotion, span.level) == (0, 1.52, "sad", 3)


def test_fades_longer_than_the_clip_share_it():
    short = preset("happy", seconds=0.4, fade_in=1.0, fade_out=1.0)
    assert short["lip_corner_raise_left"].max() > 0.3


@pytest.mark.parametrize(
    "wrong, words",
    [
        ({"name": "moonwalk"}, "not a preset"),
        ({"level": 0}, "level 0"),
        ({"seconds": 0}, "seconds"),
        ({"seconds": float("nan")}, "seconds"),
        ({"fade_in": -1}, "fades"),
        ({"fps": 0}, "frame rate"),
    ],
)
def test_errors(wrong, words):
    with pytest.raises(AUHeadError, match=words):
        preset(**{"name": "idle", **wrong})
