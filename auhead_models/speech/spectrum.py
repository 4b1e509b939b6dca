"""What can be measured in speech, every 10 ms: level, voicing, band levels and the shape of the vocal tract.

Input is 16 kHz mono speech from `audio.to_speech`; step i stands for the time (i + 0.5) · 10 ms, and four steps make
one video frame. Levels are decibels. `envelope` is the spectrum in 16 broad bands on Traunmüller's Bark scale (1990)
without its mean, so that it holds the sound's colour and not its loudness.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d, maximum_filter1d

from .audio import SPEECH_RATE

HOP = SPEECH_RATE // 100
STEPS_PER_FRAME = 4
BANDS = np.linspace(2.6, 15.6, 16)  # Bark, about 265 to 3300 Hz

_WINDOW = 400
_FFT = 512
_BLOCK = 4096  # steps analysed at once, so that memory does not grow with the length
_FLOOR = 1e-10  # -100 dB
_LAGS = slice(SPEECH_RATE // 400, SPEECH_RATE // 75)  # voices between 75 and 400 Hz
_ENVELOPE_RANGE = 45.0  # dB below the strongest band that still count

FREQUENCIES = np.fft.rfftfreq(_FFT, 1 / SPEECH_RATE)


def bark(frequency: np.ndarray) -> np.ndarray:
    return 26.81 * frequency / (1960.0 + frequency) - 0.53


def _band_filters() -> np.ndarray:
    """Triangles [257, 16], at least 170 Hz to each side, so that the harmonics of a high voice do not show."""
    scale = bark(FREQUENCIES)
    low = np.minimum(np.interp(BANDS - 1.3, scale, FREQUENCIES), np.interp(BANDS, scale, FREQUENCIES) - 170)
    mid = np.interp(BANDS, scale, FREQUENCIES)
    high = np.maximum(np.interp(BANDS + 1.3, scale, FREQUENCIES), mid + 170)
    x = FREQUENCIES[:, None]
    weights = np.clip(np.minimum((x - low) / (mid - low), (high - x) / (high - mid)), 0, None)
    return weights / weights.sum(axis=0)


_FILTERS = _band_filters()


def envelope(power: np.ndarray) -> np.ndarray:
    """Band levels [..., 16] in dB, their mean removed, of power spectra [..., 257]."""
    levels = 10 * np.log10(power @ _FILTERS + _FLOOR)
    levels = np.maximum(levels, levels.max(axis=-1, keepdims=True) - _ENVELOPE_RANGE)
    return levels - levels.mean(axis=-1, keepdims=True)


def _level(power: np.ndarray, low: float, high: float) -> np.ndarray:
    inside = (low <= FREQUENCIES) & (high > FREQUENCIES)
    return 10 * np.log10(power[:, inside].sum(axis=1) + _FLOOR)


@dataclass(frozen=True, eq=False)
class Spectrum:
    """[S] each, except `envelope` [S, 16]; S = 4 · frames."""

    level: np.ndarray  # 60–7800 Hz
    murmur: np.ndarray  # 60–350 Hz: the voice, heard through closed lips too
    sonorant: np.ndarray  # 300–3400 Hz: an open mouth with voice
    middle: np.ndarray  # 900–2200 Hz
    upper: np.ndarray  # 2000–4000 Hz: "sh"
    hiss: np.ndarray  # 4000–7800 Hz: "s"
    voicing: np.ndarray  # 0..1, height of the autocorrelation's peak
    pitch: np.ndarray  # Hz, where voicing is high
    envelope: np.ndarray

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
        bands = [(60, 7800), (60, 350), (300, 3400), (900, 2200), (2000, 4000), (4000, 7800)]
        yield *(_level(power, low, high) for low, high in bands), voicing, pitch, envelope(power)


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
