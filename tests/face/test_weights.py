"""Broken weights give one sentence."""

import shutil

import pytest
import torch
from safetensors import safe_open

from auhead_models.errors import AUHeadError
from auhead_models.face.weights import FACE_LANDMARKS, bundled_network, load_network

CPU = torch.device("cpu")


@pytest.mark.parametrize("name", ["short_range", "full_range", "mesh"])
def test_networks_are_frozen_and_kept(name):
    network = bundled_network(name, CPU)
    assert not network.training and not any(parameter.requires_grad for parameter in network.parameters())
    assert bundled_network(name, CPU) is network


def test_networks_loaded_inside_inference_mode_serve_outside_too():
    bundled_network.cache_clear()
    with torch.inference_mode():
        network = bundled_network("mesh", CPU)
    assert not any(parameter.is_inference() for parameter in network.parameters())


def test_the_file_names_its_sources():
    with safe_open(FACE_LANDMARKS, "pt") as file:
        metadata = file.metadata()
    assert metadata["licence"] == "Apache-2.0"
    assert {key for key in metadata if key.startswith("sha256 ")} == {
        "sha256 face_detection_short_range.tflite",
        "sha256 face_detection_full_range_sparse.tflite",
        "sha256 face_landmark_with_attention.tflite",
    }


def test_missing_weights(tmp_path):
    with pytest.raises(AUHeadError, match="lost.safetensors are missing .* install the plugin again"):
        load_network("mesh", CPU, tmp_path / "lost.safetensors")


@pytest.mark.parametrize("size", [0, 5, 1000, 2_000_000])
def test_weights_cut_short(tmp_path, size):
    path = tmp_path / "cut.safetensors"
    path.write_bytes(FACE_LANDMARKS.read_bytes()[:size])
    with pytest.raises(AUHeadError, match="cut.safetensors are damaged or cut short: install the plugin again"):
        load_network("mesh", CPU, path)


def test_weights_of_another_version(tmp_path):
    path = tmp_path / "other.safetensors"
    shutil.copy(FACE_LANDMARKS.with_name("face_geometry.safetensors"), path)
    with pytest.raises(AUHeadError, match="other.safetensors"):
        load_network("short_range", CPU, path)
