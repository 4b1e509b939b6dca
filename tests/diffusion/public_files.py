"""Toy models in the layouts of public files, made from networks of ours by naming their weights the other way round."""

import re
from dataclasses import replace

import torch
from diffusers import AutoencoderKL, AutoencoderTiny
from torch import nn
from toys import IMAGE_DIM, SIDE, draw_weights

from auhead_models.diffusion.guider import FaceMapGuider
from auhead_models.diffusion.model import FaceDiffusion
from auhead_models.diffusion.presets import SD15, Architecture
from auhead_models.diffusion.unet import FaceUNet, ReferenceNet

_SHAPE = {
    "sample_size": SIDE,
    "block_out_channels": (8, 16, 24, 24),
    "cross_attention_dim": IMAGE_DIM,
    "norm_num_groups": 4,
}
TOY = Architecture(
    unet={**_SHAPE, "num_attention_heads": 2, "motion_num_attention_heads": 2},
    reference={**_SHAPE, "attention_head_dim": 2},
    guider={"channels": (8, 8, 16, 24, 24), "attention": (2, 8), "norm_num_groups": 4},
    scheduler=SD15.scheduler,
    vae={
        "_class_name": "AutoencoderKL",
        "down_block_types": ("DownEncoderBlock2D",) * 3,
        "up_block_types": ("UpDecoderBlock2D",) * 3,
        "block_out_channels": (8, 8, 16),
        "layers_per_block": 2,
        "norm_num_groups": 4,
    },
    image_encoder={
        "hidden_size": 16,
        "intermediate_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "image_size": 28,
        "patch_size": 14,
        "projection_dim": IMAGE_DIM,
        "hidden_act": "quick_gelu",
        "layer_norm_eps": 1e-5,
    },
)
_TEMPORAL = (
    (r"motion_modules\.0\.", "motion_modules.0.temporal_transformer."),
    (r"\.attn1\.", ".attention_blocks.0."),
    (r"\.attn2\.", ".attention_blocks.1."),
    (r"\.norm1\.", ".norms.0."),
    (r"\.norm2\.", ".norms.1."),
    (r"\.norm3\.", ".ff_norm."),
    (r"\.pos_embed\.", ".attention_blocks.0.pos_encoder."),
)
_RESNET = (
    ("time_emb_proj.", "emb_layers.1."),
    ("conv_shortcut.", "skip_connection."),
    ("norm1.", "in_layers.0."),
    ("conv1.", "in_layers.2."),
    ("norm2.", "out_layers.0."),
    ("conv2.", "out_layers.3."),
)
_UNET_ENDS = {
    "time_embedding.linear_1.": "time_embed.0.",
    "time_embedding.linear_2.": "time_embed.2.",
    "conv_in.": "input_blocks.0.0.",
    "conv_norm_out.": "out.0.",
    "conv_out.": "out.2.",
    "mid_block.resnets.0.": "middle_block.0.",
    "mid_block.attentions.0.": "middle_block.1.",
    "mid_block.resnets.1.": "middle_block.2.",
}
_VAE = (
    (r"down_blocks\.(\d+)\.resnets\.", r"down.\1.block."),
    (r"down_blocks\.(\d+)\.downsamplers\.0", r"down.\1.downsample"),
    (r"up_blocks\.(\d+)\.resnets\.", r"up.\1.block."),
    (r"up_blocks\.(\d+)\.upsamplers\.0", r"up.\1.upsample"),
    (r"mid_block\.resnets\.0", "mid.block_1"),
    (r"mid_block\.resnets\.1", "mid.block_2"),
    (r"mid_block\.attentions\.0\.group_norm", "mid.attn_1.norm"),
    (r"mid_block\.attentions\.0\.to_(q|k|v)", r"mid.attn_1.\1"),
    (r"mid_block\.attentions\.0\.to_out\.0", "mid.attn_1.proj_out"),
    (r"conv_shortcut", "nin_shortcut"),
    (r"conv_norm_out", "norm_out"),
)
Weights = dict[str, torch.Tensor]


def toy_image_encoder() -> nn.Module:
    from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection

    return draw_weights(CLIPVisionModelWithProjection(CLIPVisionConfig(**TOY.image_encoder))).eval()


