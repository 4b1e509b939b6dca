"""Networks of toy width with weights that depend on their names alone, for tests and for tools/parity."""

import zlib
from dataclasses import replace

import numpy as np
import torch
from diffusers import AutoencoderKL

from auhead_models.diffusion.guider import FaceMapGuider
from auhead_models.diffusion.model import FaceDiffusion
from auhead_models.diffusion.presets import SD15, Architecture
from auhead_models.diffusion.refiner import TINY
from auhead_models.diffusion.tokens import AUTokens
from auhead_models.diffusion.unet import FaceUNet, ReferenceNet

CHANNELS = (32, 64, 128, 128)
GUIDER_CHANNELS = (32, 32, 64, 128, 128)  # AniPortrait's doubling
IMAGE_DIM = 24
FRAMES, SIDE = 3, 8  # of the latents
REFINER = {**TINY, "block_out_channels": (32, 32), "num_attention_heads": 2}  # what a `Refiner` is built with


def toy_networks(channels: tuple[int, ...] = CHANNELS, **options) -> tuple[FaceUNet, ReferenceNet]:
    """The two networks with random weights; options go to `FaceUNet`."""
    shape = {"sample_size": SIDE, "block_out_channels": channels, "cross_attention_dim": IMAGE_DIM}
    unet = FaceUNet(**shape, num_attention_heads=8, motion_num_attention_heads=8, **options)
    reference_net = ReferenceNet(**shape, attention_head_dim=8)
    return draw_weights(unet).eval(), draw_weights(reference_net).eval()


def toy_guider(attention: tuple[int, int] = (2, 8), **options) -> FaceMapGuider:
    return draw_weights(FaceMapGuider(GUIDER_CHANNELS, attention, **options)).eval()


def toy_inputs(dtype: torch.dtype = torch.float32) -> dict[str, torch.Tensor]:
    """latents [1, 4, F, 8, 8], facemaps [F, 3, 64, 64] in 0..1, portrait [1, 4, 8, 8], image_token [1, 1, D]."""
    shapes = {
        "latents": (1, 4, FRAMES, SIDE, SIDE),
        "facemaps": (FRAMES, 3, 8 * SIDE, 8 * SIDE),
        "portrait": (1, 4, SIDE, SIDE),
        "image_token": (1, 1, IMAGE_DIM),
    }
    given = {name: numbers(name, shape).to(dtype) for name, shape in shapes.items()}
    given["facemaps"] = given["facemaps"].sigmoid()
    return {**given, "timestep": torch.tensor(500)}


def draw_weights(network: torch.nn.Module) -> torch.nn.Module:
    """Random weights of a size that keeps signals alive, the same on every machine and in every version."""
    state = network.state_dict()
    for name, tensor in state.items():
        if not tensor.is_floating_point() or name.endswith(".pe"):
            continue
        drawn = numbers(name, tensor.shape)
        if name.endswith("running_var"):
            drawn = 1 + drawn.abs()
        elif tensor.dim() > 1:
            drawn = drawn / tensor[0].numel() ** 0.5
        else:
            drawn = tensor * 0 + drawn * 0.1 + (1.0 if name.endswith("weight") else 0.0)
        state[name] = drawn
    network.load_state_dict(state)
    return network


def numbers(name: str, shape: tuple[int, ...]) -> torch.Tensor:
    """Normal numbers that depend on a name alone."""
    drawn = np.random.RandomState(zlib.crc32(name.encode())).standard_normal(tuple(shape))
    return torch.from_numpy(drawn).float().reshape(tuple(shape))


_SMALL = {"sample_size": SIDE, "block_out_channels": (32, 32, 64, 64), "cross_attention_dim": IMAGE_DIM}
SMALL = Architecture(
    unet={**_SMALL, "num_attention_heads": 8, "motion_num_attention_heads": 8},
    reference={**_SMALL, "attention_head_dim": 8},
    guider={"channels": (32, 32, 32, 64, 64), "attention": (2, 8)},
    scheduler=SD15.scheduler,
    vae={
        "down_block_types": ("DownEncoderBlock2D",) * 4,
        "up_block_types": ("UpDecoderBlock2D",) * 4,
        "block_out_channels": (8, 8, 8, 8),
        "norm_num_groups": 4,
    },
    image_encoder={},
)


def toy_model(**options) -> FaceDiffusion:
    """A whole model whose latents are an eighth of the pictures; options go to `FaceUNet`."""
    architecture = replace(SMALL, unet={**SMALL.unet, **options})
    networks = (
        FaceUNet(**architecture.unet),
        ReferenceNet(**architecture.reference),
        FaceMapGuider(**architecture.guider),
        AutoencoderKL(**architecture.vae),
    )
    tokens = draw_weights(AUTokens(options["au_dim"])) if options.get("au_dim") else None
    drawn = [draw_weights(network).eval() for network in networks]
    return FaceDiffusion("toy", architecture, *drawn, au_tokens=tokens)
