"""Hours of synthetic speech with phones, emotions and rooms, as shards that train.py reads.

    python tools/speech/make_speech.py OUT --hours 10 --seed 0
    python tools/speech/make_speech.py OUT --held-out --seed 1       the clips of evaluate.py, clean, with their sound

A shard is an .npz of `mels` float16 [80, sum M] (log10 power, every 10 ms) and `clips`, JSON: voice, text, emotion,
level, columns, phones. The emotions are parameter sets of ours (tempo, pitch, range, energy, tilt, jitter), not acting.
"""

import argparse
import json
import random
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from scipy.signal import butter, fftconvolve, lfilter, sosfilt

sys.path[:0] = [str(Path(__file__).resolve().parents[2]), str(Path(__file__).resolve().parent)]
import torch  # noqa: E402
from sentences import HELD_OUT, training_text  # noqa: E402
from singer import sing  # noqa: E402
from voices import ESPEAK_ACCENTS, ESPEAK_VARIANTS, FESTIVAL, FLITE, Espeak, Phones, Style, festival, flite  # noqa: E402

from auhead_models.au.emotions import EMOTIONS  # noqa: E402
from auhead_models.speech.audio import SPEECH_RATE, Audio, resample, to_speech  # noqa: E402
from auhead_models.speech.features import log_power  # noqa: E402

# Whole strength (level 3): tempo, pitch and range as factors; energy in dB before soft clipping, tilt of the spectrum
# in dB per octave, jitter of the pitch (share). Chosen after what reviews of vocal emotion agree on (Scherer 2003).
PROSODY = {
    "angry": (1.15, 1.15, 1.5, 14.0, 2.5, 0.01),
    "contempt": (0.88, 0.92, 0.6, -2.0, -0.5, 0.0),
    "disgusted": (0.85, 0.88, 0.8, 4.0, 0.5, 0.03),
    "fear": (1.3, 1.35, 0.7, -3.0, 1.0, 0.05),
    "happy": (1.12, 1.25, 1.8, 4.0, 1.5, 0.0),
    "neutral": (1.0, 1.0, 1.0, 0.0, 0.0, 0.0),
    "sad": (0.78, 0.88, 0.4, -8.0, -2.5, 0.015),
    "surprised": (1.05, 1.45, 2.2, 3.0, 1.0, 0.0),
}
_SHARES = {
    "singer": 0.1,
    "noise": 0.03,
    "flite": 0.55,
    "festival": 0.008,
    "espeak": 0.44,
}  # of the clips; festival says sixteen at a time
_STRENGTH = {1: 0.4, 2: 0.7, 3: 1.0}
HELD_OUT_VOICES = (
    *(f"flite:{voice}" for voice in FLITE),
    *(f"festival:{voice}" for voice in FESTIVAL),
    "espeak:en-us",
    "espeak:en-us+f3",
    "espeak:en-gb+m3",
    "espeak:en-us+klatt4",
    "espeak:en-gb-x-rp+linda",
)


@dataclass(frozen=True)
class Manner:
    """How one clip is said and recorded."""

    emotion: str
    level: int
    style: Style
    warp: float  # vocal tract shorter (above 1) or longer
    energy: float
    tilt: float
    jitter: float


def manner(rng: random.Random) -> Manner:
    emotion = "neutral" if rng.random() < 0.3 else rng.choice([name for name in PROSODY if name != "neutral"])
    level = rng.choice((1, 2, 3))
    strength = _STRENGTH[level]
    tempo, pitch, width, energy, tilt, jitter = PROSODY[emotion]
    warp = rng.uniform(0.85, 1.2)
    style = Style(
        tempo**strength * rng.uniform(0.85, 1.25) / warp,
        pitch**strength * rng.uniform(0.85, 1.2) / warp**0.5,
        width**strength * rng.uniform(0.8, 1.2),
    )
    return Manner(emotion, level, style, warp, energy * strength, tilt * strength, jitter * strength)


def _tilted(speech: np.ndarray, decibels: float) -> np.ndarray:
    """So many dB per octave more, in the frequency domain around 1 kHz."""
    spectrum = np.fft.rfft(speech)
    octaves = np.log2(np.maximum(np.fft.rfftfreq(len(speech), 1 / SPEECH_RATE), 60) / 1000)
    return np.fft.irfft(spectrum * 10 ** (decibels * octaves / 20), len(speech)).astype(np.float32)


