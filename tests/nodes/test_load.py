import gc
import re
import subprocess
import sys
import weakref
from pathlib import Path
from types import SimpleNamespace

import comfy.model_management
import comfy.model_patcher
import folder_paths
import pytest
import torch
from auhead_plugin.auhead_models.errors import AUHeadError
from auhead_plugin.nodes.host import HeldNetworks


def _options(nodes, name: str) -> list[str]:
    return next(entry.options for entry in nodes.schema("AUHeadLoad").inputs if entry.id == name)


def test_models_of_the_user_are_listed_after_the_known_ones(nodes, folders):
    (folders.models / "auhead" / "mine").mkdir(parents=True)
    for name in ("mine/b.safetensors", "a.safetensors", "notes.txt"):
        (folders.models / "auhead" / name).touch()
    assert _options(nodes, "diffusion") == ["tiny", "sd15", "a.safetensors", "mine/b.safetensors"]


def test_folders_of_audio_language_models_are_listed_after_the_known_ones(nodes, folders):
    known = ["tiny", "qwen2-audio-7b-instruct", "qwen2.5-omni-7b"]
    assert _options(nodes, "alm") == known
    for name, file, content in (
        ("auhead/mine", "config.json", '{"architectures": ["Qwen2AudioForConditionalGeneration"]}'),
        ("auhead/some/lora", "adapter_config.json", "{}"),
        ("auhead/Qwen2-Audio-7B-Instruct", "config.json", '{"architectures": ["Qwen2AudioForConditionalGeneration"]}'),
        ("auhead/other", "config.json", '{"architectures": ["LlamaForCausalLM"]}'),
        ("auhead/broken", "config.json", "{"),
        ("LLM/omni", "config.json", '{"architectures": ["Qwen2_5OmniModel"]}'),
    ):
        (folders.models / name).mkdir(parents=True)
        (folders.models / name / file).write_text(content)
    assert _options(nodes, "alm") == [*known, "mine", "omni", "some/lora"]


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
    assert (alm.name, alm.precision) == ("tiny", "auto")
    assert "opened" not in vars(alm) and alm.get_models() == []


def test_a_model_that_is_gone_gets_a_sentence(nodes):
    pytest.importorskip("diffusers")
    with pytest.raises(AUHeadError, match='There is no model "mine.safetensors" in models/auhead'):
        nodes("AUHeadLoad", diffusion="mine.safetensors")[0].opened  # noqa: B018


@pytest.mark.parametrize(
    "name, repository", [("qwen2-audio-7b-instruct", "Qwen2-Audio-7B-Instruct"), ("qwen2.5-omni-7b", "Qwen2.5-Omni-7B")]
)
def test_where_a_large_model_belongs_is_said(nodes, sample, name, repository):
    pytest.importorskip("transformers")
    _, alm = nodes("AUHeadLoad", alm=name)
    sentence = f'"{name}" is not here: put the folder {repository} of https://huggingface.co/Qwen/{repository}'
    with pytest.raises(AUHeadError, match=re.escape(sentence)):
        nodes("AUHeadAudioToAU", audio=sample[1], alm=alm)


def test_a_folder_that_is_gone_gets_a_sentence(nodes):
    pytest.importorskip("transformers")
    with pytest.raises(AUHeadError, match='There is no audio-language model "mine" in models/auhead'):
        nodes("AUHeadLoad", alm="mine")[1].opened  # noqa: B018


def test_a_number_format_that_is_not_on_the_list(nodes):
    with pytest.raises(AUHeadError, match='alm_precision is "2bit"'):
        nodes("AUHeadLoad", alm_precision="2bit")


def test_the_nodes_start_without_transformers():
    code = (
        "import sys, types; plugin = types.ModuleType('auhead_plugin'); plugin.__path__ = [sys.argv[1]]\n"
        "sys.modules['auhead_plugin'] = plugin; sys.path.insert(0, sys.argv[1] + '/tests/fake_host')\n"
        "from auhead_plugin.nodes import NODES\n"
        "[node.define_schema() for node in NODES]\n"
        "sys.exit('transformers' in sys.modules)"
    )
    root = Path(__file__).resolve().parents[2]
    subprocess.run([sys.executable, "-c", code, str(root)], check=True)


def test_networks_are_held_whole_by_the_plain_patcher(monkeypatch):
    """Newer versions of ComfyUI have another one, for layers of their own; --novram leaves weights where they are."""
    monkeypatch.setattr(comfy.model_patcher, "CoreModelPatcher", None, raising=False)
    monkeypatch.setattr(comfy.model_management, "get_torch_device", lambda: torch.device("meta"))
    monkeypatch.setattr(comfy.model_management, "load_models_gpu", lambda *_, **__: None)
    network = torch.nn.Linear(2, 2)
    held = HeldNetworks([network])
    held.place(network)
    assert type(held.patchers()[0]) is comfy.model_patcher.ModelPatcher and network.weight.is_meta


class _Quantised(torch.nn.Linear):
    """Refuses to be moved, as some versions of bitsandbytes do."""

    def _apply(self, *_, **__):
        raise ValueError("weights of 8 bit cannot be moved")


def test_weights_that_cannot_be_moved_are_given_up_when_others_need_the_room(nodes, monkeypatch):
    """A stand-in for a quantised model. Used twice, it stays; unloaded, it is gone; used again, it comes back."""
    opened = []

    def open_alm(*_):
        network = _Quantised(2, 2)
        opened.append(weakref.ref(network))
        return SimpleNamespace(network=network, fixed_place=True, memory=0)

    _, alm = nodes("AUHeadLoad", alm_precision="8bit")
    monkeypatch.setattr(sys.modules[type(alm).__module__], "open_alm", open_alm)
    for _ in range(2):
        backend, held = alm.opened
        held.place(backend.network)
    assert len(opened) == 1 and opened[0]() is not None and len(alm.get_models()) == 1
    assert alm.get_models()[0].model.model_loaded_weight_memory == 24
    del backend, held
    comfy.model_management.unload_all_models()
    gc.collect()
    assert opened[0]() is None and alm.get_models() == []
    assert alm.opened[0].network is opened[1]()


@pytest.mark.parametrize(("name", "made"), [("tiny", 0), ("large", 1)])
def test_room_is_made_for_weights_that_are_put_on_the_card_at_once(nodes, monkeypatch, name, made):
    """tiny has no such weights, whatever the precision."""
    calls = []
    choice = type(nodes("AUHeadLoad")[1])
    backend = SimpleNamespace(network=torch.nn.Linear(2, 2), fixed_place=name != "tiny", memory=0)
    monkeypatch.setattr(sys.modules[choice.__module__], "open_alm", lambda *_: backend)
    monkeypatch.setattr(comfy.model_management, "unload_all_models", lambda: calls.append(1))
    assert choice(name, "8bit").opened[0] is backend and len(calls) == made
