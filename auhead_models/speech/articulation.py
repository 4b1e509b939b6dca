"""The moving mouth: speech to the units of jaw and lips at 25 frames per second, by signal processing alone.

Every 10 ms the sound is a mixture of classes (vowels, hisses, tongue consonants, lip closures, rest), each with a mouth
shape and a dominance, after Cohen & Massaro 1993 ("Modeling coarticulation in synthetic visual speech"): shapes blend
by dominance, so a closure reaches its target between two open vowels while a weak sound takes on its neighbours.
The mouth leads the sound by 40 ms. `articulate` is the whole interface: an encoder with learned weights replaces it.
"""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d, maximum_filter1d

from ..au.sequence import AUSequence, s_curve
from . import spectrum as spectra
from .closures import Closure, find_closures
from .spectrum import STEPS_PER_FRAME, Spectrum
from .vowels import VOWELS, vowel_probabilities

LEAD = 4.0  # steps of 10 ms by which the mouth is ahead of the sound

_SHAPE_IDS = (
    "jaw_open",
    "lip_pucker",
    "lip_corner_stretch",
    "lower_lip_depress",
    "upper_lip_raise",
    "lower_lip_suck",
    "upper_lip_suck",
    "chin_raise",
)
_SHAPES = {  # per class, in the order of _SHAPE_IDS; vowels at full effort
    "iy": (0.20, 0.00, 0.42, 0.22, 0.10, 0.00, 0.00, 0.00),
    "ih": (0.26, 0.00, 0.30, 0.20, 0.08, 0.00, 0.00, 0.00),
    "eh": (0.42, 0.00, 0.26, 0.22, 0.08, 0.00, 0.00, 0.00),
    "ae": (0.58, 0.00, 0.24, 0.25, 0.10, 0.00, 0.00, 0.00),
    "aa": (0.68, 0.00, 0.04, 0.24, 0.10, 0.00, 0.00, 0.00),
    "ah": (0.54, 0.00, 0.04, 0.20, 0.08, 0.00, 0.00, 0.00),
    "ao": (0.52, 0.30, 0.00, 0.14, 0.04, 0.00, 0.00, 0.00),
    "ow": (0.38, 0.55, 0.00, 0.08, 0.00, 0.00, 0.00, 0.00),
    "uh": (0.30, 0.40, 0.00, 0.10, 0.00, 0.00, 0.00, 0.00),
    "uw": (0.17, 0.75, 0.00, 0.05, 0.00, 0.00, 0.00, 0.00),
    "ux": (0.18, 0.42, 0.00, 0.10, 0.02, 0.00, 0.00, 0.00),
    "er": (0.22, 0.42, 0.00, 0.16, 0.06, 0.00, 0.00, 0.00),
    "ax": (0.32, 0.05, 0.06, 0.16, 0.04, 0.00, 0.00, 0.00),
    "s": (0.07, 0.00, 0.26, 0.24, 0.08, 0.00, 0.00, 0.00),
    "sh": (0.11, 0.48, 0.00, 0.22, 0.20, 0.00, 0.00, 0.00),
    "f": (0.09, 0.00, 0.05, 0.00, 0.18, 0.42, 0.00, 0.00),
    "tongue": (0.15, 0.02, 0.05, 0.15, 0.04, 0.00, 0.00, 0.00),
    "lips": (0.02, 0.03, 0.00, 0.00, 0.00, 0.12, 0.10, 0.14),
    "rest": (0.00, 0.00, 0.00, 0.00, 0.00, 0.00, 0.00, 0.00),
}
_CLASSES = tuple(_SHAPES)
_TABLE = np.array([_SHAPES[name] for name in _CLASSES])
_DOMINANCE = {"s": 0.9, "sh": 1.2, "f": 1.0, "tongue": 0.8, "lips": 2.5, "rest": 1.2}
_BLUR = 3.0  # steps; Gaussian of 30 ms: little is left above 7 Hz
_JAW = 0  # column of _SHAPE_IDS
_S_SHARPNESS = 4.0  # dB of "s" above 4 kHz over below it, in a usual recording
_EFFORT = (0.55, 1.2)  # of the jaw, in the weakest and in the most stressed syllable

