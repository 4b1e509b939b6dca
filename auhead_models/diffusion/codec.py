"""Pictures to latents and back, and to the image token."""

import torch
import torch.nn.functional as F
from diffusers import AutoencoderKL, AutoencoderTiny
from torch import nn

CLIP_MEAN, CLIP_STD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)
CLIP_SIDE = 224

# A linear guess at the colours of SD 1.5's latents, public since keturn's "Decoding latents to RGB without upscaling"
# (discuss.huggingface.co, 2022); enough for a preview.
_LATENT_RGB = ((0.298, 0.207, 0.208), (0.187, 0.286, 0.173), (-0.158, 0.189, 0.264), (-0.184, -0.271, -0.473))

Autoencoder = AutoencoderKL | AutoencoderTiny
ENCODED, DECODED = 1767, 2178  # values for each pixel that the VAE of SD 1.5 holds meanwhile, as ComfyUI reckons


def shrinks(vae: Autoencoder) -> int:
    """Pixels that one latent stands for, along a side."""
    channels = "block_out_channels" if isinstance(vae, AutoencoderKL) else "decoder_block_out_channels"
    return 2 ** (len(vae.config[channels]) - 1)


def encode(vae: Autoencoder, pictures: torch.Tensor) -> torch.Tensor:
    """[N, H, W, 3] RGB 0..1 → latents [N, C, h, w], the mean of the distribution, scaled as networks expect it."""
    planes = pictures.movedim(-1, 1).to(vae.device, vae.dtype) * 2 - 1
    coded = vae.encode(planes)
    latents = coded.latent_dist.mean if isinstance(vae, AutoencoderKL) else coded.latents
    return latents.float() * vae.config.scaling_factor


def decode(vae: Autoencoder, latents: torch.Tensor) -> torch.Tensor:
    """The reverse of `encode`."""
    planes = vae.decode((latents / vae.config.scaling_factor).to(vae.device, vae.dtype), return_dict=False)[0]
    return (planes.float() / 2 + 0.5).clamp(0, 1).movedim(1, -1)


def image_token(encoder: nn.Module, picture: torch.Tensor) -> torch.Tensor:
    """[H, W, 3] RGB 0..1 → CLIP's image embedding as one token [1, 1, D]."""
    planes = picture.movedim(-1, 0)[None].to(encoder.device)
    planes = F.interpolate(planes, (CLIP_SIDE, CLIP_SIDE), mode="bicubic", antialias=True).clamp(0, 1)
    mean, deviation = (planes.new_tensor(each)[:, None, None] for each in (CLIP_MEAN, CLIP_STD))
    return encoder(((planes - mean) / deviation).to(encoder.dtype)).image_embeds[:, None]


def preview(latents: torch.Tensor) -> torch.Tensor | None:
    """[C, h, w] → a small rough picture [h, w, 3], or None for latents of another kind."""
    if len(latents) != len(_LATENT_RGB):
        return None
    return (torch.einsum("chw,ck->hwk", latents.cpu(), torch.tensor(_LATENT_RGB)) / 2 + 0.5).clamp(0, 1)
