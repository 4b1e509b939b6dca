"""The AU tokens inside a language model's own vocabulary: 653 ids in a row, and what their rows start from.

A tokenizer here is anything with `add_tokens`, `convert_tokens_to_ids` and `encode`, as transformers' tokenizers have.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import nn

from ..au.space import UNITS
from .codec import INDEX, PAIRS, STEPS, TABLE, TOKENS, Token


@dataclass(frozen=True)
class Vocabulary:
    """Token i of `codec.TOKENS` has the id offset + i."""

    offset: int

    def __len__(self) -> int:
        return len(TOKENS)

    def __contains__(self, identifier: int) -> bool:
        return self.offset <= identifier < self.offset + len(TOKENS)

    @property
    def all_ids(self) -> range:
        return range(self.offset, self.offset + len(TOKENS))

    def ids(self, tokens: Iterable[str]) -> list[int]:
        """Ids of AU tokens; KeyError for any other word."""
        return [self.offset + INDEX[token] for token in tokens]

    def tokens(self, ids: Iterable[int]) -> list[str]:
        """AU tokens of ids; all other ids (end of text, padding) are left out."""
        return [TOKENS[identifier - self.offset] for identifier in ids if identifier in self]


def find_vocabulary(tokenizer) -> Vocabulary | None:
    """Where a tokenizer holds the AU tokens; None when it lacks them or holds them in another order."""
    ids = tokenizer.convert_tokens_to_ids(list(TOKENS))
    first = ids[0]
    return Vocabulary(first) if first is not None and ids == list(range(first, first + len(TOKENS))) else None


def add_vocabulary(tokenizer) -> Vocabulary:
    """Give a tokenizer the AU tokens after all of its own, once."""
    if find_vocabulary(tokenizer) is None:
        tokenizer.add_tokens(list(TOKENS))
    return find_vocabulary(tokenizer)


def make_room(network: nn.Module, vocabulary: Vocabulary) -> None:
    """Let a transformers model have a row for every AU token; one with spare rows keeps its size."""
    needed = vocabulary.offset + len(vocabulary)
    if network.get_input_embeddings().num_embeddings < needed:
        network.resize_token_embeddings(needed, mean_resizing=False)


@torch.no_grad()
def warm_start(network: nn.Module, tokenizer, vocabulary: Vocabulary) -> None:
    """Let the rows of the AU tokens begin as the mean of the words that describe them, brought to the mean norm.

    Input embeddings and, where they are not the same tensor, the rows of the output layer.
    """
    layers = network.get_input_embeddings(), network.get_output_embeddings()
    tables = {id(layer.weight): layer.weight for layer in layers}
    words = [[tokenizer.encode(word, add_special_tokens=False) for word in describe(token)] for token in TABLE]
    for table in tables.values():
        known = table[: vocabulary.offset].float()
        norm = known.norm(dim=1).mean()
        for index, pieces in enumerate(words):
            row = torch.stack([known[ids].mean(0) for ids in pieces if ids]).sum(0)
            table[vocabulary.offset + index] = (row * (norm / row.norm().clamp(min=1e-6))).to(table.dtype)


_WORDS = {"open": ("face",), "close": ("end",), "frame": ("\n",), "key": ("again",)}


def describe(token: Token) -> tuple[str, ...]:
    """Words whose embeddings, summed, stand for an AU token at first."""
    if token.kind == "emotion":
        return (token.name,)
    if token.kind == "level":
        return ("level", str(token.number))
    if token.kind == "hold":
        return ("same", str(token.number))
    if token.kind == "change":
        name = UNITS[token.units[0]].name.lower()
        both = token.units in PAIRS
        return (name.replace("left", "both") if both else name, f"{token.number / STEPS:.2f}")
    return _WORDS[token.kind]
