"""Eight short recordings, one of each emotion: voices of different pitch and rhythm, faces that belong to them."""

from pathlib import Path

import numpy as np
from scipy.io import wavfile

from auhead_models.alm.training.dataset import Dataset
from auhead_models.alm.training.prepare import prepare
from auhead_models.alm.training.recordings import read_manifest
from auhead_models.au import AUSequence, expression
from auhead_models.au.emotions import EMOTIONS
from auhead_models.au.formats import save
from auhead_models.au.space import UNIT_INDEX

RATE = 16000


def voice(number: int, seconds: float) -> tuple[np.ndarray, np.ndarray]:
    """Sound [N] and its loudness [T] at 25 frames per second: syllables of a buzzing vowel."""
    time = np.arange(round(seconds * RATE)) / RATE
    pitch = 90 + 22 * number
    syllables = 0.5 + 0.5 * np.sin(2 * np.pi * (0.8 + 0.15 * number) * time + number)
    phase = 2 * np.pi * pitch * time + 0.3 * np.sin(2 * np.pi * 5 * time)
    buzz = sum(np.sin(k * phase) / (1 + abs(k * pitch - 500 - 150 * number) / 300) for k in range(1, 25))
    return 0.1 * syllables * buzz, syllables[:: RATE // 25]


def make_recordings(folder: Path, seconds: float = 2.0) -> Path:
    """The CSV file of the recordings, in `folder`; persons are Anna and Ben."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = ["audio,au,emotion,level,person"]
    for number, emotion in enumerate(EMOTIONS):
        level = 1 + number % 3
        sound, loudness = voice(number, seconds)
        wavfile.write(folder / f"{emotion}.wav", RATE, (np.clip(sound, -1, 1) * 32767).astype(np.int16))
        values, _ = expression(emotion, level)
        track = np.outer(0.6 + 0.4 * loudness, np.clip(values, 0, 1))
        track[:, UNIT_INDEX["jaw_open"]] += 0.5 * loudness
        columns = dict(zip(UNIT_INDEX, np.clip(track, 0, 1).T))
        save(AUSequence.zeros(len(track)).with_columns(columns), folder / f"{emotion}.json")
        rows.append(f"{emotion}.wav,{emotion}.json,{emotion},{level},{'Anna' if number % 2 else 'Ben'}")
    (folder / "clips.csv").write_text("\n".join(rows) + "\n")
    return folder / "clips.csv"


def make_dataset(folder: Path, seconds: float = 2.0) -> Dataset:
    """The recordings, prepared."""
    return prepare(read_manifest(make_recordings(folder / "in", seconds))[0], folder / "data")
