import json

import numpy as np
import pytest
from scipy.interpolate import PchipInterpolator

from auhead_models.au import AUSequence, Span, edits, space
from auhead_models.au.blink_rate import find_blinks
from auhead_models.au.edits import Edits, EmotionSpan, Key, apply_edits, curve, edits_to_json, parse_edits
from auhead_models.au.emotions import emotion_track
from auhead_models.au.presets import preset
from auhead_models.speech import SpeechOptions, load_audio, speech_to_au

EXAMPLE = edits.__doc__[edits.__doc__.index("    {\n") : edits.__doc__.index("\n    }\n") + 6]


def applied(data, sequence=None, seed=0):
    sequence = AUSequence.zeros(100) if sequence is None else sequence
    return apply_edits(sequence, parse_edits(json.dumps(data)), seed)


def noise(frames=100, fps=25.0):
    return AUSequence.from_table(np.random.default_rng(1).uniform(0, 0.4, (frames, 40)), fps, (Span(0, 2, "fear"),))


def test_the_documented_example_is_complete_and_survives_a_round_trip():
    example = parse_edits(EXAMPLE)
    assert not example.other and set(json.loads(EXAMPLE)) == {*Edits.__dataclass_fields__, "version"} - {"other"}
    text = edits_to_json(example)
    assert parse_edits(text) == example and edits_to_json(parse_edits(text)) == text
    assert json.loads(text) == json.loads(EXAMPLE)
    result = apply_edits(AUSequence.zeros(100), example)
    assert len(result) == 100 and np.array_equal(result.clamp().table, result.table)
    assert [span.emotion for span in result.spans] == ["happy", "sad"]


@pytest.mark.parametrize(
    "text", ["", " \n", "{}", '{"version": 1}', '{"version": 1, "ui": {"zoom": 2}}', '{"keys": {}}']
)
def test_no_edits_change_nothing(text):
    sequence = AUSequence.zeros(5).with_columns({"jaw_open": 1.5})
    assert apply_edits(sequence, parse_edits(text)) is sequence


def test_unknown_keys_are_kept_at_every_level():
    data = {
        "version": 1,
        "replace": [{"start": 0, "keys": {}, "colour": "red"}],
        "spans": [{"start": 0, "emotion": "sad", "level": 2, "id": 7}],
        "presets": [{"name": "nod", "start": 0, "seconds": 1, "level": 2, "weight": 1, "note": None}],
        "smoothing": [{"seconds": 0.1, "by": {"a": [1, 2.5]}}],
        "ui": {"linked": True, "own presets": [{"name": "笑"}]},
    }
    assert json.loads(edits_to_json(parse_edits(json.dumps(data)))) == data
    assert apply_edits(AUSequence.zeros(9), parse_edits('{"ui": 1e999, "x": NaN}')) is not None
    json.loads(edits_to_json(parse_edits('{"ui": 1e999, "x": NaN}')), parse_constant=pytest.fail)


def test_keys_are_added_and_met_on_their_frame():
    base = AUSequence.zeros(75).with_columns({"jaw_open": 0.2, "yaw": 0.1})
    keys = {"jaw_open": [[1, 0.3], [0.4, -0.1], [2, 0.9]], "yaw": [[0, 0.2]], "gaze_x": [[1, -0.5], [1.04, 0.5]]}
    result = applied({"keys": keys}, base)
    assert np.allclose(result["jaw_open"][[0, 10, 25, 50, 74]], [0.1, 0.1, 0.5, 1.0, 1.0])
    assert np.allclose(result["yaw"], 0.3) and np.allclose(result["gaze_x"][[25, 26]], [-0.5, 0.5])
    assert not result["jaw_thrust"].any()


def test_interpolations():
    time = np.arange(0, 2, 0.1)
    linear = curve((Key(0.5, 0.0, "linear"), Key(1.5, 1.0)), time)
    assert np.allclose(linear, np.clip(time - 0.5, 0, 1))
    step = curve((Key(0.5, 0.2, "step"), Key(1.5, 1.0)), time)
    assert np.array_equal(step, np.where(time < 1.4999, 0.2, 1.0))
    jump = curve((Key(0, 0.1), Key(1, 0.1), Key(1, 0.9), Key(2, 0.9)), time)
    assert np.allclose(jump, np.where(time < 0.9999, 0.1, 0.9))
    assert not curve((), time).any()


