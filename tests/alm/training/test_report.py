import json

import pytest

pytest.importorskip("transformers")

from toy_backends import toy_qwen2_audio  # noqa: E402

from auhead_models.alm.training.baselines import baselines  # noqa: E402
from auhead_models.alm.training.evaluate import answer, evaluate  # noqa: E402
from auhead_models.alm.training.metrics import score  # noqa: E402
from auhead_models.alm.training.report import markdown, write_report  # noqa: E402
from auhead_models.errors import AUHeadError  # noqa: E402


@pytest.fixture
def scores(clips):
    truths = [clip.utterance for clip in clips]
    return {name: score(answers, truths) for name, answers in baselines(truths).items()}


def test_the_table_shows_the_numbers(scores):
    table = markdown(scores, "A test.")
    assert table.startswith("8 clips. A test.\n") and "| zero | mean | prototype |" in table
    assert f"| MAE, all units | {scores['zero'].mae:.3f} | {scores['mean'].mae:.3f} |" in table
    assert "| emotion recall (UAR) | 0.125 |" in table and "| jaw_open |" in table
    rows = [line for line in table.splitlines() if line.startswith("| happy")]
    assert rows == ["| happy | 0 | 0 | 0 | 0 | 0 | 1 | 0 | 0 | 0 |"]  # zero answers neutral
    assert "nan" not in table


def test_the_numbers_lie_beside_the_table(scores, tmp_path):
    write_report(tmp_path / "eval.md", scores)
    numbers = json.loads((tmp_path / "eval.json").read_text())
    assert numbers["prototype"]["recall"] == 1 and numbers["zero"]["confusion"]["sad"]["neutral"] == 1
    assert numbers["zero"]["author"].keys() == {"accuracy", "recall", "test_accuracy", "mae"}
    assert numbers["mean"]["f1"]["jaw_open"] == pytest.approx(float(scores["mean"].f1[8]), abs=1e-4)


def test_long_speech_is_answered_in_parts(clips):
    backend = toy_qwen2_audio()
    backend.window = 1.0
    assert len(answer(backend, clips[0].speech)) == len(clips[0].utterance)


def test_a_model_without_tokens_is_measured_by_its_emotions(clips):
    base = toy_qwen2_audio(taught=False)
    scores = evaluate(base, clips.part([0, 1]))
    assert scores.parsed == 1 and scores.frame_error == 0 and scores.confusion.sum() == 2
    with pytest.raises(AUHeadError, match="toy knows no AU tokens"):
        evaluate(base, clips, free=True)


def test_a_model_that_has_learnt_nothing_does_not_parse(clips):
    assert evaluate(toy_qwen2_audio(), clips.part([0]), free=True).parsed == 0
    assert evaluate(toy_qwen2_audio(), clips.part([0])).parsed == 1
