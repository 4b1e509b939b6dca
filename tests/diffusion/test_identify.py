"""What a file is by the names and shapes of its weights: our own kinds at full size, and those of other programs."""

import pytest
import torch
from diffusers import AutoencoderTiny
from public_files import animatediff_names, ldm_unet_names, ldm_vae_names

from auhead_models.diffusion.checkpoints import _builders
from auhead_models.diffusion.identify import KINDS, OWN, PARTS, UNKNOWN, identify
from auhead_models.diffusion.presets import SD15
from auhead_models.diffusion.weight_files import shapes_of


@pytest.fixture(scope="module")
def full() -> dict[str, dict[str, torch.Tensor]]:
    """The weights of each network at full size, without their numbers."""
    with torch.device("meta"):
        return {part: build().state_dict() for part, build in _builders(SD15).items() if part != "au_tokens"}


def kind(weights) -> str:
    return identify(shapes_of(weights)).id


def prefixed(prefix: str, weights: dict) -> dict:
    return {prefix + name: tensor for name, tensor in weights.items()}


def test_public_files_at_full_size(full):
    spatial = {name: tensor for name, tensor in full["unet"].items() if "motion_modules" not in name}
    motion = {name: tensor for name, tensor in full["unet"].items() if "motion_modules" in name}
    assert kind(spatial) == "sd15_unet" and kind(full["unet"]) == "motion_unet"
    assert kind(motion) == "motion_adapter" and kind(animatediff_names(motion)) == "motion"
    assert kind({n: t for n, t in animatediff_names(motion).items() if "mid_block" not in n}) == "motion"
    assert kind(full["reference_net"]) == "reference_net" and kind(full["guider"]) == "guider"
    assert kind(full["vae"]) == "vae" and kind(full["image_encoder"]) == "image_encoder"
    text = {"text_model.encoder.layers.0.mlp.fc1.weight": torch.zeros(1)}
    assert kind({**full["image_encoder"], **text}) == "image_encoder"
    assert kind(AutoencoderTiny().state_dict()) == "taesd"


def test_single_files_at_full_size(full):
    unet, vae = ldm_unet_names(full["unet"]), ldm_vae_names(full["vae"], levels=4)
    assert kind(unet) == kind(prefixed("model.diffusion_model.", unet)) == "sd15_ldm_unet"
    assert kind(vae) == kind(prefixed("first_stage_model.", vae)) == "ldm_vae"
    whole = {**prefixed("model.diffusion_model.", unet), **prefixed("first_stage_model.", vae)}
    assert kind(whole) == "sd15_checkpoint"
    for channels in (8, 9):
        assert (
            kind({**whole, "model.diffusion_model.input_blocks.0.0.weight": torch.zeros(320, channels, 3, 3)})
            == "inpainting"
        )
    other = {n: torch.empty(t.shape[0], 1024) if "attn2.to_k" in n else t for n, t in whole.items()}
    assert kind(other) == "sd2"
    assert kind({**whole, "model.diffusion_model.label_emb.0.0.weight": torch.zeros(1)}) == "sdxl"


def test_our_own_file_is_known_by_its_metadata():
    assert identify({}, {"auhead": "{}"}) is OWN
    assert identify({}) is identify({"weather": (1,)}, {"format": "pt"}) is UNKNOWN


FOREIGN = {
    "lora": (
        "lora_unet_down_blocks_0_attentions_0_proj_in.lora_down.weight",
        "unet.down_blocks.0.attentions.0.proj_in.lora_A.weight",
        "down_blocks.0.motion_modules.0.temporal_transformer.transformer_blocks.0.attention_blocks.0.processor.to_q_lora.up.weight",
        "down_blocks.0.attentions.0.transformer_blocks.0.attn1.processor.to_q_lora.down.weight",
    ),
    "controlnet": ("control_model.zero_convs.0.0.weight", "controlnet_cond_embedding.conv_in.weight"),
    "ip_adapter": ("image_proj.proj.weight", "ip_adapter.1.to_k_ip.weight"),
    "flux": ("double_blocks.0.img_attn.qkv.weight", "single_transformer_blocks.0.attn.to_q.weight"),
    "sd3": ("model.diffusion_model.joint_blocks.0.x_block.attn.qkv.weight",),
    "dit": ("blocks.0.self_attn.q.weight", "model.diffusion_model.blocks.0.attn.qkv.weight"),
    "sdxl": ("add_embedding.linear_1.weight", "conditioner.embedders.0.transformer.text_model.final_layer_norm.weight"),
    "text_encoder": ("text_model.encoder.layers.0.mlp.fc1.weight", "shared.weight"),
    "wav2vec": ("wav2vec2.feature_extractor.conv_layers.0.conv.weight",),
    "open_clip": ("visual.transformer.resblocks.0.attn.in_proj_weight",),
}


@pytest.mark.parametrize("name", [name for names in FOREIGN.values() for name in names])
def test_files_of_other_programs(name):
    found = identify({name: (4, 4)})
    assert name in FOREIGN[found.id] and not found.parts


PATCHES = "vision_model.embeddings.patch_embedding.weight"


@pytest.mark.parametrize(
    ("shapes", "wanted"),
    (
        (
            {"conv_in.weight": (16, 3, 3, 3), "blocks.0.weight": (16, 16, 3, 3), "conv_out.weight": (320, 256, 3, 3)},
            "single_guider",
        ),
        ({"denoising_unet.conv_in.weight": (320, 4, 3, 3), "audioproj.proj1.weight": (512, 46080)}, "hallo"),
        (
            {"down_blocks.2.motion_modules.0.norm.weight": (1,), "up_blocks.2.motion_modules.0.norm.weight": (1,)},
            "sdxl_motion",
        ),
        ({"decoder.conv_in.weight": (512, 16, 3, 3), "encoder.down.0.block.0.norm1.weight": (1,)}, "wide_vae"),
        ({"1.weight": (64, 4, 3, 3), "3.conv.0.weight": (64, 64, 3, 3)}, "half_taesd"),
        ({PATCHES: (1280, 3, 14, 14)}, "clip_h"),
        ({PATCHES: (1664, 3, 14, 14)}, "clip_g"),
        ({PATCHES: (1152, 3, 14, 14)}, "siglip"),
        ({PATCHES: (1024, 3, 14, 14), "vision_model.embeddings.class_embedding": (1024,)}, "blind_image_encoder"),
    ),
)
def test_relatives_that_do_not_fit(shapes, wanted):
    found = identify(shapes)
    assert found.id == wanted and not found.parts


def test_every_part_has_a_kind_of_file():
    assert {part for kind in KINDS for part in kind.parts} == set(PARTS)
