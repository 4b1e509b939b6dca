"""Sound in: files of any kind as samples, and samples of any kind as 16 kHz mono speech.

An `Audio` keeps the samples as they came, float32 [C, N] around -1..1 at their own rate; the number of frames of a
video is counted from these (`Audio.frames`), never from the resampled speech. `to_speech` gives [N'] at 16 kHz.
"""

import logging
import math
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
import torch
from scipy.signal import resample_poly

from ..au.sequence import frame_count
from ..errors import AUHeadError
from ..files import check_input

try:
    from torchaudio.functional import resample as _torchaudio_resample
except Exception:  # its wheels often do not match torch, which shows as any kind of error; scipy does the same
    _torchaudio_resample = None

SPEECH_RATE = 16000
RATES = (4000, 768000)

LOUDNESS = 0.1  # RMS (-20 dBFS) that the loud parts of speech are brought to
_MAXIMUM_GAIN = 100.0  # 40 dB: quiet speech is raised, the noise of an empty recording stays below speech
_SILENCE = 1e-4  # -80 dBFS: what dither and the rounding of 16 bits leave stays below
_CLIPPED = 0.02  # part of the samples at the very peak from which a sound is distorted
_BLOCK = 320  # 20 ms at 16 kHz
_MAXIMUM_KERNEL = 1 << 22  # numbers in torchaudio's kernel table, which grows with the product of odd rates

_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Audio:
    """Samples float32 [C, N] (a mono [N] is taken too) at `sample_rate` Hz.

    Raises AUHeadError for another shape, for no samples at all, and for a rate outside 4,000..768,000 Hz.
    """

    samples: np.ndarray
    sample_rate: int

    def __post_init__(self):
        samples = np.asarray(self.samples, np.float32)
        samples = samples[None] if samples.ndim == 1 else samples
        if samples.ndim != 2:
            raise AUHeadError(f"The sound has shape {list(samples.shape)}; give samples as [channels, samples].")
        if not samples.size:
            raise AUHeadError("The sound is empty; give one that lasts longer than 0 seconds.")
        low, high = RATES
        if not low <= self.sample_rate <= high:
            raise AUHeadError(f"The sound has {self.sample_rate} samples per second; give {low:,} to {high:,}.")
        object.__setattr__(self, "samples", samples)
        object.__setattr__(self, "sample_rate", int(self.sample_rate))

    @property
    def seconds(self) -> float:
        return self.samples.shape[1] / self.sample_rate

    @property
    def frames(self) -> int:
        """Video frames at 25 per second that this sound fills: ceil(N · 25 / sample_rate)."""
        return frame_count(self.samples.shape[1], self.sample_rate)

    @property
    def silent(self) -> bool:
        """Whether there is nothing to hear in it: no channel strays from its mean."""
        samples = np.where(np.isfinite(self.samples), self.samples, np.float32(0))
        return bool((np.abs(samples - samples.mean(axis=1, keepdims=True)) < _SILENCE).all())

    @property
    def clipped(self) -> bool:
        """Whether its peaks are cut off, which distorts it."""
        heights = np.abs(np.nan_to_num(self.samples)).max(axis=0)
        return not self.silent and float(np.mean(heights >= 0.999 * heights.max())) > _CLIPPED


def load_audio(path: str | Path) -> Audio:
    """The first sound track of an audio or video file, with its own rate and channels.

    Raises AUHeadError when the file is missing, is no media file, has no sound, or its sound is empty. A file that
    breaks off gives what could be read of it, with a warning in the log.
    """
    path = check_input(path, "sound")
    try:
        with av.open(str(path)) as container:
            if not container.streams.audio:
                raise AUHeadError(f"{path} holds no sound; give an audio file, or a video with a sound track.")
            rate, chunks = _decode(container, path)
    except (av.error.FFmpegError, ValueError) as error:
        raise AUHeadError(f"{path} cannot be read as sound; give a file such as WAV, FLAC, MP3 or MP4.") from error
    if not sum(chunk.shape[1] for chunk in chunks):
        raise AUHeadError(f"The sound of {path} is empty; give one that lasts longer than 0 seconds.")
    return Audio(np.concatenate(chunks, axis=1), rate)


def _decode(container: av.container.InputContainer, path: Path) -> tuple[int, list[np.ndarray]]:
    chunks: list[np.ndarray] = []
    resampler = rate = None
    try:
        for frame in container.decode(audio=0):
            if resampler is None:
                rate = frame.sample_rate
                resampler = av.AudioResampler(format="fltp", layout=frame.layout, rate=rate)
            chunks += [part.to_ndarray() for part in resampler.resample(frame)]
        if resampler is not None:
            chunks += [part.to_ndarray() for part in resampler.resample(None)]
    except av.error.FFmpegError:
        if not chunks:
            raise
        _log.warning("%s breaks off; the sound before that is used.", path)
    return rate or 0, chunks


def to_speech(audio: Audio) -> np.ndarray:
    """16 kHz mono float32 [ceil(N · 16000 / rate)], without DC, its loud parts at -20 dBFS; silence stays silence.

    Samples that are not numbers become 0, with a warning in the log.
    """
    samples = audio.samples
    broken = ~np.isfinite(samples)
    if broken.any():
        _log.warning("%d samples of the sound are not finite numbers; they are taken as silence.", broken.sum())
        samples = np.where(broken, np.float32(0), samples)
    speech = resample(_mono(np.clip(samples, -1e6, 1e6)), audio.sample_rate, SPEECH_RATE)
    speech = speech - speech.mean(dtype=np.float64).astype(np.float32)
    return speech * _gain(speech)


def _mono(samples: np.ndarray) -> np.ndarray:
    """The mean of the channels, or the loudest one where the mean would cancel it."""
    if len(samples) == 1:
        return samples[0]
    mean = samples.mean(axis=0)
    power = np.array([np.vdot(channel, channel) for channel in samples])
    if np.vdot(mean, mean) < 0.25 * power.max() / len(samples):
        return samples[power.argmax()]
    return mean


def _gain(speech: np.ndarray) -> np.float32:
    """What brings the loud 20 ms blocks to the common level; one click does not count."""
    blocks = np.pad(speech, (0, -len(speech) % _BLOCK)).reshape(-1, _BLOCK)
    loud = np.percentile(np.sqrt(np.mean(blocks**2, axis=1)), 95)
    return np.float32(min(LOUDNESS / loud, _MAXIMUM_GAIN) if loud > 0 else 1.0)


def resample(samples: np.ndarray, rate: int, new_rate: int) -> np.ndarray:
    """Samples [N] float32 at another rate, [ceil(N · new_rate / rate)]: torchaudio where it works, scipy otherwise."""
    if rate == new_rate:
        return samples
    divisor = math.gcd(rate, new_rate)
    up, down = new_rate // divisor, rate // divisor
    if _torchaudio_resample is not None and up * (down + 14 * max(up, down) // up) < _MAXIMUM_KERNEL:
        return _torchaudio_resample(torch.from_numpy(np.ascontiguousarray(samples)), rate, new_rate).numpy()
    return resample_poly(samples, up, down).astype(np.float32)