# Probability that the lips made a dip: below the first nothing happens, from the second on they close fully.
_LIPS_MAYBE, _LIPS_SURELY = 0.12, 0.30
_RAMP = (2.0, 7.5)  # steps to close and to open, the shorter ones in a crowd
_HOLD = (4.0, 5.0)  # steps fully closed
_SHARE = 0.45  # of the way to the next closure that a closure takes at most, so that a vowel shows between them
_APART = 4  # frames between two closures: three open ones are a syllable, fewer are a flutter


@dataclass(frozen=True, eq=False)
class Articulation:
    """`sequence`: mouth units and lips_together, at 25 fps. `envelope` [T] 0..1: how much the mouth belongs to speech,
    from rest to the middle of a phrase."""

    sequence: AUSequence
    envelope: np.ndarray


def articulate(speech: np.ndarray, frames: int, spectrum: Spectrum | None = None) -> Articulation:
    """Mouth of speech [N] (16 kHz mono, from `to_speech`) over so many frames; `spectrum` saves analysing it twice."""
    spectrum = spectrum or spectra.analyse(speech, frames)
    speaking = spectra.activity(spectrum.level)
    closures = _syllables_apart(find_closures(spectrum, speaking))
    weights = _weights(spectrum, speaking, closures)
    shapes = weights @ _TABLE
    total = weights.sum(axis=1, keepdims=True) + 1e-6
    mixed = gaussian_filter1d(shapes, _BLUR, axis=0) / gaussian_filter1d(total, _BLUR, axis=0)
    mixed[:, _JAW] *= _effort(spectrum)
    columns: dict[str, np.ndarray] = {}
    for name, track in zip(_SHAPE_IDS, _at_frames(mixed, frames).T):
        sides = (f"{name}_left", f"{name}_right") if name == "lip_corner_stretch" else (name,)
        columns |= dict.fromkeys(sides, track)
    envelope = _at_frames(gaussian_filter1d(maximum_filter1d(speaking, 21), 6.0), frames)
    columns["lips_together"] = np.maximum(_closing(closures, frames), _resting(speaking, frames))
    sequence = AUSequence.zeros(frames, source="articulation").with_columns(columns)
    return Articulation(sequence, np.clip(envelope, 0, 1).astype(np.float32))


def _weights(spectrum: Spectrum, speaking: np.ndarray, closures: list[Closure]) -> np.ndarray:
    """Dominance [S, classes] of every class in every step."""
    level = spectra.relative(spectrum.sonorant)
    open_mouth = s_curve((level + 26) / 22)
    hissing, sharp, strong = _hiss(spectrum)
    vowel = open_mouth * (1 - hissing) * speaking
    probabilities = vowel_probabilities(spectrum, vowel * spectrum.voicing)
    lips = np.zeros(len(spectrum))
    time = np.arange(len(spectrum)) + 0.5
    for closure in closures:
        sure = _surely(closure)
        lips = np.maximum(lips, sure * s_curve((time - closure.start + 1) / 3) * s_curve((closure.end + 1 - time) / 3))
    hissing = hissing * speaking * (1 - lips)
    weights = {
        "s": hissing * strong * sharp,
        "sh": hissing * strong * (1 - sharp),
        "f": hissing * (1 - strong),
        "tongue": (1 - open_mouth) * (1 - hissing) * (1 - lips) * speaking,
        "lips": lips,
        "rest": 1 - speaking,
    }
    others = np.stack([weights[name] * _DOMINANCE[name] for name in _CLASSES[len(VOWELS) :]], axis=1)
    return np.concatenate((probabilities * (vowel * (1 - lips))[:, None], others), axis=1)


