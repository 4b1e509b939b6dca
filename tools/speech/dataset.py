"""Windows of the shards of make_speech.py, changed anew each time they are drawn.

What changes works on log10 mel powers [B, 80, M]: the length of the vocal tract, the tilt of the spectrum,
reverberation, noise, a telephone's band, loudness, and SpecAugment's masks (Park et al. 2019).
"""

import fnmatch
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from auhead_models.au.emotions import EMOTIONS
from auhead_models.speech.coarticulation import MOUTH, Phones, mouth_track, viseme_track
from auhead_models.speech.features import MELS, STEPS_PER_FRAME, normalised

PHONES = tuple(
    "pau p b m f v th dh t d n l k g ng hh ch jh sh zh s z r w y "
    "iy ih eh ae aa ah ax ao uh uw er ay aw ow oy ey".split()
)
_SAME = {"dx": "d", "el": "l", "en": "n", "nx": "n", "sil": "pau", "brth": "pau", "axr": "er", "ix": "ih"}
IGNORED = -100
_SHARES = {"flite": 0.46, "espeak": 0.34, "festival": 0.07, "singer": 0.08, "noise": 0.05}  # of the windows


@dataclass(frozen=True, eq=False)
class Clip:
    """`mel` float16 [80, 4 T] (log10 power); `visemes` and `phones` [T] indices; `mouth` [T, 10]."""

    voice: str
    emotion: int
    level: int
    mel: np.ndarray
    visemes: np.ndarray
    phones: np.ndarray
    mouth: np.ndarray


def phone_track(phones: Phones, frames: int) -> np.ndarray:
    time = (np.arange(frames) + 0.5) / 25
    track = np.zeros(frames, np.int64)
    for start, end, phone in phones:
        name = _SAME.get(phone, phone)
        track[(time >= start) & (time < end)] = PHONES.index(name) if name in PHONES else PHONES.index("ax")
    return track


def read_shard(shard: Path) -> Iterator[tuple[dict, np.ndarray]]:
    """What make_speech.py noted of each clip, and its log-mel [80, M]."""
    file = np.load(shard)
    mels, start = file["mels"], 0
    for entry in json.loads(str(file["clips"])):
        yield entry, mels[:, start : start + entry["columns"]]
        start += entry["columns"]


def load_clips(shards: list[Path], without: list[str]) -> dict[str, list[Clip]]:
    """By engine, every clip whose voice matches none of the patterns."""
    clips: dict[str, list[Clip]] = {}
    for shard in shards:
        for entry, mel in read_shard(shard):
            if any(fnmatch.fnmatch(entry["voice"], pattern) for pattern in without):
                continue
            frames = mel.shape[1] // STEPS_PER_FRAME
            tracks = (track(entry["phones"], frames) for track in (viseme_track, phone_track, mouth_track))
            felt = EMOTIONS.index(entry["emotion"]), entry["level"] - 1
            clips.setdefault(entry["voice"].split(":")[0], []).append(Clip(entry["voice"], *felt, mel, *tracks))
    return clips


@dataclass(frozen=True, eq=False)
class Batch:
    """`mel` [B, 80, 4 T] as the model takes it; `mouth` [B, T, 10]; indices [B, T], IGNORED where nothing is known."""

    mel: torch.Tensor
    visemes: torch.Tensor
    phones: torch.Tensor
    mouth: torch.Tensor
    emotion: torch.Tensor
    level: torch.Tensor