def _trembling(speech: np.ndarray, share: float, rng: np.random.Generator) -> np.ndarray:
    """Pitch wanders by this share, seven times a second, without changing the length."""
    time = np.arange(len(speech)) / SPEECH_RATE
    wander = share * np.sin(2 * np.pi * (7 * time + 0.7 * np.sin(2 * np.pi * 0.6 * time) + rng.uniform()))
    return np.interp(time + wander / (2 * np.pi * 7), time, speech).astype(np.float32)


def mannered(speech: np.ndarray, phones: Phones, how: Manner, rng: np.random.Generator) -> tuple[np.ndarray, Phones]:
    """Vocal tract, energy, tilt and tremor."""
    if abs(how.warp - 1) > 0.01:
        rate = round(SPEECH_RATE * how.warp / 100) * 100
        speech = resample(speech, rate, SPEECH_RATE)
        phones = [(start * SPEECH_RATE / rate, end * SPEECH_RATE / rate, phone) for start, end, phone in phones]
    speech = speech / (np.sqrt(np.mean(speech**2)) + 1e-6)
    if how.energy > 0:  # a pressed voice is rich in overtones
        drive = how.energy / 14
        speech = (1 - drive) * speech + drive * np.tanh(2 * speech)
    if how.jitter:
        speech = _trembling(speech, how.jitter, rng)
    return _tilted(speech, how.tilt), phones


