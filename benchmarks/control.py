"""How well a portrait obeys: every unit turned up alone, found again in the picture that the warp made of it.

    python benchmarks/control.py [NAME=PORTRAIT ...] [-o TABLE]

Each unit goes from 0 to what the face can still show (1 minus the portrait's own expression, so that nothing is cut)
in five steps; the landmarks are tracked from the portrait's into the warped picture, looked at twice, and read with
the portrait as the known neutral face. Spearman: of the five answers with the five intensities. Largest: the unit or
its mirror partner answers most among the 24 at full intensity. Jaw thrust cannot be seen and is left out of both bars.
Without arguments the bundled portraits are measured. Writes benchmarks/results/control.md.
"""

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from scipy.stats import spearmanr

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from auhead_models.au.sequence import AUSequence  # noqa: E402
from auhead_models.au.space import COLUMN_INDEX, EXTRA_INDEX, UNIT_INDEX, UNITS  # noqa: E402
from auhead_models.errors import AUHeadError  # noqa: E402
from auhead_models.face.canonical import fit_pose  # noqa: E402
from auhead_models.face.estimate import ExpressionReader  # noqa: E402
from auhead_models.face.face import Face, find_face  # noqa: E402
from auhead_models.face.landmarks import track_landmarks  # noqa: E402
from auhead_models.face.topology import MESH_POINTS  # noqa: E402
from auhead_models.face.warp import WarpRenderer  # noqa: E402

BUNDLED = {name: ROOT / f"auhead_models/assets/{name}.png" for name in ("portrait", "head")}
INTENSITIES = (0.0, 0.25, 0.5, 0.75, 1.0)
EXTRAS = (  # (row of the table, column, sign): the extras that show; tongue_out has no field
    ("gaze_x to the left", "gaze_x", 1), ("gaze_x to the right", "gaze_x", -1),
    ("gaze_y up", "gaze_y", 1), ("gaze_y down", "gaze_y", -1),
    *((name, name, 1) for name in (
        "cheek_raise_left", "cheek_raise_right", "lip_corner_down_left", "lip_corner_down_right", "inner_brow_raise",
        "lip_press")),
)  # fmt: skip
TOGETHER_JAW = 0.6  # jaw_open under lips_together
BAR, WANTED = 0.9, 20
NOTHING = 0.02  # answers below it are no response


@dataclass(frozen=True)
class Control:
    """One unit on one portrait: answers [5] of the unit itself, units [24] at full intensity, the range it went."""

    answers: np.ndarray
    units: np.ndarray
    range: float

    @property
    def spearman(self) -> float:
        return float(spearmanr(INTENSITIES, self.answers)[0]) if np.ptp(self.answers) > 1e-6 else 0.0

    def leak(self, *, without: set[str]) -> tuple[str, float]:
        """The unit among the others that answers most at full intensity."""
        others = [unit for unit in UNITS if unit.id not in without]
        most = max(others, key=lambda unit: self.units[unit.index])
        return most.id, float(self.units[most.index])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("portraits", nargs="*", type=_named, metavar="NAME=PORTRAIT")
    parser.add_argument("-o", "--output", type=Path, default=ROOT / "benchmarks/results/control.md")
    arguments = parser.parse_args()
    torch.set_num_threads(1)

    measured = {}
    for name, path in (BUNDLED | dict(arguments.portraits)).items():
        with Image.open(path) as picture:
            image = torch.from_numpy(np.asarray(picture.convert("RGB"), dtype=np.float32) / 255)
        try:
            measured[name] = measure(find_face(image))
        except AUHeadError as error:
            parser.error(f"{name}: {error}")
    report = table(measured)
    print(report)
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.write_text(report)


def _named(argument: str) -> tuple[str, Path]:
    name, _, path = argument.rpartition("=")
    return name or Path(path).stem, Path(path)


