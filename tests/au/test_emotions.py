import numpy as np
import pytest

from auhead_models.au import EMOTIONS, Span, emotion_track, expression, space
from auhead_models.au.emotions import ALIASES, emotion_name
from auhead_models.errors import AUHeadError


def table(emotion, level=2):
    return dict(zip(space.COLUMN_IDS, np.concatenate(expression(emotion, level))))


def test_the_eight_of_mead():
    assert EMOTIONS == ("angry", "contempt", "disgusted", "fear", "happy", "neutral", "sad", "surprised")
    assert set(ALIASES.values()) <= set(EMOTIONS)
    assert [emotion_name(name) for name in (" Anger ", "JOY", "surprise")] == ["angry", "happy", "surprised"]


@pytest.mark.parametrize("emotion", EMOTIONS)
def test_levels_grow_and_stay_in_range(emotion):
    weak, middle, strong = (np.concatenate(expression(emotion, level)) for level in (1, 2, 3))
    assert np.abs(strong).max() <= 1
    assert (np.abs(weak) <= np.abs(middle)).all() and (np.abs(middle) <= np.abs(strong)).all()
    assert (np.abs(strong).max() == 0) == (emotion == "neutral")


def test_expressions_use_what_makes_them_readable():
    assert table("happy")["cheek_raise_left"] > 0.5 and table("happy")["lip_corner_raise_right"] > 0.5
    assert table("sad")["lip_corner_down_left"] > 0.5 and table("sad")["inner_brow_raise"] > 0.5
    assert table("surprised")["jaw_open"] > 0.4 and table("surprised")["brow_raise_left"] > 0.6
    assert table("angry")["brow_lower_left"] > 0.6 and table("angry")["lip_press"] > 0.2
    assert table("disgusted")["nose_wrinkle"] > 0.6
    contempt = table("contempt")
    assert abs(contempt["lip_corner_raise_left"] - contempt["lip_corner_raise_right"]) > 0.5


def test_a_portraits_own_smile_is_taken_away_unless_the_emotion_smiles():
    for emotion in ("angry", "disgusted", "fear", "sad", "surprised"):
        assert table(emotion)["lip_corner_raise_left"] <= -0.7
    assert table("contempt")["lip_corner_raise_left"] < 0 and table("happy")["lip_corner_raise_left"] > 0.7


def test_emotions_differ_from_each_other():
    rows = np.stack([np.concatenate(expression(emotion)) for emotion in EMOTIONS])
    distance = np.linalg.norm(rows[:, None] - rows[None], axis=-1) + np.eye(len(rows))
    assert distance.min() > 0.7


def test_track_reaches_the_expression_and_returns():
    track = emotion_track([Span(1.0, 3.0, "happy")], 125)
    target = np.concatenate(expression("happy"))
    assert not track.table[:25].any() and not track.table[-30:].any()
    assert np.allclose(track.table[40:75][:, :34], target, atol=1e-6)
    assert track.spans == (Span(1.0, 3.0, "happy"),)
    assert np.abs(np.diff(track.table, axis=0)).max() < 0.3


def test_eyes_first_mouth_last():
    track = emotion_track([Span(0, 2, "fear", 3)], 200, 100)

    def half(unit):
        return int(np.argmax(track[unit] >= track[unit].max() / 2))

    assert half("upper_lid_raise_left") < half("brow_raise_left") < half("lip_corner_stretch_left")
    assert half("lip_corner_stretch_left") - half("upper_lid_raise_left") == 12


def test_neighbours_pass_into_each_other():
    track = emotion_track([Span(0, 2, "happy"), Span(2, 4, "happy", 2)], 100)
    assert np.allclose(track["lip_corner_raise_left"][20:], table("happy")["lip_corner_raise_left"])
    track = emotion_track([Span(0, 2, "happy"), Span(2, 4, "surprised")], 100)
    cheeks, brows = table("happy")["cheek_raise_left"], table("surprised")["brow_raise_left"]
    both = track["cheek_raise_left"] / cheeks + track["brow_raise_left"] / brows
    assert both[20:].min() > 0.75


def test_overlap_crosses_over_its_length():
    track = emotion_track([Span(0, 3, "happy"), Span(2, 5, "sad")], 125)
    cheeks = track["cheek_raise_left"]
    assert cheeks[50] > 0.7 and 0.2 < cheeks[65] < 0.7 and cheeks[85] < 0.01
    assert np.allclose(track.table[90][:34], np.concatenate(expression("sad")), atol=1e-6)


def test_a_span_inside_another_gives_back():
    track = emotion_track([Span(0, 6, "happy"), Span(2, 3, "surprised")], 150)
    assert track["cheek_raise_left"][65] < 0.05 and track["cheek_raise_left"][100] > 0.74
    assert np.abs(np.diff(track.table, axis=0)).max() < 0.4


def test_no_jump_whatever_the_spans():
    rng = np.random.default_rng(3)
    for _ in range(30):
        spans = []
        for _ in range(5):
            start = rng.uniform(0, 4)
            spans.append(Span(start, start + rng.uniform(0.05, 3), EMOTIONS[rng.integers(8)], int(rng.integers(1, 4))))
        track = emotion_track(spans, 150, 25)
        assert np.abs(np.diff(track.table, axis=0)).max() < 0.6
        assert np.abs(track.table).max() <= 1


def test_open_end_lasts_to_the_end():
    track = emotion_track([Span(0, float("inf"), "anger")], 50)
    assert track["brow_lower_left"][-1] == table("angry")["brow_lower_left"] and track.spans == (Span(0, 2.0, "angry"),)


def test_errors():
    with pytest.raises(AUHeadError, match="bored.*use one of"):
        expression("bored")
    with pytest.raises(AUHeadError, match="level 4"):
        expression("happy", 4)
