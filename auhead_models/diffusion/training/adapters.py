"""The layers that read Action Units and listen, for models that come without them, and which weights learn."""

from dataclasses import replace
from typing import Any

import torch
from torch import nn

from ..attention import AUCrossAttention
from ..model import FaceDiffusion
from ..tokens import AudioTokens, AUTokens

_ADAPTERS = (".processor.", "au_tokens.", "audio_tokens.")  # in the names of their weights


def with_adapters(model: FaceDiffusion, audio: dict[str, Any] | None = None, seed: int = 0) -> FaceDiffusion:
    """The same networks with layers that read Action Units, which do nothing until they are trained.

    audio: an `Architecture.audio`, for layers that listen, too. Layers of either kind that the model has already stay.
    """
    dim, like = model.unet.config.cross_attention_dim, next(model.unet.parameters())
    architecture = model.architecture
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        if model.au_tokens is None:
            architecture = replace(architecture, unet={**architecture.unet, "au_dim": dim})
            model = replace(model, au_tokens=AUTokens(dim).to(like))
        if model.audio_tokens is None and audio:
            architecture = replace(architecture, unet={**architecture.unet, "audio_dim": dim}, audio=audio)
            model = replace(model, audio_tokens=AudioTokens(audio["width"], dim).to(like))
        if architecture is not model.architecture:
            _extend(model.unet, architecture.unet["au_dim"], architecture.unet.get("audio_dim"))
    return replace(model, architecture=architecture)


def choose_weights(objective: nn.Module, train: str) -> list[nn.Parameter]:
    """Freeze everything but the chosen part, which is returned."""
    for name, weight in objective.named_parameters():
        weight.requires_grad_(train == "all" or any(mark in name for mark in _ADAPTERS))
    return [weight for weight in objective.parameters() if weight.requires_grad]


def _extend(unet: nn.Module, au_dim: int, audio_dim: int | None) -> None:
    """Cross-attention layers for tokens of these widths, with the weights of those that there were."""
    like = next(unet.parameters())
    for name, layer in unet.named_modules():
        if name.endswith("attn2") and "motion_modules" not in name:
            before, after = layer.processor, AUCrossAttention(layer.inner_dim, au_dim, audio_dim).to(like)
            if isinstance(before, AUCrossAttention):
                after.load_state_dict(before.state_dict(), strict=False)
            layer.set_processor(after)
