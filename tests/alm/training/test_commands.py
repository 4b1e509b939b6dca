"""Training and measuring from the command line, with a model folder as the hub gives it."""

import json

import pytest

pytest.importorskip("transformers")
pytest.importorskip("accelerate")
pytest.importorskip("peft")

from toy_backends import save_folder, toy_qwen2_audio  # noqa: E402

from auhead_models.cli import main  # noqa: E402


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    root = tmp_path_factory.mktemp("models")
    save_folder(toy_qwen2_audio(taught=False), root / "auhead" / "toy")
    return root


def run(*words) -> int:
    return main([str(word) for word in words])


def test_a_model_is_trained_and_measured(clips, models, tmp_path, capsys):
    where = ["--models", models]
    short = ["--rank", 2, "--alpha", 2, "--steps", 2, "--batch", 2, "--accumulate", 1, "--every", 2, "--held-out", 0.25]
    assert run("train", "alm", clips.folder, "-o", tmp_path / "run", "--model", "toy", *where, *short) == 0
    lora = tmp_path / "run" / "lora"
    assert capsys.readouterr().out.strip().endswith(str(lora))
    about = json.loads((lora / "auhead.json").read_text())
    assert (about["model"], about["steps"], about["architecture"]) == ("toy", 2, "Qwen2AudioForConditionalGeneration")
    assert json.loads((lora / "adapter_config.json").read_text())["base_model_name_or_path"] == "toy"

    table = tmp_path / "eval.md"
    words = ["eval", "alm", clips.folder, "-o", table, "--model", lora, *where, "--held-out", 0.25, "--free"]
    assert run(*words) == 0
    assert "emotion recall" in capsys.readouterr().out
    assert "| lora | without the grammar | zero | mean | prototype |" in table.read_text()
    numbers = json.loads(table.with_suffix(".json").read_text())
    assert numbers["lora"]["parsed"] == 1 and numbers["prototype"]["clips"] == len(clips.split(0.25)[1].entries)


def test_a_base_model_is_measured(clips, models, tmp_path):
    words = ["--model", "toy", "--models", models, "--held-out", 0.1]
    assert run("eval", "alm", clips.folder, "-o", tmp_path / "eval.md", *words) == 0


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("train", "alm", "{empty}", "-o", "{run}", "--model", "toy"), "holds no prepared recordings"),
        (("train", "alm", "{data}", "-o", "{run}", "--model", "nobody"), 'no audio-language model "nobody"'),
        (("train", "alm", "{data}", "-o", "{run}", "--model", "toy", "--alpha", "1"), "alpha is 1 for rank 32"),
        (("train", "alm", "{data}", "-o", "{run}", "--model", "toy", "--rate", "0"), "is not a number from"),
        (("eval", "alm", "{data}", "-o", "{run}.txt", "--model", "toy"), "ending .md"),
        (("eval", "alm", "{empty}", "-o", "{run}.md", "--model", "toy"), "holds no prepared recordings"),
    ],
)
def test_mistakes_are_told_in_a_line(clips, models, tmp_path, capsys, words, sentence):
    places = {"data": clips.folder, "run": tmp_path / "run", "empty": tmp_path}
    assert run(*(word.format(**places) for word in words), "--models", models) == 2
    said = capsys.readouterr().err.strip().splitlines()
    assert sentence in said[-1] and said[-1].startswith("auhead: ")
    assert not list(tmp_path.iterdir())
