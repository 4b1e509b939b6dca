import json
import sys

import pytest

pytest.importorskip("transformers")
import torch  # noqa: E402
from safetensors.torch import load_file, save_file  # noqa: E402
from toy_backends import TOYS, save_folder, toy_qwen2_audio  # noqa: E402

from auhead_models.alm.listen import listen  # noqa: E402
from auhead_models.alm.models import TINY, names, open_alm  # noqa: E402
from auhead_models.errors import AUHeadError  # noqa: E402
from auhead_models.speech import Audio  # noqa: E402


@pytest.fixture(scope="module", params=TOYS)
def saved(request, tmp_path_factory):
    """A backend, and the folder that holds the folder it was saved to."""
    backend, root = TOYS[request.param](), tmp_path_factory.mktemp("models")
    save_folder(backend, root / "mine")
    return backend, root


def answer(backend) -> torch.Tensor:
    features = backend.features([torch.linspace(-0.1, 0.1, 16000).numpy()])
    with torch.inference_mode():
        return backend.begin(backend.inputs(features, ["What do you hear?"]))[0]


def test_a_folder_comes_back(saved):
    backend, root = saved
    opened = open_alm("mine", [root], "fp32")
    assert opened.vocabulary == backend.vocabulary and opened.window == backend.window and opened.name == "mine"
    assert torch.allclose(answer(opened), answer(backend), atol=1e-5)
    assert open_alm("mine", [root]).network.dtype == torch.bfloat16


def test_the_whole_of_omni_gives_its_thinker(tmp_path):
    backend = TOYS["qwen2.5-omni"]()
    folder = save_folder(backend, tmp_path / "Qwen2.5-Omni-7B")
    weights = load_file(folder / "model.safetensors")
    whole = {f"thinker.{name}": weight for name, weight in weights.items()} | {"talker.head": torch.zeros(2)}
    save_file(whole, folder / "model.safetensors", {"format": "pt"})
    config = json.loads((folder / "config.json").read_text())
    whole = {"architectures": ["Qwen2_5OmniModel"], "model_type": "qwen2_5_omni", "thinker_config": config}
    (folder / "config.json").write_text(json.dumps(whole))
    opened = open_alm("qwen2.5-omni-7b", [tmp_path], "fp32")
    assert torch.allclose(answer(opened), answer(backend), atol=1e-5)
    assert names([tmp_path]) == [TINY, "qwen2-audio-7b-instruct", "qwen2.5-omni-7b"]


def test_damaged_folders(saved, tmp_path):
    backend, _ = saved
    folder = save_folder(backend, tmp_path / "mine")
    weights = load_file(folder / "model.safetensors")
    lost = next(name for name in weights if name.endswith("layers.1.mlp.up_proj.weight"))
    save_file({k: v for k, v in weights.items() if k != lost}, folder / "model.safetensors", {"format": "pt"})
    with pytest.raises(AUHeadError, match="lacks 1 weights, .*up_proj"):
        open_alm("mine", [tmp_path], "fp32")
    (folder / "model.safetensors").unlink()
    with pytest.raises(AUHeadError, match="cannot be opened .*download its folder again"):
        open_alm("mine", [tmp_path], "fp32")
    (folder / "config.json").write_text('{"architectures": ["LlamaForCausalLM"]}')
    with pytest.raises(AUHeadError, match="holds no model that AUHead knows"):
        open_alm(str(folder), [], "fp32")


@pytest.fixture(scope="module")
def lora(tmp_path_factory):
    """A folder with a base model and a LoRA that changes it; the backend with the LoRA in place."""
    pytest.importorskip("peft")
    from auhead_models.alm.training.adapters import add_adapters, save_adapters

    root, backend = tmp_path_factory.mktemp("models"), toy_qwen2_audio(taught=False)
    save_folder(backend, root / "base")
    backend.name = "base"
    model = add_adapters(backend, 4, 8, 0.0)
    torch.manual_seed(1)
    with torch.no_grad():
        for weight in model.parameters():
            if weight.requires_grad:
                weight += 0.05 * torch.randn_like(weight)
    save_adapters(model, root / "mine", {"base": "base"})
    return root, backend


