"""Train the language model and projector of the bundled ALM on synthetic speech.

    python tools/alm/train_bundled.py SHARDS SPEECH.safetensors OUT.safetensors --minutes 35

SHARDS are those of tools/speech/make_speech.py, SPEECH the bundled speech model, whose encoder is frozen. Lessons are
kept beside OUT (.lessons.npz) and made anew when that file is gone. `--start OUT` goes on from an earlier result, which
is enough when only the encoder has changed. OUT goes to auhead_models/weights/auhead_alm.safetensors.
"""

import argparse
import logging
import math
import sys
import time
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch

sys.path[:0] = [str(Path(__file__).resolve().parents[2]), str(Path(__file__).resolve().parent)]
from lessons import Lesson, load, make_lessons, read_clips, save  # noqa: E402

from auhead_models.alm.backends.bundled import (  # noqa: E402
    BundledALM,
    WordTokenizer,
    make_backend,
    make_network,
    open_bundled,
    parts,
    save_bundled,
    words_of,
)
from auhead_models.alm.codec import STEPS, TABLE, encode  # noqa: E402
from auhead_models.alm.prompt import chat, perform_instruction  # noqa: E402
from auhead_models.au.emotions import EMOTIONS  # noqa: E402
from auhead_models.speech.encoder import EncoderConfig  # noqa: E402
from auhead_models.speech.model import load_model  # noqa: E402

LANGUAGE = {
    "hidden_size": 160,
    "intermediate_size": 416,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 2048,
}
# Voices whose names begin so are not learnt from.
HELD_OUT = ("flite:awb", "espeak:en-gb", "espeak:en-us+f", "espeak:en-us+klatt")
_KNOWN = 0.3  # share of prompts that tell the emotion
_FEELING = 4.0  # weight of emotion and level among the tokens
_NEAR = 0.7  # of a level, standard deviation of the ordinal labels
_TOKENS = 6000  # of a batch, with padding
_RATE, _WARM_UP = 2e-3, 100
_log = logging.getLogger("train")


def held_out(voice: str) -> bool:
    return voice.startswith(HELD_OUT)


def soft_labels() -> torch.Tensor:
    """[653, 653]: for each token the distribution that is asked for; a value's neighbours are nearly right too."""
    soft = torch.eye(len(TABLE))
    families: dict[tuple, list[int]] = {}
    for index, token in enumerate(TABLE):
        if token.kind == "change":
            families.setdefault((token.text.split(":")[0]), []).append(index)
    distance = torch.arange(STEPS + 1)[:, None] - torch.arange(STEPS + 1)
    near = (-0.5 * (distance / _NEAR) ** 2).exp()
    near = torch.where(distance.abs() <= 1, near, 0)
    for ids in families.values():
        soft[torch.tensor(ids)[:, None], torch.tensor(ids)] = near / near.sum(1, keepdim=True)
    return soft


