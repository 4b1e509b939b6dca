"""The bundle sd15: its data hold together, files are found where people keep them, and what is missing is told."""

import re

import pytest

from auhead_models.diffusion.identify import PARTS
from auhead_models.diffusion.manifest import SD15_FILES, find_bundle, missing_sentence, model_folders, readable_size


def put(folders, folder: str, name: str):
    path = folders[folder][0] / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return path


@pytest.fixture
def folders(tmp_path):
    return model_folders(tmp_path)


def test_every_part_once_with_all_that_a_download_needs():
    assert [file.part for file in SD15_FILES] == list(PARTS)
    assert len({file.sha256 for file in SD15_FILES}) == len({file.place for file in SD15_FILES}) == len(SD15_FILES)
    for file in SD15_FILES:
        assert re.fullmatch("[0-9a-f]{64}", file.sha256) and file.size > 10**8 and file.licence
        assert file.url == f"https://huggingface.co/{file.repository}/resolve/main/{file.source}"
        assert file.place.startswith("models/") and file.name.endswith(file.source.rpartition(".")[2])


def test_nothing_there(folders):
    found = find_bundle(folders)
    assert not found.files and found.missing == SD15_FILES
    told = missing_sentence(found.missing)
    assert told.startswith("Get the 6 files that the model sd15 lacks (10.9 GB): denoising_unet.pth, ")
    assert "pose_guider.pth from huggingface.co/ZJYang/AniPortrait into models/auhead/aniportrait; " in told
    assert told.endswith("sd-image-variations-diffusers as models/clip_vision/sd-image-variations.bin.")
    assert told.count("ZJYang") == 1 and len(told) < 500


def test_all_there(folders):
    paths = {file.part: put(folders, file.folder, file.name) for file in SD15_FILES}
    found = find_bundle(folders)
    assert found.files == paths and not found.missing


@pytest.mark.parametrize(
    ("part", "folder", "name"),
    (
        ("vae", "vae", "vae-ft-mse-840000-ema-pruned.safetensors"),
        ("vae", "vae", "SD1.5/vae-ft-mse-840000-ema-pruned.ckpt"),
        ("vae", "auhead", "aniportrait/sd-vae-ft-mse/diffusion_pytorch_model.bin"),
        ("image_encoder", "clip_vision", "clip-vit-large-patch14.safetensors"),
        ("image_encoder", "auhead", "aniportrait/image_encoder/pytorch_model.bin"),
        ("unet", "auhead", "aniportrait/denoising_unet.safetensors"),
        ("motion", "auhead", "mine/aniportrait/motion_module.pth"),
    ),
)
def test_files_that_people_have_already(folders, part, folder, name):
    path = put(folders, folder, name)
    found = find_bundle(folders)
    assert found.files == {part: path}
    assert part not in [file.part for file in found.missing]


def test_places_are_searched_in_order(tmp_path):
    folders = {"vae": [tmp_path / "nowhere", tmp_path / "b", tmp_path / "a"]}
    for place in folders["vae"][1:]:
        place.mkdir()
        (place / "sd-vae-ft-mse.safetensors").touch()
    assert find_bundle(folders).files == {"vae": tmp_path / "b" / "sd-vae-ft-mse.safetensors"}


def test_one_missing_file_is_one_file():
    told = missing_sentence(SD15_FILES[3:4])
    assert told.startswith("Get the file that the model sd15 lacks (670 MB): pose_guider.pth from ")


def test_sizes_for_people():
    assert [readable_size(size) for size in (0, 670182863, 999999999, 1817900817)] == [
        "0 MB",
        "670 MB",
        "1.0 GB",
        "1.8 GB",
    ]
