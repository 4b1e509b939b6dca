"""Constrained decoding: what a language model may write next, so that every answer is an utterance of N frames.

A grammar is a finite-state machine over token ids: `start()`, `allowed(state, left)` with `left` tokens still to be
written at most, and `step(state, id)`. `GrammarProcessor` turns one of them per row of a batch into a logits processor
for transformers' `generate`, and for our own loop in decode.py.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

import torch

from ..au.emotions import LEVELS, emotion_name
from ..au.space import UNIT_INDEX, both_sides
from ..errors import AUHeadError
from .codec import KEY_FRAMES, LONGEST_HOLD, STEPS, TABLE, Token
from .vocabulary import Vocabulary


@dataclass(frozen=True)
class Rules:
    """What the user may fix. frames: N, exactly · emotion, level: instead of what the model hears; a fixed emotion does
    not change later · units: ids of the only units that may move, a name without a side standing for both · caps:
    highest value of a unit · budget: tokens to write at most, `<|/au|>` among them and the end of text not.

    Raises AUHeadError for unknown names, a cap outside 0..1, no frames, and a budget too small for N frames.
    """

    frames: int
    emotion: str | None = None
    level: int | None = None
    units: Sequence[str] | None = None
    caps: Mapping[str, float] = field(default_factory=dict)
    budget: int | None = None

    def __post_init__(self):
        if self.frames < 1:
            raise AUHeadError(f"{self.frames} frames were asked for; ask for 1 or more.")
        if self.emotion is not None:
            object.__setattr__(self, "emotion", emotion_name(self.emotion))
        if self.level not in (None, *LEVELS):
            raise AUHeadError(f"The level is {self.level}; use 1, 2 or 3.")
        for name, cap in self.caps.items():
            if not 0 <= cap <= 1:
                raise AUHeadError(f"The cap of {name} is {cap}; use a number from 0 to 1.")
        self.highest_steps()
        least = fewest_tokens(self.frames)
        if self.budget is not None and self.budget < least:
            raise AUHeadError(f"{self.frames} frames need {least} tokens at least; allow more than {self.budget}.")

    def highest_steps(self) -> list[int]:
        """The highest step of each unit [24]; 0 for one that may not move."""
        highest = [STEPS if self.units is None else 0] * len(UNIT_INDEX)
        for unit in _indices(self.units or ()):
            highest[unit] = STEPS
        for name, cap in self.caps.items():
            for unit in _indices((name,)):
                highest[unit] = min(highest[unit], int(cap * STEPS + 1e-6))
        return highest


def _indices(names: Sequence[str]) -> list[int]:
    ids = [identifier for name in names for identifier in both_sides(name)]
    for identifier in ids:
        if identifier not in UNIT_INDEX:
            raise AUHeadError(f'"{identifier}" is not one of the 24 units; the tokens name only these.')
    return [UNIT_INDEX[identifier] for identifier in ids]


def fewest_tokens(frames: int) -> int:
    """The length of the shortest answer of so many frames: everything held that can be."""
    return 3 + _to_finish(frames)[0]


def most_tokens(frames: int) -> int:
    """The length of the longest answer: all units of all frames one by one, another emotion at every key."""
    return 4 + frames * (1 + len(UNIT_INDEX)) + 3 * (frames // KEY_FRAMES)


@lru_cache(maxsize=256)
def _to_finish(frames: int) -> list[int]:
    """For each number of frames begun, 0 to N: tokens that the shortest way to the end still takes, with the close."""
    rest = [1] * (frames + 1)
    for frame in reversed(range(frames)):
        starts = frame % KEY_FRAMES == 0
        longest = 1 if starts else min(LONGEST_HOLD, KEY_FRAMES - frame % KEY_FRAMES, frames - frame)
        rest[frame] = 1 + bool(starts and frame) + min(rest[frame + 1 : frame + longest + 1])
    return rest


class State(NamedTuple):
    """phase: the kind of the last token, or "start" · frame: frames begun · named: the last unit that changed."""

    phase: str
    frame: int
    named: int


def _permits(rules: Rules, highest: Sequence[int], token: Token) -> bool:
    """Whether the rules let a token be written at all; `highest` as from `Rules.highest_steps`."""
    if token.kind == "emotion":
        return rules.emotion in (None, token.name)
    if token.kind == "level":
        return rules.level in (None, token.number)
    return all(0 < highest[unit] >= token.number for unit in token.units)


class AUGrammar:
    """The grammar of codec.py with N frames and the user's rules; `end` is the id of the end of text."""

    def __init__(self, rules: Rules, vocabulary: Vocabulary, end: int):
        self.rules, self.end, self._offset = rules, end, vocabulary.offset
        self.longest = most_tokens(rules.frames) if rules.budget is None else rules.budget
        self._rest = _to_finish(rules.frames)
        by_kind: dict[str, list[int]] = {}
        highest = rules.highest_steps()
        for index, token in enumerate(TABLE):
            if _permits(rules, highest, token):
                by_kind.setdefault(token.kind, []).append(index + self._offset)
        self._ids = by_kind
        self._cache: dict[tuple, torch.Tensor] = {}
        # Ids of the changes that may follow unit k, at position k + 1.
        self._changes = [
            [i for i in by_kind.get("change", []) if TABLE[i - self._offset].units[0] > unit]
            for unit in range(-1, len(UNIT_INDEX))
        ]

    def start(self) -> State:
        return State("start", 0, -1)

    def allowed(self, state: State, left: int) -> torch.Tensor:
        """Ids that may come next when at most `left` more may be written, so that the end can always be reached."""
        room = self._room(state.frame)
        cached = (state.phase, state.named, room)
        if cached not in self._cache:
            self._cache[cached] = torch.tensor(self._next(*cached))
        ids = self._cache[cached]
        if state.phase == "close" or left > self._rest[state.frame] + 4:  # enough for any token
            return ids
        return torch.tensor([i for i in ids.tolist() if self._needs(self.step(state, i)) < left])

    def _room(self, frame: int) -> int | str:
        """Frames that may follow at once: up to the next key or the end, or else "key" or "close"."""
        if frame == self.rules.frames:
            return "close"
        past = frame % KEY_FRAMES
        return min(KEY_FRAMES - past, self.rules.frames - frame) if past or not frame else "key"

    def _next(self, phase: str, named: int, room: int | str) -> list[int]:
        """Ids by the grammar alone."""
        if phase == "close":
            return [self.end]
        if phase == "start":
            return self._ids["open"]
        if phase in ("open", "emotion"):
            return self._ids["emotion" if phase == "open" else "level"]
        if phase == "level":
            return self._ids["frame"]
        if phase == "key":
            return self._ids["frame"] + (self._ids["emotion"] if self.rules.emotion is None else [])
        ids = [] if phase == "hold" else list(self._changes[named + 1])
        if isinstance(room, str):
            return ids + self._ids[room]
        return ids + self._ids["frame"] + self._ids["hold"][:room]

    def step(self, state: State, identifier: int) -> State:
        """The state after a token; the end of text and what follows it change nothing."""
        if state.phase == "close":
            return state
        token = TABLE[identifier - self._offset]
        if token.kind == "change":
            return State("change", state.frame, token.units[-1])
        frames = {"frame": 1, "hold": token.number}.get(token.kind, 0)
        return State(token.kind, state.frame + frames, -1)

    def _needs(self, state: State) -> int:
        """Tokens that must still be written after a state, with the close."""
        first = 1 + self._rest[min(state.frame + 1, self.rules.frames)]  # the frame after an emotion or a key, and on
        before = {"start": 3, "open": 2, "emotion": 1, "level": 0, "key": 0, "close": -1}
        if state.phase == "close":
            return 0
        return before[state.phase] + first if state.phase in before else self._rest[state.frame]


