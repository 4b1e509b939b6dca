"""Whisper's log-mel spectrogram [80, M] of 16 kHz speech, one column every 10 ms (column i is centred on i · 10 ms).

The numbers are those of transformers' WhisperFeatureExtractor on the same samples (Radford et al. 2022, "Robust speech
recognition via large-scale weak supervision", section 2.2): 25 ms Hann windows, mel bands on Slaney's scale, log10,
nothing further than 8 below the loudest, then (x + 4) / 4. A recording of any length is computed in blocks.
"""

import numpy as np
import torch

from .audio import SPEECH_RATE

MELS = 80
HOP = SPEECH_RATE // 100
STEPS_PER_FRAME = 4  # columns in one video frame

_WINDOW = 400
_BLOCK = 3000  # columns at once, so that memory does not grow with the length
_FLOOR = 1e-10
_RANGE = 8.0


def _mel(frequency: np.ndarray) -> np.ndarray:
    """Slaney's mel scale: linear below 1 kHz, logarithmic above."""
    above = 15 + np.log(np.maximum(frequency, 1e-3) / 1000) * 27 / np.log(6.4)
    return np.where(frequency < 1000, frequency * 3 / 200, above)


def _frequency(mel: np.ndarray) -> np.ndarray:
    return np.where(mel < 15, mel * 200 / 3, 1000 * np.exp((mel - 15) * np.log(6.4) / 27))


def _mel_filters() -> torch.Tensor:
    """Triangles [80, 201] of equal area."""
    edges = _frequency(np.linspace(0, _mel(np.array(SPEECH_RATE / 2)), MELS + 2))
    bins = np.linspace(0, SPEECH_RATE / 2, _WINDOW // 2 + 1)
    low, mid, high = (edges[k : k + MELS, None] for k in range(3))
    triangles = np.clip(np.minimum((bins - low) / (mid - low), (high - bins) / (high - mid)), 0, None)
    return torch.from_numpy(triangles * 2 / (high - low)).float()


_FILTERS = _mel_filters()


def log_mel(speech: np.ndarray, frames: int) -> torch.Tensor:
    """The spectrogram [80, 4 · frames] of speech [N] (16 kHz mono) over so many video frames; what is missing at the
    end is silence."""
    return normalised(log_power(speech, frames))


def log_power(speech: np.ndarray, frames: int) -> torch.Tensor:
    """log10 of the mel bands' power [80, 4 · frames]."""
    samples = torch.zeros(frames * STEPS_PER_FRAME * HOP)
    kept = min(len(speech), len(samples))
    samples[:kept] = torch.from_numpy(np.ascontiguousarray(speech[:kept]))
    samples = torch.nn.functional.pad(samples[None, None], (_WINDOW // 2, _WINDOW // 2), mode="reflect")[0, 0]
    window = torch.hann_window(_WINDOW)
    blocks = []
    for start in range(0, frames * STEPS_PER_FRAME, _BLOCK):
        stop = min(start + _BLOCK, frames * STEPS_PER_FRAME)
        piece = samples[start * HOP : (stop - 1) * HOP + _WINDOW]
        spectrum = torch.stft(piece, _WINDOW, HOP, window=window, center=False, return_complex=True)
        blocks.append((_FILTERS @ spectrum.abs() ** 2).clamp(min=_FLOOR).log10())
    return torch.cat(blocks, dim=1)


def normalised(log_power: torch.Tensor) -> torch.Tensor:
    """Whisper's range of log10 powers [..., 80, M], each recording by its own loudest."""
    loudest = log_power.amax(dim=(-2, -1), keepdim=True)
    return (torch.maximum(log_power, loudest - _RANGE) + 4) / 4