def _noise(samples: int, rng: np.random.Generator) -> np.ndarray:
    """White to brown, with slow swells, or hum, or a babble of filtered noise."""
    noise = rng.standard_normal(samples)
    kind = rng.integers(4)
    if kind == 1:
        noise = lfilter([1], [1, -rng.uniform(0.7, 0.98)], noise)
    elif kind == 2:
        time = np.arange(samples) / SPEECH_RATE
        base = rng.choice((50, 60, 100, 120))
        noise = 0.2 * noise + sum(np.sin(2 * np.pi * base * k * time + k) / k for k in range(1, 8))
    elif kind == 3:
        low = rng.uniform(150, 1500)
        noise = sosfilt(butter(2, (low, low * rng.uniform(2, 5)), "band", fs=SPEECH_RATE, output="sos"), noise)
        swells = rng.standard_normal(samples // 3200 + 2)
        noise *= np.exp(np.interp(np.arange(samples) / 3200, np.arange(len(swells)), swells))
    return noise / (np.sqrt(np.mean(noise**2)) + 1e-9)


def _room(rng: np.random.Generator) -> np.ndarray:
    """Impulse response: the direct sound, a few early reflections and a decaying tail that loses its treble."""
    decay = rng.uniform(0.08, 0.7)
    samples = int(decay * SPEECH_RATE)
    time = np.arange(samples) / SPEECH_RATE
    tail = lfilter([1], [1, -rng.uniform(0.2, 0.7)], rng.standard_normal(samples)) * np.exp(-6.9 * time / decay)
    tail[: int(0.004 * SPEECH_RATE)] = 0
    tail *= 10 ** (rng.uniform(-22, -4) / 20) / np.sqrt((tail**2).sum())
    for _ in range(rng.integers(2, 8)):
        tail[min(int(rng.uniform(0.001, 0.04) * SPEECH_RATE), samples - 1)] += rng.uniform(-0.4, 0.4)
    tail[0] = 1
    return tail


def recorded(speech: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A room, noise, a narrow band, a microphone's colour, each now and then."""
    if rng.random() < 0.4:
        speech = fftconvolve(speech, _room(rng))[: len(speech)]
    if rng.random() < 0.3:
        speech = speech + 10 ** (-rng.uniform(5, 35) / 20) * np.sqrt(np.mean(speech**2)) * _noise(len(speech), rng)
    if rng.random() < 0.12:
        band = butter(4, (rng.uniform(200, 400), rng.uniform(2800, 3800)), "band", fs=SPEECH_RATE, output="sos")
        speech = sosfilt(band, speech)
    elif rng.random() < 0.3:
        speech = _tilted(speech, rng.uniform(-2, 2))
    return np.asarray(speech, np.float32)


def draw_voice(engines: list[str], rng: random.Random) -> str:
    engine = rng.choices(engines, [_SHARES[engine] for engine in engines])[0]
    if engine == "flite":
        return f"flite:{rng.choice(FLITE[:3] if rng.random() < 0.8 else FLITE)}"
    if engine in ("singer", "noise"):
        return f"{engine}:{rng.randrange(1 << 30)}"
    if engine == "festival":
        return f"festival:{rng.choice(FESTIVAL)}"
    accent = rng.choice(ESPEAK_ACCENTS)
    return f"espeak:{accent}" if rng.random() < 0.1 else f"espeak:{accent}+{rng.choice(ESPEAK_VARIANTS)}"


def speak(voice: str, texts: list[str], style: Style, espeak: Espeak, folder: Path) -> list[tuple[np.ndarray, Phones]]:
    engine, name = voice.split(":")
    if engine == "festival":
        return festival(name, texts, style, folder)
    if engine == "noise":  # nobody speaks
        return [(_noise(96000, np.random.default_rng(int(name))), [(0.0, 6.0, "pau")]) for _ in texts]
    if engine == "singer":
        return [sing(np.random.default_rng(int(name))) for _ in texts]
    if engine == "flite":
        return [flite(name, text, style, folder) for text in texts]
    return [espeak.speak(name, text, style) for text in texts]


def _entry(voice: str, text: str, emotion: str, level: int, mel: torch.Tensor, phones: Phones) -> dict:
    rounded = [(round(start, 4), round(end, 4), phone) for start, end, phone in phones]
    about = {"voice": voice, "text": text, "emotion": emotion, "level": level}
    return about | {"columns": mel.shape[1], "phones": rounded}


def _save(path: Path, mels: list[torch.Tensor], clips: list[dict], **more):
    np.savez(path, mels=torch.cat(mels, dim=1).half().numpy(), clips=json.dumps(clips), **more)


def training_shard(path: Path, engines: list[str], seconds: float, seed: int, espeak: Espeak, folder: Path):
    rng, noise = random.Random(seed), np.random.default_rng(seed)
    mels, clips, filled = [], [], 0.0
    while filled < seconds:
        voice, how = draw_voice(engines, rng), manner(rng)
        how = replace(how, emotion="neutral") if voice.startswith(("singer", "noise")) else how
        texts = [training_text(rng) for _ in range(16 if voice.startswith("festival") else 1)]
        for text, (speech, phones) in zip(texts, speak(voice, texts, how.style, espeak, folder)):
            speech, phones = mannered(speech, phones, how, noise)
            audio = Audio(recorded(speech, noise), SPEECH_RATE)
            mel = log_power(to_speech(audio), audio.frames)
            mels.append(mel)
            clips.append(_entry(voice, text, how.emotion, how.level, mel, phones))
            filled += audio.seconds
    _save(path, mels, clips)


def held_out(path: Path, seed: int, espeak: Espeak, folder: Path):
    """Every held-out sentence by every held-out voice, calm and clean; and emotions by three voices."""
    rng, noise = random.Random(seed), np.random.default_rng(seed)
    mels, clips, sounds = [], [], []
    calm = Manner("neutral", 2, Style(), 1.0, 0.0, 0.0, 0.0)
    jobs = [(voice, text, calm) for voice in HELD_OUT_VOICES for text in HELD_OUT]
    for voice in ("flite:rms", "flite:slt", "espeak:en-us+f3"):
        for _ in range(80):
            jobs.append((voice, " ".join(rng.sample(HELD_OUT, 2)), manner(rng)))
    for voice, text, how in jobs:
        [(speech, phones)] = speak(voice, [text], how.style, espeak, folder)
        speech, phones = mannered(speech, phones, how, noise)
        audio = Audio(speech, SPEECH_RATE)
        mel = log_power(to_speech(audio), audio.frames)
        mels.append(mel)
        clips.append(_entry(voice, text, how.emotion, how.level, mel, phones) | {"samples": len(speech)})
        sounds.append((3000 * np.clip(speech, -10, 10)).astype(np.int16))
    _save(path, mels, clips, sound=np.concatenate(sounds))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--hours", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--engines", nargs="+", choices=sorted(_SHARES), default=sorted(_SHARES))
    parser.add_argument("--held-out", action="store_true")
    given = parser.parse_args()
    torch.set_num_threads(1)
    assert set(PROSODY) == set(EMOTIONS)
    given.out.mkdir(parents=True, exist_ok=True)
    espeak = Espeak()
    with tempfile.TemporaryDirectory() as folder:
        if given.held_out:
            held_out(given.out / "held_out.npz", given.seed, espeak, Path(folder))
            return
        for index in range(round(given.hours * 2)):
            start = time.monotonic()
            seed = given.seed * 1000 + index
            path = given.out / f"shard_{seed:06}.npz"
            training_shard(path, given.engines, 1800, seed, espeak, Path(folder))
            print(f"shard {index}: {time.monotonic() - start:.0f} s", flush=True)


if __name__ == "__main__":
    main()
