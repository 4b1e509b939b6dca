"""Measure the bundled ALM on voices that it never heard, and find out when its emotions are to be believed.

    python tools/alm/evaluate_bundled.py SHARDS ALM.safetensors SPEECH.safetensors --neutral RECORDING ...

SHARDS as for train_bundled.py, of which the held-out voices are taken; RECORDING: people who speak calmly. Prints
tables for the model card and writes `calm_below` into ALM: the least probability above which at least three of four
emotions other than neutral are right, and at most one of ten calm recordings is called anything else. Above 1, where
there is no such probability: then the model always keeps calm.

Compared, by mean absolute error to what the teacher gives for the true emotion: the model as it writes; the prototype
of the emotion that it names; the prototype of the emotion that the speech model's own head finds; and no expression.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import torch

sys.path[:0] = [str(Path(__file__).resolve().parents[2]), str(Path(__file__).resolve().parent)]
from lessons import COLUMNS, LONGEST, Clip, read_clips  # noqa: E402
from train_bundled import LANGUAGE, held_out  # noqa: E402

from auhead_models.alm.backends.bundled import BundledALM, open_bundled, save_bundled  # noqa: E402
from auhead_models.alm.codec import FPS, Utterance  # noqa: E402
from auhead_models.alm.decode import Answer, Sampling, write  # noqa: E402
from auhead_models.alm.grammar import Rules  # noqa: E402
from auhead_models.alm.prototype import prototype_values  # noqa: E402
from auhead_models.au.emotions import EMOTIONS, LEVELS  # noqa: E402
from auhead_models.au.sequence import Span  # noqa: E402
from auhead_models.speech import load_audio, to_speech  # noqa: E402
from auhead_models.speech.features import log_power, normalised  # noqa: E402
from auhead_models.speech.model import SpeechModel, load_model  # noqa: E402

_BELIEVED, _CALM = 0.75, 0.9
_ROWS = 16
_MELS = LONGEST * COLUMNS  # columns of the encoder's window
NEUTRAL = EMOTIONS.index("neutral")


def windows(clips: list[Clip]) -> list[Clip]:
    """The first 10 s of clips, in whole frames."""
    found = []
    for clip in clips:
        frames = min(clip.mel.shape[1] // COLUMNS, LONGEST)
        found.append(Clip(clip.voice, clip.emotion, clip.level, clip.mel[:, : frames * COLUMNS].astype(np.float32)))
    return found


def answers(backend: BundledALM, clips: list[Clip], calm_below: float) -> list[Answer]:
    """What the model writes for spectra, many at once."""

    def features(mels: list[np.ndarray]) -> dict[str, torch.Tensor]:
        padded = [np.pad(mel, ((0, 0), (0, _MELS - mel.shape[1])), constant_values=-10) for mel in mels]
        mask = torch.zeros(len(mels), _MELS, dtype=torch.long)
        for row, mel in enumerate(mels):
            mask[row, : mel.shape[1]] = 1
        return {"input_features": normalised(torch.from_numpy(np.stack(padded))), "feature_attention_mask": mask}

    backend.features = features  # the shards hold spectra, not sound
    order = sorted(range(len(clips)), key=lambda i: clips[i].mel.shape[1])
    found: dict[int, Answer] = {}
    for start in range(0, len(order), _ROWS):
        some = order[start : start + _ROWS]
        rules = [Rules(clips[i].mel.shape[1] // COLUMNS) for i in some]
        writing = write(backend, [clips[i].mel for i in some], rules, Sampling(calm_below=calm_below))
        while True:
            try:
                next(writing)
            except StopIteration as end:
                found |= dict(zip(some, end.value))
                break
    del backend.features
    return [found[i] for i in range(len(clips))]


def taught(clip: Clip, emotion: str, level: int) -> np.ndarray:
    frames = clip.mel.shape[1] // COLUMNS
    return prototype_values([Span(0, frames / FPS, emotion, level)], clip.mel, frames)


def head_says(model: SpeechModel, clip: Clip) -> tuple[str, int]:
    """Emotion and level that the speech model's heads find over a whole clip."""
    with torch.inference_mode():
        _, logits = model(normalised(torch.from_numpy(clip.mel))[None])
    speaking = 1 - logits["viseme"].softmax(-1)[0, :, :1]
    means = [(speaking * logits[name].log_softmax(-1)[0]).sum(0) for name in ("emotion", "level")]
    return EMOTIONS[int(means[0].argmax())], LEVELS[int(means[1].argmax())]