def draw(clips: dict[str, list[Clip]], size: int, frames: int, rng: np.random.Generator) -> Batch:
    """Windows of so many frames; a short clip stands somewhere in silence, or is followed by another."""
    mel = np.full((size, MELS, frames * STEPS_PER_FRAME), -10.0, np.float32)
    visemes, phones = np.zeros((size, frames), np.int64), np.zeros((size, frames), np.int64)
    mouth = np.zeros((size, frames, len(MOUTH)), np.float32)
    emotion, level = np.full((size, frames), IGNORED), np.full((size, frames), IGNORED)
    engines = sorted(clips)
    shares = np.array([_SHARES[engine] for engine in engines])
    for row in range(size):
        at = int(rng.integers(0, 15)) if rng.random() < 0.3 else 0
        while at < frames:
            voices = clips[engines[rng.choice(len(engines), p=shares / shares.sum())]]
            clip = voices[rng.integers(len(voices))]
            length = len(clip.visemes)
            skip = int(rng.integers(0, max(length - 12, 1))) if at == 0 else 0
            count = min(length - skip, frames - at)
            here, there = slice(at, at + count), slice(skip, skip + count)
            columns = slice(skip * STEPS_PER_FRAME, (skip + count) * STEPS_PER_FRAME)
            mel[row, :, at * STEPS_PER_FRAME : (at + count) * STEPS_PER_FRAME] = clip.mel[:, columns]
            visemes[row, here], phones[row, here] = clip.visemes[there], clip.phones[there]
            mouth[row, here] = clip.mouth[there]
            if count > 25:
                voiced = clip.visemes[there] > 0
                emotion[row, here] = np.where(voiced, clip.emotion, IGNORED)
                level[row, here] = np.where(voiced & (EMOTIONS[clip.emotion] != "neutral"), clip.level, IGNORED)
            at += count + int(rng.integers(0, 12))
            if rng.random() < 0.2:
                break
    spoiled = changed(torch.from_numpy(mel), rng)
    tracks = (torch.from_numpy(track) for track in (visemes, phones, mouth, emotion, level))
    return Batch(spoiled, *tracks)


def changed(mel: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    """Log10 powers [B, 80, M] to the model's input, every row in a way of its own."""
    rows = []
    for row in mel:
        row = _warped(row, rng.uniform(0.9, 1.12)) if rng.random() < 0.7 else row
        row = row + float(rng.normal(0, 0.35)) * torch.linspace(-1, 1, MELS)[:, None]
        if rng.random() < 0.3:
            row = row + _colour(rng)
        if rng.random() < 0.15:
            row = _reverberant(row, rng.uniform(0.05, 0.5), rng.uniform(-2.5, -0.7))
        if rng.random() < 0.35:
            row = _noisy(row, rng)
        if rng.random() < 0.1:
            low, high = rng.integers(2, 9), rng.integers(52, 62)  # about 100-300 Hz, and 2.7-4 kHz
            row = row.clone()
            row[:low] -= 4
            row[high:] -= 5
        rows.append(normalised((row + float(rng.normal(0, 0.25))).clamp(min=-10)))
    mel = torch.stack(rows)
    for row in mel:
        for _ in range(rng.integers(0, 2)):
            first = rng.integers(0, MELS - 4)
            row[first : first + rng.integers(1, 9)] = row.mean()
        for _ in range(rng.integers(0, 2)):
            first = rng.integers(0, row.shape[1] - 4)
            row[:, first : first + rng.integers(1, 7)] = row.mean()
    return mel


def _warped(row: torch.Tensor, factor: float) -> torch.Tensor:
    """Bands moved up the scale by this factor, as by a shorter vocal tract."""
    place = (torch.arange(MELS) / factor).clamp(max=MELS - 1)
    low = place.floor().long()
    share = (place - low)[:, None]
    return row[low] * (1 - share) + row[(low + 1).clamp(max=MELS - 1)] * share


def _colour(rng: np.random.Generator) -> torch.Tensor:
    """A microphone's colour: a smooth curve [80, 1]."""
    knots = rng.normal(0, 0.3, 7)
    return torch.from_numpy(np.interp(np.arange(MELS), np.linspace(0, MELS - 1, 7), knots)).float()[:, None]


def _reverberant(row: torch.Tensor, seconds: float, level: float) -> torch.Tensor:
    """Power that decays by 60 dB in so many seconds, added at a level (log10) to what sounds."""
    steps = max(int(100 * seconds), 2)
    decay = 10 ** (-6 * torch.arange(steps) / steps)
    power = 10 ** row[:, None]
    late = torch.nn.functional.conv1d(torch.nn.functional.pad(power, (steps - 1, 0)), decay.flip(0)[None, None])[:, 0]
    return (power[:, 0] + 10**level * late).log10()


def _noisy(row: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    """Noise of a smooth colour, 12 to 48 dB below the loudest."""
    level = row.amax() - rng.uniform(1.2, 4.8)
    shape = level + 2 * _colour(rng) + float(rng.normal(-0.5, 0.6)) * torch.linspace(0, 1, MELS)[:, None]
    flutter = 0.25 * torch.from_numpy(rng.standard_normal(row.shape).astype(np.float32))
    return torch.logaddexp(row * math.log(10), (shape + flutter) * math.log(10)) / math.log(10)
