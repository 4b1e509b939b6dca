from types import SimpleNamespace

import pytest
import torch
from torch import nn

from auhead_models.alm.codec import TOKENS
from auhead_models.alm.vocabulary import Vocabulary, add_vocabulary, find_vocabulary, warm_start


class Letters:
    """A tokenizer whose words are letters; its first 128 ids are ASCII."""

    def __init__(self):
        self.added = []

    def add_tokens(self, tokens):
        self.added += tokens

    def convert_tokens_to_ids(self, tokens):
        return [128 + self.added.index(token) if token in self.added else None for token in tokens]

    def encode(self, text, add_special_tokens=True):
        return [ord(letter) for letter in text]


def test_tokens_are_added_once_behind_all_others():
    tokenizer = Letters()
    assert find_vocabulary(tokenizer) is None
    assert add_vocabulary(tokenizer) == add_vocabulary(tokenizer) == find_vocabulary(tokenizer) == Vocabulary(128)
    assert len(tokenizer.added) == 653


def test_tokens_in_another_order_are_not_ours():
    tokenizer = Letters()
    tokenizer.add_tokens([*TOKENS[1:], TOKENS[0]])
    assert find_vocabulary(tokenizer) is None


def test_ids_there_and_back():
    vocabulary = Vocabulary(128)
    ids = vocabulary.ids(TOKENS)
    assert ids == list(vocabulary.all_ids) and vocabulary.tokens([3, *ids, 9999]) == list(TOKENS)
    assert 128 in vocabulary and 127 not in vocabulary and 128 + 653 not in vocabulary


@pytest.mark.parametrize("tied", [True, False])
def test_new_rows_begin_as_the_words_that_describe_them(tied):
    torch.manual_seed(0)
    tokenizer = Letters()
    vocabulary = add_vocabulary(tokenizer)
    layers = [nn.Embedding(128 + 653, 16) for _ in range(2)]
    if tied:
        layers[1].weight = layers[0].weight
    network = SimpleNamespace(get_input_embeddings=lambda: layers[0], get_output_embeddings=lambda: layers[1])
    before = [layer.weight[:128].clone() for layer in layers]
    warm_start(network, tokenizer, vocabulary)
    for layer, old in zip(layers, before):
        assert torch.equal(layer.weight[:128], old)
        new = layer.weight[128:]
        assert torch.allclose(new.norm(dim=1), old.norm(dim=1).mean(), atol=1e-4)
        happy, sad = (layer.weight[vocabulary.ids([f"<|emo:{name}|>"])[0]] for name in ("happy", "sad"))
        letters = old[[ord(letter) for letter in "happy"]].mean(0)
        assert torch.cosine_similarity(happy, letters, dim=0) > 0.999 > torch.cosine_similarity(sad, letters, dim=0)
