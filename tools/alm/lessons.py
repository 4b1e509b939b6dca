"""What the bundled model learns from: features of synthetic speech, and the expression that a teacher gives it.

A lesson is a stretch of 1.2 to 10 s of one synthetic voice, or of two clips of different emotion one after the other.
The teacher is `alm.prototype`: the emotion that the voice was made with, moved by its energy. Features are those of the
bundled encoder at 25 Hz; they are computed once.
"""

import json
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

sys.path[:0] = [str(Path(__file__).resolve().parents[2]), str(Path(__file__).resolve().parents[1] / "speech")]
from dataset import changed, read_shard  # noqa: E402

from auhead_models.alm.codec import FPS, KEY_FRAMES, Change, Utterance  # noqa: E402
from auhead_models.alm.prototype import prototype_values  # noqa: E402
from auhead_models.au.emotions import EMOTIONS, LEVELS  # noqa: E402
from auhead_models.au.sequence import Span  # noqa: E402
from auhead_models.speech.encoder import SpeechEncoder  # noqa: E402
from auhead_models.speech.features import normalised  # noqa: E402

COLUMNS = 20  # of mel in a frame at 5 fps
LONGEST, SHORTEST = 50, 6  # frames
_USUAL = 30  # frames that three of four lessons stay below, to save time
_PAIRS = 0.15  # share of lessons in which the emotion changes
_SILENT = 0.03
_TOLD = 0.35  # share of single lessons that play another emotion than the voice has, and say so
_NEUTRAL = 2.0  # times as many lessons as any other emotion has
_FLOOR = -10.0


@dataclass(frozen=True, eq=False)
class Clip:
    """mel [80, M], log10 power every 10 ms."""

    voice: str
    emotion: str
    level: int
    mel: np.ndarray


@dataclass(frozen=True, eq=False)
class Lesson:
    """features float16 [5 N, d] at 25 Hz and what should be written for them. told: what is played is not what the
    voice feels, so the prompt must tell it."""

    voice: str
    features: np.ndarray
    target: Utterance
    told: bool = False


def read_clips(shards: list[Path]) -> list[Clip]:
    clips = []
    for shard in shards:
        for entry, mel in read_shard(shard):
            if mel.shape[1] >= SHORTEST * COLUMNS:
                level = entry["level"] if entry["emotion"] != "neutral" else 1
                clips.append(Clip(entry["voice"], entry["emotion"], level, mel))
    return clips


