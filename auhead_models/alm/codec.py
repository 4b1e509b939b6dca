"""The token codec: an expression as a short sequence of tokens (spatial-temporal AU tokenization), and back.

    sequence := <|au|> <|emo:E|> <|lvl:L|> block* <|/au|>       frames at 5 per second
    block    := [<|key|> [<|emo:E|> <|lvl:L|>]] frame (frame | <|hK|>)*   ten frames; no <|key|> before the first block
    frame    := <|f|> change*                                   units in strictly rising order
    change   := <|aU:Q|> unit U = Q/20  |  <|bP:Q|> both units of the pair P

A frame names only the units that change; `<|hK|>` repeats the last frame K times (1 to 8). `<|key|>` comes every 2 s
and takes all units back to 0, so that a wrong token is forgotten after 2 s at most; it may name another emotion. A
value has 21 levels, which leaves an error of at most 0.025.

The scheme follows the sentence in AUHead (Lyu et al., arXiv 2602.09534) about spatial and temporal tokens; the paper
gives no details, so the vocabulary is our own.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ..au.emotions import EMOTIONS, LEVELS, emotion_name
from ..au.sequence import Span
from ..au.space import UNITS
from ..errors import AUHeadError

FPS = 5.0
STEPS = 20  # of a value from 0 to 1
KEY_FRAMES = 10
LONGEST_HOLD = 8
PAIRS = ((0, 1), (2, 3), (4, 5), (6, 7), (11, 12), (13, 14))  # left and right of a unit; a jaw slides to one side only


class Token(NamedTuple):
    """One word of the language. kind: open, close, frame, key, emotion, level, change or hold.

    name: of the emotion · units: that a change sets · number: the level, the value in steps, or the frames held.
    """

    text: str
    kind: str
    name: str = ""
    units: tuple[int, ...] = ()
    number: int = 0


def _table() -> tuple[Token, ...]:
    steps = range(STEPS + 1)
    return (
        Token("<|au|>", "open"),
        Token("<|/au|>", "close"),
        Token("<|f|>", "frame"),
        Token("<|key|>", "key"),
        *(Token(f"<|emo:{name}|>", "emotion", name=name) for name in EMOTIONS),
        *(Token(f"<|lvl:{level}|>", "level", number=level) for level in LEVELS),
        *(Token(f"<|a{unit.index}:{q}|>", "change", "", (unit.index,), q) for unit in UNITS for q in steps),
        *(Token(f"<|b{index}:{q}|>", "change", "", pair, q) for index, pair in enumerate(PAIRS) for q in steps),
        *(Token(f"<|h{frames}|>", "hold", number=frames) for frames in range(1, LONGEST_HOLD + 1)),
    )


TABLE = _table()
TOKENS = tuple(token.text for token in TABLE)  # 653; their order is fixed, trained weights depend on it
INDEX = {text: index for index, text in enumerate(TOKENS)}


@dataclass(frozen=True)
class Change:
    """From `frame` on (a multiple of KEY_FRAMES) the speaker feels something else."""

    frame: int
    emotion: str
    level: int


@dataclass(frozen=True, eq=False)
class Utterance:
    """What a model writes: an emotion, its level 1 to 3, values [N, 24] float32 in 0..1 at 5 fps (N ≥ 1, read-only).

    changes: later emotions, in order of time, each at a key. Values outside 0..1 are cut. Raises AUHeadError for an
    unknown emotion or level, a wrong shape, values that are no numbers and changes at other frames.
    """

    emotion: str
    level: int
    values: np.ndarray
    changes: tuple[Change, ...] = ()

    def __post_init__(self):
        object.__setattr__(self, "emotion", emotion_name(self.emotion))
        values = np.array(self.values, np.float32)
        if values.ndim != 2 or values.shape[1] != len(UNITS) or not len(values):
            raise AUHeadError(f"The values of an utterance have shape {list(values.shape)}; give [N, 24] with N ≥ 1.")
        if not np.isfinite(values).all():
            raise AUHeadError("Some values of an utterance are not finite numbers; give numbers from 0 to 1.")
        values = np.clip(values, 0, 1)
        values.flags.writeable = False
        object.__setattr__(self, "values", values)
        for level in (self.level, *(change.level for change in self.changes)):
            if level not in LEVELS:
                raise AUHeadError(f"An utterance has the emotional level {level}; use 1, 2 or 3.")
        last = 0
        for change in self.changes:
            emotion_name(change.emotion)
            if not last < change.frame < len(values) or change.frame % KEY_FRAMES:
                raise AUHeadError(
                    f"The emotion of an utterance changes at frame {change.frame}; changes come in order, at frames "
                    f"{KEY_FRAMES}, {2 * KEY_FRAMES} and so on, inside its {len(values)} frames."
                )
            last = change.frame

    def __len__(self) -> int:
        return len(self.values)

    @property
    def spans(self) -> tuple[Span, ...]:
        """The emotions in seconds."""
        starts = (Change(0, self.emotion, self.level), *self.changes)
        ends = [change.frame for change in self.changes] + [len(self)]
        return tuple(Span(c.frame / FPS, end / FPS, c.emotion, c.level) for c, end in zip(starts, ends))


def quantise(values: np.ndarray) -> np.ndarray:
    """Steps 0..20 (int) of values in 0..1; the value of a step is step / 20."""
    return np.rint(np.clip(values, 0, 1) * STEPS).astype(int)


def encode(utterance: Utterance) -> list[str]:
    """The tokens of an utterance, without an end-of-text token. The same utterance always gives the same tokens."""
    tokens = ["<|au|>", *_feeling(utterance.emotion, utterance.level)]
    changes = {change.frame: change for change in utterance.changes}
    state, held = np.zeros(len(UNITS), int), 0
    for frame, steps in enumerate(quantise(utterance.values)):
        starts = frame % KEY_FRAMES == 0
        if starts:
            tokens += _holds(held)
            held = 0
            if frame:
                tokens.append("<|key|>")
                if frame in changes:
                    tokens += _feeling(changes[frame].emotion, changes[frame].level)
            state = np.zeros(len(UNITS), int)
        named = _changes(state, steps)
        if named or starts:
            tokens += [*_holds(held), "<|f|>", *named]
            held = 0
        else:
            held += 1
        state = steps
    return [*tokens, *_holds(held), "<|/au|>"]


def _feeling(emotion: str, level: int) -> list[str]:
    return [f"<|emo:{emotion}|>", f"<|lvl:{level}|>"]


def _holds(frames: int) -> list[str]:
    longest, rest = divmod(frames, LONGEST_HOLD)
    return [f"<|h{LONGEST_HOLD}|>"] * longest + ([f"<|h{rest}|>"] if rest else [])


def _changes(before: np.ndarray, after: np.ndarray) -> list[str]:
    """Tokens for the units that differ; a pair where both sides change to the same step."""
    named = []
    differs = before != after
    pairs = {
        left: index
        for index, (left, right) in enumerate(PAIRS)
        if differs[left] and differs[right] and after[left] == after[right]
    }
    paired = {right for left, right in PAIRS if left in pairs}
    for unit in np.flatnonzero(differs):
        if unit in pairs:
            named.append(f"<|b{pairs[unit]}:{after[unit]}|>")
        elif unit not in paired:
            named.append(f"<|a{unit}:{after[unit]}|>")
    return named


def decode(tokens: Iterable[str], frames: int | None = None) -> Utterance:
    """The utterance that tokens spell; what follows `<|/au|>` is not read.

    Raises AUHeadError when they break the grammar above or, with `frames`, when they are not that many frames.
    """
    decoder = Decoder()
    rows = []
    for text in tokens:
        rows.append(decoder.push(text))
        if decoder.finished:
            break
    if not decoder.finished:
        raise AUHeadError("The AU tokens end without <|/au|>; give the whole sequence.")
    values = np.concatenate(rows)
    if frames is not None and len(values) != frames:
        raise AUHeadError(f"The AU tokens hold {len(values)} frames where {frames} are needed; add or remove frames.")
    first, *changes = decoder.feelings
    return Utterance(first.emotion, first.level, values, tuple(changes))


class Decoder:
    """Reads tokens one by one. feelings: the emotions so far · done: finished frames · finished: `<|/au|>` was read."""

    def __init__(self):
        self.feelings: list[Change] = []
        self.done = 0
        self.finished = False
        self._expected = ("open",)
        self._steps = np.zeros(len(UNITS), int)
        self._named = -1  # the last unit that the open frame changed
        self._open = False  # whether a frame has begun whose changes are still coming

    def push(self, text: str) -> np.ndarray:
        """Take one token; gives the frames [n, 24] that it completes. Raises AUHeadError for a token out of place."""
        token = TABLE[INDEX[text]] if text in INDEX else None
        if token is None or token.kind not in self._expected or not self._fits(token):
            raise AUHeadError(f'The AU tokens hold "{text}" after frame {self.done}, where it cannot stand.')
        rows = token.number if token.kind == "hold" else 0
        if self._open and token.kind in ("frame", "hold", "key", "close"):
            self._open = False
            rows += 1
        frames = np.repeat(self._steps[None] / np.float32(STEPS), rows, axis=0).astype(np.float32)
        self.done += rows
        self._take(token)
        return frames

    def _fits(self, token: Token) -> bool:
        """Whether a change rises and a hold stays before the next key."""
        if token.kind == "change":
            return token.units[0] > self._named
        return token.kind != "hold" or (self.done + self._open) % KEY_FRAMES + token.number <= KEY_FRAMES

    def _take(self, token: Token) -> None:
        if token.kind == "open":
            self._expected = ("emotion",)
        elif token.kind == "emotion":
            self.feelings.append(Change(self.done, token.name, LEVELS[0]))
            self._expected = ("level",)
        elif token.kind == "level":
            self.feelings[-1] = Change(self.done, self.feelings[-1].emotion, token.number)
            self._expected = ("frame",)
        elif token.kind == "key":
            self._steps = np.zeros(len(UNITS), int)
            self._expected = ("frame", "emotion")
        elif token.kind == "close":
            self.finished, self._expected = True, ()
        else:
            if token.kind == "frame":
                self._open, self._named = True, -1
            elif token.kind == "change":
                self._steps[list(token.units)] = token.number
                self._named = token.units[-1]
            block_is_full = (self.done + self._open) % KEY_FRAMES == 0
            body = ("key", "close") if block_is_full else ("frame", "hold", "close")
            self._expected = ("change", *body) if self._open else body
