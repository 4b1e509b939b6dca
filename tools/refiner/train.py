"""Train the refiner: its one-step regression, then its diffusion. Stops and goes on where it was.

    python tools/refiner/train.py PAIRS -o RUN [--steps 4000] [--minutes 60] [--real REAL.npz]
    python tools/refiner/train.py PAIRS -o RUN2 --start RUN/refiner.safetensors --diffusion 0.6

PAIRS: folder of make_pairs.py, read again as it grows. RUN/last.pt holds everything to go on, RUN/refiner.safetensors
the averaged weights, RUN/log.jsonl the losses and, now and then, decibels on held-out people and, if given, on real
frames.
Everything follows from --seed; one CPU thread takes about 0.2 s a pair.
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
from safetensors.torch import load_file, save_file

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).resolve().parent)]
from dataset import Batch, Pairs  # noqa: E402
from losses import diffusion_loss, regression_loss  # noqa: E402
from scores import quick_scores  # noqa: E402

from auhead_models.diffusion.refiner import FOLD, LAST_TIMESTEP, PIXELS, TINY, Refiner, unfold  # noqa: E402

MOUTH_SHARE = 0.72  # of the batches
WARMUP, RATE, LOWEST = 100, 3e-4, 2e-5
AVERAGE = 0.997
REFRESH, REPORT, CHECK = 100, 25, 500


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pairs", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=4000, help="length of the learning rate's schedule")
    parser.add_argument("--minutes", type=float, default=math.inf, help="stop after these; the next call goes on")
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rate", type=float, default=RATE, help="highest learning rate")
    parser.add_argument("--start", type=Path, help="weights to start from")
    parser.add_argument("--diffusion", type=float, default=0.0, help="share of batches at random times, 0..1")
    parser.add_argument("--real", type=Path, help="frames of real_pairs.py to look at while training")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(arguments.seed)
    arguments.output.mkdir(parents=True, exist_ok=True)

    network = Refiner().to(memory_format=torch.channels_last)
    if arguments.start:
        network.load_state_dict(load_file(arguments.start))
    optimizer = torch.optim.AdamW(network.parameters(), arguments.rate, (0.9, 0.98), weight_decay=0.01)
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
        batch = pairs[region].draw(arguments.batch, rng)
        if rng.random() < arguments.diffusion:
            loss = diffusion_loss(network, batch, region)
        else:
            loss = regression_loss(one_step(network, batch), batch, region)
        optimizer.zero_grad()
        loss.backward()
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
        if step % REFRESH == 0:
            for pairs_ in pairs.values():
                pairs_.refresh()
        if step % CHECK == 0:
            save(arguments.output, network, average, optimizer, step)
    save(arguments.output, network, average, optimizer, step)


def one_step(network: Refiner, batch: Batch) -> torch.Tensor:
    """The residual at the last timestep. What is diffused is pure noise there, or nothing: neither says anything."""
    count, _, height, width = batch.warp.shape
    noise = torch.randn(count, PIXELS, height // FOLD, width // FOLD)
    noise *= (torch.rand(count, 1, 1, 1) < 0.5).float()
    return unfold(-network(noise, torch.tensor(LAST_TIMESTEP), batch.given))


def learning_rate(step: int, steps: int, highest: float) -> float:
    """Warm-up, then half a cosine."""
    if step < WARMUP:
        return highest * (step + 1) / WARMUP
    return LOWEST + (highest - LOWEST) * 0.5 * (1 + math.cos(math.pi * min(1, (step - WARMUP) / (steps - WARMUP))))


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
