"""How the landmark model errs: what it sees of a known expression, less what the fields say should be there.

    python tools/face_geometry/detector_errors.py ICT_FACE_MODEL.npz -o DETECTOR_ERRORS.npz [--people 40]

Renders people with random mixtures of units in random poses, one of them neutral, and takes the principal directions
of (displacement seen - displacement by the fields), shift, turn and scale removed, mirrored copies included. The
estimate of AUs treats them as noise (generalised least squares): a chin that seems to drop when the head nods is no
open jaw. Needs a shipped face_geometry.safetensors; export.py adds the result to it.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import torch
from head import Head
from known_faces import see

sys.path.insert(0, str(Path(__file__).parents[2]))
from auhead_models.au.space import UNITS  # noqa: E402
from auhead_models.face.basis import fit_basis  # noqa: E402
from auhead_models.face.canonical import fit_pose, load_geometry  # noqa: E402
from auhead_models.face.estimate import point_weights  # noqa: E402
from auhead_models.face.least_squares import rigid_motions  # noqa: E402
from auhead_models.face.topology import MESH_POINTS  # noqa: E402

SEED, PICTURES, DIRECTIONS = 77, 9, 60


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("head", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--people", type=int, default=40)
    arguments = parser.parse_args()
    torch.set_num_threads(1)

    units, points = see(Head(arguments.head), arguments.people, PICTURES, SEED)
    errors = torch.cat([person_errors(u, p) for u, p in zip(units, torch.from_numpy(points), strict=True)])
    flip = torch.tensor([-1.0, 1.0, 1.0])
    errors = torch.cat([errors, errors[:, load_geometry().mirror] * flip])
    _, size, directions = torch.linalg.svd(errors.flatten(1), full_matrices=False)
    kept = size[:DIRECTIONS, None] * directions[:DIRECTIONS] / len(errors) ** 0.5
    share = float((size[:DIRECTIONS] ** 2).sum() / (size**2).sum())
    print(f"{len(errors)} errors of {errors.norm(dim=-1).mean():.2f} cm; {DIRECTIONS} directions hold {share:.3f}")
    np.savez_compressed(arguments.output, detector_errors=kept.unflatten(-1, (MESH_POINTS, 3)).numpy())


def person_errors(units: np.ndarray, points: torch.Tensor) -> torch.Tensor:
    """Errors [K, 468, 3] (canonical cm) in the pictures of one person, the first of which is neutral."""
    neutral = fit_pose(points).unproject(points)[0, :MESH_POINTS]
    meshes = fit_pose(points, neutral).unproject(points)[:, :MESH_POINTS]
    fields = fit_basis(meshes[0])[: len(UNITS)].flatten(1)
    errors = (meshes[1:] - meshes[0]).flatten(1) - torch.tensor(units[1:]).float() @ fields
    motions = rigid_motions(meshes[0])
    root = point_weights().sqrt().flatten()
    amounts = torch.linalg.lstsq((motions.flatten(1) * root).T, (errors * root).T).solution
    return (errors - amounts.T @ motions.flatten(1)).unflatten(-1, (MESH_POINTS, 3))


if __name__ == "__main__":
    main()
