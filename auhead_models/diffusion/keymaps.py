"""Names of the weights in public files → names in our networks.

Spatial layers in diffusers' layout keep their names. A checkpoint in a single file has those of Stable Diffusion's own
code ("LDM"). The temporal layers of AnimateDiff, as AniPortrait and Hallo store them, are named otherwise by diffusers.
"""

import re
from collections.abc import Mapping

import torch

TEMPORAL = "motion_modules"
_RENAMED = (
    (".temporal_transformer", ""),
    (".attention_blocks.0.pos_encoder.pe", ".pos_embed.pe"),
    (".attention_blocks.0", ".attn1"),
    (".attention_blocks.1", ".attn2"),
    (".norms.0", ".norm1"),
    (".norms.1", ".norm2"),
    (".ff_norm", ".norm3"),
)
_REPEATED = ".attention_blocks.1.pos_encoder.pe"  # the same table as that of block 0
LDM_UNET = "model.diffusion_model."  # before the names of a UNet in a Stable Diffusion checkpoint
LDM_VAE = "first_stage_model."
_LAYERS = 2  # ResNet layers of a block of Stable Diffusion 1.5, before its change of size
_LDM_RESNET = (
    ("in_layers.0.", "norm1."),
    ("in_layers.2.", "conv1."),
    ("emb_layers.1.", "time_emb_proj."),
    ("out_layers.0.", "norm2."),
    ("out_layers.3.", "conv2."),
    ("skip_connection.", "conv_shortcut."),
)
_LDM_ENDS = (
    ("time_embed.0.", "time_embedding.linear_1."),
    ("time_embed.2.", "time_embedding.linear_2."),
    ("input_blocks.0.0.", "conv_in."),
    ("out.0.", "conv_norm_out."),
    ("out.2.", "conv_out."),
    ("middle_block.0.", "mid_block.resnets.0."),
    ("middle_block.1.", "mid_block.attentions.0."),
    ("middle_block.2.", "mid_block.resnets.1."),
)
_LDM_VAE = (
    (r"\.down\.(\d+)\.block\.(\d+)\.", r".down_blocks.\1.resnets.\2."),
    (r"\.down\.(\d+)\.downsample\.", r".down_blocks.\1.downsamplers.0."),
    (r"\.up\.(\d+)\.block\.(\d+)\.", r".up_blocks.\1.resnets.\2."),
    (r"\.up\.(\d+)\.upsample\.", r".up_blocks.\1.upsamplers.0."),
    (r"\.mid\.block_1\.", ".mid_block.resnets.0."),
    (r"\.mid\.block_2\.", ".mid_block.resnets.1."),
    (r"\.mid\.attn_1\.norm\.", ".mid_block.attentions.0.group_norm."),
    (r"\.mid\.attn_1\.(q|k|v)\.", r".mid_block.attentions.0.to_\1."),
    (r"\.mid\.attn_1\.proj_out\.", ".mid_block.attentions.0.to_out.0."),
    (r"\.nin_shortcut\.", ".conv_shortcut."),
    (r"coder\.norm_out\.", "coder.conv_norm_out."),
)
_OLD_VAE = (
    (r"(attentions\.\d+)\.query\.", r"\1.to_q."),
    (r"(attentions\.\d+)\.key\.", r"\1.to_k."),
    (r"(attentions\.\d+)\.value\.", r"\1.to_v."),
    (r"(attentions\.\d+)\.proj_attn\.", r"\1.to_out.0."),
)  # as diffusers named them before its version 0.17


