"""Train the refiner from nothing, its one-step regression and its diffusion at once. Goes on where it was stopped.

    python tools/refiner/train.py PAIRS -o RUN [--steps 6000] [--minutes 60] [--real REAL.npz]

PAIRS: folder of make_pairs.py. RUN/last.pt holds everything to go on, RUN/refiner.safetensors the averaged weights,
RUN/log.jsonl the losses and, now and then, decibels on held-out people and, if given, on real frames.
In some pairs of each batch the portrait, the units or the FaceMap are missing: so guidance has predictions without the
first two, and the units are heard although the FaceMap says nearly the same.
Everything follows from --seed; one CPU thread that knows bfloat16 takes about 0.12 s a pair.
"""

import argparse
import copy
import json
import math
import sys
import time
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).resolve().parent)]
from dataset import Batch, Pairs  # noqa: E402
from losses import diffusion_loss, regression_loss  # noqa: E402
from scores import quick_scores  # noqa: E402

from auhead_models.diffusion.refiner import (  # noqa: E402
    FOLD,
    LAST_TIMESTEP,
    PIXELS,
    TINY,
    UNKNOWN,
    Refiner,
    unfold,
)

MOUTH_SHARE = 0.4  # of the batches
WEIGHT = {"mouth": 1.0, "eyes": 4.0}  # of the losses, before gradients are clipped: eyes differ less than mouths
DIFFUSION_SHARE = 0.25  # of the batches, at random times
MISSING = {"portrait": 0.1, "values": 0.1, "facemap": 0.2}  # of the pairs, beside the mirrored ones
WARMUP, RATE, LOWEST = 100, 3e-4, 1e-5
DECAY = 0.35  # the last part of the steps, in which the learning rate falls
AVERAGE = 0.997
REPORT, CHECK = 25, 400


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pairs", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=6000, help="length of the learning rate's schedule")
    parser.add_argument("--minutes", type=float, default=math.inf, help="stop after these; the next call goes on")
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rate", type=float, default=RATE, help="highest learning rate")
    parser.add_argument("--real", type=Path, help="frames of real_pairs.py to look at while training")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(arguments.seed)
    arguments.output.mkdir(parents=True, exist_ok=True)

    network = Refiner().to(memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(network.parameters(), arguments.rate, (0.9, 0.98), weight_decay=0.01, fused=True)
    average, step = copy.deepcopy(network), 0
    last = arguments.output / "last.pt"
    if last.exists():
        state = torch.load(last, weights_only=True)
        network.load_state_dict(state["network"])
        average.load_state_dict(state["average"])
        optimizer.load_state_dict(state["optimizer"])
        step = state["step"]
    pairs = {region: Pairs(arguments.pairs, region) for region in ("mouth", "eyes")}
    held_out = {region: Pairs(arguments.pairs, region, held_out=True) for region in ("mouth", "eyes")}
    real = {region: Pairs(arguments.real, region, held_out=None) for region in pairs} if arguments.real else {}

    started, losses = time.time(), {"mouth": [], "eyes": []}
    while step < arguments.steps and time.time() - started < 60 * arguments.minutes:
        rng = np.random.default_rng([arguments.seed, step])
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step, arguments.steps, arguments.rate)
        region = "mouth" if rng.random() < MOUTH_SHARE else "eyes"
        torch.manual_seed(int(rng.integers(2**31)))
        batch = forgetful(pairs[region].draw(arguments.batch, rng), rng)
        if rng.random() < DIFFUSION_SHARE:
            loss = diffusion_loss(network, batch, region)
        else:
            loss = regression_loss(one_step(network, batch), batch, region)
        optimizer.zero_grad()
        (WEIGHT[region] * loss).backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        step += 1
        weight = min(AVERAGE, step / (step + 10))
        with torch.no_grad():
            for ours, theirs in zip(average.parameters(), network.parameters(), strict=True):
                ours.lerp_(theirs, 1 - weight)
        losses[region].append(float(loss.detach()))
        if step % REPORT == 0:
            entry = {"step": step, "seconds": round(time.time() - started, 1), "pairs": len(pairs["mouth"])}
            entry |= {name: round(float(np.mean(values)), 4) for name, values in losses.items() if values}
            losses = {"mouth": [], "eyes": []}
            if step % CHECK == 0:
                for name, sets in (("held_out", held_out), ("real", real)):
                    entry |= {f"{name}_{part}": quick_scores(average, pairs_) for part, pairs_ in sets.items()}
            write(arguments.output, entry)
        if step % CHECK == 0:
            save(arguments.output, network, average, optimizer, step)
    save(arguments.output, network, average, optimizer, step)


def one_step(network: Refiner, batch: Batch) -> torch.Tensor:
    """The residual at the last timestep. What is diffused is pure noise there, or nothing: neither says anything."""
    count, _, height, width = batch.warp.shape
    noise = torch.randn(count, PIXELS, height // FOLD, width // FOLD)
    noise *= (torch.rand(count, 1, 1, 1) < 0.5).float()
    with torch.autocast("cpu", torch.bfloat16):
        v = network(noise, torch.tensor(LAST_TIMESTEP), batch.given)
    return unfold(-v.float())


def forgetful(batch: Batch, rng: np.random.Generator) -> Batch:
    """A batch in some of whose pairs the portrait, the units or the FaceMap are missing."""
    for name, share in MISSING.items():
        part = getattr(batch, name)
        part[torch.from_numpy(rng.random(len(part)) < share)] = UNKNOWN[name]
    return batch


def learning_rate(step: int, steps: int, highest: float) -> float:
    """Warm-up, a plateau, and half a cosine at the end."""
    if step < WARMUP:
        return highest * (step + 1) / WARMUP
    late = min(1, max(0, 1 - (steps - step) / (DECAY * steps)))
    return LOWEST + (highest - LOWEST) * 0.5 * (1 + math.cos(math.pi * late))


def save(folder: Path, network, average, optimizer, step: int) -> None:
    part = folder / "last.part.pt"
    torch.save({"network": network.state_dict(), "average": average.state_dict(),
                "optimizer": optimizer.state_dict(), "step": step}, part)  # fmt: skip
    part.replace(folder / "last.pt")
    weights = {name: weight.contiguous() for name, weight in average.state_dict().items()}
    save_file(weights, folder / "refiner.safetensors", {"architecture": json.dumps(TINY), "step": str(step)})


def write(folder: Path, entry: dict) -> None:
    print(json.dumps(entry), flush=True)
    with open(folder / "log.jsonl", "a") as log:
        log.write(json.dumps(entry) + "\n")


if __name__ == "__main__":
    main()
