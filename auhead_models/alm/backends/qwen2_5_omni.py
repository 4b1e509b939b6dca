"""Qwen2.5-Omni (Xu et al., arXiv 2503.20215), its thinker: Qwen/Qwen2.5-Omni-7B, Apache-2.0, 8.9 B weights.

It hears sounds of any length. Of the model's three streams of positions (time, height, width) sound uses one value for
all; eyes (`visual`) and voice (talker) are not needed and not loaded.
"""

from typing import Any

import torch
from transformers import Qwen2_5OmniThinkerForConditionalGeneration

from .backend import Backend


class Qwen25Omni(Backend):
    architecture = "Qwen2_5OmniThinkerForConditionalGeneration"
    network_class = Qwen2_5OmniThinkerForConditionalGeneration

    def positions(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        return super().positions(ids, mask)[None].expand(3, -1, -1)

    def _padding(self) -> dict[str, Any]:
        return {"padding": "longest"}
