"""Train the speech model on the shards of make_speech.py.

    python tools/speech/train.py SHARDS OUT.safetensors --minutes 45
        --without "flite:*" "festival:cmu*"    voices to leave out
        --start CHECKPOINT                     go on from another training

OUT is written every 200 steps, and whole at the end; with --minutes 0 only the layer that is fitted last is made anew.
OUT.phones.pt keeps the head of single phones, which only the training has.
"""

import argparse
import logging
import math
import sys
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

sys.path[:0] = [str(Path(__file__).resolve().parents[2]), str(Path(__file__).resolve().parent)]
from dataset import IGNORED, PHONES, Batch, Clip, draw, load_clips  # noqa: E402

from auhead_models.speech.coarticulation import JAW, LIPS, MOUTH  # noqa: E402
from auhead_models.speech.encoder import EncoderConfig, SpeechEncoder  # noqa: E402
from auhead_models.speech.model import CONTEXT, SpeechModel, frame_by_frame, load_model, save_model  # noqa: E402

_SHAPES = (
    *((12, 60), (16, 40), (8, 100), (16, 40), (12, 60), (16, 40), (8, 100)),
    (3, 250),
)  # windows and frames of a batch, in turn
_WEIGHTS = torch.ones(len(MOUTH))
_WEIGHTS[JAW], _WEIGHTS[LIPS] = 6.0, 3.0
_OFFSETS = ((-2, -1, 1, 2), (-3, -1, 1, 3), (-5, -2, 2, 5), (-8, -3, 3, 8))  # of the heads, in steps of 20 ms
_NEARNESS = 0.9
_LOUDER = 3.0
_WARM_UP = 100  # steps
_STEADY = 0.55  # share of the time before the rate falls
_FITTED = 60  # batches of 40 s that the last layer is fitted to
_RIDGE = 3.0
_log = logging.getLogger("train")


def losses(model: SpeechModel, phone_head: nn.Linear, batch: Batch, position: int) -> dict[str, torch.Tensor]:
    with torch.autocast("cpu", torch.bfloat16):
        features, logits = model(batch.mel, position)
        phones = phone_head(features)
    logits = {name: value.float() for name, value in logits.items()}
    mouth = F.binary_cross_entropy_with_logits(logits["units"], batch.mouth, reduction="none")
    entropy = F.binary_cross_entropy(batch.mouth, batch.mouth, reduction="none")  # what is left at best
    return {
        "viseme": F.cross_entropy(logits["viseme"].flatten(0, 1), batch.visemes.flatten()),
        "phone": 0.5 * F.cross_entropy(phones.float().flatten(0, 1), batch.phones.flatten()),
        "units": 2 * ((mouth - entropy) * _WEIGHTS).mean(),
        "emotion": 0.15 * _known(logits["emotion"], batch.emotion),
        "level": 0.05 * _known(logits["level"], batch.level),
    }


