import numpy as np
import pytest

from auhead_models.au import AUSequence
from auhead_models.au.blink_rate import find_blinks, with_blink_rate
from auhead_models.au.chance import chance
from auhead_models.au.presets import preset

IDLE = preset("idle", seconds=60, seed=3)
COUNT = len(find_blinks(IDLE))


def closures(sequence):
    """Upward crossings of half closure, a count that knows nothing of the search."""
    return int((np.diff((sequence["eye_closure_left"] > 0.5).astype(int)) == 1).sum())


def test_blinks_are_found_and_winks_and_looks_are_not():
    assert COUNT == closures(IDLE) > 15
    assert not find_blinks(preset("wink_left")) and not find_blinks(preset("sleepy", 3, 5))
    half_closed = AUSequence.zeros(100).with_columns({"eye_closure_left": 0.4, "eye_closure_right": 0.4})
    blinking = half_closed.mix(preset("blink", seconds=0.4), mode="max", start=2)
    assert len(find_blinks(blinking)) == 1


@pytest.mark.parametrize("rate", [0, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 2])
@pytest.mark.parametrize("fps", [25, 30, 60])
def test_the_rate_is_a_factor_of_their_number(rate, fps):
    base = IDLE.resample(fps)
    result = with_blink_rate(base, rate, 5)
    assert closures(result) == pytest.approx(rate * COUNT, abs=0.5)
    others = [k for k in range(24) if k > 3]
    assert np.array_equal(result.values[:, others], base.values[:, others])
    assert np.array_equal(result.extra, base.extra) and np.array_equal(result.pose, base.pose)


def test_a_lower_rate_shows_a_part_of_what_a_higher_one_shows():
    lids = [with_blink_rate(IDLE, rate, 9)["eye_closure_left"] for rate in (0, 0.3, 0.7, 1, 1.5, 2.5)]
    assert all((lower <= higher + 1e-6).all() for lower, higher in zip(lids, lids[1:]))
    assert lids[0].max() < 0.11


def test_new_blinks_keep_half_a_second_from_others_and_stop_where_there_is_no_room():
    starts = np.array([first for first, _ in find_blinks(with_blink_rate(IDLE, 10))]) / 25
    assert len(starts) < 60 and np.diff(starts).min() > 0.45


def test_removing_leaves_a_look_down_and_raises_the_lid_again():
    rest = AUSequence.zeros(100).with_columns(
        {"eye_closure_left": 0.3, "eye_closure_right": 0.3, "upper_lid_raise_left": 0.5}
    )
    blink = preset("blink", seconds=0.4)["eye_closure_left"]
    lid, wide = rest["eye_closure_left"].copy(), rest["upper_lid_raise_left"].copy()
    lid[40:50] = np.maximum(lid[40:50], blink)
    wide[40:50] *= 1 - blink
    blinking = rest.with_columns({"eye_closure_left": lid, "eye_closure_right": lid, "upper_lid_raise_left": wide})
    assert np.allclose(with_blink_rate(blinking, 0).table, rest.table, atol=0.02)


def test_a_performance_without_blinks_gets_the_usual_number():
    assert closures(with_blink_rate(AUSequence.zeros(1500), 2)) == 26
    assert not with_blink_rate(AUSequence.zeros(1500), 0.5).table.any()


@pytest.mark.parametrize("frames, fps", [(1, 25), (3, 25), (40, 5), (10, 1)])
def test_short_and_slow_performances(frames, fps):
    for rate in (0, 0.5, 2, 10):
        assert len(with_blink_rate(AUSequence.zeros(frames, fps), rate)) == frames


def test_the_seed_decides_and_chance_is_the_same_everywhere():
    assert np.array_equal(with_blink_rate(IDLE, 0.5, 4).table, with_blink_rate(IDLE, 0.5, 4).table)
    assert not np.array_equal(with_blink_rate(IDLE, 0.5, 4).table, with_blink_rate(IDLE, 0.5, 5).table)
    assert not np.array_equal(with_blink_rate(IDLE, 2, 4).table, with_blink_rate(IDLE, 2, 5).table)
    draws = [chance(seed, number) for seed in range(40) for number in range(40)]
    assert 0 <= min(draws) and max(draws) < 1 and abs(np.mean(draws) - 0.5) < 0.03 and len(set(draws)) > 1590
