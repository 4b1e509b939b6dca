"""Synthetic voices whose phones are known: flite, festival and espeak-ng.

`speak` gives 16 kHz speech and (start, end, phone) in seconds, phones in ARPAbet ("ax" is the schwa, "pau" a pause).
Debian packages: flite, festival, festvox-kallpc16k, festvox-kdlpc16k, festvox-us-slt-hts, espeak-ng.
"""

import ctypes
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from auhead_models.speech.audio import SPEECH_RATE, load_audio, resample

Phones = list[tuple[float, float, str]]

FLITE = ("rms", "slt", "awb", "kal16")
FESTIVAL = ("kal_diphone", "ked_diphone", "cmu_us_slt_arctic_hts")
ESPEAK_ACCENTS = ("en-us", "en-us", "en-us", "en-gb", "en-gb-x-rp", "en-gb-scotland", "en-us-nyc", "en-029")
ESPEAK_VARIANTS = (
    "f1 f2 f3 f4 f5 m1 m2 m3 m4 m5 m6 m7 m8 klatt klatt2 klatt3 klatt4 klatt5 Alex Alicia Andrea Andy Annie Denis "
    "Diogo Gene Gene2 Henrique Hugo Jacky Lee Marco Mario Michael Mike Nguyen Storm adam anika antonio aunty belinda "
    "benjamin boris caleb david ed edward grandma grandpa iven john linda marcelo max miguel paul pablo quincy rob "
    "robert sandro shelby steph travis victor zac whisper croak"
).split()


@dataclass(frozen=True)
class Style:
    """How a sentence is said: tempo and pitch as factors, `range` as factor of the intonation's."""

    tempo: float = 1.0
    pitch: float = 1.0
    range: float = 1.0


def _ends(pairs: list[tuple[str, str]]) -> Phones:
    phones, start = [], 0.0
    for phone, end in pairs:
        phones.append((start, float(end), phone))
        start = float(end)
    return phones


