"""Pairs of real frames for evaluation only: a still of a video as portrait, other frames of it as targets.

    python tools/refiner/real_pairs.py CLIP.mp4 … -o REAL.npz [--frames 240] [--step 3] [--each 8]

The portrait is the calmest frame, the targets the frames whose lips and lids lie farthest from it while the head is
turned nearly the same way; a similarity lays them over the portrait. Every target gives two rows: the warp moves along
the displacement of the detected points ("true"), and by the units read from them as in Video → AU ("units"). Keys as in
the shards of make_pairs.py; identity is the number of the clip. Nothing of this is for training.
"""

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).resolve().parent)]
from make_pairs import as_rows  # noqa: E402
from pairs import make_crops, read_units  # noqa: E402

from auhead_models.au.sequence import AUSequence  # noqa: E402
from auhead_models.diffusion.regions import cut  # noqa: E402
from auhead_models.errors import AUHeadError  # noqa: E402
from auhead_models.face.canonical import fit_pose, head_angles, load_geometry  # noqa: E402
from auhead_models.face.crop import transform_points  # noqa: E402
from auhead_models.face.estimate import ExpressionReader, estimate_sequence  # noqa: E402
from auhead_models.face.face import face_from_landmarks, find_face  # noqa: E402
from auhead_models.face.landmarks import track_landmarks  # noqa: E402
from auhead_models.face.topology import EYES, LOWER_LIP, MESH_POINTS, UPPER_LIP  # noqa: E402
from auhead_models.video import VideoReader  # noqa: E402

TURN = np.radians(9)  # largest angle between target and portrait
APART = 2  # steps between two chosen frames
MOVING = [*UPPER_LIP[0], *UPPER_LIP[3], *LOWER_LIP[0], *LOWER_LIP[3], *(k for eye in EYES for k in eye.opening)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clips", type=Path, nargs="+")
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--frames", type=int, default=240, help="of a clip, from its start")
    parser.add_argument("--step", type=int, default=3, help="every which frame is looked at")
    parser.add_argument("--each", type=int, default=8, help="targets of a clip")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    rows = []
    with torch.inference_mode():
        for number, clip in enumerate(arguments.clips):
            found = clip_rows(clip, number, arguments)
            print(f"{clip.name}: {len(found) // 2} targets", flush=True)
            rows += found
    np.savez(arguments.output, **{key: np.stack([row[key] for row in rows]) for key in rows[0]})


def clip_rows(clip: Path, number: int, arguments: argparse.Namespace) -> list[dict]:
    frames, points = read_clip(clip, arguments.frames, arguments.step)
    if len(frames) < 8:
        return []
    pose = fit_pose(points)
    meshes = pose.unproject(points)
    rest = meshes.median(0).values
    units, extra = ExpressionReader(rest, lowest=-1.0)(meshes)
    gap = (meshes[:, list(UPPER_LIP[3]), 1] - meshes[:, list(LOWER_LIP[3]), 1]).amax(1).clamp(min=0)
    lids = sum(meshes[:, eye.upper[3], 1] - meshes[:, eye.lower[3], 1] for eye in EYES)
    calm = int((units.abs().sum(1) + extra.abs().sum(1) + 4 * gap - 2 * lids).argmin())
    turned = torch.stack([head_angles(pose.rotation[calm].T @ r).norm() for r in pose.rotation])
    moved = (meshes[:, MOVING] - meshes[calm, MOVING])[..., :2].norm(dim=-1).mean(1)
    chosen = []
    for k in moved.argsort(descending=True).tolist():
        if float(turned[k]) < TURN and k != calm and all(abs(k - other) > APART for other in chosen):
            chosen.append(k)
    chosen = chosen[: arguments.each]
    if not chosen:
        return []
    face = face_from_landmarks(frames[calm], points[calm])
    laid = torch.stack([over_portrait(points[calm], points[k]) for k in chosen])  # [n, 2, 3], portrait's pixels to k's
    targets, aligned = [], []
    crop = torch.cat([face.crop_matrix, face.crop_matrix.new_tensor([[0, 0, 1]])])
    for matrix, k in zip(laid, chosen, strict=True):
        targets.append(cut(frames[k][None], (matrix @ crop)[None], (face.size, face.size))[0])
        back = torch.linalg.inv(matrix[:, :2])
        there = points[k].clone()
        there[:, :2] = (there[:, :2] - matrix[:, 2]) @ back.T
        there[:, 2] *= float(torch.linalg.det(back)) ** 0.5
        aligned.append(transform_points(there, face.crop_matrix, inverse=True))
    targets, aligned = torch.stack(targets), torch.stack(aligned)
    true = face.pose.unproject(aligned)
    nearest = read_units(face, true)
    crops, _ = make_crops(face, nearest, targets, true)
    rows = as_rows(crops, nearest, face.own, number, "true")
    read = [estimate_sequence(torch.stack([face.landmarks, one]), 25.0, neutral="first frame") for one in aligned]
    read = replace(
        AUSequence.zeros(len(read)),
        values=np.stack([one.values[1] for one in read]),
        extra=np.stack([one.extra[1] for one in read]),
    )
    crops, _ = make_crops(face, read, targets, None)
    return rows + as_rows(crops, read, face.own, number, "units")


def read_clip(clip: Path, limit: int, step: int) -> tuple[list[torch.Tensor], torch.Tensor]:
    """Every step-th frame that shows a face, and its points [n, 478, 3]."""
    frames, points, previous = [], [], None
    with VideoReader(clip) as video:
        for k, frame in enumerate(video):
            if k >= limit:
                break
            if k % step:
                continue
            found = track_landmarks(frame, previous) if previous is not None else None
            if found is None or found.confidence < 0.5:
                try:
                    face = find_face(frame)
                except AUHeadError:
                    previous = None
                    continue
                previous = transform_points(face.landmarks, face.crop_matrix)
            else:
                previous = found.points
            frames.append(frame)
            points.append(previous)
    return frames, torch.stack(points) if points else torch.zeros(0, MESH_POINTS + 10, 3)


def over_portrait(portrait: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """The similarity [2, 3] from the portrait's pixels to the target's, fitted to what expressions leave alone."""
    weight = load_geometry().rigidity
    weight = (weight / weight.sum())[:, None]
    a, b = portrait[:MESH_POINTS, :2], target[:MESH_POINTS, :2]
    a_mean, b_mean = (weight * a).sum(0), (weight * b).sum(0)
    a, b = a - a_mean, b - b_mean
    size = (weight * a**2).sum()
    along, across = (weight * a * b).sum() / size, (weight[:, 0] * (a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0])).sum() / size
    linear = torch.stack([torch.stack([along, -across]), torch.stack([across, along])])
    return torch.cat([linear, (b_mean - linear @ a_mean)[:, None]], 1)


if __name__ == "__main__":
    main()
