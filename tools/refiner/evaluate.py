"""Tables of a refiner against the warp, on held-out people and on real frames, and pictures to look at.

    python tools/refiner/evaluate.py REFINER.safetensors --pairs PAIRS --real REAL.npz -o OUT [--steps 4] [--most 40]

Rows: the portrait as it is, the warp, the warp blurred a little (raw decibels cannot tell repair from smoothing), the
one-step regression and, with --steps, the diffusion. Columns, for the pixels inside a region's mask: decibels; decibels
with output and truth both blurred, by 2 pixels of the crop and by 0.26 cm (2 pixels of a face 192 pixels wide); the
Laplacian's variance against the truth's. "worst" is the least gain over the warp among people or clips, both blurred.
Writes OUT/table.md and OUT/<set>_<region>.png: portrait, warp, refined, truth.
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors import safe_open
from safetensors.torch import load_file

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).resolve().parent)]
from dataset import Batch, Pairs, blurred  # noqa: E402
from pairs import KINDS  # noqa: E402
from scores import BLUR, decibels, refined, sharpness  # noqa: E402

from auhead_models.diffusion.refiner import FOLD, PIXELS, SCHEDULE, Refiner, unfold  # noqa: E402
from auhead_models.diffusion.regions import REGIONS  # noqa: E402
from auhead_models.diffusion.schedulers import make_scheduler  # noqa: E402

WIDE_BLUR = 0.26  # cm
CHUNK = 8
SHOWN = 14  # columns of a picture


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("refiner", type=Path)
    parser.add_argument("--pairs", type=Path, help="folder of make_pairs.py; its held-out people")
    parser.add_argument("--real", type=Path, help="file of real_pairs.py")
    parser.add_argument("--clips", help="only these clips of it, as first:last+1")
    parser.add_argument(
        "--steps", type=int, nargs="*", default=[], help="diffusion steps to try besides the regression"
    )
    parser.add_argument("--most", type=int, help="pictures of a set, evenly spread over it")
    parser.add_argument("-o", "--output", type=Path, required=True)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    arguments.output.mkdir(parents=True, exist_ok=True)
    network = load_refiner(arguments.refiner)
    lines = []
    for region in REGIONS:
        sets = {}
        if arguments.pairs:
            pairs = Pairs(arguments.pairs, region.name, held_out=True)
            kinds = pairs.column("kind")
            for kind in range(len(KINDS)):
                sets[f"held-out, {KINDS[kind]}"] = (pairs, np.nonzero(kinds == kind)[0])
        if arguments.real:
            pairs = Pairs(arguments.real, region.name, held_out=None)
            clips = pairs.column("identity")
            first, last = (int(n) for n in arguments.clips.split(":")) if arguments.clips else (0, clips.max() + 1)
            for kind in range(2):
                chosen = (pairs.column("kind") == kind) & (clips >= first) & (clips < last)
                sets[f"real, {KINDS[kind]}"] = (pairs, np.nonzero(chosen)[0])
        for name, (pairs, numbers) in sets.items():
            if arguments.most and arguments.most < len(numbers):
                numbers = numbers[np.linspace(0, len(numbers) - 1, arguments.most).round().astype(int)]
            if len(numbers):
                lines += table(network, pairs, numbers, region, name, arguments.steps)
                picture = look(network, pairs, numbers, region.name)
                picture.save(arguments.output / f"{name.replace(', ', '_')}_{region.name}.png")
    report = "\n".join(lines)
    print(report)
    (arguments.output / "table.md").write_text(report)


def load_refiner(file: Path) -> Refiner:
    with safe_open(file, "pt") as opened:
        architecture = json.loads(opened.metadata()["architecture"])
    network = Refiner(architecture)
    network.load_state_dict(load_file(file))
    return network.eval().to(memory_format=torch.channels_last)


@torch.inference_mode()
def diffused(network: Refiner, batch: Batch, steps: int, seed: int = 0) -> torch.Tensor:
    """The warp with a sampled residual, the same noise for all."""
    height, width = batch.warp.shape[-2:]
    noise = torch.randn(1, PIXELS, height // FOLD, width // FOLD, generator=torch.Generator().manual_seed(seed))
    scheduler = make_scheduler("ddim", SCHEDULE)
    scheduler.set_timesteps(steps)
    sample = noise.expand(len(batch.warp), -1, -1, -1)
    for time in scheduler.timesteps:
        sample = scheduler.step(network(sample, time, batch.given), time, sample).prev_sample
    return (batch.warp + batch.mask * unfold(sample)).clamp(0, 1)


def table(network: Refiner, pairs: Pairs, numbers: np.ndarray, region, name: str, steps: list[int]) -> list[str]:
    """Markdown lines."""
    methods = {
        "portrait": lambda batch: batch.portrait,
        "warp": lambda batch: batch.warp,
        "warp, blurred 1": lambda batch: blurred(batch.warp, 1.0),
        "warp, blurred 2": lambda batch: blurred(batch.warp, 2.0),
        "regression": lambda batch: refined(network, batch),
    }
    methods |= {f"diffusion, {n} steps": lambda batch, n=n: diffused(network, batch, n) for n in steps}
    blurs = (0.0, BLUR, WIDE_BLUR * region.pixels_per_cm)
    scores = {method: {blur: [] for blur in blurs} | {"sharp": [], "truth": []} for method in methods}
    for start in range(0, len(numbers), CHUNK):
        batch = pairs.batch(numbers[start : start + CHUNK])
        where = batch.mask > 0
        truth = sharpness(batch.target, where)
        for method, make in methods.items():
            out = make(batch)
            for blur in blurs:
                scores[method][blur].append(decibels(out, batch.target, where, blur))
            scores[method]["sharp"].append(sharpness(out, where))
            scores[method]["truth"].append(truth)
    people = torch.from_numpy(pairs.column("identity")[numbers])
    gathered = {method: {key: torch.cat(parts) for key, parts in columns.items()} for method, columns in scores.items()}
    lines = [
        "",
        f"### {region.name}: {name} ({len(numbers)} pictures of {len(people.unique())})",
        "| | PSNR | both blurred 2 px | both blurred 0.26 cm | sharpness | worst |",
        "|---|---|---|---|---|---|",
    ]
    for method, columns in gathered.items():
        gain = columns[BLUR] - gathered["warp"][BLUR]
        worst = min(float(gain[people == person].mean()) for person in people.unique())
        means = [pooled(columns[blur]) for blur in blurs]
        ratio = float(columns["sharp"].mean() / columns["truth"].mean())
        lines.append(f"| {method} | " + " | ".join(f"{m:.2f}" for m in means) + f" | {ratio:.3f} | {worst:+.2f} |")
    return lines


def pooled(each: torch.Tensor) -> float:
    """Decibels of the mean squared error of pictures whose decibels are given."""
    return float(-10 * (10 ** (-each / 10)).mean().log10())


def look(network: Refiner, pairs: Pairs, numbers: np.ndarray, name: str) -> Image.Image:
    """Portrait, warp, refined and truth, one column a picture, spread over the set."""
    chosen = numbers[np.linspace(0, len(numbers) - 1, min(SHOWN, len(numbers))).round().astype(int)]
    batch = pairs.batch(chosen)
    rows = [torch.cat(list(rows), -1) for rows in (batch.portrait, batch.warp, refined(network, batch), batch.target)]
    picture = torch.cat(rows, -2).movedim(0, -1).clamp(0, 1)
    return Image.fromarray((picture * 255 + 0.5).byte().numpy())


if __name__ == "__main__":
    main()