def test_a_smooth_curve_is_the_monotone_cubic_with_flat_ends():
    at, value = np.array([0, 0.3, 1, 1.2, 2]), np.array([0, 0.1, 0.5, 0.9, 1.0])
    keys = tuple(Key(*pair) for pair in zip(at, value))
    inner = np.linspace(0.3, 1.2, 50)
    assert np.allclose(curve(keys, inner), PchipInterpolator(at, value)(inner), atol=1e-12)
    dense = curve(keys, np.linspace(-1, 3, 4001))
    assert (np.diff(dense) >= -1e-12).all() and dense[0] == 0 and dense[-1] == 1
    assert np.abs(np.diff(dense, 2)).max() < 1e-4  # a corner would be 4e-4


def test_a_step_on_a_frame_written_with_few_digits_falls_on_it():
    result = applied({"keys": {"yaw": [[0, 0, "step"], [0.066667, 0.5]]}}, AUSequence.zeros(5, 30))
    assert np.array_equal(result["yaw"], [0, 0, 0.5, 0.5, 0.5])


def test_replace_stands_in_place_of_everything_inside_its_borders():
    base = AUSequence.zeros(100).with_columns({"jaw_open": 0.8, "lip_pucker": 0.8, "yaw": 0.4})
    part = {"start": 1, "end": 3, "fade": 0.4, "keys": {"jaw_open": [[1, 0.2], [3, 0.2]], "yaw": []}}
    result = applied({"keys": {"jaw_open": [[0, 0.1]]}, "replace": [part]}, base)
    jaw = result["jaw_open"]
    assert np.allclose(jaw[:26], 0.9) and np.allclose(jaw[75:], 0.9) and np.allclose(jaw[35:66], 0.2)
    assert (np.diff(jaw[25:36]) < 0).all() and np.isclose(jaw[30], 0.55)
    assert np.allclose(result["yaw"][35:66], 0) and np.allclose(result["yaw"][:26], 0.4)
    assert np.allclose(result["lip_pucker"], 0.8)


def test_replace_does_not_fade_at_the_ends_of_the_performance():
    base = AUSequence.zeros(50).with_columns({"jaw_open": 0.8})
    for part in ({"start": 0}, {"start": 0, "end": 2}, {"start": 0, "end": 90, "fade": 9}):
        assert not applied({"replace": [{**part, "keys": {"jaw_open": []}}]}, base)["jaw_open"].any()
    hard = applied({"replace": [{"start": 0.4, "end": 0.8, "fade": 0, "keys": {"jaw_open": []}}]}, base)["jaw_open"]
    assert np.array_equal(np.flatnonzero(hard == 0), np.arange(10, 20))


def test_gains_multiply_then_offsets_then_keys():
    base = AUSequence.zeros(10).with_columns({"jaw_open": 0.4, "brow_raise_left": 0.4, "yaw": 0.4})
    result = applied(
        {
            "gains": {"all": 0.5, "brows": 3, "jaw_open": 2},
            "offsets": {"jaw_open": -0.1},
            "keys": {"jaw_open": [[0, 0.25]]},
        },
        base,
    )
    row = [result[name][0] for name in ("jaw_open", "brow_raise_left", "yaw")]
    assert np.allclose(row, [0.55, 0.6, 0.2])


def test_mutes_silence_everything():
    data = {
        "mutes": ["mouth", "yaw"],
        "keys": {"lip_pucker": [[0, 1]], "yaw": [[0, 1]], "pitch": [[0, 0.5]]},
        "spans": [{"start": 0, "emotion": "happy", "level": 3}],
    }
    result = applied(data, noise())
    assert not result.table[:, space.column_mask(("mouth", "yaw"))].any()
    assert result["cheek_raise_left"].max() > 0.9 and result["pitch"].min() >= 0.5
    assert not applied({"mutes": ["all"]}, noise()).table.any()