def motion_keys(weights: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """AnimateDiff's names → those of diffusers' `UNetMotionModel`; other names stay as they are."""
    mapped = {}
    for name, tensor in weights.items():
        name = name.removeprefix("module.")
        if TEMPORAL in name:
            if name.endswith(_REPEATED):
                continue
            for old, new in _RENAMED:
                name = name.replace(old, new)
        mapped[name] = tensor
    return mapped


def adapter_keys(weights: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """AnimateDiff's names in a motion module of its own (``mm_sd_v15_v2``), and a `MotionAdapter`'s, likewise."""
    return {name: tensor for name, tensor in motion_keys(weights).items() if TEMPORAL in name}


def unet_keys(weights: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """A UNet of Stable Diffusion 1.5, by itself or in a whole checkpoint, with or without temporal layers."""
    if any(name.startswith(LDM_UNET) for name in weights):
        weights = _below(weights, LDM_UNET)
    if not any(name.startswith("input_blocks.") for name in weights):
        return motion_keys(weights)
    return {_ldm_unet_name(name): tensor for name, tensor in weights.items()}


def reference_keys(weights: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The same UNet without what a ReferenceNet lacks: the last layers, and temporal ones."""
    unused = ("conv_norm_out.", "conv_out.")
    named = unet_keys(weights).items()
    return {name: tensor for name, tensor in named if not name.startswith(unused) and TEMPORAL not in name}


def vae_keys(weights: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """A VAE, by itself or in a whole checkpoint, in Stable Diffusion's own names or in those of any diffusers."""
    if any(name.startswith(LDM_VAE) for name in weights):
        weights = _below(weights, LDM_VAE)
    weights = {name: tensor for name, tensor in weights.items() if not name.startswith(("loss.", "model_ema."))}
    table = (*_LDM_VAE, *_OLD_VAE)
    mapped = {_substituted(name, table): tensor for name, tensor in weights.items()}
    if levels := {int(found[1]) for name in weights if (found := re.match(r"decoder\.up\.(\d+)\.", name))}:
        mapped = {_turned(name, max(levels)): tensor for name, tensor in mapped.items()}
    return {  # attention as 1x1 convolutions there, as linear layers here
        name: tensor.flatten(1) if ".attentions." in name and tensor.dim() == 4 else tensor
        for name, tensor in mapped.items()
    }


def image_encoder_keys(weights: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The image side of a CLIP model, which may come with its text side."""
    sides = ("vision_model.", "visual_projection.")
    unused = "vision_model.embeddings.position_ids"  # counts 0, 1, 2, …; newer versions of transformers do not store it
    return {name: tensor for name, tensor in weights.items() if name.startswith(sides) and name != unused}


def _below(weights: Mapping[str, torch.Tensor], prefix: str) -> dict[str, torch.Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in weights.items() if name.startswith(prefix)}


def _ldm_unet_name(name: str) -> str:
    for old, new in _LDM_ENDS:
        if name.startswith(old):
            name = new + name.removeprefix(old)
            break
    else:
        if not (found := re.match(r"(input|output)_blocks\.(\d+)\.(\d+)\.(.*)", name)):
            return name
        side, number, position, rest = found[1], int(found[2]), int(found[3]), found[4]
        block, layer = divmod(number - (side == "input"), _LAYERS + 1)
        place = f"{'down' if side == 'input' else 'up'}_blocks.{block}"
        if rest.startswith("op."):
            return f"{place}.downsamplers.0.conv.{rest.removeprefix('op.')}"
        if position and rest.startswith("conv."):
            return f"{place}.upsamplers.0.{rest}"
        name = f"{place}.{'attentions' if position else 'resnets'}.{layer}.{rest}"
    if ".resnets." in name:
        for old, new in _LDM_RESNET:
            name = name.replace(old, new)
    return name


def _substituted(name: str, table: tuple[tuple[str, str], ...]) -> str:
    for pattern, new in table:
        name = re.sub(pattern, new, name)
    return name


def _turned(name: str, last: int) -> str:
    """Up blocks of a decoder, counted from the latents on instead of from the picture."""
    return re.sub(r"^(decoder\.up_blocks\.)(\d+)", lambda found: f"{found[1]}{last - int(found[2])}", name)
