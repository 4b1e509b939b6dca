"""Architectures as data. `SD15` is the shape of AniPortrait's public weights."""

from dataclasses import dataclass, field
from typing import Any

CHANNELS = (320, 640, 1280, 1280)
_DOWN = ("CrossAttnDownBlock", "CrossAttnDownBlock", "CrossAttnDownBlock", "DownBlock")
_UP = ("UpBlock", "CrossAttnUpBlock", "CrossAttnUpBlock", "CrossAttnUpBlock")


@dataclass(frozen=True)
class Architecture:
    """Keyword arguments of the networks, and of the scheduler that the weights were trained with."""

    unet: dict[str, Any]
    reference: dict[str, Any]
    guider: dict[str, Any]
    scheduler: dict[str, Any] = field(default_factory=dict)


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
)
