"""The speech encoder: log-mel [B, 80, M] at 100 Hz to features [B, M / 4, d] at 25 Hz, one for each video frame.

Architecture and names of the state dict are those of transformers' Qwen2AudioEncoder (Chu et al. 2024, "Qwen2-Audio
technical report"; Whisper's encoder with a pooling of 2 at the end), written anew in plain torch, so that speech needs
no transformers and a Qwen2Audio model loads the same weights as its audio tower. Unlike there, a window may be shorter
than the longest.
"""

import math
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional as F


@dataclass(frozen=True)
class EncoderConfig:
    """Names as in transformers' Qwen2AudioEncoderConfig; `max_source_positions` are steps of 20 ms."""

    d_model: int = 192
    encoder_layers: int = 4
    encoder_attention_heads: int = 4
    encoder_ffn_dim: int = 768
    num_mel_bins: int = 80
    max_source_positions: int = 500

    @property
    def longest(self) -> int:
        """Columns of log-mel in the longest window."""
        return 2 * self.max_source_positions


def sinusoids(length: int, channels: int) -> torch.Tensor:
    """Whisper's positions [length, channels]: sines in the first half of the channels, cosines in the second."""
    rates = torch.exp(-math.log(10000) / (channels // 2 - 1) * torch.arange(channels // 2))
    angles = torch.arange(length)[:, None] * rates
    return torch.cat((angles.sin(), angles.cos()), dim=1)


class Attention(nn.Module):
    """[B, T, d] to [B, T, d]"""

    def __init__(self, width: int, heads: int):
        super().__init__()
        self.heads = heads
        self.k_proj = nn.Linear(width, width, bias=False)
        self.v_proj = nn.Linear(width, width)
        self.q_proj = nn.Linear(width, width)
        self.out_proj = nn.Linear(width, width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        q, k, v = (
            project(x).unflatten(-1, (self.heads, -1)).transpose(1, 2)
            for project in (self.q_proj, self.k_proj, self.v_proj)
        )
        return self.out_proj(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2))


class Layer(nn.Module):
    """[B, T, d] to [B, T, d]"""

    def __init__(self, config: EncoderConfig):
        super().__init__()
        width = config.d_model
        self.self_attn = Attention(width, config.encoder_attention_heads)
        self.self_attn_layer_norm = nn.LayerNorm(width)
        self.fc1 = nn.Linear(width, config.encoder_ffn_dim)
        self.fc2 = nn.Linear(config.encoder_ffn_dim, width)
        self.final_layer_norm = nn.LayerNorm(width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x + self.self_attn(self.self_attn_layer_norm(x))
        return x + self.fc2(F.gelu(self.fc1(self.final_layer_norm(x))))


class SpeechEncoder(nn.Module):
    """[B, 80, M] to [B, M / 4, d]; M is a multiple of 4 and at most `config.longest`."""

    def __init__(self, config: EncoderConfig):
        super().__init__()
        self.config = config
        width = config.d_model
        self.conv1 = nn.Conv1d(config.num_mel_bins, width, 3, padding=1)
        self.conv2 = nn.Conv1d(width, width, 3, stride=2, padding=1)
        self.embed_positions = nn.Embedding(config.max_source_positions, width)
        self.embed_positions.weight = nn.Parameter(sinusoids(config.max_source_positions, width), requires_grad=False)
        self.layers = nn.ModuleList(Layer(config) for _ in range(config.encoder_layers))
        self.layer_norm = nn.LayerNorm(width)

    def forward(self, mel: torch.Tensor, first_position: int = 0) -> torch.Tensor:
        """`first_position` lets a training window lie anywhere in the longest one."""
        x = F.gelu(self.conv2(F.gelu(self.conv1(mel)))).transpose(1, 2)
        x = x + self.embed_positions.weight[first_position : first_position + x.shape[1]]
        for layer in self.layers:
            x = layer(x)
        return self.layer_norm(F.avg_pool1d(x.transpose(1, 2), 2).transpose(1, 2))
