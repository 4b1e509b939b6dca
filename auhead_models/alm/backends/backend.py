"""What every backend has in common: a network of transformers, its tokenizer, and the way from speech to its inputs.

    features        speech, float32 [N] at 16 kHz each ──► input_features [B, mels, T], feature_attention_mask [B, T]
    inputs          features and instructions ──► what the network takes, rows padded on the left
    begin, advance  logits [B, V] of the next token, with a cache of keys and values in between

A subclass is a small file: it names the classes of transformers and says where its network differs.
"""

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
import torch
from torch import nn

from ...speech.audio import SPEECH_RATE
from ..prompt import AUDIO_TOKEN, END_TOKEN, chat
from ..vocabulary import Vocabulary, add_vocabulary, find_vocabulary, make_room, warm_start

AUDIO_RATE = 25  # audio tokens per second of speech, in all of the backends
# The linear layers of the language model, whatever the version of transformers calls the parts above them; for LoRA.
LANGUAGE_LAYERS = r"^(?!.*(audio_tower|visual)).*\.layers\.\d+\.(self_attn|mlp)\.(q|k|v|o|gate|up|down)_proj$"

_SAMPLES = SPEECH_RATE // AUDIO_RATE  # of an audio token; sounds are filled up to whole ones
_WRITTEN = 60  # tokens a second at most, nearly always
_IGNORED = -100  # of PyTorch's cross entropy


class Backend:
    """An audio-language model. name: as the user knows it · window: seconds of speech that it hears at once at most.

    network: in evaluation mode, on any device · tokenizer: of transformers, or one like it · extractor: a
    `WhisperFeatureExtractor` · vocabulary: where its AU tokens are, None in a model that was never taught any.
    """

    architecture: ClassVar[str]  # in "architectures" of config.json
    window: float = 28.0
    rows: int = 1  # sounds heard side by side when there are several
    calm_below: float = 0.0  # an emotion that the model finds less likely than this is not believed
    fixed_place: bool = False  # whether the network cannot be moved to another device

    def __init__(self, name: str, network: nn.Module, tokenizer, extractor):
        self.name, self.network, self.tokenizer, self.extractor = name, network.eval(), tokenizer, extractor
        self.vocabulary: Vocabulary | None = find_vocabulary(tokenizer)
        self.end = tokenizer.convert_tokens_to_ids(END_TOKEN)
        self.audio_id = tokenizer.convert_tokens_to_ids(AUDIO_TOKEN)

    def teach_tokens(self) -> Vocabulary:
        """Give a base model the AU tokens, with rows that start from the words which describe them."""
        if self.vocabulary is None:
            self.vocabulary = add_vocabulary(self.tokenizer)
            make_room(self.network, self.vocabulary)
            warm_start(self.network, self.tokenizer, self.vocabulary)
        return self.vocabulary

    @property
    def memory(self) -> int:
        """Bytes that the answer to one whole window takes beside the weights, keys and values and what is computed."""
        config = self.network.config.get_text_config()
        heads = config.num_key_value_heads / config.num_attention_heads
        tokens = self.rows * (AUDIO_RATE + _WRITTEN) * self.window
        return int(tokens * config.num_hidden_layers * (2 * heads + 1) * config.hidden_size * 4)

    def features(self, speeches: Sequence[np.ndarray]) -> dict[str, torch.Tensor]:
        """Log-mel spectra of sounds that are no longer than the window, and which of their frames are sound."""
        padded = [np.pad(speech, (0, -len(speech) % _SAMPLES)) for speech in speeches]
        found = self.extractor(
            padded, sampling_rate=SPEECH_RATE, return_attention_mask=True, return_tensors="pt", **self._padding()
        )
        return {"input_features": found["input_features"], "feature_attention_mask": found["attention_mask"].long()}

    def inputs(
        self,
        features: dict[str, torch.Tensor],
        instructions: Sequence[str],
        answers: Sequence[Sequence[int]] | None = None,
    ) -> dict[str, torch.Tensor]:
        """Keyword arguments of the network's forward pass for one instruction per sound.

        answers: ids that follow the prompts, with the end; then there are `labels` too, ignored where the prompt is.
        """
        counts = self.audio_tokens(features["feature_attention_mask"])
        prompts = [
            self.tokenizer.encode(chat(text, count), add_special_tokens=False)
            for text, count in zip(instructions, counts)
        ]
        answers = answers or [()] * len(prompts)
        rows = [[*prompt, *answer] for prompt, answer in zip(prompts, answers)]
        labels = [[_IGNORED] * len(prompt) + list(answer) for prompt, answer in zip(prompts, answers)]
        found = {
            "input_ids": _left_padded(rows, self.end),
            "attention_mask": _left_padded([[1] * len(row) for row in rows], 0),
            **features,
        }
        return found | ({"labels": _left_padded(labels, _IGNORED)} if any(answers) else {})

    def audio_tokens(self, mask: torch.Tensor) -> list[int]:
        """Audio tokens of each sound; mask [B, T] of its mel frames. Two convolutions, the second of stride 2, then a
        mean over two."""
        frames = (mask.sum(1) - 1) // 2 + 1
        return ((frames - 2) // 2 + 1).tolist()

    def positions(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Position ids for padded rows: their tokens and attention mask [B, L]."""
        return (mask.long().cumsum(1) - 1).clamp(min=0)

    def begin(self, inputs: dict[str, torch.Tensor]) -> tuple[torch.Tensor, Any]:
        """Hear the prompt: logits [B, V] of the first token of the answer, and the cache."""
        device = self.network.get_input_embeddings().weight.device
        number = self.network.get_input_embeddings().weight.dtype
        inputs = {name: value.to(device) for name, value in inputs.items()}
        inputs["input_features"] = inputs["input_features"].to(number)
        positions = self.positions(inputs["input_ids"], inputs["attention_mask"])
        out = self.network(**inputs, position_ids=positions, use_cache=True, return_dict=True)
        return out.logits[:, -1], out.past_key_values

    def advance(self, ids: torch.Tensor, mask: torch.Tensor, cache: Any) -> tuple[torch.Tensor, Any]:
        """Take one more token a row; ids and mask [B, L] of everything so far, this one last."""
        device = self.network.get_input_embeddings().weight.device
        out = self.network(
            input_ids=ids[:, -1:].to(device),
            attention_mask=mask.to(device),
            position_ids=self.positions(ids, mask)[..., -1:].to(device),
            past_key_values=cache,
            use_cache=True,
            return_dict=True,
        )
        return out.logits[:, -1], out.past_key_values

    def _padding(self) -> dict[str, Any]:
        """How the extractor pads: to its whole window."""
        return {"padding": "max_length"}


def _left_padded(rows: Sequence[Sequence[int]], filling: int) -> torch.Tensor:
    """[B, L] int64; the ends of all rows are aligned, as generation needs."""
    length = max(len(row) for row in rows)
    return torch.tensor([[filling] * (length - len(row)) + list(row) for row in rows])