def test_a_lora_changes_its_base(lora):
    root, backend = lora
    opened = open_alm("mine", [root], "fp32")
    assert opened.name == "mine" and opened.vocabulary is not None
    assert torch.allclose(answer(opened), answer(backend), atol=1e-5)
    assert "mine" in names([root])


@pytest.mark.parametrize("other", [{"hidden_size": 64}, {"num_hidden_layers": 1}, None])
def test_a_lora_for_another_model(lora, tmp_path, other):
    root, _ = lora
    backend = TOYS["qwen2.5-omni"](taught=False) if other is None else toy_qwen2_audio(taught=False, **other)
    save_folder(backend, tmp_path / "base")
    (tmp_path / "mine").mkdir()
    for file in (root / "mine").iterdir():
        (tmp_path / "mine" / file.name).write_bytes(file.read_bytes())
    with pytest.raises(AUHeadError, match="The LoRA mine belongs to another model than base"):
        open_alm("mine", [tmp_path], "fp32")


def test_a_lora_whose_base_is_missing(lora, tmp_path):
    root, _ = lora
    (tmp_path / "mine").mkdir()
    for file in (root / "mine").iterdir():
        (tmp_path / "mine" / file.name).write_bytes(file.read_bytes())
    with pytest.raises(AUHeadError, match='There is no audio-language model "base"'):
        open_alm("mine", [tmp_path], "fp32")


def test_a_lora_without_its_weights(lora, tmp_path):
    root, _ = lora
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "adapter_config.json").write_bytes((root / "mine" / "adapter_config.json").read_bytes())
    (tmp_path / "mine" / "adapter_model.bin").write_bytes(b"a pickle, maybe")
    with pytest.raises(AUHeadError, match="The LoRA mine lacks adapter_model.safetensors; copy its folder again"):
        open_alm("mine", [tmp_path, root], "fp32")


def test_pickled_weights_are_not_opened(saved, tmp_path):
    folder = save_folder(saved[0], tmp_path / "mine")
    torch.save(load_file(folder / "model.safetensors"), folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()
    with pytest.raises(AUHeadError, match="cannot be opened"):
        open_alm("mine", [tmp_path], "fp32")


def test_half_the_bits_hear_as_well(saved):
    """What a graphics card does with the large models: weights of 16 bits, sound of 32."""
    for precision in ("bf16", "fp16"):
        heard = listen(open_alm("mine", [saved[1]], precision), Audio(0.1 * torch.randn(1, 32000).numpy(), 16000))
        assert heard.values.shape == (10, 24) and heard.emotions.sum() == pytest.approx(1, abs=1e-2)


def test_fewer_bits_need_a_package(saved, monkeypatch):
    for package in ("bitsandbytes", "accelerate"):
        with monkeypatch.context() as without:
            without.setitem(sys.modules, "bitsandbytes", sys)  # as if it were installed
            without.setitem(sys.modules, package, None)
            with pytest.raises(AUHeadError, match="8bit needs the Python packages bitsandbytes and accelerate"):
                open_alm("mine", [saved[1]], "8bit")
    with pytest.raises(AUHeadError, match='There is no precision "2bit"'):
        open_alm("mine", [saved[1]], "2bit")


def test_an_older_transformers_gets_a_sentence(saved, monkeypatch):
    def older(folder, local_files_only, use_safetensors, output_loading_info, **others):
        raise TypeError(f"__init__() got an unexpected keyword argument '{next(iter(others))}'")

    monkeypatch.setattr(type(saved[0]).network_class, "from_pretrained", older)
    with pytest.raises(AUHeadError, match="transformers, 4.57 or newer"):
        open_alm("mine", [saved[1]])
