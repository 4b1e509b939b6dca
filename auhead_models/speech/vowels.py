"""Which vowel a spectrum sounds like, by comparison with the vocal-tract resonances of each vowel.

Formants are men's means of Hillenbrand et al. 1995 (JASA 97:3099, table V); the whole set is stretched to the
speaker's vocal tract, which is chosen once per recording. The comparison uses the broad band shapes of `spectrum`, so
no formant has to be tracked. Nasals and the back liquid have resonances of their own and join as further classes.
"""

import numpy as np

from .spectrum import BANDS, FREQUENCIES, Spectrum, envelope

FORMANTS = {  # Hz
    "iy": (342, 2322, 3000),
    "ih": (427, 2034, 2684),
    "eh": (580, 1799, 2605),
    "ae": (588, 1952, 2601),
    "aa": (768, 1333, 2522),
    "ah": (623, 1200, 2550),
    "ao": (652, 997, 2538),
    "ow": (497, 910, 2459),
    "uh": (469, 1122, 2434),
    "uw": (378, 997, 2343),
    "ux": (380, 1450, 2400),  # the fronted "oo" of "food" and "do"
    "er": (474, 1379, 1710),
    "ax": (500, 1500, 2500),
}
VOWELS = tuple(FORMANTS)

_TRACTS = np.linspace(0.92, 1.32, 9)  # 1.0 is the mean man; women lie near 1.17, children near 1.3
_BANDWIDTHS = (90.0, 110.0, 170.0, 250.0)
_SPREAD = 4.5  # dB in one band, of one speaker around another
_INDEPENDENT = 5.0  # bands that count as independent of each other; the others only repeat them


def _resonance(formants: tuple[float, ...], tract: float) -> np.ndarray:
    """Power spectrum [257] of a tract with these formants, a fourth at 3500 Hz, and no higher ones."""
    power = np.ones(len(FREQUENCIES))
    for formant, width in zip((*formants, 3500.0), _BANDWIDTHS):
        centre = formant * tract
        power *= centre**4 / ((centre**2 - FREQUENCIES**2) ** 2 + (width * FREQUENCIES) ** 2)
    return power / power.max()


_TEMPLATES = np.stack([[envelope(_resonance(formants, tract)) for formants in FORMANTS.values()] for tract in _TRACTS])

_SLOPE = (BANDS - BANDS.mean()) / np.linalg.norm(BANDS - BANDS.mean())
_USUAL_SLOPE = -9.0  # of voiced speech against the templates, along _SLOPE
_SLOPE_STEPS = 100.0  # voiced steps after which the recording's own slope counts as much as the usual one


def vowel_probabilities(spectrum: Spectrum, weight: np.ndarray) -> np.ndarray:
    """[S, 13] over `VOWELS`; `weight` [S] says how much of a vowel a step is when the speaker's tract is chosen."""
    slopes = spectrum.envelope @ _SLOPE - (_TEMPLATES @ _SLOPE).mean()
    own = (weight @ slopes + _SLOPE_STEPS * _USUAL_SLOPE) / (weight.sum() + _SLOPE_STEPS)
    heard = spectrum.envelope - own * _SLOPE
    scale = _INDEPENDENT / (2 * len(BANDS) * _SPREAD**2)
    square = (heard**2).sum(axis=1, keepdims=True)
    distances = [-scale * (square - 2 * heard @ t.T + (t**2).sum(axis=1)) for t in _TEMPLATES]
    fit = np.array([weight @ np.logaddexp.reduce(distance, axis=1) for distance in distances])
    prior = -0.5 * ((_TRACTS - 1.08) / 0.1) ** 2
    best = distances[int(np.argmax(prior + 0.2 * fit))]
    likelihood = np.exp(best - best.max(axis=1, keepdims=True))
    return likelihood / likelihood.sum(axis=1, keepdims=True)
