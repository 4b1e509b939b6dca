"""What AU Editor needs in the browser of a run: the performance beneath the edits, and the voice.

    performance_payload(sequence)   {"fps", "frames", "columns": {id: {"scale", "data"}}, "spans": [...]}
    sound_payload(audio)            {"rate", "data"}: the loudness of the voice, for its picture
    write_sound(audio, path)        the voice as FLAC, for playing

`data` is base64: of little-endian int16, times `scale` / 32767 the values of a column in each frame; or of uint8,
/ 255 the largest sample of each moment, `rate` of them a second. Columns that stay 0 are left out. web/source.js reads
this.
"""

import base64
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from .au import AUSequence, space
from .files import whole_file
from .speech import Audio
from .speech.audio import resample

PEAK_RATE = 100  # moments a second
SOUND_RATE = 24000  # Hz at most: enough for a voice
_STEPS = 32767
_BLOCK = 4608  # samples of a FLAC frame


def performance_payload(sequence: AUSequence) -> dict:
    """The frames and spans of a performance, ready for `json.dumps`; values are exact to 1/32767 of the largest."""
    columns = {}
    for identifier in space.COLUMN_IDS:
        values = sequence[identifier]
        scale = float(np.abs(values).max())
        if scale > 0:
            steps = np.round(values / scale * _STEPS).astype("<i2")
            columns[identifier] = {"scale": scale, "data": _base64(steps)}
    spans = [
        {"start": span.start, "end": span.end, "emotion": span.emotion, "level": span.level} for span in sequence.spans
    ]
    return {"fps": sequence.fps, "frames": len(sequence), "columns": columns, "spans": spans}


def sound_payload(audio: Audio) -> dict:
    """The largest sample of every 10 ms, the loudest of all at 1."""
    samples = np.abs(np.nan_to_num(audio.samples)).max(axis=0)
    borders = np.arange(0, samples.size, audio.sample_rate / PEAK_RATE).astype(int)
    peaks = np.maximum.reduceat(samples, borders)
    loudest = float(peaks.max()) or 1.0
    return {"rate": PEAK_RATE, "data": _base64(np.round(peaks / loudest * 255).astype(np.uint8))}


def write_sound(audio: Audio, path: Path) -> Path:
    """The mean of the channels as FLAC of 16 bits, whole or not at all; a file that is there already stays."""
    if path.exists():
        return path
    rate = min(audio.sample_rate, SOUND_RATE)
    mono = resample(np.nan_to_num(audio.samples).mean(axis=0), audio.sample_rate, rate)
    steps = np.round(np.clip(mono, -1, 1) * _STEPS).astype(np.int16)[None]
    with whole_file(path) as partial, av.open(str(partial), "w", format="flac") as container:
        stream = container.add_stream("flac", rate=rate, layout="mono")
        for start in range(0, steps.shape[1], _BLOCK):
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(steps[:, start : start + _BLOCK]), "s16", "mono")
            frame.sample_rate, frame.pts, frame.time_base = rate, start, Fraction(1, rate)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def _base64(array: np.ndarray) -> str:
    return base64.b64encode(array.tobytes()).decode("ascii")
