"""Held vowels, murmurs and hisses by a source and a few resonances: what voices that only talk never give.

Formants are men's means of Hillenbrand et al. 1995 (JASA 97:3099, table V), stretched to the singer's vocal tract.
"""

import numpy as np
from scipy.signal import butter, lfilter, sosfilt

from auhead_models.speech.audio import SPEECH_RATE
from auhead_models.speech.coarticulation import Phones

FORMANTS = {  # Hz
    "iy": (342, 2322, 3000),
    "ih": (427, 2034, 2684),
    "eh": (580, 1799, 2605),
    "ae": (588, 1952, 2601),
    "aa": (768, 1333, 2522),
    "ah": (623, 1200, 2550),
    "ao": (652, 997, 2538),
    "uh": (469, 1122, 2434),
    "uw": (330, 930, 2300),
    "er": (474, 1379, 1710),
}
_HISSES = {"s": (4500, 7800), "sh": (2000, 6000), "f": (1200, 7800)}  # Hz
_LOUDNESS = {"s": 0.25, "sh": 0.3, "f": 0.06}
_FADE = 0.012  # seconds


def sing(rng: np.random.Generator) -> tuple[np.ndarray, Phones]:
    """Two to eight seconds [N] at 16 kHz: vowels of 0.12 to 1.5 s with pauses, /m b/ and hisses between them."""
    tract, pitch = rng.uniform(0.85, 1.35), rng.uniform(80, 320)
    total, phones = rng.uniform(2, 8), [(0.0, float(rng.uniform(0.05, 0.5)), "pau")]
    longest = rng.choice((0.3, 1.5))
    while phones[-1][1] < total:
        for phone, seconds in ((rng.choice(list(FORMANTS)), rng.uniform(0.12, longest)), _between(rng)):
            start = phones[-1][1]
            phones.append((start, start + float(seconds), str(phone)))
    samples = int(phones[-1][1] * SPEECH_RATE)
    source = _source(samples, pitch, rng)
    sound = 1e-4 * rng.standard_normal(samples)
    for start, end, phone in phones:
        part = slice(int(start * SPEECH_RATE), min(int(end * SPEECH_RATE), samples))
        length = part.stop - part.start
        if phone == "pau" or length < 64:
            continue
        fade = np.minimum(1, np.minimum(np.arange(length), np.arange(length)[::-1]) / (_FADE * SPEECH_RATE))
        sound[part] += fade * _phone(phone, source[part], tract, rng)
    return sound.astype(np.float32), phones


def _between(rng: np.random.Generator) -> tuple[str, float]:
    """What stands between two vowels."""
    phone = rng.choice(["pau", "m", "b", "s", "sh", "f"], p=[0.25, 0.3, 0.2, 0.1, 0.08, 0.07])
    return phone, rng.uniform(0.2, 1.5) if phone == "pau" else rng.uniform(0.06, 0.2)


def _source(samples: int, pitch: float, rng: np.random.Generator) -> np.ndarray:
    """Pulses with vibrato and a wandering pitch, falling 6 to 12 dB per octave, and a little breath."""
    time = np.arange(samples) / SPEECH_RATE
    knots = rng.normal(0, 0.12, int(time[-1]) + 3)
    octaves = np.interp(time, np.arange(len(knots)), knots)
    vibrato = rng.uniform(0, 0.02) * np.sin(2 * np.pi * rng.uniform(4, 7) * time)
    phase = np.cumsum(pitch * 2**octaves * (1 + vibrato)) / SPEECH_RATE
    pulses = np.diff(np.floor(phase), prepend=0.0)
    pulses = lfilter([1], [1, -rng.uniform(0.85, 0.98)], pulses)
    return pulses + rng.uniform(0.001, 0.03) * rng.standard_normal(samples)


def _phone(phone: str, source: np.ndarray, tract: float, rng: np.random.Generator) -> np.ndarray:
    if phone in _HISSES:
        band = butter(2, _HISSES[phone], "band", fs=SPEECH_RATE, output="sos")
        return _LOUDNESS[phone] * sosfilt(band, rng.standard_normal(len(source)))
    if phone in FORMANTS:
        return 0.3 * _unit(_resonant(source, [formant * tract for formant in (*FORMANTS[phone], 3500)]))
    murmur = _unit(sosfilt(butter(4, rng.uniform(250, 350), fs=SPEECH_RATE, output="sos"), source))
    return murmur * (rng.uniform(0.06, 0.15) if phone == "m" else rng.uniform(0, 0.05))


def _resonant(source: np.ndarray, formants: list[float]) -> np.ndarray:
    for formant, width in zip(formants, (80, 100, 140, 220)):
        radius, angle = np.exp(-np.pi * width / SPEECH_RATE), 2 * np.pi * formant / SPEECH_RATE
        poles = [1, -2 * radius * np.cos(angle), radius**2]
        source = lfilter([sum(poles)], poles, source)
    return lfilter([1.0, -0.6], [1.0], source)


def _unit(sound: np.ndarray) -> np.ndarray:
    return sound / (np.sqrt(np.mean(sound**2)) + 1e-6)
