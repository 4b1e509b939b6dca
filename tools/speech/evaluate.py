"""How well the speech model hears, on the held-out sentences of make_speech.py --held-out.

    python tools/speech/evaluate.py HELD_OUT.npz MODEL.safetensors --voices "flite:*"      a table, voice by voice
        --pocketsphinx    the same clips heard by pocketsphinx's phone recognition (no words known)
        --emotions        confusion of the emotions instead
    python tools/speech/evaluate.py --languages MODEL.safetensors     espeak-ng in languages that nothing was trained on

viseme: share of frames with the right viseme of 15. jaw, pucker: correlation with the mouth of the true phones. kept:
/p b m/ at which lips_together reaches 0.9 in the finished performance. right: closures of it that a /p b m/ made.
Phones of another language count as the English ones that espeak-ng names alike, or else as a schwa. loudness:
correlation of the finished jaw with the sound's level, which needs no phones.
"""

import argparse
import fnmatch
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

sys.path[:0] = [str(Path(__file__).resolve().parents[2]), str(Path(__file__).resolve().parent)]
from voices import Espeak, Style  # noqa: E402

from auhead_models.au.emotions import EMOTIONS, LEVELS  # noqa: E402
from auhead_models.au.sequence import AUSequence  # noqa: E402
from auhead_models.speech.articulation import Articulation, articulate  # noqa: E402
from auhead_models.speech.audio import SPEECH_RATE, Audio, to_speech  # noqa: E402
from auhead_models.speech.coarticulation import JAW, MOUTH, Phones, mouth_track, viseme_track  # noqa: E402
from auhead_models.speech.compose import compose  # noqa: E402
from auhead_models.speech.model import SpeechModel, hear, load_model  # noqa: E402
from auhead_models.speech.spectrum import STEPS_PER_FRAME, analyse  # noqa: E402

PUCKER = MOUTH.index("lip_pucker")
LANGUAGES = {  # voices of espeak-ng, each with a few sentences of ours
    "de": "Guten Morgen, mein Name ist Peter Baumann, und wir fahren im Februar mit dem Bus über Bremen nach Hamburg. "
    "Möchten Sie bitte den Pfeffer probieren? Am Abend bauen wir im Park ein buntes Puppenhaus.",
    "es": "Buenos días, me llamo Pablo y mi hermana prepara un pastel de manzana para el sábado. También compramos "
    "pan, vino y muchas flores. Mañana por la tarde vamos a bailar en el pueblo.",
    "fr": "Bonjour madame, je voudrais une baguette et deux pommes, s'il vous plaît. Mon père habite à Paris, et il "
    "fait beau aujourd'hui. Nous partons demain pour un petit village près de Bordeaux.",
    "cmn-latn-pinyin": "ni3 hao3, wo3 de ming2 zi4 shi4 xiao3 ming2. ma1 ma1 mai3 le ba1 ge ping2 guo3 he2 yi4 ping2 "
    "bai2 jiu3. wo3 men ming2 tian1 zuo4 fei1 ji1 qu4 bei3 jing1 kan4 peng2 you.",
}
_STYLES = ((1.0, 1.0), (1.2, 1.3), (0.9, 0.8))  # tempo and pitch


@dataclass(frozen=True, eq=False)
class Utterance:
    """Speech [N] at 16 kHz, its frames, phones, and how it is meant."""

    voice: str
    text: str
    emotion: str
    level: int
    speech: np.ndarray
    frames: int
    phones: Phones


def held_out(path: Path) -> Iterator[Utterance]:
    file = np.load(path)
    sound, start = file["sound"], 0
    for entry in json.loads(str(file["clips"])):
        audio = Audio(sound[start : start + entry["samples"]].astype(np.float32) / 32768, SPEECH_RATE)
        start += entry["samples"]
        phones = [tuple(phone) for phone in entry["phones"]]
        names = (entry[name] for name in ("voice", "text", "emotion", "level"))
        yield Utterance(*names, to_speech(audio), audio.frames, phones)


