import dataclasses

import numpy as np
import pytest

from auhead_models.au import AUSequence, Span, frame_count, space
from auhead_models.errors import AUHeadError


def ramp(frames=50, fps=25.0):
    return AUSequence.zeros(frames, fps).with_columns({"jaw_open": np.linspace(0, 1, frames), "yaw": 0.2})


def noise(frames=40, fps=25.0, seed=0):
    return AUSequence.from_table(np.random.default_rng(seed).uniform(0, 1, (frames, 40)), fps)


@pytest.mark.parametrize(
    "samples, rate, expected",
    [(16000, 16000, 25), (1, 48000, 1), (0, 16000, 0), (44100 * 3600, 44100, 90000), (641, 16000, 2)],
)
def test_frame_count_is_an_exact_ceiling(samples, rate, expected):
    assert frame_count(samples, rate) == expected


def test_arrays_are_copies_and_read_only():
    values = np.zeros((3, 24))
    sequence = AUSequence(values, np.zeros((3, 10)), np.zeros((3, 6)))
    values[:] = 1
    assert sequence.values.dtype == np.float32 and not sequence.values.any()
    with pytest.raises(ValueError):
        sequence.values[0, 0] = 1
    with pytest.raises(dataclasses.FrozenInstanceError):
        sequence.fps = 30


@pytest.mark.parametrize(
    "change, words",
    [
        ({"values": np.zeros((3, 23))}, "shape"),
        ({"values": np.zeros((0, 24))}, "T ≥ 1"),
        ({"extra": np.zeros((4, 10))}, "equally many"),
        ({"pose": np.full((3, 6), np.nan)}, "finite yaw"),
        ({"values": [["a"] * 24] * 3}, "numbers"),
        ({"fps": 0}, "frame rate"),
        ({"fps": "fast"}, "frame rate"),
        ({"fps": float("nan")}, "frame rate"),
    ],
)
def test_wrong_input_is_one_sentence(change, words):
    good = {"values": np.zeros((3, 24)), "extra": np.zeros((3, 10)), "pose": np.zeros((3, 6))}
    with pytest.raises(AUHeadError, match=words) as caught:
        AUSequence(**{**good, **change})
    assert "\n" not in str(caught.value)


def test_spans_are_cut_and_sorted():
    spans = (Span(1.5, float("inf"), "sad"), Span(0, 1, "happy", 3), Span(9, 10, "fear"))
    sequence = AUSequence.from_table(np.zeros((50, 40)), spans=spans)
    assert sequence.spans == (Span(0, 1, "happy", 3), Span(1.5, 2.0, "sad"))
    for wrong in [(1, 1, "sad", 2), (-1, 1, "sad", 2), (0, 1, "sad", 4), (float("nan"), 1, "sad", 2)]:
        with pytest.raises(AUHeadError):
            Span(*wrong)


def test_columns_by_id():
    sequence = ramp().with_columns({"gaze_x": -0.5})
    assert sequence["jaw_open"][-1] == 1 and (sequence["gaze_x"] == -0.5).all() and np.allclose(sequence["yaw"], 0.2)
    with pytest.raises(AUHeadError, match="ears"):
        sequence["ears"]
    with pytest.raises(AUHeadError, match="ears"):
        sequence.with_columns({"ears": 1.0})


@pytest.mark.parametrize("fps", [5, 12.5, 24, 30, 60, 120])
def test_resample_keeps_length_level_and_slope(fps):
    sequence = ramp()
    there = sequence.resample(fps)
    assert abs(there.seconds - sequence.seconds) <= 0.5 / fps
    assert np.allclose(there["yaw"], 0.2, atol=1e-6)
    middle = (np.arange(len(there)) + 0.5) / fps * 25 - 0.5
    inside = (middle > 2) & (middle < 47)
    assert np.allclose(there["jaw_open"][inside], middle[inside] / 49, atol=0.01)


def test_resample_to_the_same_rate_changes_nothing():
    sequence = noise()
    assert sequence.resample(25) is sequence


def test_downsampling_averages_flicker_away_but_keeps_blinks():
    flicker = np.tile([0.0, 1.0], 60)
    blink = np.zeros(120)
    blink[61] = 1.0
    sequence = AUSequence.zeros(120, 120).with_columns({"jaw_open": flicker, "eye_closure_left": blink})
    low = sequence.resample(25)
    assert np.abs(low["jaw_open"] - 0.5).max() < 0.12
    assert low["eye_closure_left"].max() == 1 and (low["eye_closure_left"] > 0).sum() == 1


def test_every_blink_survives_every_rate():
    for at in range(60):
        blink = np.zeros(60)
        blink[at] = 1
        sequence = AUSequence.zeros(60, 60).with_columns({"eye_closure_right": blink})
        for fps in (24, 25, 30, 50):
            assert sequence.resample(fps)["eye_closure_right"].max() == 1


def test_slice_moves_spans():
    sequence = AUSequence.from_table(noise(100).table, spans=(Span(0, 1, "happy"), Span(1, 3, "sad")))
    part = sequence.slice(0.4, 2.0)
    assert len(part) == 40 and np.array_equal(part.table, sequence.table[10:50])
    assert part.spans == (Span(0, 0.6, "happy"), Span(0.6, 1.6, "sad"))
    assert len(sequence.slice(1.0, 1.0)) == 1
    for start, end in ((5.0, None), (-1.0, 1.0), (2.0, 1.0)):
        with pytest.raises(AUHeadError, match="not inside"):
            sequence.slice(start, end)


