import numpy as np
import pytest

from auhead_models.au import AUSequence, space
from auhead_models.au.arkit import ARKIT_INDEX, ARKIT_NAMES, arkit_sequence, from_arkit, match_name, to_arkit
from auhead_models.au.facs import FACS, from_facs

LOST = ("lips_together", *space.POSE_INDEX)  # no blendshape of their own


def test_fifty_two_names():
    assert len(ARKIT_NAMES) == len(set(ARKIT_NAMES)) == 52


@pytest.mark.parametrize("identifier", [name for name in space.COLUMN_IDS if name not in LOST])
def test_every_column_comes_back(identifier):
    sequence = AUSequence.zeros(3).with_columns({identifier: [0.0, 0.4, 0.9]})
    back = arkit_sequence(to_arkit(sequence), 25)
    assert np.allclose(back.table, sequence.table, atol=1e-6)


def test_a_whole_face_comes_back():
    table = np.random.default_rng(0).uniform(0, 0.49, (30, 40))
    sequence = AUSequence.from_table(table).gain({name: 0.0 for name in LOST})
    assert np.allclose(arkit_sequence(to_arkit(sequence), 25).table, sequence.table, atol=1e-6)


def shapes(**weights):
    row = np.zeros((1, 52))
    for name, weight in weights.items():
        row[0, ARKIT_INDEX[name]] = weight
    return {name: float(column[0]) for name, column in from_arkit(row).items()}


def test_closed_lips_over_an_open_jaw():
    assert shapes(jawOpen=0.5, mouthClose=0.3)["jaw_open"] == pytest.approx(0.2)
    sequence = AUSequence.zeros(1).with_columns({"jaw_open": 0.6, "lips_together": 1.0})
    weights = to_arkit(sequence)[0]
    assert weights[ARKIT_INDEX["jawOpen"]] == weights[ARKIT_INDEX["mouthClose"]] == pytest.approx(0.6)


def test_looking_to_the_subjects_left():
    assert shapes(eyeLookOutLeft=0.6, eyeLookInRight=0.6)["gaze_x"] == pytest.approx(0.6)
    assert shapes(eyeLookOutRight=0.6, eyeLookInLeft=0.6)["gaze_x"] == pytest.approx(-0.6)
    assert shapes(eyeLookUpLeft=0.5, eyeLookUpRight=0.5)["gaze_y"] == pytest.approx(0.5)


def test_extras_are_filled():
    face = shapes(cheekSquintLeft=0.5, mouthFrownRight=0.4, mouthPressLeft=0.6, tongueOut=0.3, browInnerUp=0.8)
    assert face["cheek_raise_left"] == 0.5 and face["lip_corner_down_right"] == 0.4
    assert face["lip_press"] == pytest.approx(0.3) and face["tongue_out"] == 0.3 and face["inner_brow_raise"] == 0.8
    assert shapes(mouthFunnel=0.7)["lip_pucker"] == 0.7
    assert shapes(eyeBlinkLeft=1.0, eyeSquintLeft=1.0)["eye_closure_left"] == 1.0


def test_weights_stay_between_0_and_1():
    weights = to_arkit(AUSequence.from_table(np.random.default_rng(1).uniform(-2, 2, (50, 40))))
    assert weights.min() >= 0 and weights.max() <= 1


@pytest.mark.parametrize("name", ["EyeBlinkLeft", "eyeBlinkLeft", "eyeBlink_L", "Face.eyeBlink_L", "eyeblink_left"])
def test_usual_spellings(name):
    assert match_name(name) == ARKIT_INDEX["eyeBlinkLeft"]


def test_facs_moves_known_columns_both_sides():
    for number, (_, columns) in FACS.items():
        assert all(space.both_sides(name) for name in columns), number
    columns = from_facs({12: np.array([0.5]), 25: np.array([1.0]), 26: np.array([0.5]), 99: np.array([1.0])})
    assert columns["lip_corner_raise_left"] == columns["lip_corner_raise_right"] == 0.5
    assert columns["jaw_open"] == pytest.approx(0.3)
