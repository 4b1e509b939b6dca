"""Judge the articulation on synthetic speech whose phones are known, and fit the lip closure weights on it.

    python tools/speech_check.py          one line per voice: correlation of jaw, pucker and stretch with a table of
                                          mouth shapes, recall and precision of closed lips at /p b m/
    python tools/speech_check.py --fit    the weights of auhead_models/speech/closures.py from the same speech:
                                          _WEIGHTS, the rows of _COLOURS, and _BIAS

Environment: the library's own, and the Debian packages flite, festival and festvox-kallpc16k. The sentences are ours.
Voices are real people's recordings cut into phones or modelled (rms, slt, awb, kal); a phone's time is the voice's own.
"""

import argparse
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.ndimage import gaussian_filter1d
from scipy.optimize import minimize

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from auhead_models.speech import articulate, load_audio, to_speech  # noqa: E402
from auhead_models.speech.closures import candidates  # noqa: E402
from auhead_models.speech.compose import eased  # noqa: E402
from auhead_models.speech.spectrum import activity, analyse  # noqa: E402

SENTENCES = """My mother may bring more paper bags from the market.
Bob and Pam keep a big map above the piano.
People may be amused by simple problems.
Perhaps the boy bumped his elbow on the lamp.
We met them at a small museum in May.
Father found five fine leaves on the sofa.
She wore a blue robe and a warm woollen cap.
Please put both apples on the table by the lamp.
The tide was low when we walked along the shore.
Do you know which road goes to the old lighthouse?
A thin layer of snow covered the garden this morning.
He took the last train and slept until noon.
Their children laughed at the noise of the kettle.
Good teachers ask questions that nobody can answer.
I heard the rain long before I saw the clouds.
Sunlight fell across the kitchen and onto the chairs.
You should choose the shoes that suit you.
Two new moons rose over the cool blue lagoon.
The dog chased its own shadow around the yard.
Ask your sister if she has seen the silver spoons.
Never trust a map that shows only one way home.
The baker gave us warm bread and butter.
An honest answer is often the hardest one to give.
They argued about the colour of the curtains for hours.
Mum baked a plum pie, and Ben brought a pot of jam.
Lay the heavy books on the lower shelf.
Our ship reached the harbour just after dark.
The young woman hummed a tune from her village.
Open the window, and let the evening air come in.
Every number on that page must be checked again.
He thought about the problem while he brushed the horse.
Quiet rivers hide the deepest water.""".splitlines()

_PHONES = {
    "rest": "pau sil",
    "lips": "p b m",
    "teeth": "f v",
    "th": "th dh",
    "tongue": "t d dx",
    "back": "k g ng hh",
    "sh": "ch jh sh zh",
    "s": "s z",
    "n": "n l nx el en",
    "r": "r er axr",
    "open": "aa ae ah ay aw ax",
    "mid": "eh ey",
    "spread": "ih iy y ix",
    "round": "ao ow oy",
    "tight": "uw uh w",
}
_CLASS = {phone: name for name, phones in _PHONES.items() for phone in phones.split()}
_TABLE = {  # jaw, pucker, stretch; chosen, as no table of measured values was to be had
    "rest": (0.0, 0.0, 0.0),
    "lips": (0.02, 0.0, 0.0),
    "teeth": (0.08, 0.0, 0.0),
    "th": (0.18, 0.0, 0.0),
    "tongue": (0.14, 0.0, 0.08),
    "back": (0.20, 0.0, 0.0),
    "sh": (0.12, 0.45, 0.0),
    "s": (0.06, 0.0, 0.25),
    "n": (0.16, 0.0, 0.0),
    "r": (0.16, 0.35, 0.0),
    "open": (0.60, 0.0, 0.0),
    "mid": (0.38, 0.0, 0.25),
    "spread": (0.20, 0.0, 0.35),
    "round": (0.40, 0.45, 0.0),
    "tight": (0.15, 0.70, 0.0),
}
_COLUMNS = ("jaw_open", "lip_pucker", "lip_corner_stretch_left")
_LIPS = set(_PHONES["lips"].split())
_REST = set(_PHONES["rest"].split())
_FESTIVAL = """(voice_kal_diphone)(set! u (utt.synth (Utterance Text "{text}")))(utt.save.wave u "{path}" 'riff)
(mapcar (lambda (s) (format t "%s:%f " (item.name s) (item.feat s "end"))) (utt.relation.items u 'Segment))"""

VOICES = ("rms", "slt", "awb", "kal")


@dataclass(frozen=True, eq=False)
class Utterance:
    """Speech [N] at 16 kHz, its number of frames, and (start, end, phone) in seconds."""

    voice: str
    speech: np.ndarray
    frames: int
    phones: list[tuple[float, float, str]]


