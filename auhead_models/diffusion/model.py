"""A diffusion model as a set of networks that can be exchanged.

    portrait ─ VAE ─ ReferenceNet ─ keys and values ┐
    portrait ─ CLIP image encoder ─ image token ────┤
    FaceMaps ─ guider ─ features ───────────────────┼─ FaceUNet ─ latents ─ VAE ─ frames
    Action Units ─ AUTokens ────────────────────────┤
    speech ─ AudioTokens ───────────────────────────┘
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from diffusers import AutoencoderKL, AutoencoderTiny
from torch import nn

from .guider import FaceMapGuider
from .presets import Architecture
from .tokens import AudioTokens, AUTokens
from .unet import FaceUNet, ReferenceNet


@dataclass(eq=False)
class FaceDiffusion:
    """The networks of one model. They may lie on different devices until a sampler asks for them.

    image_encoder: a `CLIPVisionModelWithProjection`; without one the image token is zero. au_tokens: None in a model
    that obeys the FaceMap alone; audio_tokens: None in one that does not listen. usual_steps, usual_guidance: where
    nobody asks for others.
    """

    usual_steps: ClassVar[int] = 20
    usual_guidance: ClassVar[float] = 3.5

    name: str
    architecture: Architecture
    unet: FaceUNet
    reference_net: ReferenceNet
    guider: FaceMapGuider
    vae: AutoencoderKL | AutoencoderTiny
    image_encoder: nn.Module | None = None
    au_tokens: AUTokens | None = None
    audio_tokens: AudioTokens | None = None

    def networks(self) -> Iterator[nn.Module]:
        """All networks that there are."""
        parts = (
            self.unet, self.reference_net, self.guider, self.vae, self.image_encoder, self.au_tokens, self.audio_tokens
        )  # fmt: skip
        return (part for part in parts if part is not None)