def threshold(voices: list[Answer], truths: list[str], calm: list[Answer]) -> float:
    """The probability under which an emotion is not believed."""
    for least in np.arange(0.2, 1.0, 0.02):
        named = [
            EMOTIONS[int(answer.emotions.argmax())] == truth
            for answer, truth in zip(voices, truths)
            if answer.emotions.argmax() != NEUTRAL and answer.emotions.max() >= least
        ]
        kept = np.mean([a.emotions.argmax() == NEUTRAL or a.emotions.max() < least for a in calm])
        if len(named) >= 10 and np.mean(named) >= _BELIEVED and kept >= _CALM:
            return float(least)
    return 1.01


def confusion(found: list[str], truths: list[str]) -> list[str]:
    lines = ["| spoken as | clips | " + " | ".join(EMOTIONS) + " |", "|---" * (len(EMOTIONS) + 2) + "|"]
    for truth in EMOTIONS:
        row = [name for name, true in zip(found, truths) if true == truth]
        lines.append(f"| {truth} | {len(row)} | " + " | ".join(str(row.count(name)) for name in EMOTIONS) + " |")
    return lines


def recall(found: list[str], truths: list[str]) -> float:
    return float(np.mean([np.mean([f == t for f, t in zip(found, truths) if t == e]) for e in set(truths)]))


def errors(values: list[np.ndarray], targets: list[np.ndarray]) -> str:
    differences = np.concatenate([np.abs(v - t) for v, t in zip(values, targets)])
    active = np.concatenate(targets) > 0.05
    return f"{differences.mean():.4f} | {differences[active].mean():.3f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shards", type=Path)
    parser.add_argument("alm", type=Path)
    parser.add_argument("speech", type=Path)
    parser.add_argument("--neutral", type=Path, nargs="*", default=[])
    parser.add_argument("--clips", type=int, default=160)
    options = parser.parse_args()
    torch.set_num_threads(1)
    backend, model = open_bundled(options.alm, options.speech), load_model(options.speech)
    known = [clip for clip in read_clips(sorted(options.shards.glob("*.npz"))) if held_out(clip.voice)]
    order = np.random.default_rng(0).permutation(len(known))[: options.clips]
    clips = windows([known[i] for i in order])
    calm = windows([_recorded(path) for path in options.neutral])
    truths = [clip.emotion for clip in clips]
    free, freely_calm = answers(backend, clips, 0.0), answers(backend, calm, 0.0)
    backend.calm_below = threshold(free, truths, freely_calm)
    save_bundled(backend, options.alm, LANGUAGE)
    likeliest = [_likeliest(answer) for answer in free]
    heads = [head_says(model, clip) for clip in clips]
    targets = [taught(clip, clip.emotion, clip.level) for clip in clips]
    named = [taught(c, a.utterance.emotion, a.utterance.level) for c, a in zip(clips, free)]
    cautious = [
        a.utterance if a.emotions.max() >= backend.calm_below else Utterance("neutral", 1, 0 * t)
        for a, t in zip(free, targets)
    ]
    people = [_likeliest(answer) for answer in freely_calm]
    kept = sum(a.emotions.max() < backend.calm_below or _likeliest(a) == "neutral" for a in freely_calm)
    tokens, seconds = sum(a.tokens for a in free), sum(len(a.utterance) for a in free) / FPS
    compared = {
        "as the model writes it": [answer.utterance.values for answer in free],
        "prototype of the emotion that it names": named,
        "prototype of what the speech model's head finds": [taught(c, *h) for c, h in zip(clips, heads)],
        "as the model writes it, calm when unsure": [each.values for each in cautious],
        "none": [0 * target for target in targets],
    }
    lines = [
        f"{len(clips)} clips of {len({clip.voice for clip in clips})} voices; {tokens / seconds:.1f} tokens a second",
        f"calm_below {backend.calm_below:.2f}",
        f"recall, mean over the emotions: {recall(likeliest, truths):.2f}; "
        f"of the speech model's head {recall([head[0] for head in heads], truths):.2f}",
        "",
        "Likeliest emotion:",
        "",
        *confusion(likeliest, truths),
        "",
        "As used, calm when unsure:",
        "",
        *confusion([each.emotion for each in cautious], truths),
        "",
        f"Calm people: {kept} of {len(people)} stay neutral; likeliest: {', '.join(people)}",
        "",
        "| expression | mean error, 24 units | where the teacher moves |",
        "|---|---|---|",
        *(f"| {name} | {errors(values, targets)} |" for name, values in compared.items()),
    ]
    print("\n".join(lines))


def _likeliest(answer: Answer) -> str:
    return EMOTIONS[int(answer.emotions.argmax())]


def _recorded(path: Path) -> Clip:
    audio = load_audio(path)
    return Clip(path.stem, "neutral", 1, log_power(to_speech(audio), audio.frames).numpy())


if __name__ == "__main__":
    main()