def _known(logits: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    total = F.cross_entropy(logits.flatten(0, 1), target.flatten(), ignore_index=IGNORED, reduction="sum")
    return total / (target != IGNORED).sum().clamp(min=1)


@torch.no_grad()
def look_nearby(encoder: SpeechEncoder):
    """Begin with heads that look some steps of 20 ms back or ahead, which takes long to learn: keys are the quicker
    sines and cosines of the positions, queries the same turned by the offset, as cos a cos b + sin a sin b =
    cos(a - b)."""
    for conv in (encoder.conv1, encoder.conv2):  # so that the sound is not drowned by the positions
        conv.weight.mul_(_LOUDER)
    width, heads = encoder.config.d_model, encoder.config.encoder_attention_heads
    pairs = width // heads // 2
    rates = torch.exp(-math.log(10000) / (width // 2 - 1) * torch.arange(pairs))
    sine, cosine = torch.arange(pairs), torch.arange(pairs) + width // 2
    for layer, offsets in zip(encoder.layers, _OFFSETS):
        for projection in (layer.self_attn.q_proj, layer.self_attn.k_proj):
            projection.weight.mul_(0.3)
        for head, offset in enumerate(offsets):
            rows = 2 * pairs * head + torch.arange(pairs)
            layer.self_attn.k_proj.weight[rows, sine] += _NEARNESS
            layer.self_attn.k_proj.weight[rows + pairs, cosine] += _NEARNESS
            layer.self_attn.q_proj.weight[rows, sine] += _NEARNESS * torch.cos(rates * offset)
            layer.self_attn.q_proj.weight[rows, cosine] += _NEARNESS * torch.sin(rates * offset)
            layer.self_attn.q_proj.weight[rows + pairs, cosine] += _NEARNESS * torch.cos(rates * offset)
            layer.self_attn.q_proj.weight[rows + pairs, sine] -= _NEARNESS * torch.sin(rates * offset)


@torch.no_grad()
def read_from_around(model: SpeechModel, clips: dict[str, list[Clip]], rng: np.random.Generator):
    """Fit the last layer of the mouth, which reads it from the frames around, by ridge regression."""
    seen, true = [], []
    for _ in range(_FITTED):
        batch = draw(clips, 8, 125, rng)
        heard = F.pad(frame_by_frame(model(batch.mel)[1]).transpose(1, 2), (CONTEXT // 2,) * 2, mode="replicate")
        seen.append(heard.unfold(2, CONTEXT, 1).transpose(1, 2).flatten(0, 1).flatten(1))  # [B T, 25 x 7]
        true.append(batch.mouth.flatten(0, 1))
    seen, true = torch.cat(seen).double(), torch.cat(true).double()
    middle, mean = seen.mean(0), true.mean(0)
    seen -= middle
    weights = torch.linalg.solve(seen.T @ seen + _RIDGE * torch.eye(seen.shape[1]), seen.T @ (true - mean)).T
    model.around.weight.copy_(weights.unflatten(1, (-1, CONTEXT)))
    model.around.bias.copy_(mean - weights @ middle)


def _optimizers(model: SpeechModel, parameters: list[nn.Parameter]) -> list[torch.optim.Optimizer]:
    """Muon (Jordan 2024) for the matrices of the layers, AdamW for all else."""
    matrices = [p for p in model.encoder.layers.parameters() if p.ndim == 2]
    chosen = {id(p) for p in matrices}
    others = [p for p in parameters if id(p) not in chosen]
    return [
        torch.optim.Muon(matrices, weight_decay=0.03, adjust_lr_fn="match_rms_adamw"),
        torch.optim.AdamW(others, betas=(0.9, 0.98), weight_decay=0.03),
    ]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shards", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--minutes", type=float, default=45.0)
    parser.add_argument("--rate", type=float, default=1.5e-3)
    parser.add_argument("--without", nargs="*", default=[])
    parser.add_argument("--start", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    torch.set_num_threads(1)
    torch.manual_seed(given.seed)
    rng = np.random.default_rng(given.seed)
    clips = load_clips(sorted(given.shards.glob("*.npz")), given.without)
    model = load_model(given.start) if given.start else SpeechModel(EncoderConfig())
    if not given.start:
        look_nearby(model.encoder)
    model.train()
    phone_head = nn.Linear(model.encoder.config.d_model, len(PHONES))
    phone_file = given.start and given.start.with_suffix(".phones.pt")
    if phone_file and phone_file.exists():
        phone_head.load_state_dict(torch.load(phone_file, weights_only=True))
    model.around.requires_grad_(False)
    parameters = [p for p in (*model.parameters(), *phone_head.parameters()) if p.requires_grad]
    optimizers = _optimizers(model, parameters)
    for engine, some in clips.items():
        hours = sum(len(clip.visemes) for clip in some) / 90000
        _log.info("%s: %d clips, %.1f h, %d voices", engine, len(some), hours, len({clip.voice for clip in some}))

    begin, step, means = time.monotonic(), 0, {}
    while (done := (time.monotonic() - begin) / max(60 * given.minutes, 1e-9)) < 1:
        rate = given.rate * min((step + 1) / _WARM_UP, 1.0, (1 - done) / (1 - _STEADY) + 0.01)
        for group in (group for optimizer in optimizers for group in optimizer.param_groups):
            group["lr"] = rate
        size, frames = _SHAPES[step % len(_SHAPES)]
        position = int(rng.integers(0, model.encoder.config.max_source_positions - 2 * frames + 1))
        parts = losses(model, phone_head, draw(clips, size, frames, rng), position if rng.random() < 0.7 else 0)
        model.zero_grad()
        phone_head.zero_grad()
        sum(parts.values()).backward()
        nn.utils.clip_grad_norm_(parameters, 1.0)
        for optimizer in optimizers:
            optimizer.step()
        step += 1
        for name, part in parts.items():
            means[name] = 0.98 * means.get(name, part.item()) + 0.02 * part.item()
        if step % 50 == 0:
            told = "  ".join(f"{name} {mean:.3f}" for name, mean in means.items())
            _log.info("step %d  %.0f %%  rate %.5f  %s", step, 100 * done, rate, told)
        if step % 200 == 0:
            save_model(model, given.out)
    read_from_around(model.eval(), clips, rng)
    save_model(model, given.out)
    torch.save(phone_head.state_dict(), given.out.with_suffix(".phones.pt"))
    _log.info("%d steps", step)


if __name__ == "__main__":
    main()
