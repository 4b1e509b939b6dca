"""Moments at which the lips close: /p b m/ between voiced sounds, and the doubtful dips that are not them.

A closure is a short dip of the level between 300 and 3400 Hz with little hiss. Whether the lips or the tongue made it
shows in its neighbourhood: lips pull the second resonance down on both sides, release without a hissing burst, and a
murmur through closed lips holds its energy low. `_WEIGHTS` weighs these signs and `_COLOURS` the spectra before, after
and inside the dip (logistic; fitted on synthetic speech with known phones, see tools/speech_check.py).
"""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d
from scipy.signal import find_peaks, peak_widths

from .spectrum import BANDS, Spectrum

_LONGEST = 18  # steps of 10 ms; longer dips are pauses
# One weight for each sign: depth, length; murmur, middle, upper and hiss level inside the dip, at its onset and at its
# release; burst, voicing, place of the second resonance at the edges, and how far it is pulled down there.
_WEIGHTS = np.array(
    [0.003, 0.079, -0.003, -0.019, -0.026, -0.030, 0.007, -0.003, -0.033, 0.004, 0.016, 0.048, 0.012, -0.014]
    + [-0.031, 0.820, -0.034, -0.083]
)
_COLOURS = 0.01 * np.array(  # by band: before, after and inside the dip
    [
        [1.5, 0.9, -1.0, -2.9, -1.4, -0.1, 0.7, 3.4, 2.0, -2.3, -2.5, -0.5, 0.2, 0.8, -0.4, -0.7],
        [2.0, 0.1, -1.6, -0.6, 0.4, 1.7, 1.5, 1.4, 1.4, -0.3, -2.7, -1.2, 0.9, 0.4, -0.9, -0.9],
        [3.4, 2.2, -1.2, -6.2, -8.9, -2.9, -0.1, 4.8, 5.7, 0.9, -0.1, -0.5, 1.4, 0.2, -3.2, -2.5],
    ]
)
_BIAS = -5.49
_USUAL_COLOUR = np.array(  # dB, mean envelope of voiced steps in the same speech
    [21.1, 17.6, 13.8, 10.5, 4.9, -0.8, -3.7, -4.8, -5.4, -6.4, -7.6, -9.0, -8.8, -7.2, -6.7, -7.4]
)
_USUAL_STEPS = 100.0  # voiced steps after which the recording's own colour counts as much


@dataclass(frozen=True)
class Closure:
    """From step `start` to step `end` (10 ms each, fractions allowed); `lips` 0..1 is how surely the lips made it."""

    start: float
    end: float
    lips: float


def find_closures(spectrum: Spectrum, speaking: np.ndarray) -> list[Closure]:
    """Closures in order of time; `speaking` [S] 0..1 keeps those out that lie in a pause."""
    found = candidates(spectrum, speaking)
    if not found:
        return []
    z = np.array([signs for _, _, signs in found]) @ np.concatenate((_WEIGHTS, _COLOURS.ravel())) + _BIAS
    return [Closure(start, end, float(p)) for (start, end, _), p in zip(found, 1 / (1 + np.exp(-z)))]


def candidates(spectrum: Spectrum, speaking: np.ndarray) -> list[tuple[float, float, np.ndarray]]:
    """(start, end, signs [66]) of every dip; the last 48 are the spectra in 16 bands before, after and inside it."""
    if len(spectrum) < 5:
        return []
    level = gaussian_filter1d(spectrum.sonorant, 1.0)
    level = np.maximum(level, np.percentile(level, 95) - 45)
    dips, about = find_peaks(-level, prominence=3.5)
    if not len(dips):
        return []
    _, _, starts, ends = peak_widths(-level, dips, rel_height=0.5)
    colour = _second_resonance(spectrum)
    envelope = gaussian_filter1d(spectrum.envelope - _own_colour(spectrum, speaking), 1.0, axis=0)
    found = []
    for dip, depth, start, end in zip(dips, about["prominences"], starts, ends):
        if end - start > _LONGEST or speaking[dip] < 0.5:
            continue
        signs = _signs(spectrum, level, colour, dip, start, end, min(depth, 30.0))
        found.append((float(start) + 0.5, float(end) + 0.5, np.concatenate((signs, *_spectra(envelope, start, end)))))
    return found


def _second_resonance(spectrum: Spectrum) -> np.ndarray:
    """Where the energy between 6 and 14 Bark lies [S], in Bark."""
    inside = (BANDS > 6) & (BANDS < 14.2)
    power = 10 ** (spectrum.envelope[:, inside] / 20)
    return power @ BANDS[inside] / power.sum(axis=1)


def _own_colour(spectrum: Spectrum, speaking: np.ndarray) -> np.ndarray:
    """The mean envelope [16] of this voice and microphone, near the usual one in short recordings."""
    voiced = spectrum.voicing * speaking
    return (voiced @ spectrum.envelope + _USUAL_STEPS * _USUAL_COLOUR) / (voiced.sum() + _USUAL_STEPS)


def _spectra(envelope: np.ndarray, start: float, end: float) -> list[np.ndarray]:
    """Mean envelopes [16] before, after and inside a dip."""
    inner = (start + 1, end - 1) if end - start > 2 else ((start + end) / 2,) * 2
    last = len(envelope) - 1
    spans = [np.clip(np.round(span), 0, last).astype(int) for span in ((start - 2, start), (end, end + 2), inner)]
    return [envelope[low : high + 1].mean(axis=0) for low, high in spans]


def _signs(spectrum: Spectrum, level: np.ndarray, colour: np.ndarray, dip: int, start: float, end: float, depth: float):
    last = len(level) - 1

    def around(track: np.ndarray, first: float, until: float, how=np.mean) -> float:
        low = int(np.clip(round(first), 0, last))
        return float(how(track[low : max(low + 1, min(round(until) + 1, last + 1))]))

    def nearby(track: np.ndarray) -> float:
        return 0.5 * (around(track, start - 8, start - 1, np.max) + around(track, end + 1, end + 8, np.max))

    bands = [spectrum.murmur, spectrum.middle, spectrum.upper, spectrum.hiss]
    usual = [nearby(band) for band in bands]
    inside = [around(band, dip - 1, dip + 1) - beside for band, beside in zip(bands, usual)]
    onset = [around(band, start - 2, start) - beside for band, beside in zip(bands, usual)]
    release = [around(band, end, end + 2) - beside for band, beside in zip(bands, usual)]
    burst = around(spectrum.hiss, end - 2, end + 3, np.max) - nearby(level)
    edges = 0.5 * (around(colour, start - 2, start) + around(colour, end, end + 2))
    bodies = 0.5 * (around(colour, start - 9, start - 5) + around(colour, end + 5, end + 9))
    voicing = around(spectrum.voicing, dip - 2, dip + 2)
    return np.array([depth, end - start, *inside, *onset, *release, burst, voicing, edges, edges - bodies])
