import numpy as np
import pytest
import torch

from auhead_models.alm.codec import decode, encode
from auhead_models.alm.grammar import AUGrammar, Choices, GrammarProcessor, Rules, fewest_tokens, most_tokens
from auhead_models.alm.vocabulary import Vocabulary
from auhead_models.au.space import UNIT_INDEX
from auhead_models.errors import AUHeadError

VOCABULARY, END, WORDS = Vocabulary(40), 7, 700


def written(rules: list[Rules], seed: int = 0, favourite: str | None = None) -> list[list[str]]:
    """What a network writes that knows nothing, one row for each of the rules; it may love one token."""
    noise = torch.Generator().manual_seed(seed)
    processor = GrammarProcessor([AUGrammar(each, VOCABULARY, END) for each in rules])
    ids = torch.zeros(len(rules), 3, dtype=torch.long)
    while not (ids == END).any(1).all():
        scores = 2 * torch.randn(len(rules), WORDS, generator=noise)
        if favourite:
            scores[:, VOCABULARY.ids([favourite])] += 1000
        ids = torch.cat((ids, processor(ids, scores).argmax(1, keepdim=True)), 1)
    return [VOCABULARY.tokens(row[: row.index(END)]) for row in ids[:, 3:].tolist()]


def test_rows_of_a_batch_are_written_each_to_its_own_length():
    lengths = [1, 2, 10, 11, 20, 47]
    for seed in range(5):
        rows = written([Rules(n) for n in lengths], seed)
        assert [len(decode(row, n)) for row, n in zip(rows, lengths)] == lengths


def test_what_the_codec_writes_is_allowed(random_utterance):
    rng = np.random.default_rng(0)
    for _ in range(100):
        utterance = random_utterance(rng)
        tokens = encode(utterance)
        grammar = AUGrammar(Rules(len(utterance)), VOCABULARY, END)
        state = grammar.start()
        for written_so_far, identifier in enumerate([*VOCABULARY.ids(tokens), END]):
            assert identifier in grammar.allowed(state, grammar.longest - written_so_far)
            state = grammar.step(state, identifier)


@pytest.mark.parametrize("frames", [1, 9, 10, 11, 31])
@pytest.mark.parametrize("favourite", [None, "<|f|>", "<|key|>", "<|emo:sad|>", "<|h1|>", "<|a0:3|>"])
def test_a_budget_is_never_overrun(frames, favourite):
    for budget in (fewest_tokens(frames), fewest_tokens(frames) + 1, fewest_tokens(frames) + 13):
        (tokens,) = written([Rules(frames, budget=budget)], budget, favourite)
        assert len(decode(tokens, frames)) == frames and len(tokens) <= budget


def test_the_longest_answer_fits():
    (tokens,) = written([Rules(21)], favourite="<|/au|>")
    assert len(tokens) <= most_tokens(21)
    everything = [
        "<|au|>", "<|emo:sad|>", "<|lvl:1|>",
        *["<|f|>", *(f"<|a{unit}:1|>" for unit in range(24))] * 10,
        "<|key|>", "<|emo:sad|>", "<|lvl:1|>", "<|f|>", *(f"<|a{unit}:1|>" for unit in range(24)), "<|/au|>",
    ]  # fmt: skip
    assert len(decode(everything)) == 11 and len(everything) == most_tokens(11)


def test_the_user_fixes_emotion_level_units_and_caps():
    rules = Rules(25, "joy", 3, units=("brow_raise", "jaw_open"), caps={"jaw_open": 0.32, "brow_raise_left": 0})
    for seed in range(5):
        (tokens,) = written([rules], seed)
        utterance = decode(tokens, 25)
        assert (utterance.emotion, utterance.level, utterance.changes) == ("happy", 3, ())
        moved = {UNIT_INDEX["jaw_open"], UNIT_INDEX["brow_raise_right"]}
        assert set(np.flatnonzero(utterance.values.any(0))) <= moved
        assert utterance.values[:, UNIT_INDEX["jaw_open"]].max() <= 0.32


def test_a_choice_among_words():
    processor = GrammarProcessor([Choices([(5, 6), (5, 8, 9), (3,)], END)])
    ids = torch.tensor([[1, 2]])
    scores = torch.arange(WORDS, 0, -1).float()[None]
    for _ in range(3):
        ids = torch.cat((ids, processor(ids, scores).argmax(1, keepdim=True)), 1)
    assert ids[0, 2:].tolist() == [3, END, END]


@pytest.mark.parametrize(
    "given, sentence",
    [
        ({"frames": 0}, "0 frames"),
        ({"frames": 5, "emotion": "bored"}, "bored"),
        ({"frames": 5, "level": 4}, "level is 4"),
        ({"frames": 5, "units": ("gaze_x",)}, '"gaze_x" is not one of the 24 units'),
        ({"frames": 5, "caps": {"jaw_open": 2}}, "cap of jaw_open is 2"),
        ({"frames": 50, "budget": 9}, "50 frames need"),
    ],
)
def test_rules_that_cannot_be(given, sentence):
    with pytest.raises(AUHeadError, match=sentence):
        Rules(**given)