def test_spans_add_expression_and_are_listed():
    base = AUSequence.zeros(100).with_columns({"lip_corner_raise_left": 0.1, "yaw": 0.2})
    result = applied({"spans": [{"start": 1, "end": 3, "emotion": "Joy", "level": 1}]}, base)
    track = emotion_track([Span(1, 3, "happy", 1)], 100)
    assert np.allclose(result.table, base.table + track.table, atol=1e-6)
    assert result.spans == (Span(1, 3, "happy", 1),)
    assert applied({"spans": [{"start": 1, "end": 3, "emotion": "sad"}]}, noise()).spans[0].emotion == "fear"


def test_a_span_without_an_end_lasts_until_the_next_one():
    opened = [{"start": 2, "emotion": "sad"}, {"start": 0, "emotion": "happy"}, {"start": 9, "emotion": "fear"}]
    result = applied({"spans": opened})
    assert result.spans == (Span(0, 2, "happy"), Span(2, 4, "sad"))
    closed = [{"start": 0, "end": 2, "emotion": "happy"}, {"start": 2, "end": 9, "emotion": "sad"}]
    assert np.allclose(result.table, applied({"spans": closed}).table)


def test_spans_in_place_of_those_that_came_in():
    spans = (Span(0, 2, "happy", 3), Span(2, 4, "sad", 2))
    motion = {"jaw_open": np.sin(np.arange(100) / 3) ** 2 * 0.2, "yaw": np.linspace(0, 0.3, 100)}
    came = emotion_track(spans, 100).mix(AUSequence.zeros(100).with_columns(motion), mode="add")
    same = [{"start": span.start, "end": span.end, "emotion": span.emotion, "level": span.level} for span in spans]
    unchanged = applied({"spans": same, "replace_spans": True}, came)
    assert np.allclose(unchanged.table, came.clamp().table, atol=1e-6) and unchanged.spans == came.spans
    none = applied({"replace_spans": True}, came)
    assert none.spans == () and np.allclose(none["lip_corner_raise_left"], 0, atol=0.2)
    assert np.allclose(none["inner_brow_raise"], 0, atol=1e-6) and np.array_equal(none["yaw"], came["yaw"])
    later = applied({"spans": [{**same[0], "end": 3}, {**same[1], "start": 3}], "replace_spans": True}, came)
    assert later["cheek_raise_left"][70] > 0.9 and came["cheek_raise_left"][70] == pytest.approx(0, abs=1e-6)


def test_emotions_are_taken_out_of_speech_as_they_went_in(speech_path):
    audio = load_audio(speech_path)
    acted, plain = (speech_to_au(audio, SpeechOptions(emotion=emotion)) for emotion in ("surprised", "neutral"))
    without = applied({"replace_spans": True}, acted)
    for name, most in {"jaw_open": 0.08, "brow_raise_left": 0.12, "lip_corner_raise_left": 0.12}.items():
        assert np.abs(without[name] - plain[name]).mean() < most, name
    moved = without["jaw_open"][plain["jaw_open"] > 0.2]
    assert moved.mean() > 0.8 * plain["jaw_open"][plain["jaw_open"] > 0.2].mean()


def test_presets_are_added_weighted_and_cut_at_the_end():
    base = AUSequence.zeros(100).with_columns({"pitch": 0.05})
    result = applied({"presets": [{"name": "Nod", "start": 1, "seconds": 2, "level": 3, "weight": 0.5}]}, base)
    assert np.allclose(result["pitch"][25:75], 0.05 + 0.5 * preset("nod", 3, 2)["pitch"], atol=1e-6)
    assert np.allclose(result["pitch"][:25], 0.05) and np.allclose(result["pitch"][75:], 0.05)
    emotion = applied({"presets": [{"name": "sad", "start": 1, "seconds": 1}]}, base)
    assert emotion.spans == (Span(1, 2, "sad"),)
    late = applied({"presets": [{"name": "smile", "start": 3, "seconds": 60}, {"name": "nod", "start": 400}]}, base)
    assert len(late) == 100 and late["lip_corner_raise_left"][-1] > 0.3


def test_chance_follows_the_seed():
    data = {"presets": [{"name": "idle", "start": 0, "seconds": 4}], "blink_rate": 3}
    tables = [applied(data, noise(), seed).table for seed in (4, 4, 5)]
    assert np.array_equal(tables[0], tables[1]) and not np.array_equal(tables[0], tables[2])
    assert applied(data, seed=2**64 - 1) is not None and applied(data, seed=-3) is not None


