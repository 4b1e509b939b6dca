"""Qwen2-Audio (Chu et al., arXiv 2407.10759), the reference: Qwen/Qwen2-Audio-7B-Instruct, Apache-2.0, 8.4 B weights.

Its encoder takes windows of one length only, 30 s for the 7B model; shorter sounds are padded.
"""

from transformers import Qwen2AudioForConditionalGeneration

from .backend import Backend


class Qwen2Audio(Backend):
    architecture = "Qwen2AudioForConditionalGeneration"
    network_class = Qwen2AudioForConditionalGeneration