def _hiss(spectrum: Spectrum) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """How much a step is a voiceless hiss, how sharp it is (s against sh), how strong (s and sh against f and th)."""
    noise = np.maximum(spectrum.hiss, spectrum.upper)
    loud = np.percentile(noise, 97)
    below = np.maximum(spectrum.murmur, spectrum.middle)
    hissing = s_curve((noise - below + 4) / 10) * s_curve((noise - loud + 32) / 12)
    difference = spectrum.hiss - spectrum.upper
    if np.percentile(spectrum.hiss, 97) < np.percentile(spectrum.upper, 97) - 25:  # a telephone's band
        sharp = np.full(len(spectrum), 0.6)
    else:  # "s" is the most frequent hiss and the sharpest one, so it shows where this voice and microphone have it
        clear = difference[hissing > 0.7]
        heard = np.percentile(clear, 70) * len(clear) if len(clear) else 0.0
        usual = (heard + _S_SHARPNESS * 20) / (len(clear) + 20)
        sharp = s_curve((difference - np.clip(usual, -6, 14) + 7) / 6)
    return gaussian_filter1d(hissing, 1.0), sharp, s_curve((noise - loud + 20) / 12)


def _effort(spectrum: Spectrum) -> np.ndarray:
    """Stress of the syllable around each step, as a factor of the jaw."""
    level = gaussian_filter1d(maximum_filter1d(spectra.relative(spectrum.sonorant), 13), 6.0)
    low, high = _EFFORT
    return low + (high - low) * np.clip((level + 16) / 16, 0, 1)


def _surely(closure: Closure) -> float:
    return float(s_curve(np.array((closure.lips - _LIPS_MAYBE) / (_LIPS_SURELY - _LIPS_MAYBE))))


def _at_frames(track: np.ndarray, frames: int) -> np.ndarray:
    """Steps [S, ...] at the middles of the frames, ahead of the sound by LEAD."""
    position = (np.arange(frames) + 0.5) * STEPS_PER_FRAME - 0.5 + LEAD
    low = np.clip(np.floor(position).astype(int), 0, len(track) - 1)
    high = np.clip(low + 1, 0, len(track) - 1)
    share = np.clip(position - low, 0, 1).reshape(-1, *(1,) * (track.ndim - 1))
    return track[low] * (1 - share) + track[high] * share


def _frame(closure: Closure) -> int:
    """The frame that shows the middle of a closure."""
    return round(((closure.start + closure.end) / 2 - LEAD) / STEPS_PER_FRAME - 0.5)


def _syllables_apart(closures: list[Closure]) -> list[Closure]:
    """The closures that leave time for a vowel between them; of two that do not, the surer one."""
    kept: dict[int, Closure] = {}
    for closure in sorted(closures, key=lambda closure: -closure.lips):
        if _surely(closure) > 0 and not any(_frame(closure) + k in kept for k in range(1 - _APART, _APART)):
            kept[_frame(closure)] = closure
    return [kept[frame] for frame in sorted(kept)]


def _closing(closures: list[Closure], frames: int) -> np.ndarray:
    """lips_together [T] of the closures, drawn one by one, and each around the middle of a frame, so that none is
    averaged away or falls between two frames."""
    lips = np.zeros(frames)
    if not closures:
        return lips
    time = np.arange(frames) * STEPS_PER_FRAME
    middles = np.array([_frame(closure) for closure in closures]) * STEPS_PER_FRAME
    gaps = np.concatenate(([np.inf], np.diff(middles), [np.inf]))
    for closure, middle, before, after in zip(closures, middles, gaps, gaps[1:]):
        half = np.clip(closure.end - closure.start, *_HOLD) / 2
        ramp = np.where(time < middle, *(np.clip(_SHARE / 2 * gap - half, *_RAMP) for gap in (before, after)))
        lips = np.maximum(lips, _surely(closure) * s_curve((half + ramp - np.abs(time - middle)) / ramp))
    return lips


def _resting(speaking: np.ndarray, frames: int) -> np.ndarray:
    """lips_together [T] of pauses: the lips meet after a phrase and relax to the portrait's own within a second."""
    quiet = np.zeros(len(speaking))
    strength = 0.0
    for step, active in enumerate(speaking > 0.5):
        strength = min(1.0, strength + 0.05) if active else strength * 0.985
        quiet[step] = 0.0 if active else strength
    return 0.45 * _at_frames(gaussian_filter1d(quiet, 5.0), frames)
