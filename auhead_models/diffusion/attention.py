"""Attention of the denoising network: to the portrait, to Action Units, to speech, and in time.

Processors for diffusers' own `Attention` layers:
  ReferenceAttention  self-attention whose keys and values are extended by those of the portrait (Hu et al., Animate
                      Anyone, arXiv 2311.17117, section 3.2)
  AUCrossAttention    cross-attention to the image token plus, decoupled from it, to AU tokens and audio tokens, each
                      with keys and values of its own (Ye et al., IP-Adapter, arXiv 2308.06721, equation 5); both
                      additions start at zero
  TemporalAttention   self-attention of each place along the frames
What one call of the network attends to arrives as `Conditions`.

N = rows · frames pictures go through these layers; L tokens of C channels each.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from diffusers.models.attention_processor import Attention
from torch import nn

KeysValues = tuple[torch.Tensor, torch.Tensor]

_SEQUENCES = 65535  # that CUDA's attention takes at once (pytorch/pytorch#146704); in time, one for each latent


@dataclass(frozen=True, eq=False)
class Conditions:
    """What one call of the network attends to besides its own pictures.

    reference: keys and values [1, L, C] of the portrait by the name of the layer · unreferenced: how many of the N
    pictures, the first ones, do not see it · au [N, 24, D] tokens · audio [N, A, D'] tokens · au_region, audio_region
    [N or 1, 1, h, w], 0..1, where the tokens act; everywhere when None.
    """

    reference: Mapping[str, KeysValues] = field(default_factory=dict)
    unreferenced: int = 0
    au: torch.Tensor | None = None
    audio: torch.Tensor | None = None
    au_region: torch.Tensor | None = None
    audio_region: torch.Tensor | None = None


class ReferenceAttention:
    """Self-attention that also reads the portrait. `name` is the layer's key in `Conditions.reference`."""

    def __init__(self, name: str):
        self.name = name

    def __call__(
        self,
        attn: Attention,
        hidden_states: torch.Tensor,
        encoder_hidden_states: torch.Tensor | None = None,
        attention_mask: torch.Tensor | None = None,
        conditions: Conditions | None = None,
    ) -> torch.Tensor:
        query, key, value = _to_itself(attn, hidden_states)
        known = conditions.reference.get(self.name) if conditions is not None else None
        if known is None:
            return _project_out(attn, attend(attn.heads, query, key, value))
        plain = conditions.unreferenced
        parts = [attend(attn.heads, query[:plain], key[:plain], value[:plain])] if plain else []
        if plain < len(query):
            key, value = (
                torch.cat([own[plain:], portrait.expand(len(own) - plain, -1, -1)], 1)
                for own, portrait in zip((key, value), known, strict=True)
            )
            parts.append(attend(attn.heads, query[plain:], key, value))
        return _project_out(attn, torch.cat(parts))


class ReferenceWriter:
    """Self-attention of the ReferenceNet, which leaves its normalised input in `bank[name]`, [1, L, C]."""

    def __init__(self, name: str):
        self.name = name

    def __call__(
        self,
        attn: Attention,
        hidden_states: torch.Tensor,
        encoder_hidden_states: torch.Tensor | None = None,
        attention_mask: torch.Tensor | None = None,
        bank: dict[str, torch.Tensor] | None = None,
    ) -> torch.Tensor:
        if bank is not None:
            bank[self.name] = hidden_states
        return _project_out(attn, attend(attn.heads, *_to_itself(attn, hidden_states)))


class TemporalAttention:
    """Self-attention of a motion module: hidden states [rows · places, F, C]."""

    def __call__(
        self,
        attn: Attention,
        hidden_states: torch.Tensor,
        encoder_hidden_states: torch.Tensor | None = None,
        attention_mask: torch.Tensor | None = None,
    ) -> torch.Tensor:
        return _project_out(attn, attend(attn.heads, *_to_itself(attn, hidden_states)))


class PlainCrossAttention:
    """Cross-attention to the image token alone, for networks without AU tokens."""

    def __call__(
        self,
        attn: Attention,
        hidden_states: torch.Tensor,
        encoder_hidden_states: torch.Tensor | None = None,
        attention_mask: torch.Tensor | None = None,
        conditions: Conditions | None = None,
        bank: dict | None = None,
    ) -> torch.Tensor:
        key, value = attn.to_k(encoder_hidden_states), attn.to_v(encoder_hidden_states)
        return _project_out(attn, attend(attn.heads, attn.to_q(hidden_states), key, value))


class AUCrossAttention(nn.Module):
    """Cross-attention to the image token, to AU tokens of `au_dim` channels and to audio tokens of `audio_dim`.

    channels: of the layer's queries. A dimension of None leaves that part out.
    """

    def __init__(self, channels: int, au_dim: int | None, audio_dim: int | None = None):
        super().__init__()
        self.au_dim, self.audio_dim = au_dim, audio_dim
        if au_dim is not None:
            self.to_k_au, self.to_v_au = _keys_and_zero_values(au_dim, channels)
        if audio_dim is not None:
            self.to_k_audio, self.to_v_audio = _keys_and_zero_values(audio_dim, channels)

    def __call__(  # named as a processor is called, whose arguments diffusers inspects
        self,
        attn: Attention,
        hidden_states: torch.Tensor,
        encoder_hidden_states: torch.Tensor | None = None,
        attention_mask: torch.Tensor | None = None,
        conditions: Conditions | None = None,
    ) -> torch.Tensor:
        query = attn.to_q(hidden_states)
        read = attend(attn.heads, query, attn.to_k(encoder_hidden_states), attn.to_v(encoder_hidden_states))
        if conditions is not None and conditions.au is not None and self.au_dim is not None:
            told = attend(attn.heads, query, self.to_k_au(conditions.au), self.to_v_au(conditions.au))
            read = read + _within(told, conditions.au_region)
        if conditions is not None and conditions.audio is not None and self.audio_dim is not None:
            told = attend(attn.heads, query, self.to_k_audio(conditions.audio), self.to_v_audio(conditions.audio))
            read = read + _within(told, conditions.audio_region)
        return _project_out(attn, read)


def attend(heads: int, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
    """Softmax attention of [N, L, C] over [N, M, C] in `heads` parts of the channels, [N, L, C]."""
    query, key, value = (part.unflatten(-1, (heads, -1)).transpose(1, 2) for part in (query, key, value))
    parts = zip(*(part.split(_SEQUENCES) for part in (query, key, value)), strict=True)
    read = [F.scaled_dot_product_attention(*part) for part in parts]
    return (torch.cat(read) if len(read) > 1 else read[0]).transpose(1, 2).flatten(2)


def _to_itself(attn: Attention, hidden_states: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Query, key and value of self-attention."""
    return attn.to_q(hidden_states), attn.to_k(hidden_states), attn.to_v(hidden_states)


def _project_out(attn: Attention, hidden_states: torch.Tensor) -> torch.Tensor:
    return attn.to_out[1](attn.to_out[0](hidden_states))


def _keys_and_zero_values(dim: int, channels: int) -> tuple[nn.Linear, nn.Linear]:
    keys, values = nn.Linear(dim, channels, bias=False), nn.Linear(dim, channels, bias=False)
    nn.init.zeros_(values.weight)
    return keys, values


def _within(told: torch.Tensor, region: torch.Tensor | None) -> torch.Tensor:
    """told [N, L, C] times a region [N or 1, 1, h, w] brought to the L places of the layer."""
    if region is None:
        return told
    places, (height, width) = told.shape[1], region.shape[-2:]
    shrink = (height * width / places) ** 0.5
    size = (round(height / shrink), round(width / shrink))
    return told * F.interpolate(region, size, mode="area").flatten(2).transpose(1, 2).to(told)
