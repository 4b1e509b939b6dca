"""Stage 1's language: how many tokens a second of speech takes, how near it comes, and that any network speaks it.

    python benchmarks/alm_tokens.py SPEECH ... [--ranks qwen.tiktoken] [-o TABLE]

Labels: the performances that Speech → Expression gives to the recordings, each with the eight emotions at three levels,
as units at 5 fps: with the mouth (all 24 units), with the jitter of a regressor on top (standard deviation 0.02 where a
unit moves), the same as a training of ours learns to write it (`training.labels.steady`), and the expression alone,
which is what a model is asked for here. Errors are those of the tokens against the labels as they were read, and
against those before the jitter. The first author's list is counted with Qwen's own byte-pair encoding where its ranks
are given (from the wheel of the package dashscope, Apache-2.0), because it is made of ordinary words. The random
networks are those of the tests and the bundled one's shape.
"""

import argparse
import base64
import re
import sys
import time
from pathlib import Path

import numpy as np
import torch

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "alm"), str(ROOT / "tools" / "alm")]

from auhead_models.alm.codec import FPS, Utterance, decode, encode  # noqa: E402
from auhead_models.alm.decode import Sampling, write  # noqa: E402
from auhead_models.alm.grammar import Rules  # noqa: E402
from auhead_models.alm.text import to_author_list  # noqa: E402
from auhead_models.alm.training.labels import steady  # noqa: E402
from auhead_models.au.emotions import EMOTIONS, LEVELS, emotion_track  # noqa: E402
from auhead_models.au.sequence import Span  # noqa: E402
from auhead_models.errors import AUHeadError  # noqa: E402
from auhead_models.speech import Audio, SpeechOptions, load_audio, speech_to_au  # noqa: E402
from auhead_models.speech.encoder import EncoderConfig  # noqa: E402

JITTER = 0.02
GENERATIONS = 200
_PIECES = re.compile(r"[A-Za-z]+|\d|\s?[^\sA-Za-z\d]+|\s+")  # Qwen splits text so before it joins bytes


class Ranks:
    """Byte-pair encoding with the ranks of a .tiktoken file."""

    def __init__(self, path: Path):
        pairs = (line.split() for line in path.read_bytes().splitlines() if line)
        self._ranks = {base64.b64decode(token): int(rank) for token, rank in pairs}
        self._counts: dict[bytes, int] = {}

    def count(self, text: str) -> int:
        return sum(self._count(piece.encode()) for piece in _PIECES.findall(text))

    def _count(self, piece: bytes) -> int:
        if piece not in self._counts:
            parts = [piece[i : i + 1] for i in range(len(piece))]
            while len(parts) > 1:
                joined = [self._ranks.get(a + b) for a, b in zip(parts, parts[1:])]
                if not any(rank is not None for rank in joined):
                    break
                at = min((rank, i) for i, rank in enumerate(joined) if rank is not None)[1]
                parts[at : at + 2] = [parts[at] + parts[at + 1]]
            self._counts[piece] = len(parts)
        return self._counts[piece]


def labels(sounds: list[Audio]) -> dict[str, list[tuple[Utterance, np.ndarray, np.ndarray]]]:
    """For each kind: what is written, what it was made of [N, 24], and that before the jitter."""
    rng = np.random.default_rng(0)
    found: dict[str, list[tuple[Utterance, np.ndarray, np.ndarray]]] = {}
    for sound in sounds:
        for emotion in EMOTIONS:
            for level in LEVELS:
                options = SpeechOptions(emotion=emotion, level=level)
                values = np.clip(speech_to_au(sound, options, seed=level).resample(FPS).values, 0, 1)
                values = np.where(values < 0.01, 0, values)
                spoiled = np.clip(values + rng.normal(0, JITTER, values.shape) * (values > 0), 0, 1)
                alone = np.clip(emotion_track([Span(0, 1e9, emotion, level)], len(values), FPS).values, 0, 1)
                rows = {
                    "with the mouth": (values, values, values),
                    "with the mouth and jitter": (spoiled, spoiled, values),
                    "jitter, steadied for training": (steady(spoiled), spoiled, values),
                    "expression alone": (alone, alone, alone),
                }
                for name, (written, label, clean) in rows.items():
                    found.setdefault(name, []).append((Utterance(emotion, level, written), label, clean))
    return found


