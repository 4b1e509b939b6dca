"""How well the mouth follows recorded human speech, judged by forced alignment of its words (pocketsphinx).

    python tools/speech/real_speech.py FOLDER MODEL.safetensors

FOLDER holds sounds and transcripts.tsv with lines "file<tab>words". Columns as in evaluate.py; "performed jaw" is that
of the finished articulation, and "silent" the share of frames inside pauses in which the jaw is up (below 0.03).
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import torch

sys.path[:0] = [str(Path(__file__).resolve().parents[2]), str(Path(__file__).resolve().parent)]
from evaluate import Tally, Utterance, performed_lips  # noqa: E402

from auhead_models.speech.alignment import align  # noqa: E402
from auhead_models.speech.articulation import Articulation, articulate  # noqa: E402
from auhead_models.speech.audio import load_audio, to_speech  # noqa: E402
from auhead_models.speech.coarticulation import JAW, Phones, mouth_track  # noqa: E402
from auhead_models.speech.model import hear, load_model  # noqa: E402


def recordings(folder: Path) -> list[Utterance]:
    found = []
    for line in (folder / "transcripts.tsv").read_text().splitlines():
        name, words = line.split("\t")
        audio = load_audio(folder / name)
        speech = to_speech(audio)
        phones = align(speech, words)
        if phones is not None:
            found.append(Utterance(name, words, "", 0, speech, audio.frames, phones))
    return found


def pauses(phones: Phones, mouth: Articulation) -> np.ndarray:
    """Jaw in the frames inside pauses longer than 0.2 s, away from their ends."""
    time = (np.arange(len(mouth.envelope)) + 0.5) / 25
    inside = np.zeros(len(time), bool)
    for start, end, phone in phones:
        if phone == "pau" and end - start > 0.2:
            inside |= (time > start + 0.1) & (time < end - 0.14)
    return mouth.sequence["jaw_open"][inside]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("model", type=Path)
    given = parser.parse_args()
    torch.set_num_threads(1)
    model = load_model(given.model)
    whole, jaws, true, silent = Tally(), [], [], []
    for one in recordings(given.folder):
        heard = hear(one.speech, one.frames, model)
        mouth = articulate(one.speech, one.frames, heard=heard)
        jaws.append(mouth.sequence["jaw_open"])
        true.append(mouth_track(one.phones, one.frames)[:, JAW])
        silent.append(pauses(one.phones, mouth))
        single = Tally()
        for tally in (single, whole):
            tally.add(one, heard.visemes.argmax(axis=1), heard.units, performed_lips(mouth))
        print(f"| {one.voice} | {single.line()} | {np.corrcoef(jaws[-1], true[-1])[0, 1]:.3f} |")
    performed = np.corrcoef(np.concatenate(jaws), np.concatenate(true))[0, 1]
    still = np.mean(np.concatenate(silent) < 0.03)
    print(f"| all | {whole.line()} | {performed:.3f} |  silent {still:.3f}")


if __name__ == "__main__":
    main()
