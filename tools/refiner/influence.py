"""How much a refiner listens to its portrait, its units and its FaceMap, on held-out pairs.

    python tools/refiner/influence.py REFINER.safetensors --pairs PAIRS [-o OUT.md] [--most 96]

For each input: how much the residual changes when it is missing as in training, in percent of the residual (root mean
square inside the masks), and the decibels that are lost or gained. For the units also: told of 0, 1/4, 1/2, 3/4 and all
of them while everything else stays, the share of pairs whose residual goes from the first to the last in steps of one
direction, and the mean way. And decibels under guidance by the portrait (s) and by the units alone (s_au).
"""

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).resolve().parent)]
from dataset import Pairs  # noqa: E402
from evaluate import CHUNK, load_refiner, pooled  # noqa: E402
from scores import decibels  # noqa: E402

from auhead_models.diffusion.refiner import UNKNOWN, regress  # noqa: E402
from auhead_models.diffusion.regions import REGIONS  # noqa: E402

PARTS = (0.0, 0.25, 0.5, 0.75, 1.0)
GUIDANCE = (1.5, 2.0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("refiner", type=Path)
    parser.add_argument("--pairs", type=Path, required=True)
    parser.add_argument("--most", type=int, default=96, help="pairs of each region")
    parser.add_argument("-o", "--output", type=Path)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    network = load_refiner(arguments.refiner)
    lines = []
    for region in REGIONS:
        pairs = Pairs(arguments.pairs, region.name, held_out=True)
        numbers = np.linspace(0, len(pairs) - 1, min(arguments.most, len(pairs))).round().astype(int)
        lines += table(network, pairs, numbers, region.name)
    report = "\n".join(lines)
    print(report)
    if arguments.output:
        arguments.output.write_text(report + "\n")


@torch.inference_mode()
def table(network, pairs: Pairs, numbers: np.ndarray, name: str) -> list[str]:
    """Markdown lines."""
    changed = {part: [] for part in UNKNOWN}
    scores, ways = {}, []
    for start in range(0, len(numbers), CHUNK):
        batch = pairs.batch(numbers[start : start + CHUNK])
        full = batch.mask * regress(network, batch.given)
        residuals = {"all inputs": full}
        for part, value in UNKNOWN.items():
            given = replace(batch.given, **{part: torch.full_like(getattr(batch.given, part), value)})
            without = batch.mask * regress(network, given)
            changed[part].append(torch.stack([size(without - full), size(full)]))
            residuals[f"without {part}"] = without
        for scale in GUIDANCE:
            for word, part in (("s", "portrait"), ("s_au", "values")):
                without = residuals[f"without {part}"]
                residuals[f"{word} = {scale:g}"] = without + scale * (full - without)
        for method, residual in {"warp": torch.zeros_like(full), **residuals}.items():
            out = (batch.warp + residual).clamp(0, 1)
            scores.setdefault(method, []).append(decibels(out, batch.target, batch.mask > 0))
        ways.append(way(network, batch))
    lines = [
        "",
        f"### {name} ({len(numbers)} held-out pairs)",
        "| input | change of the residual without it |",
        "|---|---|",
    ]
    for part, sizes in changed.items():
        difference, whole = torch.cat(sizes, 1).square().mean(1).sqrt()
        lines.append(f"| {part} | {100 * float(difference / whole):.1f} % |")
    lines += ["", "| | PSNR |", "|---|---|"]
    lines += [f"| {method} | {pooled(torch.cat(each)):.2f} |" for method, each in scores.items()]
    ways = torch.cat(ways)
    steady = float((ways.diff(dim=1) > 0).all(1).float().mean())
    means = ", ".join(f"{float(each):.2f}" for each in ways.mean(0))
    return [*lines, "", f"Units from none to all: steady in {100 * steady:.0f} % of the pairs; mean way {means}."]


def size(residual: torch.Tensor) -> torch.Tensor:
    """Root mean square of each picture."""
    return residual.square().mean((1, 2, 3)).sqrt()


def way(network, batch) -> torch.Tensor:
    """How far each pair's residual is on its way from no units (0) to all (1), [N, len(PARTS)]."""
    found = [batch.mask * regress(network, replace(batch.given, values=part * batch.values)) for part in PARTS]
    whole = found[-1] - found[0]
    length = whole.square().sum((1, 2, 3)).clamp(min=1e-12)
    return torch.stack([((each - found[0]) * whole).sum((1, 2, 3)) / length for each in found], 1)


if __name__ == "__main__":
    main()
