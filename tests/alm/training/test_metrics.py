"""Numbers that can be worked out by hand."""

import json

import numpy as np
import pytest

from auhead_models.alm.codec import Utterance
from auhead_models.alm.training.baselines import baselines
from auhead_models.alm.training.metrics import author_scores, score
from auhead_models.au.emotions import EMOTIONS, expression


def utterance(emotion="happy", level=2, frames=4, **units):
    values = np.zeros((frames, 24), np.float32)
    for name, column in units.items():
        values[:, int(name[1:])] = column
    return Utterance(emotion, level, values)


def test_a_perfect_answer():
    truths = [utterance("happy", 2, u8=[0.1, 0.4, 0.2, 0.6]), utterance("sad", 1, u4=[0.3, 0.2, 0.3, 0.5])]
    scores = score(truths, truths)
    assert scores.parsed == scores.recall == scores.accuracy == scores.level_accuracy == 1
    assert scores.mae == scores.active_mae == scores.velocity == scores.frame_error == 0
    assert scores.f1[8] == 1 and np.isnan(scores.f1[0])
    assert scores.correlation[4] == pytest.approx(1) and scores.concordance[8] == pytest.approx(1)
    assert np.isnan(scores.correlation[0])


def test_emotions_count_equally_however_often_they_occur():
    truths = [utterance("happy")] * 3 + [utterance("sad")]
    answers = [utterance("happy")] * 3 + [utterance("fear", 3)]
    scores = score(answers, truths)
    assert (scores.accuracy, scores.recall, scores.level_accuracy) == (0.75, 0.5, 0.75)
    assert scores.confusion[EMOTIONS.index("sad"), EMOTIONS.index("fear")] == 1 and scores.confusion.sum() == 4


def test_errors_of_values():
    truth = utterance(u8=[0.5, 0.5, 0.5, 0.5], u11=[0.0, 0.2, 0.4, 0.6])
    answer = utterance(u8=[0.3, 0.3, 0.3, 0.3], u12=[0.4, 0.4, 0.4, 0.4])
    scores = score([answer], [truth])
    assert scores.mae == pytest.approx((4 * 0.2 + 1.2 + 4 * 0.4) / 96)
    assert scores.active_mae == pytest.approx((4 * 0.2 + 1.2) / 7)
    assert scores.velocity == pytest.approx(3 * 0.2 * 5 / 72)
    assert scores.f1[8] == 1 and scores.f1[11] == 0 and scores.f1[12] == 0
    assert scores.precision[12] == 0 and scores.found[11] == 0 and np.isnan(scores.found[12])
    assert scores.correlation[11] == 0 and np.isnan(scores.correlation[8])


def test_concordance_punishes_a_shift_that_correlation_does_not():
    wave = np.array([0.1, 0.3, 0.5, 0.3])
    scores = score([utterance(u8=wave + 0.2)], [utterance(u8=wave)])
    assert scores.correlation[8] == pytest.approx(1)
    assert scores.concordance[8] == pytest.approx(2 * wave.var() / (2 * wave.var() + 0.04), abs=1e-6)


def test_answers_that_cannot_be_read_and_other_lengths():
    truths = [utterance(u8=[0.5] * 4), utterance(u8=[0.5] * 4), utterance("sad")]
    scores = score([utterance(frames=6, u8=[0.5] * 6), None, None], truths)
    assert scores.parsed == pytest.approx(1 / 3) and scores.frame_error == 2 and scores.mae == 0
    assert scores.recall == 0.25 and scores.confusion[EMOTIONS.index("sad"), -1] == 1
    json.dumps(score([None] * 3, truths).as_json(), allow_nan=False)


def test_the_numbers_of_the_author():
    """First frame only; false alarms are free in the MAE; a clip without units gives 0."""
    truths = [utterance(u8=[0.5, 0, 0, 0], u4=[0.3, 0, 0, 0]), utterance()]
    answers = [utterance(u8=[0.4, 1, 1, 1], u9=[1, 1, 1, 1], u10=[0.9] * 4), utterance(u3=[0.5] * 4)]
    found = author_scores(answers, truths)
    assert found["accuracy"] == found["recall"] == pytest.approx(0.25)
    assert found["test_accuracy"] == pytest.approx(1 / 6)
    assert found["mae"] == pytest.approx((0.1 + 0.3) / 2 / 2)
    assert author_scores([None, None], truths)["mae"] == pytest.approx(0.2)


def test_baselines():
    truths = [utterance("happy", 3, u8=[0.4] * 4), utterance("happy", 3, frames=2), utterance("sad", 1)]
    given = baselines(truths)
    assert score(given["zero"], truths).recall == 0
    assert all(answer.emotion == "happy" and np.allclose(answer.values[:, 8], 0.16) for answer in given["mean"])
    assert [len(answer) for answer in given["prototype"]] == [4, 2, 4]
    assert np.allclose(given["prototype"][0].values[0], expression("happy", 3)[0].clip(0, 1))
    assert score(given["prototype"], truths).recall == 1
