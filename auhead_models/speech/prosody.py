"""The shape of an utterance: where it pauses and which syllables it stresses. Times are seconds.

Blinks, glances, nods and raised brows hang on these moments rather than on chance alone.
"""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d
from scipy.signal import find_peaks

from . import spectrum as spectra
from .spectrum import Spectrum

STEP = 0.01
_SHORTEST_PAUSE = 0.18
_VOICED = 0.55


@dataclass(frozen=True)
class Stress:
    """The middle of a syllable that stands out; `strength` 0..1 among those of its own recording."""

    time: float
    strength: float


@dataclass(frozen=True)
class Pause:
    start: float
    end: float

    @property
    def seconds(self) -> float:
        return self.end - self.start


@dataclass(frozen=True, eq=False)
class Prosody:
    """`speaking` [S] 0..1 every 10 ms; stresses and pauses in order of time."""

    speaking: np.ndarray
    stresses: tuple[Stress, ...]
    pauses: tuple[Pause, ...]

    @property
    def seconds(self) -> float:
        return len(self.speaking) * STEP

    def in_pause(self, time: float) -> bool:
        return any(pause.start <= time < pause.end for pause in self.pauses)

    @property
    def phrase_ends(self) -> tuple[float, ...]:
        return tuple(pause.start for pause in self.pauses if pause.start > 0)


def prosody(spectrum: Spectrum) -> Prosody:
    """Pauses and stresses of an analysed sound."""
    speaking = spectra.activity(spectrum.level)
    return Prosody(speaking, _stresses(spectrum, speaking), _pauses(speaking > 0.5))


def _pauses(active: np.ndarray) -> tuple[Pause, ...]:
    edges = np.flatnonzero(np.diff(np.concatenate(([True], active, [True])).astype(int)))
    pauses = (Pause(float(start * STEP), float(end * STEP)) for start, end in edges.reshape(-1, 2))
    return tuple(pause for pause in pauses if pause.seconds >= _SHORTEST_PAUSE)


def _stresses(spectrum: Spectrum, speaking: np.ndarray) -> tuple[Stress, ...]:
    """Peaks of loudness and length, the higher the voice the more; strength is the rank among all syllables."""
    voiced = (spectrum.voicing > _VOICED) & (speaking > 0.5)
    if voiced.sum() < 5:
        return ()
    level = gaussian_filter1d(spectra.relative(spectrum.sonorant), 5.0)
    weight = gaussian_filter1d(voiced.astype(float), 8.0) + 1e-3
    middle = np.median(np.log2(spectrum.pitch[voiced]))
    octaves = np.clip(np.log2(spectrum.pitch) - middle, -0.6, 0.6)
    height = gaussian_filter1d(np.where(voiced, octaves, 0.0), 8.0) / weight
    salience = level + 10 * height + 12 * np.clip(weight, 0, 1)
    peaks, _ = find_peaks(np.where(speaking > 0.5, salience, salience.min()), distance=14, prominence=1.0)
    peaks = peaks[voiced[peaks]]
    if not len(peaks):
        return ()
    rank = salience[peaks].argsort().argsort() / max(len(peaks) - 1, 1)
    return tuple(Stress(float((peak + 0.5) * STEP), float(r)) for peak, r in zip(peaks, rank))
