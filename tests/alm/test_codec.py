import numpy as np
import pytest

from auhead_models.alm.codec import TOKENS, Change, Decoder, Utterance, decode, encode
from auhead_models.errors import AUHeadError

START = ["<|au|>", "<|emo:happy|>", "<|lvl:2|>"]


def test_1000_random_utterances_come_back(random_utterance):
    rng = np.random.default_rng(0)
    for _ in range(1000):
        before = random_utterance(rng)
        tokens = encode(before)
        after = decode(tokens, len(before))
        assert np.abs(after.values - before.values).max() <= 0.025 + 1e-6
        assert (after.emotion, after.level, after.changes) == (before.emotion, before.level, before.changes)
        assert encode(after) == tokens


def test_the_vocabulary_never_changes():
    assert len(TOKENS) == len(set(TOKENS)) == 653
    assert TOKENS[:5] == ("<|au|>", "<|/au|>", "<|f|>", "<|key|>", "<|emo:angry|>")
    assert (TOKENS[12], TOKENS[15], TOKENS[519], TOKENS[-1]) == ("<|lvl:1|>", "<|a0:0|>", "<|b0:0|>", "<|h8|>")


def test_what_the_tokens_of_a_smile_are():
    values = np.zeros((12, 24))
    values[1:, 11:13] = 0.5
    values[3:, 8] = 0.26
    assert encode(Utterance("happy", 2, values)) == [
        *START, "<|f|>", "<|f|>", "<|b4:10|>", "<|h1|>", "<|f|>", "<|a8:5|>", "<|h6|>",
        "<|key|>", "<|f|>", "<|a8:5|>", "<|b4:10|>", "<|h1|>", "<|/au|>",
    ]  # fmt: skip


def test_an_emotion_that_changes_becomes_spans():
    utterance = decode([*START, "<|f|>", "<|h8|>", "<|h1|>", "<|key|>", "<|emo:sad|>", "<|lvl:1|>", "<|f|>", "<|/au|>"])
    assert utterance.changes == (Change(10, "sad", 1),)
    assert [(s.start, s.end, s.emotion, s.level) for s in utterance.spans] == [(0, 2, "happy", 2), (2, 2.2, "sad", 1)]


def test_frames_come_as_soon_as_they_are_whole():
    decoder = Decoder()
    counts = [len(decoder.push(t)) for t in [*START, "<|f|>", "<|a8:20|>", "<|f|>", "<|h2|>", "<|h1|>", "<|/au|>"]]
    assert counts == [0, 0, 0, 0, 0, 1, 3, 1, 0] and decoder.done == 5 and decoder.finished


@pytest.mark.parametrize(
    "tokens, sentence",
    [
        (["<|f|>"], 'hold "<|f|>" after frame 0'),
        ([*START, "<|/au|>"], 'hold "<|/au|>"'),
        ([*START, "hello"], 'hold "hello"'),
        ([*START, "<|f|>", "<|a5:1|>", "<|a4:1|>"], 'hold "<|a4:1|>"'),
        ([*START, "<|f|>", "<|b0:1|>", "<|a1:1|>"], 'hold "<|a1:1|>"'),
        ([*START, "<|f|>", "<|h8|>", "<|h2|>"], 'hold "<|h2|>" after frame 9'),
        ([*START, "<|f|>", "<|h8|>", "<|h1|>", "<|f|>"], 'hold "<|f|>" after frame 10'),
        ([*START, "<|f|>", "<|key|>"], 'hold "<|key|>"'),
        ([*START, "<|f|>"], "end without"),
        ([*START, "<|f|>", "<|/au|>"], "hold 1 frames where 3 are needed"),
    ],
)
def test_tokens_out_of_place(tokens, sentence):
    with pytest.raises(AUHeadError, match=sentence.replace("|", r"\|")):
        decode(tokens, 3)


def test_values_outside_the_range_are_cut():
    assert decode(encode(Utterance("sad", 1, np.full((2, 24), 7)))).values.max() == 1
    assert decode(encode(Utterance("sad", 1, np.full((2, 24), -1)))).values.max() == 0


@pytest.mark.parametrize(
    "given, sentence",
    [
        (("bored", 1, np.zeros((1, 24))), "bored"),
        (("sad", 4, np.zeros((1, 24))), "level 4"),
        (("sad", 1, np.zeros((0, 24))), r"\[0, 24\]"),
        (("sad", 1, np.full((1, 24), np.nan)), "finite"),
        (("sad", 1, np.zeros((30, 24)), (Change(5, "sad", 1),)), "frame 5"),
        (("sad", 1, np.zeros((10, 24)), (Change(10, "sad", 1),)), "frame 10"),
    ],
)
def test_utterances_that_cannot_be(given, sentence):
    with pytest.raises(AUHeadError, match=sentence):
        Utterance(*given)
