import json

import pytest

pytest.importorskip("diffusers")

import torch  # noqa: E402
from safetensors.torch import save_file  # noqa: E402
from toys import REFINER, draw_weights  # noqa: E402

from auhead_models.diffusion.catalogue import open_model  # noqa: E402
from auhead_models.diffusion.own_files import VERSION  # noqa: E402
from auhead_models.diffusion.refined_warp import RefinerModel  # noqa: E402
from auhead_models.diffusion.refiner import Refiner  # noqa: E402
from auhead_models.diffusion.refiner_files import is_refiner, save_refiner  # noqa: E402
from auhead_models.errors import AUHeadError  # noqa: E402


@pytest.fixture
def saved(tmp_path):
    model = RefinerModel("toy", draw_weights(Refiner(REFINER)).eval())
    save_refiner(model, tmp_path / "toy.safetensors", REFINER, {"licence": "Apache-2.0"})
    return model, tmp_path / "toy.safetensors"


def test_a_refiner_comes_back_in_half_precision(saved):
    model, path = saved
    assert is_refiner(path)
    loaded = open_model(path, {})
    assert loaded.name == "toy" and not loaded.network.training
    for name, tensor in model.network.state_dict().items():
        assert torch.allclose(loaded.network.state_dict()[name], tensor, atol=2e-3, rtol=1e-3)
        assert loaded.network.state_dict()[name].dtype == torch.float32


@pytest.mark.parametrize("guided", [True, False])
def test_whether_it_knows_guidance_is_kept(tmp_path, guided):
    path = tmp_path / "toy.safetensors"
    save_refiner(RefinerModel("toy", Refiner(REFINER), guided=guided), path, REFINER, {})
    assert open_model(path, {}).guided is guided


def test_files_that_do_not_say_know_none(tmp_path):
    path = tmp_path / "old.safetensors"
    weights = {name: tensor.half().contiguous() for name, tensor in Refiner(REFINER).state_dict().items()}
    header = {"version": VERSION, "kind": "refiner", "name": "old", "architecture": REFINER, "card": {}}
    save_file(weights, path, {"auhead": json.dumps(header)})
    assert open_model(path, {}).guided is False


@pytest.mark.parametrize("keep", [0, 100, 0.5, 0.99])
def test_a_file_cut_short_is_told(saved, keep):
    content = saved[1].read_bytes()
    saved[1].write_bytes(content[: int(keep * len(content)) if keep < 1 else keep])
    with pytest.raises(AUHeadError, match="toy.safetensors"):
        open_model(saved[1], {})


def _without(weights):
    del weights["tokens.unit.weight"]


def _with_one_more(weights):
    weights["tokens.magic"] = torch.zeros(1)


def _wider(weights):
    weights["unet.conv_in.bias"] = torch.zeros(7)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (_without, r"1 weight is missing \(tokens.unit.weight\)"),
        (_with_one_more, r"1 is unexpected \(tokens.magic\)"),
        (_wider, r"1 has another shape \(unet.conv_in.bias is 7 instead of 32\)"),
    ],
)
def test_weights_of_another_version_are_named(tmp_path, change, told):
    weights = {name: tensor.half().contiguous() for name, tensor in Refiner(REFINER).state_dict().items()}
    change(weights)
    header = {"version": VERSION, "kind": "refiner", "name": "old", "architecture": REFINER, "card": {}}
    save_file(weights, tmp_path / "old.safetensors", {"auhead": json.dumps(header)})
    with pytest.raises(AUHeadError, match=f"old.safetensors does not fit the refiner: {told}; another version"):
        open_model(tmp_path / "old.safetensors", {})


@pytest.mark.parametrize("precision", ["auto", "fp32", "fp16", "bf16"])
def test_a_precision_that_changes_nothing_is_told(saved, caplog, precision):
    assert next(open_model(saved[1], {}, precision).network.parameters()).dtype == torch.float32
    assert ("changes nothing" in caplog.text) == (precision in ("fp16", "bf16"))


def test_a_precision_that_there_is_not_is_told(saved):
    with pytest.raises(AUHeadError, match='no precision "fp8"'):
        open_model(saved[1], {}, "fp8")


@pytest.mark.parametrize(
    "header",
    [
        f'{{"version": {VERSION + 1}, "kind": "refiner"}}',
        f'{{"version": {VERSION}, "kind": "refiner"}}',
        f'{{"version": {VERSION}, "kind": "refiner", "architecture": {{"magic": 3}}}}',
        f'{{"version": {VERSION}, "kind": "refiner", "architecture": 3}}',
        json.dumps({"version": VERSION, "kind": "refiner", "architecture": {**REFINER, "num_attention_heads": 0}}),
        json.dumps({"version": VERSION, "kind": "refiner", "architecture": {**REFINER, "cross_attention_dim": "x"}}),
        json.dumps({"version": VERSION, "kind": "refiner", "architecture": {**REFINER, "block_out_channels": [-8, 8]}}),
        "[]",
        "nonsense",
    ],
)
def test_what_a_file_says_of_itself_may_be_wrong(tmp_path, header):
    path = tmp_path / "odd.safetensors"
    save_file({"a": torch.zeros(1)}, path, {"auhead": header})
    with pytest.raises(AUHeadError, match="odd.safetensors"):
        open_model(path, {})


def test_missing_files_of_the_public_model_are_listed(tmp_path):
    with pytest.raises(AUHeadError, match="denoising_unet.pth"):
        open_model("sd15", {"auhead": [tmp_path]})
