"""The whole of stage 1 for one recording: heard piece by piece, written, joined, and said in words."""

import logging
import math
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from ..au.sequence import FPS as VIDEO_FPS
from ..au.sequence import AUSequence, Span
from ..errors import AUHeadError
from ..speech.audio import Audio, to_speech
from ..speech.features import log_power
from .backends.backend import Backend
from .chunks import cut, frames_of, join
from .codec import FPS, STEPS, Utterance
from .decode import Answer, Frames, Progress, Sampling, feel, write
from .expression import in_words, to_expression
from .grammar import Rules
from .prototype import prototype_values

LONGEST = 1800.0  # seconds of speech that are heard in one go

_SILENT = 2e-3  # RMS of a piece in which nobody speaks; the loud parts of the recording are at 0.1
_STEPS = 4  # of the progress for a piece whose emotion alone is named

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Wishes:
    """What the user fixes: emotion and level (None: what is heard), the only units that may move, highest values of
    units, and how freely the model interprets (`Sampling`)."""

    emotion: str | None = None
    level: int | None = None
    units: Sequence[str] | None = None
    caps: Mapping[str, float] = field(default_factory=dict)
    temperature: float = 0.0
    seed: int = 0


@dataclass(frozen=True, eq=False)
class Performance:
    """What a model made of a recording.

    expression: at 25 fps, one frame for each of the sound's, with its emotions as spans · values: what was written,
    [N, 24] at 5 fps · emotions: the probabilities [8] in the order of EMOTIONS, over the whole · tokens: written ·
    wrote_units: False for a model that named the emotion only · thought: the chain of thought in words with times ·
    remark: a sentence on why no emotion was heard, where the sound was not fit for it.
    """

    expression: AUSequence
    values: np.ndarray
    emotions: np.ndarray
    tokens: int
    wrote_units: bool
    thought: str
    remark: str = ""


def listen(
    backend: Backend,
    audio: Audio,
    wishes: Wishes | None = None,
    progress: Progress | None = None,
    on_frames: Callable[[Frames], None] | None = None,
) -> Performance:
    """Let a model hear a recording. `progress` (done, total) is called after every token and may raise to cancel;
    `on_frames` gets frames as they are written, `row` counting the pieces of a long recording.

    Raises AUHeadError for a recording of more than half an hour, and for an unknown wish.
    """
    wishes = wishes or Wishes()
    if audio.seconds > LONGEST:
        raise AUHeadError(
            f"The recording lasts {audio.seconds / 60:.0f} minutes; an audio-language model hears up to "
            f"{LONGEST / 60:.0f}. Cut it into parts."
        )
    remark = ""
    if wishes.emotion is None and backend.calm_below > 0 and audio.clipped:
        remark = "The recording is clipped, which sounds like anger, so no emotion is heard in it."
        _log.warning(remark)
        wishes = replace(wishes, emotion="neutral")
    speech = to_speech(audio)
    speech = speech if len(speech) else np.zeros(1, np.float32)
    pieces = [speech[part] for part in cut(speech, backend.window)]
    heard = _felt if backend.vocabulary is None else _written
    utterances, distributions, tokens = heard(backend, pieces, wishes, progress, on_frames or (lambda frames: None))
    values, spans = join(utterances)
    return Performance(
        expression=to_expression(values, spans, audio.frames),
        values=values,
        emotions=np.average(distributions, axis=0, weights=[len(piece) for piece in pieces]),
        tokens=tokens,
        wrote_units=backend.vocabulary is not None,
        thought=in_words(values, spans),
        remark=remark,
    )


_Heard = tuple[list[Utterance], list[np.ndarray], int]  # utterances and emotions of all pieces, tokens
_Show = Callable[[Frames], None]


def _written(
    backend: Backend, pieces: list[np.ndarray], wishes: Wishes, progress: Progress | None, show: _Show
) -> _Heard:
    """By a model that knows the AU tokens, so many pieces at once as it hears side by side."""
    rules = [_rules(piece, wishes) for piece in pieces]
    total, done = sum(each.frames for each in rules), 0
    answers = []
    for start in range(0, len(pieces), backend.rows):
        part = slice(start, start + backend.rows)
        sampling = Sampling(wishes.temperature, wishes.seed + start, backend.calm_below)
        writing = write(backend, pieces[part], rules[part], sampling, _later(progress, done, total))
        answers += _shown(writing, start, show)
        done += sum(each.frames for each in rules[part])
    return (
        [answer.utterance for answer in answers],
        [answer.emotions for answer in answers],
        sum(answer.tokens for answer in answers),
    )


def _felt(backend: Backend, pieces: list[np.ndarray], wishes: Wishes, progress: Progress | None, show: _Show) -> _Heard:
    """By a model that does not: it names the emotion of each piece, prototypes and the voice do the rest."""
    utterances, distributions = [], []
    for index, piece in enumerate(pieces):
        counted = _later(progress, index * _STEPS, len(pieces) * _STEPS)
        ((emotion, level, heard),) = feel(backend, [piece], backend.calm_below, counted)
        rules = _rules(piece, wishes)
        emotion, level = rules.emotion or emotion, rules.level or level
        power = log_power(piece, round(rules.frames * VIDEO_FPS / FPS)).numpy()
        values = prototype_values([Span(0, math.inf, emotion, level)], power, rules.frames)
        highest = rules.highest_steps()
        utterances.append(Utterance(emotion, level, np.minimum(values, np.array(highest) / STEPS)))
        distributions.append(heard)
        show(Frames(index, 0, utterances[-1].values))
    return utterances, distributions, 0


def _rules(piece: np.ndarray, wishes: Wishes) -> Rules:
    """What is not left to the model: the user's wishes, and a calm face where nobody speaks."""
    frames = frames_of(piece)
    if wishes.emotion is None and float(np.sqrt(np.mean(piece**2))) < _SILENT:
        return Rules(frames, "neutral", wishes.level or 1, units=())
    return Rules(frames, wishes.emotion, wishes.level, wishes.units, wishes.caps)


def _later(progress: Progress | None, done: int, total: int) -> Progress | None:
    """The progress of a part of the work."""
    return None if progress is None else lambda part, _: progress(min(done + part, total), total)


def _shown(writing: Generator[Frames, None, list[Answer]], start: int, show: _Show) -> list[Answer]:
    """The answers of pieces `start` and on, their frames shown as they come."""
    while True:
        try:
            frames = next(writing)
        except StopIteration as end:
            return end.value
        show(Frames(start + frames.row, frames.first, frames.values))
