"""`auhead convert` writes weights of any known file as safetensors, in their own names or in those of diffusers."""

import pytest
import torch
from diffusers import MotionAdapter
from public_files import animatediff_names, checkpoint, ldm_vae_names, small_model
from safetensors.torch import load_file

from auhead_models.cli import main
from auhead_models.diffusion import weight_files
from auhead_models.diffusion.weight_files import read_weights


@pytest.fixture(scope="module")
def model():
    return small_model(image_encoder=False)


@pytest.fixture(scope="module")
def motion(model, tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / "motion_module.pth"
    torch.save(animatediff_names(model.unet.state_dict()), path)
    return path


def run(capsys, *arguments) -> tuple[int, str]:
    code = main(["convert", *map(str, arguments)])
    printed = capsys.readouterr()
    return code, (printed.out or printed.err).strip()


def same(given: dict, wanted: dict) -> bool:
    return given.keys() == wanted.keys() and all(torch.equal(given[name], wanted[name]) for name in wanted)


def test_names_are_kept(motion, tmp_path, capsys):
    out = tmp_path / "motion_module.safetensors"
    assert run(capsys, motion, out) == (
        0,
        f"{out}: a motion module of AnimateDiff, such as AniPortrait's motion_module.pth",
    )
    assert same(load_file(out), read_weights(motion).weights)


def test_names_of_diffusers(model, motion, tmp_path, capsys):
    out = tmp_path / "motion_module.safetensors"
    assert run(capsys, motion, out, "--to", "diffusers")[0] == 0
    adapter = MotionAdapter(
        block_out_channels=(8, 16, 24, 24),
        motion_num_attention_heads=2,
        motion_norm_num_groups=4,
        use_motion_mid_block=True,
    )
    adapter.load_state_dict(load_file(out))
    torch.save(
        {f"first_stage_model.{n}": t for n, t in ldm_vae_names(model.vae.state_dict()).items()}, tmp_path / "vae.ckpt"
    )
    assert run(capsys, tmp_path / "vae.ckpt", out, "--to", "Diffusers")[0] == 0
    assert same(load_file(out), model.vae.state_dict())


def test_weights_that_share_memory(motion, tmp_path, capsys):
    given = read_weights(motion).weights
    name = next(name for name in given if name.endswith("attention_blocks.0.pos_encoder.pe"))
    tied = {**given, name: given[name.replace("attention_blocks.0", "attention_blocks.1")]}
    torch.save(tied, tmp_path / "tied.pth")
    assert run(capsys, tmp_path / "tied.pth", tmp_path / "tied.safetensors")[0] == 0
    assert same(load_file(tmp_path / "tied.safetensors"), given)


def test_mistakes_are_sentences(model, motion, tmp_path, capsys):
    torch.save(checkpoint(model), tmp_path / "v1-5.ckpt")
    torch.save({"weather": torch.zeros(2)}, tmp_path / "foreign.pth")
    out = tmp_path / "out.safetensors"
    for arguments, sentence in (
        (
            (tmp_path / "v1-5.ckpt", out, "--to", "diffusers"),
            "is a whole Stable Diffusion 1.5 checkpoint, which has no one",
        ),
        ((tmp_path / "foreign.pth", out), "holds weights (weather, …), but of no model that AUHead knows"),
        ((tmp_path / "nothing.pth", out), "There is no model file at"),
        ((motion, tmp_path / "out.json"), "Weights are written as .safetensors"),
        ((motion, motion), "is also an input"),
        ((motion, out, "--fps", "25"), "--fps says nothing about weights"),
        ((tmp_path / "au.json", tmp_path / "au.csv", "--to", "diffusers"), "--to names weights, and"),
    ):
        code, told = run(capsys, *arguments)
        assert code == 2 and sentence in told and "\n" not in told
    assert not out.exists()


def test_a_full_disk(motion, tmp_path, capsys, monkeypatch):
    def full(*_):
        raise weight_files.SafetensorError("No space left on device")

    monkeypatch.setattr(weight_files, "save_file", full)
    code, told = run(capsys, motion, tmp_path / "out.safetensors")
    assert code == 2 and "No space left" in told and not list(tmp_path.iterdir())
