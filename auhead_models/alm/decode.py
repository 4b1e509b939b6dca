"""A network writes: token by token under a grammar, and frames as soon as they are whole.

The loop is our own rather than transformers' `generate`, so that frames can be shown, and the user can cancel, after
every token; both write the same.
"""

import itertools
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from ..au.emotions import EMOTIONS, LEVELS
from ..errors import AUHeadError
from .backends.backend import Backend
from .codec import Decoder, Utterance
from .grammar import AUGrammar, Choices, GrammarProcessor, Rules
from .prompt import feel_answer, feel_instruction, perform_instruction

_NEUTRAL = EMOTIONS.index("neutral")

Progress = Callable[[int, int], None]  # (done, total) frames; called after every token, and may raise to cancel


@dataclass(frozen=True)
class Sampling:
    """temperature: 0 takes the likeliest token, above it tokens are drawn · seed: of the draw · calm_below: a first
    emotion less likely than this is written as neutral, and one less likely later is not written."""

    temperature: float = 0.0
    seed: int = 0
    calm_below: float = 0.0


@dataclass(frozen=True, eq=False)
class Frames:
    """Frames `first` and on of the speech `row`: values [n, 24]."""

    row: int
    first: int
    values: np.ndarray


@dataclass(frozen=True, eq=False)
class Answer:
    """What was written for one sound. tokens: how many · emotions: the distribution [8] that the first emotion was
    chosen from, in the order of EMOTIONS, before the user's wishes."""

    utterance: Utterance
    tokens: int
    emotions: np.ndarray


@torch.inference_mode()
def write(
    backend: Backend,
    speeches: Sequence[np.ndarray],
    rules: Sequence[Rules],
    sampling: Sampling | None = None,
    progress: Progress | None = None,
) -> Generator[Frames, None, list[Answer]]:
    """Yield frames while the utterances of a batch are written; the generator returns an answer for each sound.

    speeches: float32 [N] at 16 kHz, none longer than the backend's window · rules: one per sound.
    """
    vocabulary, sampling = backend.vocabulary, sampling or Sampling()
    grammars = [AUGrammar(each, vocabulary, backend.end) for each in rules]
    instructions = [perform_instruction(each.frames, each.emotion, each.level) for each in rules]
    inputs = backend.inputs(backend.features(speeches), instructions)
    emotions = _Emotions(vocabulary.ids(f"<|emo:{name}|>" for name in EMOTIONS), 1, sampling.calm_below)
    decoders = [Decoder() for _ in rules]
    values: list[list[np.ndarray]] = [[] for _ in rules]
    counts = [0] * len(rules)
    for step in _tokens(backend, inputs, grammars, sampling, emotions):
        for row, (decoder, identifier) in enumerate(zip(decoders, step)):
            if decoder.finished:
                continue
            first = decoder.done
            found = decoder.push(vocabulary.tokens([identifier])[0])
            counts[row] += 1
            values[row].append(found)
            if len(found):
                yield Frames(row, first, found)
        if progress is not None:
            progress(sum(decoder.done for decoder in decoders), sum(each.frames for each in rules))
    answers = []
    for row, decoder in enumerate(decoders):
        start, *changes = decoder.feelings
        utterance = Utterance(start.emotion, start.level, np.concatenate(values[row]), tuple(changes))
        answers.append(Answer(utterance, counts[row], emotions.heard[row]))
    return answers


