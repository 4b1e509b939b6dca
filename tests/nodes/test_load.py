import re

import folder_paths
import pytest
from auhead_plugin.auhead_models.errors import AUHeadError


def _options(nodes, name: str) -> list[str]:
    return next(entry.options for entry in nodes.schema("AUHeadLoad").inputs if entry.id == name)


def test_models_of_the_user_are_listed_after_the_known_ones(nodes, folders):
    (folders.models / "auhead" / "mine").mkdir(parents=True)
    for name in ("mine/b.safetensors", "a.safetensors", "notes.txt"):
        (folders.models / "auhead" / name).touch()
    assert _options(nodes, "diffusion") == ["tiny", "sd15", "a.safetensors", "mine/b.safetensors"]
    assert _options(nodes, "alm")[-2:] == ["a.safetensors", "mine/b.safetensors"]


def test_the_folder_of_models_may_be_missing(nodes):
    assert _options(nodes, "diffusion") == ["tiny", "sd15"]


def test_the_user_s_other_folders_of_models_are_kept(nodes, folders, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "c.safetensors").touch()
    (folders.models / "auhead").mkdir()
    (folders.models / "auhead" / "a.safetensors").touch()
    folder_paths.add_model_folder_path("auhead", str(tmp_path / "elsewhere"))
    assert _options(nodes, "diffusion")[2:] == ["a.safetensors", "c.safetensors"]


def test_loading_loads_nothing(nodes):
    model, alm = nodes("AUHeadLoad", diffusion="sd15", precision="fp16", download=True)
    assert (model.name, model.precision, model.download) == ("sd15", "fp16", True)
    assert (alm.name, alm.precision, alm.download) == ("tiny", "fp16", True)


def test_a_model_that_is_gone_gets_a_sentence(nodes):
    pytest.importorskip("diffusers")
    with pytest.raises(AUHeadError, match='There is no model "mine.safetensors" in models/auhead'):
        nodes("AUHeadLoad", diffusion="mine.safetensors")[0].opened  # noqa: B018


@pytest.mark.parametrize("name", ["tiny", "qwen2-audio-7b-instruct", "mine.safetensors"])
def test_speech_says_that_there_is_no_audio_language_model(nodes, sample, name):
    _, alm = nodes("AUHeadLoad", alm=name)
    instead = "leave the input alm unconnected and choose the emotion yourself"
    with pytest.raises(AUHeadError, match=_sentence("audio-language model", name, instead)):
        nodes("AUHeadAudioToAU", audio=sample[1], alm=alm)


def _sentence(kind: str, name: str, instead: str) -> str:
    chosen = re.escape(f'("{name}" was chosen in Load AUHead)')
    return f"^This version of AUHead brings no {kind} and runs none yet {chosen}; {instead}[.]$"


def test_what_is_not_there_is_said_before_the_run(nodes):
    alm = next(entry for entry in nodes.schema("AUHeadLoad").inputs if entry.id == "alm")
    assert "yet" in alm.tooltip
