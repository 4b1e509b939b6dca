"""From clips to what a network learns in one pass: drawn, varied, and put together as its backend wants them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from ...au.sequence import FPS
from ...au.space import UNIT_MIRROR
from ...speech.audio import LOUDNESS, SPEECH_RATE
from ..backends.backend import Backend
from ..codec import FPS as TOKEN_FPS
from ..codec import Utterance, encode
from ..prompt import perform_instruction
from .dataset import Dataset, SpeechClip
from .labels import steady
from .settings import ALMSettings

_SAMPLES, _UNITS = round(SPEECH_RATE / TOKEN_FPS), round(FPS / TOKEN_FPS)  # per frame of an utterance


@dataclass(frozen=True, eq=False)
class Example:
    """A clip as it is shown once; told: whether its emotion stands in the prompt."""

    clip: SpeechClip
    told: bool = False


@dataclass(frozen=True, eq=False)
class Batch:
    """inputs: of the network, with `labels` [B, L], -100 where nothing is learnt · units: [B, T, 24] at 25 frames per
    second, one row per audio token; NaN beyond the end of a clip."""

    inputs: dict[str, torch.Tensor]
    units: torch.Tensor

    def to(self, device: torch.device) -> "Batch":
        return Batch({name: value.to(device) for name, value in self.inputs.items()}, self.units.to(device))


def draw_clip(dataset: Dataset, generator: torch.Generator) -> SpeechClip:
    """A clip at random, so that all emotions come equally often, and all levels of each."""
    emotions = sorted({entry.emotion for entry in dataset.entries})
    emotion = emotions[_number(len(emotions), generator)]
    levels = sorted({entry.level for entry in dataset.entries if entry.emotion == emotion})
    level = levels[_number(len(levels), generator)]
    fitting = [index for index, e in enumerate(dataset.entries) if (e.emotion, e.level) == (emotion, level)]
    return dataset[fitting[_number(len(fitting), generator)]]


def vary(clip: SpeechClip, settings: ALMSettings, window: float, generator: torch.Generator) -> Example:
    """A clip as it is shown this time: a part of it where it is long, mirrored, its sound spoiled or taken away, its
    emotion told or not.

    window: seconds that the backend hears at most. Where there is nothing to hear, the emotion is told.
    """
    told, mirrored, silenced, where, spoiled = torch.rand(5, generator=generator).tolist()
    clip = _part(clip, int(min(settings.longest, window) * TOKEN_FPS), where)
    if mirrored < settings.mirrored:
        values = clip.utterance.values[:, UNIT_MIRROR]
        clip = replace(clip, utterance=replace(clip.utterance, values=values), units=clip.units[:, UNIT_MIRROR])
    if spoiled < settings.spoiled:
        clip = replace(clip, speech=_spoiled(clip.speech, generator))
    if silenced < settings.silenced:
        clip = replace(clip, speech=np.zeros_like(clip.speech))
    return Example(clip, told < settings.told or silenced < settings.silenced)


def _spoiled(speech: np.ndarray, generator: torch.Generator) -> np.ndarray:
    """Speech [S] as another room and microphone give it: up to 3 dB louder or quieter, with noise 20 to 50 dB below."""
    loudness, noise = torch.rand(2, generator=generator).tolist()
    hiss = torch.randn(len(speech), generator=generator).numpy()
    return speech * np.float32(10 ** (0.3 * (loudness - 0.5))) + np.float32(LOUDNESS * 10 ** (-1 - 1.5 * noise)) * hiss


def _part(clip: SpeechClip, frames: int, where: float) -> SpeechClip:
    """At most so many frames of a clip; where: 0 at its beginning, 1 at its end."""
    spare = len(clip.utterance) - frames
    if spare <= 0:
        return clip
    start = min(int(where * (spare + 1)), spare)
    first = clip.utterance
    return replace(
        clip,
        speech=clip.speech[start * _SAMPLES : (start + frames) * _SAMPLES],
        utterance=Utterance(first.emotion, first.level, first.values[start : start + frames]),
        units=clip.units[start * _UNITS : (start + frames) * _UNITS],
    )


def collate(backend: Backend, examples: Sequence[Example]) -> Batch:
    """Examples as one batch; the backend must know the AU tokens."""
    clips = [example.clip for example in examples]
    instructions, answers = [], []
    for example, clip in zip(examples, clips):
        told = (clip.utterance.emotion, clip.utterance.level) if example.told else ()
        instructions.append(perform_instruction(len(clip.utterance), *told))
        written = replace(clip.utterance, values=steady(clip.utterance.values))
        answers.append([*backend.vocabulary.ids(encode(written)), backend.end])
    features = backend.features([clip.speech for clip in clips])
    counts = backend.audio_tokens(features["feature_attention_mask"])
    units = torch.full((len(clips), max(counts), clips[0].units.shape[1]), torch.nan)
    for row, (clip, count) in enumerate(zip(clips, counts)):
        known = min(count, len(clip.units))
        units[row, :known] = torch.from_numpy(clip.units[:known])
    return Batch(backend.inputs(features, instructions, answers), units)


def _number(below: int, generator: torch.Generator) -> int:
    return int(torch.randint(below, (1,), generator=generator))