class Tally:
    """Frames and closures of many clips."""

    def __init__(self):
        self.right, self.heard, self.true = [], [], []
        self.closures = np.zeros(4, int)  # kept, of; right, of

    def add(self, utterance: Utterance, visemes: np.ndarray, units: np.ndarray, lips: np.ndarray):
        """What was heard: visemes [T] indices, units [T, 10]; lips [T] of the performance."""
        self.right.append(visemes == viseme_track(utterance.phones, utterance.frames))
        self.heard.append(units)
        self.true.append(mouth_track(utterance.phones, utterance.frames))
        self.closures += closures(utterance.phones, lips)

    def line(self) -> str:
        heard, true = np.concatenate(self.heard), np.concatenate(self.true)
        jaw, pucker = (np.corrcoef(heard[:, k], true[:, k])[0, 1] for k in (JAW, PUCKER))
        kept, of, right, closed = self.closures
        accuracy = np.concatenate(self.right).mean()
        return f"{accuracy:.3f} | {jaw:.3f} | {pucker:.3f} | {kept / of:.3f} ({of}) | {right / max(closed, 1):.3f}"


def closures(phones: Phones, lips: np.ndarray) -> np.ndarray:
    """[kept, of, right, closed]"""
    time = (np.arange(len(lips)) + 0.5) / 25
    bilabials = [(start, end) for start, end, phone in phones if phone in "pbm"]
    kept = sum(lips[(time > start - 0.08) & (time < end + 0.02)].max(initial=0) >= 0.9 for start, end in bilabials)
    runs = np.flatnonzero(np.diff(np.concatenate(([0], lips >= 0.9, [0])).astype(int))).reshape(-1, 2)
    spans = [(time[first], time[last - 1] + 0.08) for first, last in runs]
    right = sum(any(start < until and end > begin for start, end in bilabials) for begin, until in spans)
    return np.array([kept, len(bilabials), right, len(spans)])


def performed(articulation: Articulation) -> AUSequence:
    """The mouth after compose, without other layers."""
    nothing = AUSequence.zeros(len(articulation.envelope))
    return compose(nothing, articulation, nothing, nothing, nothing)


def performed_lips(articulation: Articulation) -> np.ndarray:
    """lips_together [T] of it."""
    return performed(articulation)["lips_together"]


def judge(utterances: list[Utterance], model: SpeechModel) -> Tally:
    tally = Tally()
    for utterance in utterances:
        heard = hear(utterance.speech, utterance.frames, model)
        mouth = articulate(utterance.speech, utterance.frames, heard=heard)
        tally.add(utterance, heard.visemes.argmax(axis=1), heard.units, performed_lips(mouth))
    return tally


def languages(model: SpeechModel) -> Iterator[str]:
    """A line for each language: the measures of `Tally`, and loudness."""
    espeak = Espeak()
    for voice, text in LANGUAGES.items():
        tally, jaws, levels = Tally(), [], []
        for tempo, pitch in _STYLES:
            sound, phones = espeak.speak(voice, text, Style(tempo, pitch))
            audio = Audio(sound, SPEECH_RATE)
            speech = to_speech(audio)
            heard = hear(speech, audio.frames, model)
            mouth = performed(articulate(speech, audio.frames, heard=heard))
            spoken = Utterance(voice, text, "neutral", 2, speech, audio.frames, phones)
            tally.add(spoken, heard.visemes.argmax(axis=1), heard.units, mouth["lips_together"])
            level = analyse(speech, audio.frames).sonorant.reshape(-1, STEPS_PER_FRAME).mean(axis=1)
            jaws.append(mouth["jaw_open"][:-1])
            levels.append(np.maximum(level[1:], -60))  # the mouth is a frame ahead
        loudness = np.corrcoef(np.concatenate(jaws), np.concatenate(levels))[0, 1]
        yield f"| {voice} | {tally.line()} | {loudness:.3f} |"