def flite(voice: str, text: str, style: Style, folder: Path) -> tuple[np.ndarray, Phones]:
    path = folder / "flite.wav"
    mean = {"rms": 98, "slt": 170, "awb": 125, "kal16": 105}[voice] * style.pitch
    settings = {
        "duration_stretch": 1 / style.tempo,
        "int_f0_target_mean": mean,
        "int_f0_target_stddev": 0.12 * mean * style.range,
    }
    command = ["flite", "-voice", voice, "-t", text, "-o", str(path), "-psdur"]
    for name, value in settings.items():
        command += ["--setf", f"{name}={value:.3f}"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    audio = load_audio(path)
    speech = resample(audio.samples[0], audio.sample_rate, SPEECH_RATE)
    return speech, _ends(re.findall(r"([a-z#@]+):([\d.]+)", said))


_FESTIVAL = """(set! u (utt.synth (Utterance Text "{text}")))(utt.save.wave u "{path}" 'riff)
(format t "@@ ")
(mapcar (lambda (s) (format t "%s:%f " (item.name s) (item.feat s "end"))) (utt.relation.items u 'Segment))
(format t "\\n")"""


def festival(voice: str, texts: list[str], style: Style, folder: Path) -> list[tuple[np.ndarray, Phones]]:
    """Several texts at once, as festival takes long to start."""
    mean = (170 if "slt" in voice else 105) * style.pitch
    script = [
        f"(voice_{voice})(Parameter.set 'Duration_Stretch {1 / style.tempo:.3f})",
        f"(set! int_lr_params '((target_f0_mean {mean:.1f}) (target_f0_std {0.13 * mean * style.range:.1f})"
        " (model_f0_mean 170) (model_f0_std 34)))",
    ]
    paths = [folder / f"festival{index}.wav" for index in range(len(texts))]
    script += [_FESTIVAL.format(text=text.replace('"', ""), path=path) for text, path in zip(texts, paths)]
    file = folder / "festival.scm"
    file.write_text("\n".join(script))
    said = subprocess.run(["festival", "-b", str(file)], capture_output=True, text=True, check=True).stdout
    spoken = []
    for path, line in zip(paths, re.findall(r"@@ (.*)", said)):
        audio = load_audio(path)
        speech = resample(audio.samples[0], audio.sample_rate, SPEECH_RATE)
        spoken.append((speech, _ends(re.findall(r"([a-z#@]+):([\d.]+)", line))))
    return spoken


_MNEMONICS = {  # espeak-ng's names of English phonemes
    "p": "p", "b": "b", "t": "t", "d": "d", "k": "k", "g": "g", "f": "f", "v": "v", "T": "th", "D": "dh", "s": "s",
    "z": "z", "S": "sh", "Z": "zh", "h": "hh", "m": "m", "n": "n", "N": "ng", "l": "l", "r": "r", "w": "w", "j": "y",
    "tS": "ch", "dZ": "jh", "t2": "t", "t#": "dx", "*": "dx", "?": "pau", "x": "k", "C": "hh", "n-": "n", "@L": "el",
    "l#": "l", "r-": "r", "R": "r", "w#": "w", "a": "ae", "aa": "ae", "a#": "ax", "A:": "aa", "A": "aa", "A@": "aa",
    "0": "aa", "0#": "aa", "O": "ao", "O:": "ao", "O2": "ao", "O@": "ao", "o@": "ao", "V": "ah", "@": "ax", "@2": "ax",
    "@5": "ax", "@#": "ax", "3": "er", "3:": "er", "IR": "er", "VR": "er", "E": "eh", "E#": "eh", "E2": "eh",
    "e@": "eh", "e": "eh", "I": "ih", "I#": "ih", "I2": "ih", "i": "iy", "i:": "iy", "i@": "iy", "i@3": "iy",
    "I@": "iy", "U": "uh", "U@": "uh", "u:": "uw", "u": "uw", "aI": "ay", "aI@": "ay", "aI3": "ay", "aU": "aw",
    "aU@": "aw", "eI": "ey", "oU": "ow", "oU#": "ow", "OI": "oy", "e#": "eh", "Ir": "er", "@3": "er",
}  # fmt: skip
_LONGEST_FIRST = sorted(_MNEMONICS, key=len, reverse=True)


def _arpabet(mnemonic: str) -> str:
    name = mnemonic.strip("'%,=|_:-~;") if not mnemonic.startswith("_") else ""
    if not name:
        return "pau"
    for candidate in (mnemonic, name, *(known for known in _LONGEST_FIRST if name.startswith(known))):
        if candidate in _MNEMONICS:
            return _MNEMONICS[candidate]
    return "ax"


class _Identifier(ctypes.Union):
    _fields_ = [("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8)]


class _Event(ctypes.Structure):
    _fields_ = [(name, ctypes.c_int) for name in ("type", "id", "text", "length", "audio", "sample")] + [
        ("user", ctypes.c_void_p),
        ("value", _Identifier),
    ]


_RECEIVER = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event))
_PHONEME = 7
_RATE, _PITCH, _RANGE = 1, 3, 4


class Espeak:
    """espeak-ng in this process; the command line tells no times."""

    def __init__(self):
        self._library = ctypes.CDLL("libespeak-ng.so.1")
        self._rate = self._library.espeak_Initialize(2, 0, None, 1)  # synchronous, with phoneme events
        self._receiver = _RECEIVER(self._receive)
        self._library.espeak_SetSynthCallback(self._receiver)

    def _receive(self, samples, count, events):
        if samples and count > 0:
            self._samples.append(np.ctypeslib.as_array(samples, (count,)).copy())
        index = 0
        while events[index].type:
            if events[index].type == _PHONEME:
                name = bytes(events[index].value.string).split(b"\0")[0].decode("utf8")
                self._phones.append((events[index].sample / self._rate, _arpabet(name)))
            index += 1
        return 0

    def speak(self, voice: str, text: str, style: Style) -> tuple[np.ndarray, Phones]:
        """A voice is an accent with a variant, "en-us+f3"."""
        self._samples, self._phones = [], []
        self._library.espeak_SetVoiceByName(voice.encode())
        for parameter, value in (
            (_RATE, 165 * style.tempo),
            (_PITCH, np.clip(50 * style.pitch**1.5, 5, 95)),
            (_RANGE, np.clip(50 * style.range, 0, 100)),
        ):
            self._library.espeak_SetParameter(parameter, int(value), 0)
        encoded = text.encode()
        self._library.espeak_Synth(encoded, len(encoded) + 1, 0, 0, 0, 1, None, None)
        self._library.espeak_Synchronize()
        samples = np.concatenate(self._samples).astype(np.float32) / 32768
        ends = [start for start, _ in self._phones[1:]] + [len(samples) / self._rate]
        phones = [(start, end, phone) for (start, phone), end in zip(self._phones, ends)]
        return resample(samples, self._rate, SPEECH_RATE), phones