def token_table(sounds: list[Audio], ranks: Ranks | None) -> list[str]:
    lines = [
        "| labels, 5 fps | units active in a frame | our tokens a second | the author's list, tokens a second | "
        "largest error | mean error | mean error without the jitter |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, found in labels(sounds).items():
        utterances = [utterance for utterance, _, _ in found]
        seconds = sum(len(each) for each in utterances) / FPS
        tokens = [encode(each) for each in utterances]
        errors = [np.abs(decode(t).values - label) for t, (_, label, _) in zip(tokens, found)]
        clean = [np.abs(decode(t).values - each) for t, (_, _, each) in zip(tokens, found)]
        active = np.mean([(each.values > 0).sum(1).mean() for each in utterances])
        listed = sum(ranks.count(to_author_list(each)) for each in utterances) / seconds if ranks else np.nan
        lines.append(
            f"| {name} | {active:.1f} | **{sum(map(len, tokens)) / seconds:.1f}** | {listed:.0f} | "
            f"{max(each.max() for each in errors):.4f} | {np.mean([each.mean() for each in errors]):.4f} | "
            f"{np.mean([each.mean() for each in clean]):.4f} |"
        )
    return lines


def random_table() -> list[str]:
    from toy_backends import TOYS
    from train_bundled import make_untrained

    networks = {**TOYS, "the bundled model's shape": lambda: make_untrained(EncoderConfig())}
    lines = ["| network with random weights | answers | parsed, of the right length | tokens a second of speech |"]
    lines.append("|---|---|---|---|")
    for name, make in networks.items():
        backend, rng, parsed, tokens, frames = make(), np.random.default_rng(0), 0, 0, 0
        for seed in range(GENERATIONS // 20):
            lengths = rng.integers(1, int(backend.window * FPS) + 1, 20)
            speeches = [rng.normal(0, 0.1, 3200 * n).astype(np.float32) for n in lengths]
            sampling = Sampling(temperature=(0.0, 1.0, 1.5)[seed % 3], seed=seed)
            writing = write(backend, speeches, [Rules(int(n)) for n in lengths], sampling)
            for answer, wanted in zip(_drained(writing), lengths):
                try:
                    parsed += len(decode(encode(answer.utterance), int(wanted))) == wanted
                except AUHeadError:
                    continue
                tokens, frames = tokens + answer.tokens, frames + int(wanted)
        lines.append(f"| {name} | {GENERATIONS} | {parsed} | {tokens / frames * FPS:.0f} |")
    return lines


def _drained(writing):
    while True:
        try:
            next(writing)
        except StopIteration as end:
            return end.value


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("speech", nargs="+", type=Path)
    parser.add_argument("--ranks", type=Path)
    parser.add_argument("-o", "--output", type=Path, default=ROOT / "benchmarks" / "results" / "alm_tokens.md")
    options = parser.parse_args()
    torch.set_num_threads(1)
    begin = time.process_time()
    sounds = [load_audio(path) for path in options.speech]
    seconds = sum(sound.seconds for sound in sounds)
    text = [
        "# Stage 1: tokens",
        "",
        f"`python benchmarks/alm_tokens.py`, {len(sounds)} recordings, {seconds:.0f} s, each with 24 feelings; see the "
        "script for what the labels are. Bars: at most 45 tokens a second and an error of at most 0.025; all answers "
        "of untrained networks parse.",
        "",
        *token_table(sounds, Ranks(options.ranks) if options.ranks else None),
        "",
        *random_table(),
    ]
    options.output.write_text("\n".join(text) + "\n", encoding="utf-8")
    print("\n".join(text))
    print(f"{time.process_time() - begin:.0f} s of processor time", file=sys.stderr)


if __name__ == "__main__":
    main()
