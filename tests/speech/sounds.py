"""Sounds made for the tests: a source-filter voice with formants, and closures in it."""

import numpy as np
from scipy.signal import butter, lfilter, sosfilt

RATE = 16000
FORMANTS = {"a": (730, 1090, 2440), "i": (270, 2290, 3010), "u": (300, 870, 2240), "e": (530, 1840, 2480)}


def vowel(name: str, seconds: float = 1.0, pitch: float = 120.0, rate: int = RATE) -> np.ndarray:
    """A sung vowel with men's formants of Peterson & Barney 1952, float32 [N], peak 0.5."""
    time = np.arange(round(seconds * rate)) / rate
    source = np.diff(np.floor(time * pitch * (1 + 0.01 * np.sin(2 * np.pi * 5 * time))), prepend=0.0)
    voice = lfilter([1.0], [1.0, -0.97], source) + 1e-5 * np.random.default_rng(0).standard_normal(len(time))
    voice = lfilter([1.0, -0.9], [1.0], voice)
    for formant, width in zip((*FORMANTS[name], 3500), (80, 100, 140, 220)):
        radius, angle = np.exp(-np.pi * width / rate), 2 * np.pi * formant / rate
        voice = lfilter(
            [1 - 2 * radius * np.cos(angle) + radius**2], [1, -2 * radius * np.cos(angle), radius**2], voice
        )
    return (0.5 * voice / np.abs(voice).max()).astype(np.float32)


def mama(syllables: int = 4, period: float = 0.36, closed: float = 0.09) -> tuple[np.ndarray, list[float]]:
    """ "mamama…": /a/ whose upper part vanishes while the lips are closed; and the middles of the closures, seconds."""
    sound = vowel("a", syllables * period + 0.2)
    time = np.arange(len(sound)) / RATE
    middles = [period * (index + 1) for index in range(syllables - 1)]
    open_mouth = np.ones(len(sound))
    for middle in middles:
        open_mouth *= np.clip((np.abs(time - middle) - closed / 2) / 0.015, 0, 1)
    murmur = sosfilt(butter(4, 280, fs=RATE, output="sos"), sound)
    quiet = np.zeros(round(0.3 * RATE), np.float32)
    spoken = (sound * open_mouth + 0.35 * murmur * (1 - open_mouth)).astype(np.float32)
    return np.concatenate((quiet, spoken, quiet)), [middle + 0.3 for middle in middles]
