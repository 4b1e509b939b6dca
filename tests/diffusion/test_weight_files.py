"""Weights of every layout are read, and what is no file of weights gets a sentence."""

import pickle
import zipfile

import pytest
import torch
from public_files import aniportrait_files, small_model
from safetensors.torch import save_file

from auhead_models.diffusion.weight_files import read_weights
from auhead_models.errors import AUHeadError


@pytest.fixture(scope="module")
def weights() -> dict[str, dict[str, torch.Tensor]]:
    return aniportrait_files(small_model())


@pytest.fixture(scope="module")
def good(weights, tmp_path_factory):
    """Good files: of PyTorch, of PyTorch before 1.6, and safetensors."""
    folder = tmp_path_factory.mktemp("good")
    torch.save(weights["guider"], folder / "guider.pth")
    torch.save(weights["vae"], folder / "old.pth", _use_new_zipfile_serialization=False)
    save_file(weights["vae"], folder / "vae.safetensors")
    return {path.stem: path for path in folder.iterdir()}


class Harmful:
    def __reduce__(self):
        return exec, ("raise SystemExit('code of a file was run')",)


def _zip(path, names):
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, b"x" * 100)


BAD_FILES = {
    "empty.pth": (lambda path, good: path.write_bytes(b""), "is empty"),
    "cut.pth": (lambda path, good: path.write_bytes(good["guider"].read_bytes()[:-5000]), "is damaged or cut short"),
    "cut.safetensors": (lambda path, good: path.write_bytes(good["vae"].read_bytes()[:-50]), "is damaged or cut short"),
    "stub.safetensors": (lambda path, good: path.write_bytes(good["vae"].read_bytes()[:50]), "is damaged or cut short"),
    "old_cut.pth": (lambda path, good: path.write_bytes(good["old"].read_bytes()[:-500]), "is damaged or cut short"),
    "old_stub.pth": (lambda path, good: path.write_bytes(good["old"].read_bytes()[:60]), "is damaged or cut short"),
    "code.pth": (lambda path, good: torch.save({"a": Harmful()}, path), "can run code; take a .safetensors"),
    "old_code.pth": (
        lambda path, good: torch.save({"a": Harmful()}, path, _use_new_zipfile_serialization=False),
        "can run code; take a .safetensors",
    ),
    "whole.pth": (lambda path, good: torch.save(torch.nn.Linear(2, 2), path), "can run code; take a .safetensors"),
    "pickle.pth": (lambda path, good: path.write_bytes(pickle.dumps({"a": 1})), "is no model file"),
    "list.pth": (lambda path, good: torch.save([torch.zeros(2)], path), "holds no weights by name"),
    "numbers.pth": (lambda path, good: torch.save({"epoch": 3}, path), "holds no weights by name"),
    "program.pt": (lambda path, good: _zip(path, ["film/data.pkl", "film/code/a.py"]), "is a TorchScript program"),
    "photos.pth": (lambda path, good: _zip(path, ["a.jpg"]), "is a zip archive and no model file"),
    "text.pth": (lambda path, good: path.write_text("hello " * 20), "is no model file"),
    "page.safetensors": (lambda path, good: path.write_text("\n<!DOCTYPE html><html>"), "is a web page"),
    "pointer.pth": (lambda path, good: path.write_text("version https://git-lfs.github.com/spec/v1\n"), "pointer"),
    "quantised.safetensors": (lambda path, good: path.write_bytes(b"GGUF" + b"\0" * 99), "is a GGUF file"),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_files_that_are_no_weights(good, tmp_path, name):
    write, sentence = BAD_FILES[name]
    write(tmp_path / name, good)
    with pytest.raises(AUHeadError, match=sentence) as error:
        read_weights(tmp_path / name)
    told = str(error.value)
    assert name in told and told.endswith(".") and "\n" not in told


def test_files_of_old_versions_of_pytorch(good, weights):
    read = read_weights(good["old"]).weights
    assert all(torch.equal(read[name], tensor) for name, tensor in weights["vae"].items())


def test_the_ending_of_a_file_does_not_matter(good, weights, tmp_path):
    renamed = tmp_path / "vae.pth"
    renamed.write_bytes(good["vae"].read_bytes())
    assert read_weights(renamed).weights.keys() == weights["vae"].keys()
