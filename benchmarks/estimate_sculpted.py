"""AUs estimated from renders of the sculpted head, whose shapes are known.

    python benchmarks/estimate_sculpted.py ICT_FACE_MODEL.npz [--people 15] [--pictures 12]

Every person (identity weights N(0, 1) · 0.8) is seen neutral and with random mixtures of two to five units, each in
another pose (yaw up to .3, pitch up to .15 radians). Two questions: the units of a picture when the neutral picture is
known (`ExpressionReader`), and the expression of a single still when it is not (`estimate_own`). Jaw thrust is left
out: it cannot be seen. Writes benchmarks/results/estimate_sculpted.md.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import torch

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tools" / "face_geometry")]
from head import Head  # noqa: E402
from known_faces import see  # noqa: E402

from auhead_models.au.space import UNIT_INDEX, UNITS  # noqa: E402
from auhead_models.face.canonical import fit_pose  # noqa: E402
from auhead_models.face.estimate import OWN_UNITS, ExpressionReader, estimate_own  # noqa: E402
from auhead_models.face.topology import MESH_POINTS  # noqa: E402

SEED = 9001  # people seen neither when the detector errors were learnt (77) nor when settings were chosen (4242)
THRUST = UNIT_INDEX["jaw_thrust"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("head", type=Path)
    parser.add_argument("--people", type=int, default=15)
    parser.add_argument("--pictures", type=int, default=12)
    parser.add_argument("--points", type=Path, help="keep the landmarks of the renders here and read them back")
    parser.add_argument("-o", "--output", type=Path, default=ROOT / "benchmarks/results/estimate_sculpted.md")
    arguments = parser.parse_args()
    torch.set_num_threads(1)

    if arguments.points and arguments.points.exists():
        data = np.load(arguments.points)
        truth, points = data["truth"], data["points"]
    else:
        truth, points = see(Head(arguments.head), arguments.people, arguments.pictures, SEED)
        if arguments.points:
            np.savez(arguments.points, truth=truth, points=points)
    report = table(truth, torch.from_numpy(points))
    print(report)
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.write_text(report)


def table(truth: np.ndarray, points: torch.Tensor) -> str:
    """The result as Markdown."""
    known, still, resting = [], [], []
    for person in points:
        pose = fit_pose(person)
        first = pose.unproject(person)[0]
        meshes = fit_pose(person, first[:MESH_POINTS]).unproject(person)
        known.append(ExpressionReader(meshes[0])(meshes[1:])[0].numpy())
        own = torch.stack([estimate_own(mesh) for mesh in pose.unproject(person)]).numpy()
        still.append(own[1:])
        resting.append(own[0])
    true = truth[:, 1:].reshape(-1, len(UNITS))
    known, still = np.concatenate(known), np.concatenate(still)
    resting = np.stack(resting)
    lines = [
        "# AUs from renders of the sculpted head",
        "",
        f"{len(points)} people, {len(true)} pictures; `python benchmarks/estimate_sculpted.py` (seed {SEED}).",
        "Neutral known: units from a picture of a person whose neutral picture is at hand. Still: `estimate_own`,",
        "which answers only some units. r: correlation over the pictures, MAE: mean absolute error, gain: mean answer",
        "per unit shown, false: mean answer of the still estimate on neutral pictures. Neither the detector errors nor",
        "any setting were chosen on these people; head, fields and renderer are those the errors were learnt with, so",
        "photographs will read worse. Answering zero would have an MAE of",
        f"{np.abs(np.delete(true, THRUST, 1)).mean():.3f}.",
        "",
        "| unit | r | MAE | gain | still r | still MAE | still false |",
        "|---|---|---|---|---|---|---|",
    ]
    rows = []
    for unit in UNITS:
        k = unit.index
        row = [*_agreement(true[:, k], known[:, k]), _gain(true, known, k)]
        if unit.id in OWN_UNITS or unit.id.startswith("eye_closure"):
            row += [*_agreement(true[:, k], still[:, k]), resting[:, k].mean()]
        else:
            row += [np.nan] * 3
        if k == THRUST:
            continue
        rows.append(row)
        lines.append(f"| {unit.id} | " + " | ".join("" if np.isnan(v) else f"{v:.3f}" for v in row) + " |")
    lines.append("| **mean** | " + " | ".join(f"**{v:.3f}**" for v in np.nanmean(rows, 0)) + " |")
    return "\n".join(lines) + "\n"


def _agreement(true: np.ndarray, found: np.ndarray) -> tuple[float, float]:
    """Correlation (0 for a constant) and mean absolute error."""
    varied = true.std() > 1e-6 and found.std() > 1e-6
    return float(np.corrcoef(true, found)[0, 1]) if varied else 0.0, float(np.abs(true - found).mean())


def _gain(true: np.ndarray, found: np.ndarray, k: int) -> float:
    return float((true[:, k] * found[:, k]).sum() / (true[:, k] ** 2).sum())


if __name__ == "__main__":
    main()
