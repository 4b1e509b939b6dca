"""Models from files: what public layouts give back, what our own file keeps, and a sentence for every wrong file."""

import json
from dataclasses import replace

import pytest
import torch
from public_files import TOY, animatediff_names, aniportrait_files, checkpoint, small_model, taesd_weights
from safetensors.torch import load_file, save_file
from toys import toy_inputs

from auhead_models.diffusion import checkpoints, weight_files
from auhead_models.diffusion.attention import Conditions
from auhead_models.diffusion.checkpoints import load_bundle, load_model, read_card, save_model, weight_dtype
from auhead_models.diffusion.model import FaceDiffusion
from auhead_models.diffusion.presets import ANIMATEDIFF_SCHEDULER
from auhead_models.diffusion.weight_files import read_weights
from auhead_models.errors import AUHeadError


@pytest.fixture(scope="module")
def model() -> FaceDiffusion:
    return small_model()


@pytest.fixture(scope="module")
def weights(model) -> dict[str, dict[str, torch.Tensor]]:
    return aniportrait_files(model)


@pytest.fixture(scope="module")
def files(weights, tmp_path_factory):
    """AniPortrait's files as published: .pth, and .safetensors for the VAE."""
    folder = tmp_path_factory.mktemp("aniportrait")
    for part, given in weights.items():
        if part != "vae":
            torch.save(given, folder / f"{part}.pth")
    save_file(weights["vae"], folder / "vae.safetensors")
    return {part: folder / (f"{part}.safetensors" if part == "vae" else f"{part}.pth") for part in weights}


@pytest.fixture(scope="module")
def own(model, tmp_path_factory):
    path = tmp_path_factory.mktemp("own") / "toy.safetensors"
    return save_model(model, path, {"licence": "Apache-2.0", "steps": 12})


@torch.no_grad()
def drawn(model: FaceDiffusion) -> list[torch.Tensor]:
    """What every network of a model makes of the same inputs."""
    given = toy_inputs()
    features = model.guider(given["facemaps"])
    picture = given["facemaps"][:1] * 2 - 1
    token = given["image_token"]
    if model.image_encoder is not None:
        token = model.image_encoder(picture[..., :28, :28]).image_embeds[:, None]
    known = model.reference_net.read(given["portrait"], token, model.unet)
    frames = len(given["facemaps"])
    step = model.unet(
        given["latents"], given["timestep"], token.repeat(frames, 1, 1), features, Conditions(known, frames - 1)
    )
    latents = model.vae.encode(picture).latent_dist.mean
    return [*features, token, step, latents, model.vae.decode(latents).sample]


def equal(one: FaceDiffusion, other: FaceDiffusion) -> bool:
    """But for the last digit, which depends on where tensors begin in memory."""
    return all(torch.allclose(a, b, rtol=1e-4, atol=1e-5) for a, b in zip(drawn(one), drawn(other), strict=True))


def test_public_files_become_the_same_model(model, files):
    loaded = load_bundle(files, architecture=TOY)
    assert equal(loaded, model)
    assert loaded.architecture.scheduler["prediction_type"] == "v_prediction"
    for network in loaded.networks():
        assert not network.training
        assert not any(tensor.is_meta for tensor in (*network.parameters(), *network.buffers()))


def test_precisions(files):
    loaded = load_bundle(files, "bf16", architecture=TOY)
    assert {p.dtype for network in loaded.networks() for p in network.parameters()} == {torch.bfloat16}
    assert loaded.guider.conv_layers[1].running_var.dtype == torch.bfloat16
    assert loaded.guider.conv_layers[1].num_batches_tracked.dtype == torch.int64, "a counter stays whole"
    assert weight_dtype("auto", "cpu") == torch.float32 and weight_dtype("auto", "cuda:1") == torch.float16
    assert weight_dtype("fp32", "cuda") == torch.float32
    halved = load_bundle(files, "fp16", architecture=TOY)
    assert halved.unet.dtype == torch.float16 and halved.vae.dtype == torch.float32, "whose values may exceed fp16"
    with pytest.raises(AUHeadError, match='no precision "int8"; choose one of auto, fp32, fp16, bf16'):
        load_bundle(files, "int8", architecture=TOY)