def judge_pocketsphinx(utterances: list[Utterance]) -> Tally:
    """Phone recognition; its phones become a mouth as the true ones do."""
    from pocketsphinx import Decoder, get_model_path

    folder = f"{get_model_path()}/en-us"
    settings = {"lw": 2.0, "beam": 1e-20, "pbeam": 1e-20, "loglevel": "FATAL"}
    decoder = Decoder(hmm=f"{folder}/en-us", allphone=f"{folder}/en-us-phone.lm.bin", **settings)
    tally = Tally()
    for utterance in utterances:
        decoder.start_utt()
        decoder.process_raw((np.clip(utterance.speech, -1, 1) * 32767).astype("<i2").tobytes(), full_utt=True)
        decoder.end_utt()
        phones = [(s.start_frame / 100, (s.end_frame + 1) / 100, s.word.lower().strip("+")) for s in decoder.seg()]
        phones = [(a, b, "pau" if name in ("sil", "spn", "nsn") else name) for a, b, name in phones]
        units = mouth_track(phones, utterance.frames)
        tally.add(utterance, viseme_track(phones, utterance.frames), units, units[:, -1])
    return tally


def emotions(utterances: list[Utterance], model: SpeechModel) -> str:
    """Rows: what was meant; columns: what was heard. Then the same for the levels of emotions but neutral."""
    table, levels, sure = np.zeros((8, 8), int), np.zeros((3, 3), int), []
    for utterance in utterances:
        emotion, level = hear(utterance.speech, utterance.frames, model).pooled()
        meant = EMOTIONS.index(utterance.emotion)
        table[meant, emotion.argmax()] += 1
        sure.append((float(emotion.max()), bool(emotion.argmax() == meant), EMOTIONS[emotion.argmax()]))
        if utterance.emotion != "neutral":
            levels[LEVELS.index(utterance.level), level.argmax()] += 1
    lines = ["| | " + " | ".join(EMOTIONS) + " |", "|---" * 9 + "|"]
    lines += [f"| {name} | " + " | ".join(map(str, row)) + " |" for name, row in zip(EMOTIONS, table)]
    recalls = [row[k] / row.sum() for k, row in enumerate(table) if row.sum()]
    lines.append(f"\nmean recall {np.mean(recalls):.3f}; level {np.trace(levels) / levels.sum():.3f}\n")
    for threshold in (0.3, 0.4, 0.5, 0.6, 0.7, 0.8):
        told = [right for probability, right, name in sure if probability >= threshold and name != "neutral"]
        share = len(told) / len(sure)
        lines.append(f"from {threshold}: an emotion for {share:.2f}, right in {np.mean(told or [0]):.2f}")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("held_out", type=Path, nargs="?")
    parser.add_argument("model", type=Path)
    parser.add_argument("--voices", default="*")
    parser.add_argument("--pocketsphinx", action="store_true")
    parser.add_argument("--emotions", action="store_true")
    parser.add_argument("--languages", action="store_true")
    given = parser.parse_args()
    torch.set_num_threads(1)
    model = load_model(given.model)
    if given.languages:
        print(*languages(model), sep="\n")
        return
    utterances = [one for one in held_out(given.held_out) if fnmatch.fnmatch(one.voice, given.voices)]
    acted = [one for one in utterances if one.text.count(".") + one.text.count("?") > 1]  # two sentences each
    if given.emotions:
        print(emotions(acted, model))
        return
    calm = [one for one in utterances if one not in acted]
    voices = list(dict.fromkeys(one.voice for one in calm))
    for voice in [*voices, given.voices]:
        some = [one for one in calm if fnmatch.fnmatch(one.voice, voice)]
        tally = judge_pocketsphinx(some) if given.pocketsphinx else judge(some, model)
        print(f"| {voice} | {tally.line()} |", flush=True)


if __name__ == "__main__":
    main()
