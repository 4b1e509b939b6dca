"""Names of public files: ours come back from each layout, and diffusers' own converters agree."""

import pytest
import torch
from diffusers import UNet2DConditionModel
from diffusers.loaders.single_file_utils import convert_ldm_unet_checkpoint, convert_ldm_vae_checkpoint
from public_files import (
    TOY,
    animatediff_names,
    checkpoint,
    ldm_unet_names,
    ldm_vae_names,
    small_model,
    toy_image_encoder,
    toy_vae,
)

from auhead_models.diffusion.keymaps import adapter_keys, image_encoder_keys, reference_keys, unet_keys, vae_keys
from auhead_models.diffusion.presets import SD15
from auhead_models.diffusion.unet import FaceUNet


@pytest.fixture(scope="module")
def model():
    return small_model(image_encoder=False)


def same(given: dict, wanted: dict) -> bool:
    return given.keys() == wanted.keys() and all(torch.equal(given[name], wanted[name]) for name in wanted)


def spatial(model) -> dict:
    return {name: given for name, given in model.unet.state_dict().items() if "motion_modules" not in name}


@pytest.mark.parametrize("prefix", ("", "module."))
def test_motion_modules(model, prefix):
    theirs = {prefix + name: given for name, given in animatediff_names(model.unet.state_dict()).items()}
    assert len(theirs) == 588  # as many as in motion_module.pth
    temporal = {name: given for name, given in model.unet.state_dict().items() if "motion_modules" in name}
    assert same(adapter_keys(theirs), temporal)
    assert same(adapter_keys(temporal), temporal)


@pytest.mark.parametrize("prefix", ("", "model.diffusion_model."))
def test_unets_of_single_files(model, prefix):
    theirs = {prefix + name: given for name, given in ldm_unet_names(model.unet.state_dict()).items()}
    assert len(theirs) == 686
    assert same(unet_keys(theirs), spatial(model))
    assert same(unet_keys(spatial(model)), spatial(model))


def test_unets_as_diffusers_converts_them(model):
    theirs = {f"model.diffusion_model.{name}": given for name, given in ldm_unet_names(spatial(model)).items()}
    config = dict(UNet2DConditionModel(**TOY.reference).config)
    assert same(unet_keys(theirs), convert_ldm_unet_checkpoint(dict(theirs), config=config))


def test_references_lack_the_last_layers(model):
    wanted = model.reference_net.state_dict()
    whole = {**wanted, "conv_out.weight": torch.zeros(1), "conv_norm_out.bias": torch.zeros(1)}
    assert same(reference_keys(whole), wanted)
    assert reference_keys(model.unet.state_dict()).keys() == wanted.keys()


@pytest.mark.parametrize("prefix", ("", "first_stage_model."))
def test_vaes_of_single_files(prefix):
    vae = toy_vae().state_dict()
    theirs = {prefix + name: given for name, given in ldm_vae_names(vae).items()}
    extra = {} if prefix else {"loss.logvar": torch.zeros(1), "model_ema.decay": torch.zeros(1)}
    assert same(vae_keys({**theirs, **extra}), vae)
    assert same(vae_keys(vae), vae)
    theirs = {f"first_stage_model.{name}": given for name, given in ldm_vae_names(vae).items()}
    assert same(vae_keys(theirs), convert_ldm_vae_checkpoint(theirs, {**TOY.vae}))


def test_vaes_of_an_older_diffusers():
    vae = toy_vae().state_dict()
    old = {"to_q": "query", "to_k": "key", "to_v": "value", "to_out.0": "proj_attn"}
    theirs = {}
    for name, given in vae.items():
        for new, former in old.items():
            name = name.replace(f"attentions.0.{new}.", f"attentions.0.{former}.")
        theirs[name] = given
    assert theirs.keys() != vae.keys()
    assert same(vae_keys(theirs), vae)


def test_both_networks_of_a_checkpoint(model):
    theirs = checkpoint(model)
    assert same(unet_keys(theirs), spatial(model))
    assert same(vae_keys(theirs), model.vae.state_dict())


def test_image_encoders_with_their_text_side():
    encoder = toy_image_encoder().state_dict()
    more = ("text_model.final_layer_norm.weight", "logit_scale", "vision_model.embeddings.position_ids")
    assert same(image_encoder_keys({**encoder, **{name: torch.zeros(1) for name in more}}), encoder)


def test_names_at_full_size():
    with torch.device("meta"):
        wanted = FaceUNet(**SD15.unet).state_dict()
    theirs = {**ldm_unet_names(wanted), **animatediff_names(wanted)}
    mapped = {**unet_keys(ldm_unet_names(wanted)), **adapter_keys(theirs)}
    assert mapped.keys() == wanted.keys()
    assert all(mapped[name].shape == wanted[name].shape for name in wanted)