def make_lessons(
    clips: list[Clip], encoder: SpeechEncoder, count: int, rng: np.random.Generator, spoil: bool
) -> list[Lesson]:
    """So many lessons out of clips; spoil: with noise, rooms and other voices, as in the encoder's own training."""
    short = [clip for clip in clips if clip.mel.shape[1] <= LONGEST * COLUMNS // 2]
    emotions = sorted({clip.emotion for clip in clips})
    shares = np.array([_NEUTRAL if emotion == "neutral" else 1.0 for emotion in emotions])
    by_emotion = {emotion: [clip for clip in clips if clip.emotion == emotion] for emotion in emotions}
    lessons = []
    while len(lessons) < count:
        chance = rng.random()
        if chance < _SILENT:
            lessons.append(_silence(encoder, rng))
        elif chance < _SILENT + _PAIRS and len(short) > 1:
            first, second = (short[i] for i in rng.integers(len(short), size=2))
            if first.emotion != second.emotion:
                lessons.append(_pair(first, second, encoder, rng, spoil))
        else:
            some = by_emotion[str(rng.choice(emotions, p=shares / shares.sum()))]
            lessons.append(_single(some[rng.integers(len(some))], encoder, rng, spoil))
    return lessons


def _single(clip: Clip, encoder: SpeechEncoder, rng: np.random.Generator, spoil: bool) -> Lesson:
    whole = clip.mel.shape[1] // COLUMNS
    frames = min(whole, int(rng.integers(SHORTEST, _USUAL + 1)) if rng.random() < 0.75 else LONGEST)
    start = int(rng.integers(0, whole - frames + 1)) * COLUMNS
    mel = clip.mel[:, start : start + frames * COLUMNS].astype(np.float32)
    emotion, level, told = clip.emotion, clip.level, bool(rng.random() < _TOLD)
    if told:
        emotion, level = str(rng.choice(EMOTIONS)), int(rng.choice(LEVELS))
    values = prototype_values([Span(0, frames / FPS, emotion, level)], mel, frames)
    return Lesson(clip.voice, _features(mel, encoder, rng, spoil), Utterance(emotion, level, values), told)


def _pair(first: Clip, second: Clip, encoder: SpeechEncoder, rng: np.random.Generator, spoil: bool) -> Lesson:
    """Two clips; the emotion changes at the key that is nearest to where they meet."""
    mel = np.concatenate((first.mel, second.mel), 1).astype(np.float32)
    frames = mel.shape[1] // COLUMNS
    key = round(first.mel.shape[1] / COLUMNS / KEY_FRAMES) * KEY_FRAMES
    mel = mel[:, : frames * COLUMNS]
    if not 0 < key < frames:
        values = prototype_values([Span(0, frames / FPS, first.emotion, first.level)], mel, frames)
        return Lesson(first.voice, _features(mel, encoder, rng, spoil), Utterance(first.emotion, first.level, values))
    spans = [
        Span(0, key / FPS, first.emotion, first.level),
        Span(key / FPS, frames / FPS, second.emotion, second.level),
    ]
    target = Utterance(
        first.emotion,
        first.level,
        prototype_values(spans, mel, frames),
        (Change(key, second.emotion, second.level),),
    )
    return Lesson(first.voice, _features(mel, encoder, rng, spoil), target)


def _silence(encoder: SpeechEncoder, rng: np.random.Generator) -> Lesson:
    """Nothing, or noise, to which a face stays calm."""
    frames = int(rng.integers(SHORTEST, LONGEST + 1))
    mel = np.full((80, frames * COLUMNS), _FLOOR, np.float32)
    if rng.random() < 0.6:
        mel += rng.uniform(2, 8) + np.linspace(0, rng.uniform(-2, 0), 80)[:, None] + rng.normal(0, 0.25, mel.shape)
    calm = Utterance("neutral", 1, np.zeros((frames, 24)))
    return Lesson("none", _features(mel.astype(np.float32), encoder, rng, False), calm)


@torch.inference_mode()
def _features(mel: np.ndarray, encoder: SpeechEncoder, rng: np.random.Generator, spoil: bool) -> np.ndarray:
    given = torch.from_numpy(mel)[None]
    heard = changed(given, rng) if spoil and rng.random() < 0.7 else normalised(given)
    return encoder(heard)[0].half().numpy()


def save(lessons: list[Lesson], path: Path) -> None:
    """Everything in one .npz, so that a training can begin at once."""
    facts = [
        {
            "voice": lesson.voice,
            "emotion": lesson.target.emotion,
            "level": lesson.target.level,
            "changes": [[change.frame, change.emotion, change.level] for change in lesson.target.changes],
            "frames": len(lesson.target),
            "told": lesson.told,
        }
        for lesson in lessons
    ]
    np.savez(
        path,
        facts=json.dumps(facts),
        features=np.concatenate([lesson.features for lesson in lessons]),
        values=np.concatenate([lesson.target.values for lesson in lessons]).astype(np.float16),
    )


def load(path: Path) -> list[Lesson]:
    file = np.load(path)
    features, values, lessons, start = file["features"], file["values"], [], 0
    for fact in json.loads(str(file["facts"])):
        stop = start + fact["frames"]
        changes = tuple(Change(*change) for change in fact["changes"])
        target = Utterance(fact["emotion"], fact["level"], values[start:stop], changes)
        lessons.append(Lesson(fact["voice"], features[5 * start : 5 * stop], target, fact["told"]))
        start = stop
    return lessons