def test_smoothing_is_gaussian_where_it_is_asked_for():
    base = noise()
    result = applied({"smoothing": [{"seconds": 0.1, "regions": ["brows", "jaw_open"]}]}, base)
    assert np.allclose(result.table, base.smooth(0.1, ("brows", "jaw_open")).clamp().table)
    everything = applied({"smoothing": [{"seconds": 0.1}]}, base)
    changed = (everything.table != base.table).any(axis=0)
    assert np.array_equal(changed, ~space.column_mask(("eyes", "lips_together")))
    assert np.array_equal(applied({"smoothing": [{"seconds": 0.1, "regions": []}]}, base).table, base.table)


def test_blinks_are_those_of_the_incoming_performance():
    base = preset("idle", seconds=30, seed=2)
    data = {"blink_rate": 0, "presets": [{"name": "blink", "start": 5, "seconds": 0.4}]}
    assert len(find_blinks(base)) > 5 and len(find_blinks(applied(data, base))) == 1


def test_order_of_application():
    # A jaw of 0.5, smoothed (no change), + 0.3 by a preset's weight, x 2 by gain, + 0.1 offset, + 0.2 key: 1.9, before
    # the clip. The range in the middle sees 1.9 too, for its soft border is halfway to 0.
    base = AUSequence.zeros(100).with_columns({"jaw_open": 0.5})
    data = {
        "presets": [{"name": "gasp", "start": 0, "seconds": 4, "level": 3, "weight": 1 / 3}],
        "gains": {"jaw": 2},
        "offsets": {"jaw_open": 0.1},
        "keys": {"jaw_open": [[0, 0.2], [1, 0.2], [3, -0.9]]},
        "replace": [{"start": 1, "end": 3, "fade": 1, "keys": {"jaw_open": [[0, -1.2]]}}],
        "smoothing": [{"seconds": 0.05}],
    }
    result = applied(data, base)["jaw_open"]
    middle = 37
    key = curve((Key(0, 0.2), Key(1, 0.2), Key(3, -0.9)), np.array([middle / 25]))[0]
    weight = edits.s_curve(np.array([middle / 25 - 1]))[0]
    under = (0.5 + 0.3) * 2 + 0.1 + key
    assert np.isclose(result[20], 1.0)  # 1.9, clipped
    assert np.isclose(result[80], 0.8, atol=1e-6)  # 1.7 - 0.9: not clipped before the key
    assert np.isclose(result[middle], np.clip(under + weight * (-1.2 - under), -1, 1), atol=1e-6)
    assert np.isclose(result[50], -1.0)
    assert not applied({**data, "mutes": ["jaw_open"]}, base)["jaw_open"].any()


@pytest.mark.parametrize("frames, fps", [(1, 25), (2, 25), (7, 12.5), (250, 60)])
def test_any_length_and_rate(frames, fps):
    data = {**json.loads(EXAMPLE), "mutes": ["nose"], "presets": [{"name": "idle", "start": 0.01, "seconds": 9}]}
    result = applied(data, AUSequence.zeros(frames, fps))
    assert len(result) == frames and result.fps == fps and np.isfinite(result.table).all()


def test_the_largest_numbers_are_clipped():
    big = 1e6
    data = {
        "gains": {"all": big, "jaw": -big, "jaw_open": big},
        "offsets": {"jaw_open": big},
        "keys": {"jaw_open": [[0, -big], [1e-7, big], [0.04, -big], [big, big]], "yaw": [[0, big]]},
        "presets": [{"name": "gasp", "start": 0, "weight": big}],
        "replace": [{"start": 0, "end": 1e-9, "keys": {"yaw": [[0, 1]]}}],
    }
    result = applied(data, noise())
    assert np.array_equal(result.clamp().table, result.table)


def test_edits_can_be_built_in_code():
    built = Edits(keys={"jaw_open": (Key(0.0, 0.5),)}, spans=(EmotionSpan(0.0, None, "sad"),))
    assert parse_edits(edits_to_json(built)) == built
    assert apply_edits(AUSequence.zeros(20), built)["jaw_open"][3] == 0.5