class Choices:
    """A grammar that leaves a choice among a few answers, given as ids; then the end of text."""

    def __init__(self, answers: Sequence[Sequence[int]], end: int):
        self._answers, self.end = [tuple(answer) for answer in answers], end
        self.longest = max(len(answer) for answer in self._answers)

    def start(self) -> tuple[int, ...]:
        return ()

    def allowed(self, state: tuple[int, ...], left: int) -> torch.Tensor:
        following = {a[len(state)] for a in self._answers if a[: len(state)] == state and len(a) > len(state)}
        return torch.tensor(sorted(following) or [self.end])

    def step(self, state: tuple[int, ...], identifier: int) -> tuple[int, ...]:
        return state if identifier == self.end else (*state, identifier)


class GrammarProcessor:
    """A logits processor: one grammar for each row, rows of any frame counts. It serves one generation, then is done.

    Works as an entry of transformers' LogitsProcessorList: call(ids [B, L], scores [B, V]) gives scores in which every
    forbidden token is -inf. The first call is made with the prompt.
    """

    def __init__(self, grammars: Sequence[AUGrammar | Choices]):
        self._grammars = list(grammars)
        self._states = [grammar.start() for grammar in grammars]
        self._read = self._prompt = -1  # length of what was read, and of the prompt

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        length = input_ids.shape[1]
        if self._prompt < 0:
            self._read = self._prompt = length
        for row, new in enumerate(input_ids[:, self._read :].tolist()):
            for identifier in new:
                self._states[row] = self._grammars[row].step(self._states[row], identifier)
        self._read = length
        masked = torch.full_like(scores, float("-inf"))
        for row, state in enumerate(self._states):
            grammar = self._grammars[row]
            ids = grammar.allowed(state, grammar.longest - (length - self._prompt)).to(scores.device)
            masked[row, ids] = scores[row, ids]
        return masked