def test_weights_are_not_copied(files, monkeypatch):
    read = {}
    monkeypatch.setattr(checkpoints, "read_weights", lambda path: read.setdefault(path, read_weights(path)))
    loaded = load_bundle(files, architecture=TOY)
    for part, network in (("unet", loaded.unet), ("guider", loaded.guider), ("vae", loaded.vae)):
        held = {tensor.data_ptr() for tensor in read[files[part]].weights.values()}
        assert {tensor.data_ptr() for tensor in network.state_dict().values()} >= held


@pytest.mark.parametrize("suffix", ("ckpt", "safetensors"))
def test_a_stable_diffusion_checkpoint_with_a_motion_module(model, files, tmp_path, suffix):
    stock = tmp_path / f"v1-5.{suffix}"
    given = checkpoint(model)
    if suffix == "ckpt":
        torch.save({"epoch": 3, "state_dict": given}, stock)
    else:
        save_file({name: tensor.contiguous() for name, tensor in given.items()}, stock)
    loaded = load_bundle({"unet": stock, "motion": files["motion"], "guider": files["guider"]}, architecture=TOY)
    assert loaded.architecture.scheduler == ANIMATEDIFF_SCHEDULER
    reference, spatial = loaded.reference_net.state_dict(), model.unet.state_dict()
    assert all(torch.equal(tensor, spatial[name]) for name, tensor in reference.items())
    assert reference["conv_in.weight"].data_ptr() != loaded.unet.conv_in.weight.data_ptr()
    changed = small_model(image_encoder=False)
    changed.reference_net.load_state_dict(reference)
    assert equal(loaded, changed)


def test_the_first_motion_modules_had_no_middle_and_shorter_tables(model, files, tmp_path):
    older = {
        f"module.{name}": tensor[:, :24] if name.endswith(".pe") else tensor
        for name, tensor in animatediff_names(model.unet.state_dict()).items()
        if not name.startswith("mid_block")
    }
    torch.save({"state_dict": older}, tmp_path / "mm_sd_v15.ckpt")
    loaded = load_bundle({**files, "motion": tmp_path / "mm_sd_v15.ckpt"}, architecture=TOY)
    assert not hasattr(loaded.unet.mid_block, "motion_modules")
    assert loaded.unet.config.motion_max_seq_length == 24
    assert len(drawn(loaded)) == len(drawn(model))


def test_motion_in_the_file_of_the_unet(model, files, weights, tmp_path):
    save_file(model.unet.state_dict(), tmp_path / "both.safetensors")
    both = {**files, "unet": tmp_path / "both.safetensors", "motion": None}
    assert equal(load_bundle(both, architecture=TOY), model)


def test_the_tiny_vae(files, tmp_path):
    save_file(taesd_weights(), tmp_path / "taesd.safetensors")
    loaded = load_bundle({**files, "vae": tmp_path / "taesd.safetensors", "image_encoder": None}, architecture=TOY)
    assert loaded.image_encoder is None
    save_model(loaded, tmp_path / "toy.safetensors")
    for one in (loaded, load_model(tmp_path / "toy.safetensors")):
        assert one.vae.config.scaling_factor == 1 and one.vae.decode(torch.zeros(1, 4, 2, 2)).sample.shape[-1] == 16


def test_our_own_file_gives_the_model_back(model, own, tmp_path):
    assert read_card(own) == {"name": "toy", "licence": "Apache-2.0", "steps": 12}
    path = tmp_path / "again.safetensors"
    path.write_bytes(own.read_bytes())
    loaded = load_model(save_model(load_model(path), path))  # over the file that it lies in
    assert equal(loaded, model)
    assert (loaded.name, loaded.architecture.unet) == ("toy", model.architecture.unet)


