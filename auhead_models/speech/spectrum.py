"""What can be measured in speech, every 10 ms: how loud it is, how surely voiced, and how high the voice.

Input is 16 kHz mono speech from `audio.to_speech`; step i stands for the time (i + 0.5) · 10 ms, and four steps make
one video frame. Levels are decibels.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d, maximum_filter1d

from .audio import SPEECH_RATE

HOP = SPEECH_RATE // 100
STEPS_PER_FRAME = 4

_WINDOW = 400
_FFT = 512
_BLOCK = 4096  # steps analysed at once, so that memory does not grow with the length
_FLOOR = 1e-10  # -100 dB
_LAGS = slice(SPEECH_RATE // 400, SPEECH_RATE // 75)  # voices between 75 and 400 Hz

FREQUENCIES = np.fft.rfftfreq(_FFT, 1 / SPEECH_RATE)


def _level(power: np.ndarray, low: float, high: float) -> np.ndarray:
    inside = (low <= FREQUENCIES) & (high > FREQUENCIES)
    return 10 * np.log10(power[:, inside].sum(axis=1) + _FLOOR)


@dataclass(frozen=True, eq=False)
class Spectrum:
    """[S] each; S = 4 · frames."""

    level: np.ndarray  # 60–7800 Hz
    sonorant: np.ndarray  # 300–3400 Hz: an open mouth with voice
    voicing: np.ndarray  # 0..1, height of the autocorrelation's peak
    pitch: np.ndarray  # Hz, where voicing is high

    def __len__(self) -> int:
        return len(self.level)


def analyse(speech: np.ndarray, frames: int) -> Spectrum:
    """The spectrum of speech [N] at 16 kHz over so many video frames; what is missing at the end is silence."""
    steps = frames * STEPS_PER_FRAME
    before = (_WINDOW - HOP) // 2
    padded = np.zeros(before + steps * HOP + _WINDOW, np.float32)
    kept = min(len(speech), steps * HOP)
    padded[before : before + kept] = speech[:kept]
    blocks = list(_blocks(padded, steps))
    return Spectrum(*(np.concatenate(part) for part in zip(*blocks)))


def _blocks(padded: np.ndarray, steps: int) -> Iterator[tuple[np.ndarray, ...]]:
    window = np.hanning(_WINDOW + 2)[1:-1].astype(np.float32)
    window /= np.sqrt((window**2).sum() * _FFT / 2)  # band levels are then mean squares of the samples
    short = np.fft.irfft(np.abs(np.fft.rfft(window, _FFT)) ** 2)[_LAGS]
    views = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::HOP][:steps]
    for start in range(0, steps, _BLOCK):
        spectra = np.fft.rfft(views[start : start + _BLOCK] * window, _FFT)
        power = (spectra.real**2 + spectra.imag**2).astype(np.float32)
        power[:, FREQUENCIES < 60] = 0
        correlation = np.fft.irfft(power * (FREQUENCIES < 1500))
        ratio = correlation[:, _LAGS] / short / (correlation[:, :1] / (window @ window) + _FLOOR)
        voicing = np.clip(ratio.max(axis=1), 0, 1)
        pitch = SPEECH_RATE / (_LAGS.start + ratio.argmax(axis=1))
        yield _level(power, 60, 7800), _level(power, 300, 3400), voicing, pitch


def activity(level: np.ndarray) -> np.ndarray:
    """How surely someone speaks, 0..1 per step, from a level [S] in dB; closures inside speech count as speech."""
    smooth = gaussian_filter1d(level, 2.0)
    peak, floor = np.percentile(smooth, 95), np.percentile(smooth, 5)
    threshold = max(np.clip(floor + 8, peak - 36, peak - 20), -55.0)
    sure = np.clip((smooth - threshold) / 6 + 0.5, 0, 1)
    return gaussian_filter1d(maximum_filter1d(sure, 13), 2.0)


def relative(level: np.ndarray) -> np.ndarray:
    """A level [S] in dB below the speaker's usual peaks, half of them those of the nearby two seconds."""
    smooth = gaussian_filter1d(level, 1.5)
    overall = np.percentile(smooth, 95)
    nearby = gaussian_filter1d(maximum_filter1d(smooth, 200), 60)
    return smooth - (0.5 * overall + 0.5 * np.maximum(nearby, overall - 14))