def speak(voice: str, text: str, folder: Path) -> Utterance:
    path = folder / "speech.wav"
    if voice == "kal":
        script = folder / "speech.scm"
        script.write_text(_FESTIVAL.format(text=text, path=path))
        command = ["festival", "-b", str(script)]
    else:
        command = ["flite", "-voice", voice, "-t", text, "-o", str(path), "-psdur"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    phones, start = [], 0.0
    for phone, end in re.findall(r"([a-z#@]+):([\d.]+)", said):
        phones.append((start, float(end), phone))
        start = float(end)
    audio = load_audio(path)
    return Utterance(voice, to_speech(audio), audio.frames, phones)


def expected(utterance: Utterance) -> np.ndarray:
    """Jaw, pucker and stretch [T, 3] by the table, blurred by 36 ms, 40 ms ahead of the sound."""
    steps = np.zeros((utterance.frames * 4 + 8, 3))
    for start, end, phone in utterance.phones:
        steps[int(start * 100) : max(int(end * 100), int(start * 100) + 1)] = _TABLE[_CLASS.get(phone, "open")]
    return gaussian_filter1d(steps, 3.6, axis=0)[6::4][: utterance.frames]


def judge(utterances: list[Utterance]) -> str:
    heard, table, found, bilabials, right, runs = [], [], 0, 0, 0, 0
    for utterance in utterances:
        performed = articulate(utterance.speech, utterance.frames)
        mouth = eased(performed.sequence)
        heard.append(np.stack([mouth[name] for name in _COLUMNS], axis=1))
        table.append(expected(utterance))
        lips = np.where(performed.envelope > 0.5, performed.sequence["lips_together"], 0)
        time = (np.arange(utterance.frames) + 0.5) / 25
        for index, (start, end, phone) in enumerate(utterance.phones):
            if phone in _LIPS and index and utterance.phones[index - 1][2] not in _REST:
                bilabials += 1
                found += bool((lips[(time > start - 0.08) & (time < end + 0.02)] >= 0.8).any())
        edges = np.flatnonzero(np.diff(np.concatenate(([0], lips >= 0.6, [0])).astype(int))).reshape(-1, 2)
        for first, last in edges:
            begin, until = time[first] + 0.02, time[last - 1] + 0.06
            during = {phone for start, end, phone in utterance.phones if start < until and end > begin}
            if during and not during & _REST:
                runs += 1
                right += bool(during & _LIPS)
    a, b = np.concatenate(heard), np.concatenate(table)
    jaw, pucker, stretch = (np.corrcoef(a[:, k], b[:, k])[0, 1] for k in range(3))
    return (
        f"jaw {jaw:.2f}  pucker {pucker:.2f}  stretch {stretch:.2f}  "
        f"closed at p b m {found / bilabials:.2f} of {bilabials}  right when closed {right / runs:.2f} of {runs}"
    )


def fit(utterances: list[Utterance], ridge: float = 30.0) -> tuple[np.ndarray, float]:
    """Logistic weights [66] and bias that tell dips made by the lips from others."""
    signs, made_by_lips = [], []
    for utterance in utterances:
        spectrum = analyse(utterance.speech, utterance.frames)
        for start, end, sign in candidates(spectrum, activity(spectrum.level)):
            least = min(2.0, 0.4 * (end - start))
            overlaps = [min(end, b * 100) - max(start, a * 100) for a, b, phone in utterance.phones if phone in _LIPS]
            signs.append(sign)
            made_by_lips.append(any(overlap >= least for overlap in overlaps))
    x, y = np.array(signs), np.array(made_by_lips)
    mean, spread = x.mean(axis=0), x.std(axis=0)
    z = (x - mean) / spread

    def loss(w: np.ndarray) -> tuple[float, np.ndarray]:
        score = z @ w[:-1] + w[-1]
        slope = z.T @ (1 / (1 + np.exp(-score)) - y) + 2 * ridge * w[:-1]
        value = np.logaddexp(0, score).sum() - score[y].sum() + ridge * (w[:-1] ** 2).sum()
        return value, np.append(slope, (1 / (1 + np.exp(-score)) - y).sum())

    w = minimize(loss, np.zeros(x.shape[1] + 1), jac=True).x
    return w[:-1] / spread, w[-1] - (mean / spread) @ w[:-1]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fit", action="store_true", help="print weights instead of judging")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        utterances = [speak(voice, text, Path(folder)) for voice in VOICES for text in SENTENCES]
    if given.fit:
        weights, bias = fit(utterances)
        for row in (weights[:18], *100 * weights[18:].reshape(3, 16)):
            print([round(float(weight), 3) for weight in row])
        print(round(float(bias), 2))
        return
    for voice in VOICES:
        print(f"{voice}  {judge([utterance for utterance in utterances if utterance.voice == voice])}")


if __name__ == "__main__":
    main()
