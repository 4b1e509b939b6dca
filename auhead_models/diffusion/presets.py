"""Architectures as data. `SD15` is the shape of AniPortrait's public weights."""

from dataclasses import dataclass, field
from typing import Any

CHANNELS = (320, 640, 1280, 1280)
_DOWN = ("CrossAttnDownBlock", "CrossAttnDownBlock", "CrossAttnDownBlock", "DownBlock")
_UP = ("UpBlock", "CrossAttnUpBlock", "CrossAttnUpBlock", "CrossAttnUpBlock")


MODELS = ("tiny", "sd15")  # known by name: the bundled one and the one of public files


@dataclass(frozen=True)
class Architecture:
    """Keyword arguments of the networks, and of the scheduler that the weights were trained with.

    vae: `_class_name`, as diffusers writes it, and the class's arguments · image_encoder: those of `CLIPVisionConfig` ·
    audio: `features`, the name of what a model that listens is given of a sound, and their `width`.
    """

    unet: dict[str, Any]
    reference: dict[str, Any]
    guider: dict[str, Any]
    scheduler: dict[str, Any] = field(default_factory=dict)
    vae: dict[str, Any] = field(default_factory=dict)
    image_encoder: dict[str, Any] = field(default_factory=dict)
    audio: dict[str, Any] = field(default_factory=dict)


SD_VAE = {
    "_class_name": "AutoencoderKL",
    "down_block_types": ("DownEncoderBlock2D",) * 4,
    "up_block_types": ("UpDecoderBlock2D",) * 4,
    "block_out_channels": (128, 256, 512, 512),
    "layers_per_block": 2,
    "latent_channels": 4,
    "norm_num_groups": 32,
    "sample_size": 256,
    "scaling_factor": 0.18215,
}  # stabilityai/sd-vae-ft-mse
TAESD = {"_class_name": "AutoencoderTiny", "latent_channels": 4, "scaling_factor": 1.0}  # madebyollin/taesd
CLIP_VIT_L = {
    "hidden_size": 1024,
    "intermediate_size": 4096,
    "num_hidden_layers": 24,
    "num_attention_heads": 16,
    "image_size": 224,
    "patch_size": 14,
    "projection_dim": 768,
    "hidden_act": "quick_gelu",
    "layer_norm_eps": 1e-5,
}  # lambdalabs/sd-image-variations-diffusers, image_encoder


SD15 = Architecture(
    unet={
        "sample_size": 64,
        "down_block_types": tuple(name + "Motion" for name in _DOWN),
        "up_block_types": tuple(name + "Motion" for name in _UP),
        "block_out_channels": CHANNELS,
        "cross_attention_dim": 768,
        "num_attention_heads": 8,
        "motion_num_attention_heads": 8,
        "motion_max_seq_length": 32,
        "use_motion_mid_block": True,
    },
    reference={
        "sample_size": 64,
        "down_block_types": tuple(name + "2D" for name in _DOWN),
        "up_block_types": tuple(name + "2D" for name in _UP),
        "block_out_channels": CHANNELS,
        "cross_attention_dim": 768,
        "attention_head_dim": 8,  # diffusers' name for the number of heads
    },
    guider={"channels": (320, 320, 640, 1280, 1280)},
    scheduler={
        "num_train_timesteps": 1000,
        "beta_start": 0.00085,
        "beta_end": 0.012,
        "beta_schedule": "linear",
        "prediction_type": "v_prediction",
        "rescale_betas_zero_snr": True,
        "timestep_spacing": "trailing",
    },
    vae=SD_VAE,
    image_encoder=CLIP_VIT_L,
)
ANIMATEDIFF_SCHEDULER = {
    "num_train_timesteps": 1000,
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "beta_schedule": "linear",
    "prediction_type": "epsilon",
    "timestep_spacing": "trailing",
}  # of Stable Diffusion 1.5 with a motion module of AnimateDiff
