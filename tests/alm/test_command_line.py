"""`auhead audio-to-au --alm`: an audio-language model on the command line."""

import pytest

pytest.importorskip("transformers")
from toy_backends import TOYS, save_folder  # noqa: E402

from auhead_models.au.formats import load  # noqa: E402
from auhead_models.cli import main  # noqa: E402


@pytest.fixture
def models(tmp_path):
    """A folder like ComfyUI's models/, with one model."""
    save_folder(TOYS["qwen2-audio"](), tmp_path / "models" / "auhead" / "mine")
    return tmp_path / "models"


def test_a_model_writes_the_expression(tmp_path, models, short_speech_path, capsys):
    out = tmp_path / "au.json"
    given = ["audio-to-au", str(short_speech_path), "-o", str(out), "--models", str(models)]
    assert main([*given, "--alm", "mine", "--alm-precision", "fp32", "--level", "3"]) == 0
    performance = load(out)
    assert len(performance) == 8 and {span.level for span in performance.spans} == {3}
    assert "mine hears 0.0–" in capsys.readouterr().err


@pytest.mark.parametrize(
    "options, sentence",
    [
        (["--alm", "gone"], 'There is no audio-language model "gone"'),
        (["--alm", "qwen2.5-omni-7b"], "put the folder Qwen2.5-Omni-7B of https://huggingface.co/Qwen"),
        (["--temperature", "1"], "--temperature is for an audio-language model; name one with --alm, too"),
        (["--alm", "tiny", "--emotion-script", "moods.txt"], "names the emotions; leave out --alm"),
        (["--alm-precision", "2bit"], '"2bit" is unknown'),
    ],
)
def test_what_cannot_be(tmp_path, models, short_speech_path, capsys, options, sentence):
    out = tmp_path / "au.json"
    assert main(["audio-to-au", str(short_speech_path), "-o", str(out), "--models", str(models), *options]) == 2
    assert sentence in capsys.readouterr().err and not out.exists()
