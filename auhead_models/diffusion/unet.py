"""The networks that draw: the denoising network and the ReferenceNet that reads the portrait for it.

Both are diffusers' own, so public weights of the family load under their usual names:
  FaceUNet      `UNetMotionModel` with FaceMap features, the portrait's keys and values, and AU and audio tokens
  ReferenceNet  `UNet2DConditionModel` without its last layers, run once per portrait
Latents are [B, C, F, h, w] in the first, [1, C, h, w] in the second.
Architecture: AniPortrait (arXiv 2403.17694), which follows Animate Anyone (2311.17117) and AnimateDiff (2307.04725).
"""

from collections.abc import Sequence

import torch
from diffusers import UNet2DConditionModel, UNetMotionModel
from diffusers.models.unets.unet_motion_model import AnimateDiffTransformer3D
from torch import nn

from .attention import (
    AUCrossAttention,
    Conditions,
    KeysValues,
    PlainCrossAttention,
    ReferenceAttention,
    ReferenceWriter,
    TemporalAttention,
)


class FaceUNet(UNetMotionModel):
    """[B, C, F, h, w] noisy latents → what the scheduler's prediction type names, of the same shape.

    au_dim, audio_dim: channels of the tokens, None for a network without them. motion: False leaves the temporal
    layers out. The rest as in `UNetMotionModel`.
    """

    def __init__(self, au_dim: int | None = None, audio_dim: int | None = None, motion: bool = True, **architecture):
        super().__init__(**architecture)
        for module in self.modules():
            if hasattr(module, "motion_modules"):
                if motion:
                    for temporal in module.motion_modules:
                        _normalise_each_frame(temporal)
                else:
                    module.motion_modules = nn.ModuleList(_Still() for _ in module.motion_modules)
        for name, layer in self.named_modules():
            if "motion_modules" in name:
                if name.endswith(("attn1", "attn2")):
                    layer.set_processor(TemporalAttention())
            elif name.endswith("attn1"):
                layer.set_processor(ReferenceAttention(name))
            elif name.endswith("attn2") and au_dim is None and audio_dim is None:
                layer.set_processor(PlainCrossAttention())
            elif name.endswith("attn2"):
                layer.set_processor(AUCrossAttention(layer.inner_dim, au_dim, audio_dim))

    def forward(
        self,
        sample: torch.Tensor,
        timestep: torch.Tensor,
        image_token: torch.Tensor,
        facemap: Sequence[torch.Tensor] = (),
        conditions: Conditions | None = None,
    ) -> torch.Tensor:
        """One prediction.

        sample [B, C, F, h, w], sides divisible by the network's downsampling · timestep [] or [B] · image_token
        [B·F, n, D] · facemap: features [B·F, C_i, h_i, w_i], for the first layer and after each down block.
        """
        batch, _, frames = sample.shape[:3]
        temb = self.time_proj(timestep.expand(batch)).to(sample.dtype)
        temb = self.time_embedding(temb).repeat_interleave(frames, 0)
        attended = {
            "encoder_hidden_states": image_token,
            "cross_attention_kwargs": {"conditions": conditions or Conditions()},
        }
        features = [*facemap, *[0] * (1 + len(self.down_blocks) - len(facemap))]

        hidden = self.conv_in(sample.transpose(1, 2).flatten(0, 1)) + features[0]
        skips = (hidden,)
        for block, feature in zip(self.down_blocks, features[1:], strict=True):
            extra = attended if getattr(block, "has_cross_attention", False) else {}
            hidden, passed = block(hidden, temb, num_frames=frames, **extra)
            hidden = hidden + feature  # after the block, so not in its skips
            skips += passed
        if hasattr(self.mid_block, "motion_modules"):
            hidden = self.mid_block(hidden, temb, num_frames=frames, **attended)
        else:
            hidden = self.mid_block(hidden, temb, **attended)
        for block in self.up_blocks:
            count = len(block.resnets)
            passed, skips = skips[-count:], skips[:-count]
            extra = attended if getattr(block, "has_cross_attention", False) else {}
            hidden = block(
                hidden_states=hidden, temb=temb, res_hidden_states_tuple=passed, num_frames=frames, **extra
            )
        hidden = self.conv_out(self.conv_act(self.conv_norm_out(hidden)))
        return hidden.unflatten(0, (batch, frames)).transpose(1, 2)


class ReferenceNet(UNet2DConditionModel):
    """A portrait's latents [1, C, h, w] → what the self-attention layers of a `FaceUNet` read of it."""

    def __init__(self, **architecture):
        super().__init__(**architecture)
        self.conv_norm_out = None  # what follows the last attention is never used
        self.conv_out = nn.Identity()
        for name, layer in self.named_modules():
            if name.endswith("attn1"):
                layer.set_processor(ReferenceWriter(name))
            elif name.endswith("attn2"):
                layer.set_processor(PlainCrossAttention())

    def read(self, latents: torch.Tensor, image_token: torch.Tensor, unet: FaceUNet) -> dict[str, KeysValues]:
        """Keys and values [1, L, C] of the portrait by layer, projected by the layers of `unet` that will read them.

        image_token [1, n, D]. They depend on neither time nor frame: once per portrait is enough.
        """
        bank: dict[str, torch.Tensor] = {}
        timestep = torch.zeros((), device=latents.device, dtype=torch.long)
        self(latents, timestep, image_token, cross_attention_kwargs={"bank": bank}, return_dict=False)
        layers = {name: unet.get_submodule(name) for name in bank}
        return {name: (layers[name].to_k(seen), layers[name].to_v(seen)) for name, seen in bank.items()}


class PerFrameGroupNorm(nn.GroupNorm):
    """Group normalisation of [B, C, F, h, w] with the statistics of each frame alone.

    AnimateDiff's own; diffusers pools over the frames, which changes the output of its weights by some 6 %.
    """

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        batch = len(hidden)
        return super().forward(hidden.transpose(1, 2).flatten(0, 1)).unflatten(0, (batch, -1)).transpose(1, 2)


def _normalise_each_frame(temporal: AnimateDiffTransformer3D) -> None:
    norm = temporal.norm
    temporal.norm = PerFrameGroupNorm(norm.num_groups, norm.num_channels, norm.eps)


class _Still(nn.Module):
    """In place of a temporal layer in a network that draws single frames."""

    def forward(self, hidden_states: torch.Tensor, *_, **__) -> torch.Tensor:
        return hidden_states