class Course:
    """Batches of lessons for one backend, and the loss on them."""

    def __init__(self, backend: BundledALM):
        self.backend, self.parts, self.soft = backend, parts(backend.network), soft_labels()
        self.weights = torch.tensor([_FEELING if t.kind in ("emotion", "level") else 1.0 for t in TABLE])

    def inputs(self, lessons: list[Lesson], rng: np.random.Generator) -> dict[str, torch.Tensor]:
        """ids, mask and labels [B, L] (labels as token indices, -1 elsewhere), padded on the left; features."""
        backend, rows = self.backend, []
        for lesson in lessons:
            target, known = lesson.target, rng.random() < _KNOWN and not lesson.target.changes
            level = target.level if lesson.told or rng.random() < 0.7 else None
            told = (target.emotion, level) if lesson.told or known else (None, None)
            text = chat(perform_instruction(len(target), *told), len(lesson.features))
            prompt = backend.tokenizer.encode(text)
            answer = backend.vocabulary.ids(encode(target))
            rows.append((prompt, answer))
        length = max(len(prompt) + len(answer) for prompt, answer in rows)
        ids = torch.full((len(rows), length), backend.end)
        mask, labels = torch.zeros_like(ids), torch.full_like(ids, -1)
        for row, (prompt, answer) in enumerate(rows):
            ids[row, length - len(prompt) - len(answer) :] = torch.tensor(prompt + answer)
            mask[row, length - len(prompt) - len(answer) :] = 1
            labels[row, length - len(answer) :] = torch.tensor(answer) - backend.vocabulary.offset
        features = torch.from_numpy(np.concatenate([lesson.features for lesson in lessons])).float()
        return {"ids": ids, "mask": mask, "labels": labels, "features": features}

    def loss(self, batch: dict[str, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
        """The loss, and how many of the emotions would be named rightly."""
        ids, mask = batch["ids"], batch["mask"]
        embedded = self.backend.network.get_input_embeddings()(ids)
        sound = self.parts["projector"](batch["features"])
        embedded = embedded.masked_scatter((ids == self.backend.audio_id)[..., None], sound.to(embedded.dtype))
        hidden = self.parts["language"](
            inputs_embeds=embedded,
            attention_mask=mask,
            position_ids=self.backend.positions(ids, mask),
            use_cache=False,
        ).last_hidden_state
        labels = batch["labels"][:, 1:]
        at = labels >= 0
        table = self.backend.network.get_input_embeddings().weight[self.backend.vocabulary.offset :]
        scores = (hidden[:, :-1][at] @ table.T).float().log_softmax(1)
        wanted = labels[at]
        weights = self.weights[wanted]
        loss = (-(self.soft[wanted] * scores).sum(1) * weights).sum() / weights.sum()
        first = torch.tensor([TABLE[index].kind == "emotion" for index in wanted.tolist()])
        return loss, (scores[first].argmax(1) == wanted[first]).float().mean()


def batches(lessons: list[Lesson], rng: np.random.Generator) -> list[list[Lesson]]:
    """All lessons in random order, those of like length together."""
    order = sorted(range(len(lessons)), key=lambda i: len(lessons[i].target) + rng.uniform(0, 6))
    found, batch = [], []
    for index in order:
        batch.append(lessons[index])
        if len(batch) * (100 + 11 * len(lessons[index].target)) > _TOKENS:
            found.append(batch)
            batch = []
    rng.shuffle(found)
    return found


def train(backend: BundledALM, lessons: list[Lesson], seconds: float, seed: int, rate: float, out: Path) -> None:
    rng, course = np.random.default_rng(seed), Course(backend)
    network = backend.network.train()
    for parameter in course.parts["encoder"].parameters():
        parameter.requires_grad_(False)
    learning = [parameter for parameter in network.parameters() if parameter.requires_grad]
    optimiser = torch.optim.AdamW(learning, lr=rate, weight_decay=0.02, betas=(0.9, 0.98))
    begin, step, queue, seen = time.process_time(), 0, [], []
    while (spent := (time.process_time() - begin) / seconds) < 1:
        queue = queue or batches(lessons, rng)
        for group in optimiser.param_groups:
            group["lr"] = rate * min(1, (step + 1) / _WARM_UP) * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * spent)))
        with torch.autocast("cpu", torch.bfloat16):
            loss, right = course.loss(course.inputs(queue.pop(), rng))
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(learning, 1.0)
        optimiser.step()
        step += 1
        seen.append((loss.item(), right.item()))
        if step % 50 == 0:
            mean = np.nanmean(seen[-50:], axis=0)
            _log.info("step %d, %.0f %%: loss %.3f, emotion %.2f", step, 100 * spent, *mean)
        if step % 500 == 0:
            save_bundled(backend, out, LANGUAGE)
    network.eval()
    save_bundled(backend, out, LANGUAGE)


def make_untrained(config: EncoderConfig, seed: int = 0) -> BundledALM:
    """The bundled model with random weights."""
    texts = [chat(perform_instruction(1234567890, name, 2), 1) for name in EMOTIONS]
    tokenizer = WordTokenizer(words_of(texts))
    torch.manual_seed(seed)
    return make_backend(make_network(asdict(config), LANGUAGE, tokenizer), tokenizer)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shards", type=Path)
    parser.add_argument("speech", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--minutes", type=float, default=35, help="of processor time")
    parser.add_argument("--lessons", type=int, default=7000)
    parser.add_argument("--start", type=Path)
    parser.add_argument("--rate", type=float, default=_RATE)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(1)
    kept = options.out.with_suffix(".lessons.npz")
    if not kept.exists():
        rng = np.random.default_rng(options.seed)
        clips = [clip for clip in read_clips(sorted(options.shards.glob("*.npz"))) if not held_out(clip.voice)]
        save(make_lessons(clips, load_model(options.speech).encoder, options.lessons, rng, spoil=True), kept)
    lessons = load(kept)
    _log.info("%d lessons, %.1f hours", len(lessons), sum(len(lesson.target) for lesson in lessons) / 5 / 3600)
    if options.start:
        backend = open_bundled(options.start, options.speech)
    else:
        backend = make_untrained(load_model(options.speech).encoder.config, options.seed)
    train(backend, lessons, 60 * options.minutes, options.seed, options.rate, options.out)


if __name__ == "__main__":
    main()
