"""Recordings that are ready to learn from, as a folder.

DATA/manifest.json                the clips, the persons' neutral faces, and what was left out and why
DATA/clips/<clip>.wav             speech, 16 kHz mono
DATA/clips/<clip>.safetensors     units [T, 24] at 25 frames per second, as read from the face (labels.py)
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file
from scipy.io import wavfile

from ...errors import AUHeadError
from ...files import whole_file
from ...speech import SPEECH_RATE
from ..chunks import frames_of
from ..codec import Utterance
from .labels import above_neutral, at_five
from .recordings import LeftOut

VERSION = 1
_LOUDEST = 32767  # of 16 bit


@dataclass(frozen=True)
class Entry:
    """One clip of a dataset. file: its name in clips/, without suffix · seconds: of its sound."""

    name: str
    file: str
    emotion: str
    level: int
    person: str
    seconds: float


@dataclass(frozen=True, eq=False)
class SpeechClip:
    """speech: [S] float32 at 16 kHz · utterance: what a model shall write for it · units: [T, 24] at 25 frames per
    second, of which the utterance is the mean."""

    name: str
    person: str
    speech: np.ndarray
    utterance: Utterance
    units: np.ndarray


@dataclass(frozen=True, eq=False)
class Dataset:
    """The clips of a folder, read from it one by one: `len(dataset)`, `dataset[3]`."""

    folder: Path
    entries: tuple[Entry, ...]
    neutral: Mapping[str, np.ndarray]  # of each person, [24]
    left_out: tuple[LeftOut, ...] = ()

    def __len__(self) -> int:
        return len(self.entries)

    def __getitem__(self, index: int) -> SpeechClip:
        """Raises AUHeadError for files that are missing or damaged."""
        entry = self.entries[index]
        speech, units = read_clip(self.folder, entry.file)
        units = above_neutral(units, self.neutral[entry.person])
        utterance = Utterance(entry.emotion, entry.level, at_five(units, frames_of(speech)))
        return SpeechClip(entry.name, entry.person, speech, utterance, units)

    def part(self, indices: Sequence[int]) -> "Dataset":
        """The dataset with some of the clips only."""
        return Dataset(self.folder, tuple(self.entries[index] for index in indices), self.neutral, self.left_out)

    def split(self, share: float) -> tuple["Dataset", "Dataset"]:
        """(to learn from, to check on): about this share of the clips is kept for checking, of persons who are not
        among the others; where all clips are of one person, single clips. The same dataset is always split alike."""
        many = len({entry.person for entry in self.entries}) > 1
        groups = [entry.person if many else str(index) for index, entry in enumerate(self.entries)]
        order = sorted(set(groups))
        checked: list[int] = []
        for index in np.random.default_rng(0).permutation(len(order))[:-1]:
            if len(checked) >= share * len(self):
                break
            checked += [number for number, group in enumerate(groups) if group == order[index]]
        return self.part(sorted(set(range(len(self))) - set(checked))), self.part(sorted(checked))


def clip_is_there(folder: Path, file: str) -> bool:
    return all((folder / "clips" / f"{file}{suffix}").is_file() for suffix in (".wav", ".safetensors"))


def write_clip(folder: Path, file: str, speech: np.ndarray, units: np.ndarray) -> None:
    """Both files of a clip, each whole or not at all."""
    with whole_file(folder / "clips" / f"{file}.wav") as partial:
        wavfile.write(partial, SPEECH_RATE, np.rint(np.clip(speech, -1, 1) * _LOUDEST).astype(np.int16))
    with whole_file(folder / "clips" / f"{file}.safetensors") as partial:
        save_file({"units": np.ascontiguousarray(units, np.float32)}, partial)


def read_clip(folder: Path, file: str) -> tuple[np.ndarray, np.ndarray]:
    """Speech [S] float32 at 16 kHz and units [T, 24] of a clip."""
    path = folder / "clips" / file
    try:
        _, samples = wavfile.read(path.with_name(f"{file}.wav"))
        units = load_file(path.with_name(f"{file}.safetensors"))["units"]
    except (OSError, ValueError, KeyError, SafetensorError) as error:
        raise AUHeadError(f"The clip {path} is missing or damaged; run auhead prepare again.") from error
    return samples.astype(np.float32) / _LOUDEST, units


def write_manifest(dataset: Dataset) -> None:
    about = {
        "version": VERSION,
        "clips": [asdict(entry) for entry in dataset.entries],
        "neutral": {person: np.round(face, 4).tolist() for person, face in dataset.neutral.items()},
        "left_out": [asdict(each) for each in dataset.left_out],
    }
    with whole_file(dataset.folder / "manifest.json") as partial:
        partial.write_text(json.dumps(about, indent=1), encoding="utf-8")


def read_dataset(folder: str | Path) -> Dataset:
    """The dataset in a folder. Raises AUHeadError when there is none, or clips of it are missing."""
    folder = Path(folder)
    path = folder / "manifest.json"
    if not path.is_file():
        raise AUHeadError(f"{folder} holds no prepared recordings; make them with auhead prepare … -o {folder}.")
    try:
        about = json.loads(path.read_text(encoding="utf-8"))
        entries = tuple(Entry(**clip) for clip in about["clips"])
        neutral = {person: np.array(face, np.float32) for person, face in about["neutral"].items()}
        left_out = tuple(LeftOut(**each) for each in about["left_out"])
        newer = about["version"] != VERSION
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise AUHeadError(f"{path} is damaged; run auhead prepare again.") from error
    if newer:
        raise AUHeadError(f"{path} was written by a newer AUHead; update this one, or run auhead prepare again.")
    missing = [entry for entry in entries if not clip_is_there(folder, entry.file)]
    if missing:
        what = f"{missing[0].file} in clips, for {missing[0].name}"
        raise AUHeadError(
            f"{folder} lacks {len(missing)} of its {len(entries)} clips ({what}); run auhead prepare again."
        )
    return Dataset(folder, entries, neutral, left_out)
