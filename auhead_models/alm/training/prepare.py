"""Recordings made ready to learn from, each once; a recording that is in the folder already is not read again."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch

from ...au import formats
from ...au.sequence import FPS
from ...errors import AUHeadError
from ...face.estimate import estimate_sequence
from ...files import check_input, check_output_folder
from ...speech import SPEECH_RATE, load_audio, to_speech
from ...training.videos import fingerprint, watch_face
from .dataset import Dataset, Entry, clip_is_there, read_clip, write_clip, write_manifest
from .labels import persons_neutral, read_units
from .recordings import LeftOut, Recording

MISMATCH = 0.3  # seconds by which sound and Action Units may differ in length
_READING = 1  # goes up when the same files are read in another way


def prepare(
    recordings: Sequence[Recording],
    output: str | Path,
    left_out: Sequence[LeftOut] = (),
    device: torch.device | str = "cpu",
    progress: Callable[[int, int], None] | None = None,
) -> Dataset:
    """The recordings as a dataset in the folder `output`, which keeps what it has of them from before.

    left_out: what was left out already, to be kept on record; recordings that cannot be used join it. Raises
    AUHeadError when none can be, and when the folder cannot be written.
    """
    output, left_out = check_output_folder(output), list(left_out)
    entries, readings = [], []
    for done, recording in enumerate(recordings, 1):
        try:
            file = _file_name(recording)
            if not clip_is_there(output, file):
                write_clip(output, file, *_read(recording, device))
            speech, units = read_clip(output, file)
        except AUHeadError as error:
            left_out.append(LeftOut(recording.name, str(error)))
        else:
            entries.append(Entry(recording.name, file, *recording.feeling, round(len(speech) / SPEECH_RATE, 3)))
            readings.append((recording.feeling.person, recording.feeling.emotion, units))
        if progress is not None:
            progress(done, len(recordings))
    if not entries:
        first = f" ({left_out[0]})" if left_out else ""
        raise AUHeadError(f"None of the {len(left_out)} recordings can be used{first}; correct the list or the files.")
    dataset = Dataset(output, tuple(entries), persons_neutral(readings), tuple(left_out))
    write_manifest(dataset)
    return dataset


def _file_name(recording: Recording) -> str:
    """A name for the clip that tells where it is from and changes with the files."""
    files = [check_input(recording.sound, "recording")]
    if recording.units is not None:
        files.append(check_input(recording.units, "AU file"))
    stem = re.sub(r"[^A-Za-z0-9]+", "_", Path(recording.name).with_suffix("").as_posix()).strip("_")[-60:]
    return f"{stem}-{fingerprint(*files, of=_READING)}"


@torch.inference_mode()
def _read(recording: Recording, device: torch.device | str) -> tuple[np.ndarray, np.ndarray]:
    """Speech [S] and units [T, 24] of a recording. Raises AUHeadError when it is of no use."""
    audio = load_audio(recording.sound)
    if audio.silent:
        raise AUHeadError("its sound is silent")
    if recording.units is not None:
        performance = formats.load(recording.units)
    else:
        performance = estimate_sequence(watch_face(recording.sound, device), FPS)
    if abs(performance.seconds - audio.seconds) > MISMATCH:
        units = f"Action Units of {performance.seconds:.2f} s"
        raise AUHeadError(f"its sound lasts {audio.seconds:.2f} s and has {units}; give two of one length")
    return to_speech(audio), read_units(performance)
