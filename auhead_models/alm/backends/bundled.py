"""The bundled model: a Qwen2Audio of a few megabytes, whose ears are the bundled speech model's encoder.

weights/auhead_alm.safetensors holds its language model and projector in float16, under names that do not depend on the
version of transformers, and in its metadata ("config") the configuration and the words of its vocabulary. The encoder
comes from weights/auhead_speech.safetensors. How it was trained, and how little it knows: weights/auhead_alm.md.

Its answer is written in the time of the sound: a token of frame f has the position of the audio tokens of frame f, much
as Qwen2.5-Omni aligns sound and pictures. A language model this small could not learn to count instead.
"""

import json
import re
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import nn
from transformers import Qwen2AudioConfig, Qwen2AudioForConditionalGeneration, WhisperFeatureExtractor

from ...errors import AUHeadError
from ..codec import FPS, TABLE, TOKENS
from ..prompt import AUDIO_TOKEN
from .backend import AUDIO_RATE
from .qwen2_audio import Qwen2Audio

FOLDER = Path(__file__).resolve().parents[2] / "weights"
WEIGHTS, SPEECH_WEIGHTS = FOLDER / "auhead_alm.safetensors", FOLDER / "auhead_speech.safetensors"
UNKNOWN = "<unk>"

_TOKENS = round(AUDIO_RATE / FPS)  # audio tokens of a frame
_WORD = re.compile(r"<\|[^|]*\|>|[A-Za-z]+|\d|\n|[^\sA-Za-z\d]")


class BundledALM(Qwen2Audio):
    """calm_below: the probability under which its first emotion is not believed, found on voices it never heard."""

    window = 10.0
    rows = 8  # pieces of speech heard side by side
    calm_below = 1.0

    def positions(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        frames = torch.zeros_like(ids)  # that a token begins
        for token, index in zip(TABLE, self.vocabulary.all_ids):
            if token.kind in ("frame", "hold"):
                frames[ids == index] = max(token.number, 1)
        answer = (ids == self.vocabulary.offset).cumsum(1)  # 1 from <|au|> on
        sound = (ids == self.audio_id).int().argmax(1, keepdim=True) - (mask == 0).sum(1, keepdim=True)
        now = sound + (frames.cumsum(1) - 1).clamp(min=0) * _TOKENS + _TOKENS // 2
        return torch.where(answer > 0, now, super().positions(ids, mask))


class WordTokenizer:
    """A vocabulary of whole words, single digits and signs; the AU tokens follow them."""

    def __init__(self, words: list[str]):
        self.words = list(words)
        self._ids = {word: index for index, word in enumerate([*words, *TOKENS])}

    def __len__(self) -> int:
        return len(self._ids)

    def encode(self, text: str, add_special_tokens: bool = False) -> list[int]:
        return [self._ids.get(word, self._ids[UNKNOWN]) for word in _WORD.findall(text)]

    def convert_tokens_to_ids(self, tokens: str | list[str]) -> int | None | list[int | None]:
        return self._ids.get(tokens) if isinstance(tokens, str) else [self._ids.get(token) for token in tokens]


def words_of(texts: list[str]) -> list[str]:
    """The words of prompts, with one for all that is unknown."""
    return [UNKNOWN, *sorted({word for text in texts for word in _WORD.findall(text)})]


def make_network(encoder: dict, language: dict, tokenizer: WordTokenizer) -> Qwen2AudioForConditionalGeneration:
    """Random weights. encoder: as in `speech.encoder.EncoderConfig` · language: sizes of a Qwen2 model."""
    config = Qwen2AudioConfig(
        audio_config={"model_type": "qwen2_audio_encoder", **encoder},
        text_config={
            "model_type": "qwen2",
            "vocab_size": len(tokenizer),
            "tie_word_embeddings": True,
            "bos_token_id": None,
            "eos_token_id": None,
            "pad_token_id": None,
            **language,
        },
        audio_token_index=tokenizer.convert_tokens_to_ids(AUDIO_TOKEN),
        tie_word_embeddings=True,
    )
    network = Qwen2AudioForConditionalGeneration(config)
    network.get_output_embeddings().weight = network.get_input_embeddings().weight  # transformers 5 leaves them apart
    return network


def make_backend(network: nn.Module, tokenizer: WordTokenizer, name: str = "tiny") -> BundledALM:
    positions = network.config.audio_config.max_source_positions
    extractor = WhisperFeatureExtractor(network.config.audio_config.num_mel_bins, chunk_length=positions // 50)
    backend = BundledALM(name, network, tokenizer, extractor)
    backend.window = float(positions // 50)
    return backend


def parts(network: nn.Module) -> dict[str, nn.Module]:
    """Encoder, projector and language model of a Qwen2Audio, whose places differ between versions of transformers."""
    inner = getattr(network, "model", network)
    language = inner.language_model
    return {
        "encoder": inner.audio_tower,
        "projector": inner.multi_modal_projector,
        "language": getattr(language, "model", language),
    }


def save_bundled(backend: BundledALM, path: Path, language: dict) -> None:
    """Everything but the encoder. language: what `make_network` was given."""
    found = parts(backend.network)
    tensors = {
        f"{name}.{key}": tensor.detach().half().contiguous()
        for name in ("projector", "language")
        for key, tensor in found[name].state_dict().items()
    }
    config = {"language": language, "words": backend.tokenizer.words, "calm_below": backend.calm_below}
    save_file(tensors, path, {"config": json.dumps(config)})


def open_bundled(path: Path = WEIGHTS, speech: Path = SPEECH_WEIGHTS) -> BundledALM:
    """The bundled model in float32 on the CPU. Raises AUHeadError when its files are missing."""
    for each in (path, speech):
        if not each.is_file():
            raise AUHeadError(f"The weights {each.name} are missing: install the plugin again.")
    with safe_open(speech, "pt") as file:
        encoder = json.loads(file.metadata()["config"])
        tensors = {name: file.get_tensor(name).float() for name in file.keys() if name.startswith("encoder.")}
    with safe_open(path, "pt") as file:
        config = json.loads(file.metadata()["config"])
        tensors |= {name: file.get_tensor(name).float() for name in file.keys()}
    tokenizer = WordTokenizer(config["words"])
    with torch.random.fork_rng():  # weights that are drawn and thrown away
        network = make_network(encoder, config["language"], tokenizer)
    for name, part in parts(network).items():
        start = f"{name}."
        part.load_state_dict({key.removeprefix(start): t for key, t in tensors.items() if key.startswith(start)})
    backend = make_backend(network, tokenizer)
    backend.calm_below = config["calm_below"]
    return backend