def toy_vae() -> AutoencoderKL:
    return draw_weights(AutoencoderKL(**{name: given for name, given in TOY.vae.items() if name[0] != "_"})).eval()


def small_model(image_encoder: bool = True, **options) -> FaceDiffusion:
    """A whole model with random weights; options go to `FaceUNet`."""
    architecture = replace(TOY, unet={**TOY.unet, **options})
    unet, reference_net = FaceUNet(**architecture.unet), ReferenceNet(**architecture.reference)
    networks = [draw_weights(each).eval() for each in (unet, reference_net, FaceMapGuider(**architecture.guider))]
    return FaceDiffusion("toy", architecture, *networks, toy_vae(), toy_image_encoder() if image_encoder else None)


def taesd_weights() -> Weights:
    return AutoencoderTiny().state_dict()


def aniportrait_files(model: FaceDiffusion) -> dict[str, Weights]:
    """The weights of AniPortrait's four files and of the two that go with them, by part."""
    unet = model.unet.state_dict()
    return {
        "unet": {name: given for name, given in unet.items() if "motion_modules" not in name},
        "motion": animatediff_names(unet),
        "reference_net": model.reference_net.state_dict(),
        "guider": model.guider.state_dict(),
        "vae": model.vae.state_dict(),
        "image_encoder": model.image_encoder.state_dict(),
    }


def animatediff_names(unet: Weights) -> Weights:
    weights = {}
    for name, given in unet.items():
        if "motion_modules" in name:
            for pattern, new in _TEMPORAL:
                name = re.sub(pattern, new, name)
            weights[name] = given
            if name.endswith(".pe"):
                weights[name.replace("attention_blocks.0", "attention_blocks.1")] = given.clone()
    return weights


def ldm_unet_names(unet: Weights) -> Weights:
    """The spatial layers of a UNet as a Stable Diffusion checkpoint names them, without its prefix."""
    return {_ldm_unet_name(name): given for name, given in unet.items() if "motion_modules" not in name}


def _ldm_unet_name(name: str) -> str:
    for ours, theirs in _UNET_ENDS.items():
        if name.startswith(ours):
            name = theirs + name.removeprefix(ours)
            return _ldm_resnet(name) if ".resnets." in ours else name
    side, block, kind, layer, rest = re.match(r"(down|up)_blocks\.(\d)\.(\w+)\.(\d)\.(.*)", name).groups()
    first = 3 * int(block) + (side == "down")
    blocks = "input_blocks" if side == "down" else "output_blocks"
    if kind == "downsamplers":
        return f"{blocks}.{first + 2}.0.{rest.replace('conv.', 'op.')}"
    if kind == "upsamplers":  # after the attention, where there is one
        return f"{blocks}.{first + 2}.{1 if block == '0' else 2}.{rest}"
    if kind == "attentions":
        return f"{blocks}.{first + int(layer)}.1.{rest}"
    return _ldm_resnet(f"{blocks}.{first + int(layer)}.0.{rest}")


def _ldm_resnet(name: str) -> str:
    for ours, theirs in _RESNET:
        if f".{ours}" in name:
            return name.replace(ours, theirs)
    raise AssertionError(name)


def ldm_vae_names(vae: Weights, levels: int = 3) -> Weights:
    """A VAE as a Stable Diffusion checkpoint names it, without its prefix."""
    weights = {}
    for name, given in vae.items():
        if ".attentions." in name and given.dim() == 2:
            given = given[:, :, None, None]
        for pattern, new in _VAE:
            name = re.sub(pattern, new, name)
        name = re.sub(r"(?<=\.up\.)\d", lambda level: str(levels - 1 - int(level[0])), name)
        weights[name] = given
    return weights


def checkpoint(model: FaceDiffusion) -> Weights:
    """A whole Stable Diffusion checkpoint with the UNet and the VAE of a model."""
    unet = {f"model.diffusion_model.{name}": given for name, given in ldm_unet_names(model.unet.state_dict()).items()}
    vae = {f"first_stage_model.{name}": given for name, given in ldm_vae_names(model.vae.state_dict()).items()}
    text = {"cond_stage_model.transformer.text_model.embeddings.token_embedding.weight": torch.zeros(4, 2)}
    return {**unet, **vae, **text, "alphas_cumprod": torch.zeros(1000)}