def test_our_own_file_keeps_action_units_and_speech(tmp_path):
    model = small_model(image_encoder=False, au_dim=8, audio_dim=6)
    model.au_tokens, model.audio_tokens = checkpoints.AUTokens(8), checkpoints.AudioTokens(20, 6)
    model.architecture = replace(model.architecture, audio={"features": "log-mel", "width": 20})
    loaded = load_model(save_model(model, tmp_path / "toy.safetensors"))
    assert equal(loaded, model) and loaded.image_encoder is None
    values = torch.rand(2, 24)
    assert torch.equal(loaded.au_tokens(values, values[0]), model.au_tokens(values, values[0]))
    heard = torch.rand(2, 5, 20)
    assert torch.equal(loaded.audio_tokens(heard), model.audio_tokens(heard))
    assert loaded.architecture.audio == {"features": "log-mel", "width": 20}
    layer = loaded.unet.down_blocks[0].attentions[0].transformer_blocks[0].attn2.processor
    assert layer.to_k_au.weight.shape[1] == 8 and layer.to_k_audio.weight.shape[1] == 6


def test_saving_leaves_nothing_half_written(model, own, tmp_path, monkeypatch):
    def full(weights, path, metadata):
        path.write_bytes(b"half")
        raise weight_files.SafetensorError("No space left on device")

    monkeypatch.setattr(weight_files, "save_file", full)
    with pytest.raises(AUHeadError, match="toy.safetensors .*No space left"):
        save_model(model, tmp_path / "toy.safetensors")
    assert not list(tmp_path.iterdir())
    with pytest.raises(AUHeadError, match="give .*toy.pth that ending"):
        save_model(model, tmp_path / "toy.pth")


def rewritten(path, target, change) -> None:
    """Our own file with another header."""
    header = json.loads(read_weights(path).metadata["auhead"])
    change(header)
    save_file(load_file(path), target, {"auhead": json.dumps(header)})


def test_files_of_a_newer_version(own, tmp_path):
    newer = tmp_path / "newer.safetensors"
    rewritten(own, newer, lambda header: header.update(version=2))
    with pytest.raises(AUHeadError, match=r"newer.safetensors was saved by a newer AUHead \(format 2, .*\); update it"):
        load_model(newer)


@pytest.mark.parametrize(
    ("part", "damage"),
    [
        ("unheard_of", {}),
        ("unet", None),
        ("audio", ["log-mel"]),
        ("guider", {"channels": [8, 8], "unheard_of": 1}),
        ("unet", {"motion_num_attention_heads": 0}),
        ("unet", {"in_channels": -4}),
        ("unet", {"motion_max_seq_length": -1}),
        ("guider", {"channels": []}),
        ("guider", {"channels": [-8, 8]}),
        ("vae", {"block_out_channels": []}),
        ("vae", {"latent_channels": -1}),
        ("vae", {"down_block_types": [8]}),
        ("image_encoder", {"hidden_size": -1}),
        ("vae", {"scaling_factor": 0.0}),
        ("vae", {"scaling_factor": "unheard of"}),
        ("scheduler", {"unheard_of": 1}),
        ("scheduler", {"beta_schedule": "unheard of"}),
        ("scheduler", {"prediction_type": "unheard of"}),
    ],
)
def test_files_that_tell_nonsense_of_their_model(own, tmp_path, part, damage):
    path = tmp_path / "nonsense.safetensors"

    def change(header):
        before = header["architecture"].get(part, {})
        header["architecture"][part] = before | damage if isinstance(damage, dict) else damage

    rewritten(own, path, change)
    with pytest.raises(AUHeadError, match="nonsense.safetensors tells of its own model is damaged; take another copy"):
        load_model(path)


def test_our_own_files_that_lack_something(own, tmp_path):
    path = tmp_path / "less.safetensors"
    given, metadata = load_file(own), read_weights(own).metadata
    save_file({name: tensor for name, tensor in given.items() if not name.startswith("guider.")}, path, metadata)
    with pytest.raises(AUHeadError, match="less.safetensors lacks the weights of the FaceMap guider"):
        load_model(path)
    del given["unet.conv_in.weight"]
    save_file(given, path, metadata)
    with pytest.raises(AUHeadError, match=r"1 weight is missing \(conv_in.weight\)"):
        load_model(path)