def test_concat_resamples_and_shifts_spans():
    a = AUSequence.from_table(noise(25).table, spans=(Span(0, 1, "happy"),))
    b = AUSequence.from_table(noise(60).table, 60, spans=(Span(0, 1, "sad", 3),))
    both = a.concat(b, a)
    assert len(both) == 75 and both.fps == 25
    assert both.spans == (Span(0, 1, "happy"), Span(1, 2, "sad", 3), Span(2, 3, "happy"))
    assert np.array_equal(both.table[:25], a.table)


def constant(value, frames=10):
    return AUSequence.from_table(np.full((frames, 40), value, np.float32))



@pytest.mark.parametrize("mode, expected", [("blend", 0.5), ("add", 0.6), ("max", 0.4), ("replace", 0.4)])
def test_mix_modes(mode, expected):
    assert np.allclose(constant(0.2).mix(constant(0.8), weight=0.5, mode=mode).table, expected)


def test_mix_stays_in_its_region_and_time():
    mixed = constant(0.0, 20).mix(constant(1.0, 5), region="eyes", mode="add", start=0.4)
    eyes = np.concatenate(space.region_mask("eyes"))
    assert (mixed.table[10:15][:, eyes] == 1).all()
    assert not mixed.table[:, ~eyes].any() and not mixed.table[:10].any() and not mixed.table[15:].any()


def test_mix_grows_when_the_other_ends_later():
    mixed = constant(0.5, 10).mix(constant(1.0, 10), mode="replace", start=0.2)
    assert len(mixed) == 15 and (mixed.table[5:] == 1).all() and (mixed.table[:5] == 0.5).all()


def test_mix_can_pass_over_softly():
    mixed = constant(0.0, 60).mix(constant(1.0, 30), mode="replace", start=0.4, fade=0.2)
    steps = np.abs(np.diff(mixed["jaw_open"]))
    assert steps.max() < 0.4 and np.allclose(mixed["jaw_open"][16:34], 1) and not mixed["jaw_open"][:10].any()


def test_max_keeps_negative_edits_and_still_closes_the_eyes():
    base = AUSequence.zeros(3).with_columns({"eye_closure_left": -0.5, "gaze_x": -0.5})
    other = AUSequence.zeros(3).with_columns({"eye_closure_left": [0, 0.5, 1], "gaze_x": [0.2, 0.6, -0.9]})
    mixed = base.mix(other, mode="max")
    assert np.allclose(mixed["eye_closure_left"], [-0.5, 0.25, 1])
    assert np.allclose(mixed["gaze_x"], [-0.5, 0.6, -0.9])


def test_mix_errors():
    with pytest.raises(AUHeadError, match="way to mix"):
        constant(0).mix(constant(1), mode="average")
    with pytest.raises(AUHeadError, match="starts at -1"):
        constant(0).mix(constant(1), start=-1)
    with pytest.raises(AUHeadError, match="region"):
        constant(0).mix(constant(1), region="ears")


def test_gain_multiplies_overlapping_choices():
    louder = constant(0.5).gain({"jaw": 2.0, "jaw_open": 0.5, "pose": 0.0})
    assert (louder["jaw_open"] == 0.5).all() and (louder["jaw_thrust"] == 1).all() and not louder.pose.any()
    assert (constant(0.5).gain(0.5).table == 0.25).all()


def test_clamp_uses_each_range():
    clamped = constant(-3.0).clamp()
    assert (clamped.values == -1).all() and (clamped["gaze_x"] == -1).all() and (clamped["tongue_out"] == 0).all()
    assert np.allclose(clamped["yaw"], -1.5708)


def test_smooth_keeps_the_mean_of_its_region_only():
    sequence = noise(200)
    soft = sequence.smooth(0.08, "jaw")
    assert soft["jaw_open"].std() < 0.5 * sequence["jaw_open"].std()
    assert abs(soft["jaw_open"].mean() - sequence["jaw_open"].mean()) < 0.02
    assert np.array_equal(soft["lip_pucker"], sequence["lip_pucker"])
    assert sequence.smooth(0) is sequence


def test_mirror_twice_is_the_same_and_once_swaps_and_turns():
    sequence = noise()
    mirrored = sequence.mirror()
    assert np.array_equal(mirrored["eye_closure_left"], sequence["eye_closure_right"])
    assert np.array_equal(mirrored["cheek_raise_right"], sequence["cheek_raise_left"])
    for identifier, sign in {"gaze_x": -1, "gaze_y": 1, "yaw": -1, "pitch": 1, "roll": -1, "x": -1, "y": 1}.items():
        assert np.array_equal(mirrored[identifier], sign * sequence[identifier])
    assert np.array_equal(mirrored.mirror().table, sequence.table)


def test_fade_begins_and_ends_at_neutral():
    faded = constant(1.0, 50).fade(0.4, 0.8)
    assert not faded.table[0].any() and not faded.table[-1].any() and (faded.table[12:28] == 1).all()
    assert (np.diff(faded["jaw_open"][:12]) >= 0).all()


def test_pad_and_trim():
    sequence = ramp(10)
    assert sequence.pad_to(5) is sequence
    held, neutral = sequence.pad_to(20), sequence.pad_to(20, "neutral")
    assert len(held) == 20 and (held["jaw_open"][10:] == 1).all() and not neutral.table[10:].any()
    assert len(sequence.trim_to(4)) == 4 and sequence.trim_to(40) is sequence
    with pytest.raises(AUHeadError, match="fill"):
        sequence.pad_to(20, "loop")


def test_pieces_by_number_make_up_the_whole():
    whole = AUSequence.zeros(7, fps=30.0).with_columns({"jaw_open": np.linspace(0, 1, 7, dtype=np.float32)})
    pieces = [whole.frames(start, start + 3) for start in range(0, 7, 3)]
    assert [len(piece) for piece in pieces] == [3, 3, 1] and all(piece.fps == 30.0 for piece in pieces)
    assert np.array_equal(np.concatenate([piece.table for piece in pieces]), whole.table)