@torch.inference_mode()
def measure(face: Face) -> dict[str, Control]:
    """Every unit and every extra that shows, one after the other: {row of the table: Control}."""
    room = 1 - face.own.numpy()
    rows = [(unit.id, unit.id, float(room[unit.index]), {}) for unit in UNITS]
    rows += [(row, column, float(sign), {}) for row, column, sign in EXTRAS]
    rows += [("lips_together", "lips_together", 1.0, {"jaw_open": TOGETHER_JAW * float(room[UNIT_INDEX["jaw_open"]])})]

    renderer, reader = WarpRenderer(face), ExpressionReader(face.mesh)
    neutral = face.mesh[:MESH_POINTS]
    found = {}
    for row, column, reach, others in rows:
        sequence = performance({column: reach * np.array(INTENSITIES), **others}, len(INTENSITIES))
        points = torch.stack([_look_again(frame, face.landmarks) for frame, _ in renderer.render(sequence)])
        units, extra = reader(fit_pose(points, neutral).unproject(points))
        answers = units[:, UNIT_INDEX[column]] if column in UNIT_INDEX else extra[:, EXTRA_INDEX[column]]
        found[row] = Control(np.sign(reach) * answers.numpy(), units[-1].numpy(), abs(reach))
    return found


def performance(columns: dict[str, np.ndarray | float], frames: int) -> AUSequence:
    """A sequence in which only the given columns move."""
    values = np.zeros((frames, len(COLUMN_INDEX)), np.float32)
    for name, track in columns.items():
        values[:, COLUMN_INDEX[name]] = track
    units, extra, pose = np.split(values, [len(UNITS), len(UNITS) + len(EXTRA_INDEX)], axis=1)
    return AUSequence(units, extra, pose, fps=25.0)


def _look_again(frame: torch.Tensor, landmarks: torch.Tensor) -> torch.Tensor:
    """The landmarks [478, 3] of a warped picture, from those of the portrait."""
    for _ in range(2):
        landmarks = track_landmarks(frame, landmarks).points
    return landmarks


def table(measured: dict[str, dict[str, Control]]) -> str:
    """The result as Markdown."""
    counted = [unit for unit in UNITS if unit.id != "jaw_thrust"]
    lines = [
        "# Control: units found again in the warped picture",
        "",
        f"`python benchmarks/control.py`, intensities {', '.join(f'{v:g}' for v in INTENSITIES)}; see the script for",
        f"what is measured. Bars: Spearman >= {BAR} for {WANTED} of {len(counted)} units (jaw thrust is left out), and",
        "the unit itself or its mirror partner answers most. Range: what a unit was turned up to where it is not 1.",
        "Leak: the strongest other unit at full intensity.",
        "",
        f"| portrait | Spearman >= {BAR} | largest | median Spearman | median answer at 1 | fails |",
        "|---|---|---|---|---|---|",
    ]
    for name, rows in measured.items():
        obeys = {unit.id: rows[unit.id].spearman >= BAR - 1e-9 for unit in counted}
        largest = {unit.id: _leads(rows[unit.id], unit) for unit in counted}
        fails = [f"{key} (Spearman)" for key, good in obeys.items() if not good]
        fails += [f"{key} (largest)" for key, good in largest.items() if not good]
        median = [np.median([read(rows[unit.id]) for unit in counted]) for read in (_spearman, _full)]
        lines.append(
            f"| {name} | {sum(obeys.values())} of {len(counted)} | {sum(largest.values())} of {len(counted)} | "
            f"{median[0]:.2f} | {median[1]:.2f} | {', '.join(fails) or 'none'} |"
        )
    for name, rows in measured.items():
        lines += [
            "",
            f"## {name}",
            "",
            f"| unit | range | Spearman | answers at {' / '.join(f'{v:g}' for v in INTENSITIES)} | largest | leak |",
            "|---|---|---|---|---|---|",
        ]
        for row, control in rows.items():
            unit = UNITS[UNIT_INDEX[row]] if row in UNIT_INDEX else None
            largest = "" if unit is None else ("yes" if _leads(control, unit) else "**no**")
            other, leak = control.leak(without={row})
            mark = "**" if control.spearman < BAR - 1e-9 else ""
            lines.append(
                f"| {row} | {'' if control.range > 0.999 else f'{control.range:.2f}'} | "
                f"{mark}{control.spearman:.2f}{mark} | {' / '.join(f'{v:.2f}' for v in control.answers)} | "
                f"{largest} | {f'{other} {leak:.2f}' if leak > NOTHING else ''} |"
            )
    return "\n".join(lines) + "\n"


def _spearman(control: Control) -> float:
    return control.spearman


def _full(control: Control) -> float:
    return float(control.answers[-1])


def _leads(control: Control, unit) -> bool:
    """Whether the unit or its mirror partner answers most."""
    own = {unit.id, unit.mirror} - {None}
    answer = max(control.units[UNIT_INDEX[name]] for name in own)
    return bool(answer > max(control.leak(without=own)[1], NOTHING))


if __name__ == "__main__":
    main()