def test_a_part_is_no_model(files):
    with pytest.raises(AUHeadError, match="guider.pth is no model .* AniPortrait's pose_guider.pth; it is one part"):
        load_model(files["guider"])


def test_files_of_anything_else_are_no_models(tmp_path):
    save_file(FOREIGN, tmp_path / "other.safetensors")
    with pytest.raises(AUHeadError, match="other.safetensors is no model .* nothing that AUHead knows; choose another"):
        load_model(tmp_path / "other.safetensors")


LORA = {"lora_unet_down_blocks_0_attentions_0.lora_down.weight": torch.zeros(4, 8)}
FOREIGN = {"something.weight": torch.zeros(2)}


@pytest.mark.parametrize(
    ("part", "given", "sentence"),
    (
        ("unet", "reference_net", "cannot be the denoising network: it looks like a ReferenceNet, .*in the place of"),
        ("guider", "motion", "cannot be the FaceMap guider: .* which belongs in the place of the motion module"),
        ("motion", "unet", "cannot be the motion module: .* in the place of the denoising network or the ReferenceNet"),
        ("vae", "image_encoder", "cannot be the VAE: it looks like a CLIP image encoder"),
        ("image_encoder", "vae", "cannot be the CLIP image encoder: it looks like a Stable Diffusion VAE"),
        ("unet", LORA, "it looks like a LoRA, which AUHead does not use"),
        ("unet", FOREIGN, "it looks like nothing that AUHead knows: check that it is the right file"),
    ),
)
def test_swapped_and_foreign_files(files, tmp_path, part, given, sentence):
    if isinstance(given, dict):
        torch.save(given, tmp_path / "foreign.pth")
        path = tmp_path / "foreign.pth"
    else:
        path = files[given]
    with pytest.raises(AUHeadError, match=f"^{path} .*{sentence}") as error:
        load_bundle({**files, part: path}, architecture=TOY)
    assert str(error.value).endswith(".") and "\n" not in str(error.value)


def test_missing_unexpected_and_reshaped_weights_are_named(files, weights, tmp_path):
    given = dict(weights["unet"])
    for name in list(given)[-4:]:
        del given[name]
    given["conv_in.weight"] = torch.zeros(8, 5, 3, 3)
    given["extra.weight"] = torch.zeros(1)
    torch.save({**given, "conv_out.weight": weights["unet"]["conv_out.weight"]}, tmp_path / "other.pth")
    with pytest.raises(AUHeadError) as error:
        load_bundle({**files, "unet": tmp_path / "other.pth"}, architecture=TOY)
    told = str(error.value)
    assert "other.pth does not fit the denoising network: 3 weights are missing (" in told
    assert "1 is unexpected (extra.weight)" in told
    assert "1 has another shape (conv_in.weight is 8 x 5 x 3 x 3 instead of 8 x 4 x 3 x 3)" in told
    assert told.endswith("it looks like a Stable Diffusion 1.5 UNet, such as AniPortrait's denoising_unet.pth, "
                         "perhaps of another version or damaged.")  # fmt: skip


def test_incomplete_bundles(files):
    with pytest.raises(AUHeadError, match="no file for its denoising network"):
        load_bundle({**files, "unet": None}, architecture=TOY)
    for part, title in (("guider", "FaceMap guider"), ("motion", "motion module"), ("vae", "VAE")):
        with pytest.raises(AUHeadError, match=f"no {title}: .*unet.pth holds none, so a file of it is needed"):
            load_bundle({**files, part: None}, architecture=TOY)
    with pytest.raises(AUHeadError, match="There is no model file at .*nowhere.pth"):
        load_bundle({**files, "guider": files["guider"].with_name("nowhere.pth")}, architecture=TOY)