@torch.inference_mode()
def feel(
    backend: Backend, speeches: Sequence[np.ndarray], calm_below: float = 0.0, progress: Progress | None = None
) -> list[tuple[str, int, np.ndarray]]:
    """For a model without AU tokens: emotion, level and the emotions' distribution [8] of each sound.

    The distribution is that of the first tokens of the emotions' names, where these differ.
    """
    encode = backend.tokenizer.encode
    feelings = {
        tuple(encode(feel_answer(emotion, level), add_special_tokens=False)): (emotion, level)
        for emotion in EMOTIONS
        for level in LEVELS
    }
    first = [next(ids[0] for ids, (emotion, _) in feelings.items() if emotion == name) for name in EMOTIONS]
    emotions = _Emotions(first, 0, 0.0)
    inputs = backend.inputs(backend.features(speeches), [feel_instruction()] * len(speeches))
    grammars = [Choices(list(feelings), backend.end) for _ in speeches]
    written: list[list[int]] = [[] for _ in speeches]
    for step, tokens in enumerate(_tokens(backend, inputs, grammars, Sampling(), emotions)):
        for ids, identifier in zip(written, tokens):
            ids.extend([identifier] if identifier != backend.end else [])
        if progress is not None:
            progress(min(step, grammars[0].longest), grammars[0].longest)
    answers = []
    for ids, heard in zip(written, emotions.heard):
        emotion, level = feelings[tuple(ids)]
        answers.append(("neutral" if heard.max() < calm_below else emotion, level, heard))
    return answers


class _Emotions:
    """Looks on when emotions are named. ids: of the eight, or of their first parts · first: the step at which the first
    one is named · heard: the distribution [B, 8] that it was chosen from, before the user's wishes."""

    def __init__(self, ids: Sequence[int], first: int, calm_below: float):
        self._ids, self._first, self._calm_below = torch.tensor(ids), first, calm_below
        self.heard = np.zeros((0, len(EMOTIONS)))

    def calmed(self, step: int, logits: torch.Tensor, allowed: torch.Tensor) -> torch.Tensor:
        """The allowed scores [B, V] without emotions that are too unsure; `logits` before the grammar."""
        if step == self._first:
            heard = logits[:, self._ids].softmax(1)
            self.heard = heard.numpy()
            calm = (heard.amax(1) < self._calm_below) & allowed[:, self._ids[_NEUTRAL]].isfinite()
            others = torch.cat((self._ids[:_NEUTRAL], self._ids[_NEUTRAL + 1 :]))
            allowed[calm[:, None] & torch.isin(torch.arange(allowed.shape[1]), others)] = float("-inf")
        elif step > self._first and self._calm_below > 0:
            named = allowed.softmax(1)[:, self._ids]
            unsure = (named.amax(1) < self._calm_below) & allowed.isfinite().any(1)
            allowed[unsure[:, None] & torch.isin(torch.arange(allowed.shape[1]), self._ids)] = float("-inf")
        return allowed


def _tokens(
    backend: Backend,
    inputs: dict[str, torch.Tensor],
    grammars: Sequence[AUGrammar | Choices],
    sampling: Sampling,
    emotions: _Emotions,
) -> Iterator[list[int]]:
    """One id for each row, step by step, until every row has ended."""
    processor = GrammarProcessor(grammars)
    generator = torch.Generator().manual_seed(sampling.seed)
    ids, mask = inputs["input_ids"], inputs["attention_mask"]
    one = torch.ones(len(ids), 1, dtype=mask.dtype)
    ended = torch.zeros(len(ids), dtype=torch.bool)
    logits, cache = backend.begin(inputs)
    for step in itertools.count():
        logits = logits.float().cpu()
        if not logits.isfinite().all():
            what = f"{backend.name} breaks off: its answer overflows the number format {backend.network.dtype}"
            raise AUHeadError(f"{what}; choose bf16, or fp32.")
        allowed = emotions.calmed(step, logits, processor(ids, logits))
        token = _chosen(allowed, sampling.temperature, generator)
        ended |= token == backend.end
        yield token.tolist()
        if ended.all():
            return
        ids, mask = torch.cat((ids, token[:, None]), 1), torch.cat((mask, one), 1)
        logits, cache = backend.advance(ids, mask, cache)


def _chosen(scores: torch.Tensor, temperature: float, generator: torch.Generator) -> torch.Tensor:
    """A token [B] for each row of scores [B, V]."""
    if temperature <= 0:
        return scores.argmax(1)
    return torch.multinomial((scores / temperature).softmax(1), 1, generator=generator)[:, 0]
