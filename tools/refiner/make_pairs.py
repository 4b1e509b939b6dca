"""Make training pairs for the refiner: rendered people and, if given, photographs that are free to train on.

    python tools/refiner/make_pairs.py heads ICT_FACE_MODEL.npz CORRESPONDENCES.npz -o PAIRS [--people 1000] [--first 0]
    python tools/refiner/make_pairs.py photos PHOTOGRAPHS -o PAIRS [--chosen LIST.txt]

heads: a portrait of each person, neutral two times out of three, and targets with expressions of their own: speech,
open mouths with teeth and tongue, closed lids, glances. Light, pose and camera stay. The warp moves along the true way
of the face points, in some pairs along the units. photos: the warp closes the mouth of a photograph, and this is the
portrait; the photograph is the target, so its teeth are real ones. --chosen: a file with the names to take, without
endings.

Writes one shard of pairs for every few people, PAIRS/heads_000000.npz …; what exists is not made again, so a run that
was stopped goes on. Keys: <region>_<portrait, warp, facemap, target> [N, h, w, 3] and <region>_mask [N, h, w], uint8,
for the regions mouth and eyes; values, own [N, 24]; identity [N]; kind [N] (index into KINDS).
"""

import argparse
import os
import sys
import time
from pathlib import Path

import numpy as np
import torch

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).resolve().parent)]
from pairs import KINDS, make_crops, read_units  # noqa: E402

from auhead_models.au.sequence import AUSequence  # noqa: E402
from auhead_models.au.space import EXTRA_INDEX, UNIT_INDEX, UNITS  # noqa: E402
from auhead_models.diffusion.regions import REGIONS  # noqa: E402
from auhead_models.errors import AUHeadError  # noqa: E402
from auhead_models.face.crop import extract_crop, transform_points  # noqa: E402
from auhead_models.face.deform import FaceDeformer  # noqa: E402
from auhead_models.face.face import face_from_landmarks, find_face  # noqa: E402
from auhead_models.face.topology import EYES, LOWER_LIP, MESH_POINTS, UPPER_LIP  # noqa: E402
from auhead_models.face.warp import WarpRenderer  # noqa: E402
from auhead_models.image import load_image  # noqa: E402

PEOPLE_PER_SHARD = 8
TARGETS = 6  # expressions of one person
PARTING = 0.25  # share of people whose warp follows the units instead of the true points
NEUTRAL = 0.65  # share of portraits without an expression
DETECTION_ERROR = 6.0  # pixels between detected and true points from which a portrait is left out
OPEN_MOUTH = 0.30  # cm between the lips of a photograph from which its mouth shows something
PHOTO_VARIANTS = 2
# Found openings of eyes are compared with true ones of at least so many pixels, and lengthen movements at most so much.
LEAST_OPENING, MOST_LONGER = 1.0, 1.5

# How often a pair of shapes (left, right) or a single one is active, and how strongly.
PAIRED = (("eyeBlink", .38), ("eyeWide", .15), ("eyeSquint", .2), ("browDown", .25), ("browInnerUp", .2),
          ("browOuterUp", .2), ("cheekSquint", .15), ("mouthSmile", .35), ("mouthStretch", .2), ("mouthFrown", .15),
          ("mouthUpperUp", .22), ("mouthLowerDown", .28), ("noseSneer", .12), ("mouthDimple", .1), ("mouthPress", .1),
          ("cheekPuff", .06))  # fmt: skip
SINGLE = (("jawOpen", .72), ("jawLeft", .06), ("jawRight", .06), ("mouthLeft", .06), ("mouthRight", .06),
          ("mouthPucker", .15), ("mouthFunnel", .2), ("mouthRollUpper", .12), ("mouthRollLower", .14),
          ("mouthShrugLower", .12), ("mouthShrugUpper", .08), ("jawForward", .06), ("mouthClose", .05))  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    kinds = parser.add_subparsers(dest="kind", required=True)
    heads = kinds.add_parser("heads")
    heads.add_argument("head", type=Path)
    heads.add_argument("correspondences", type=Path)
    heads.add_argument("--people", type=int, default=1000)
    heads.add_argument("--first", type=int, default=0, help="number of the first person, also the seed")
    photos = kinds.add_parser("photos")
    photos.add_argument("photographs", type=Path)
    photos.add_argument("--chosen", type=Path)
    for kind in (heads, photos):
        kind.add_argument("-o", "--output", type=Path, required=True)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    arguments.output.mkdir(parents=True, exist_ok=True)
    with torch.inference_mode():
        if arguments.kind == "heads":
            from heads import Sculpture

            sculpture = Sculpture(arguments.head, arguments.correspondences)
            people = range(arguments.first, arguments.first + arguments.people)
            write_shards(arguments.output, "heads", people, lambda seed: head_pairs(sculpture, seed))
        else:
            files = sorted(p for p in arguments.photographs.iterdir() if p.suffix.lower() in (".jpg", ".jpeg", ".png"))
            if arguments.chosen:
                chosen = set(arguments.chosen.read_text().split())
                files = [file for file in files if file.stem in chosen]
            write_shards(arguments.output, "photos", range(len(files)), lambda k: photo_pairs(files[k], k))


def write_shards(folder: Path, name: str, numbers: range, pairs_of) -> None:
    """Call pairs_of(number) for all numbers and keep what it yields, a few numbers to a file."""
    started, count = time.time(), 0
    for start in range(numbers.start, numbers.stop, PEOPLE_PER_SHARD):
        file = folder / f"{name}_{start:06d}.npz"
        if file.exists():
            continue
        rows = [row for k in range(start, min(start + PEOPLE_PER_SHARD, numbers.stop)) for row in pairs_of(k)]
        if rows:
            part = file.with_suffix(".part.npz")
            np.savez(part, **{key: np.stack([row[key] for row in rows]) for key in rows[0]})
            os.replace(part, file)
        count += len(rows)
        print(f"{file.name}: {len(rows)} pairs, {(time.time() - started) / max(count, 1):.2f} s each", flush=True)


def head_pairs(sculpture, seed: int) -> list[dict]:
    """The pairs of one rendered person; none when the face is not found where it is."""
    from heads import Person

    rng = np.random.default_rng([seed, 1])
    person = Person(sculpture, seed)
    mild = {} if rng.random() < NEUTRAL else random_expression(rng, 0.5, 0.5)
    mild = {name: weight for name, weight in mild.items() if "eyeBlink" not in name}
    picture, rest = person.render(mild)
    picture = torch.from_numpy(picture)
    try:
        face = find_face(picture)
    except AUHeadError:
        return []
    there = transform_points(torch.from_numpy(rest).float(), face.crop_matrix, inverse=True)
    if float((there[:MESH_POINTS, :2] - face.landmarks[:MESH_POINTS, :2]).norm(dim=1).mean()) > DETECTION_ERROR:
        return []
    meshes, targets = [], []
    for _ in range(TARGETS):
        expression = random_expression(rng)
        gaze = rng.normal(size=2) * (0.22, 0.12) * (rng.random() < 0.4)
        expression |= lids_of(gaze)
        tongue = rng.uniform(0, 1) ** 2 * (rng.random() < 0.4)
        target, points = person.render(expression, tuple(gaze), tongue, face_only=True)
        targets.append(extract_crop(torch.from_numpy(target), face.crop_matrix, face.size))
        moved = transform_points(torch.from_numpy(points - rest).float(), scale_only(face.crop_matrix), inverse=True)
        close_found_lids(moved, there, face.landmarks)
        meshes.append(face.pose.unproject(face.landmarks + moved))
    meshes = torch.stack(meshes)
    sequence = read_units(face, meshes)
    kind = "units" if rng.random() < PARTING else "true"
    crops, _ = make_crops(face, sequence, torch.stack(targets), meshes if kind == "true" else None)
    return as_rows(crops, sequence, face.own, seed, kind)


def close_found_lids(moved: torch.Tensor, there: torch.Tensor, found: torch.Tensor) -> None:
    """Give the true movements [478, 3] of upper lids against the lower ones the size of the opening found, in place.

    So an opening of which a third is left is a third of what was found, and closed is closed: movements are shorter
    where lids are found nearer to each other than they are, and longer where farther. Not so for true openings below
    LEAST_OPENING and found ones above MOST_LONGER times the true, of which some is left. there, found [478, 3]: the
    portrait's points, the true ones and the landmarks.
    """
    for eye in EYES:
        upper, lower = list(eye.upper), list(eye.lower)
        true, ours = ((points[lower] - points[upper])[:, :2].norm(dim=-1, keepdim=True) for points in (there, found))
        ratio = (ours / true.clamp(min=LEAST_OPENING)).clamp(max=MOST_LONGER)
        moved[upper] = moved[lower] + (moved[upper] - moved[lower]) * ratio


def photo_pairs(file: Path, number: int) -> list[dict]:
    """The pairs of one photograph and its mirror image; none when its mouth is closed."""
    rng = np.random.default_rng([number, 2])
    rows = []
    for flipped in (False, True):
        picture = load_image(file)[0][..., :3]
        try:
            face = find_face(picture.flip(1) if flipped else picture)
        except AUHeadError:
            return rows
        gap = face.mesh[list(UPPER_LIP[3]), 1] - face.mesh[list(LOWER_LIP[3]), 1]
        if float(gap.max()) < OPEN_MOUTH:
            return rows
        closing = quieter(face, rng, PHOTO_VARIANTS)
        frames, _ = WarpRenderer(face).render_piece(closing)
        for frame, points in zip(frames, FaceDeformer(face).meshes(closing), strict=True):
            portrait = face_from_landmarks(frame, points, size=face.size)
            truth = transform_points(face.landmarks, portrait.crop_matrix, inverse=True)
            meshes = portrait.pose.unproject(truth)[None]
            target = extract_crop(face.crop, portrait.crop_matrix, portrait.size)[None]
            sequence = read_units(portrait, meshes)
            crops, _ = make_crops(portrait, sequence, target, meshes)
            rows += as_rows(crops, sequence, portrait.own, 10_000_000 + number, "photo")
    return rows


def quieter(face, rng: np.random.Generator, frames: int) -> AUSequence:
    """Performances that bring a smile down and the lips of a face together, with other brows and glances."""
    sequence = AUSequence.zeros(frames)
    values, extra = np.zeros((frames, len(UNITS)), np.float32), sequence.extra.copy()
    for frame in range(frames):
        calm = rng.uniform(0.2, 1.0)
        values[frame] = -calm * face.own.numpy()
        for name in ("brow_raise", "brow_lower", "lip_corner_raise"):
            if rng.random() < 0.3:
                values[frame, [UNIT_INDEX[f"{name}_left"], UNIT_INDEX[f"{name}_right"]]] += rng.uniform(0, 0.4)
        if rng.random() < 0.3:
            values[frame, [UNIT_INDEX["eye_closure_left"], UNIT_INDEX["eye_closure_right"]]] += rng.uniform(0, 0.35)
        if rng.random() < 0.3:
            extra[frame, [EXTRA_INDEX["gaze_x"], EXTRA_INDEX["gaze_y"]]] = rng.uniform(-0.6, 0.6, 2)
        extra[frame, EXTRA_INDEX["lips_together"]] = 1 if rng.random() < 0.8 else rng.uniform(0.5, 1)
    return type(sequence)(values=values, extra=extra, pose=sequence.pose, fps=25.0)


def random_expression(rng: np.random.Generator, strength: float = 1.0, often: float = 1.0) -> dict[str, float]:
    """Weights of the sculpted shapes: about five active, more or less even on both sides."""
    out = {}
    for name, share in PAIRED:
        if rng.random() < share * often:
            weight = rng.uniform(0.2, 1) * strength
            if name == "eyeBlink" and rng.random() < 0.5:
                weight = strength
            lean = rng.random()
            out[f"{name}_L"] = weight * (1 if lean > 0.1 else rng.random())
            out[f"{name}_R"] = weight * (1 if lean < 0.9 else rng.random())
    for name, share in SINGLE:
        if rng.random() < share * often:
            out[name] = (
                rng.uniform(0.04, 0.8) ** 1.3 * strength if name == "jawOpen" else rng.uniform(0.1, 1) * strength
            )
    if out.get("mouthPucker", 0) + out.get("mouthFunnel", 0) > 1:
        out.pop("mouthFunnel")
    if "mouthClose" in out:  # closes what the jaw opened
        out["mouthClose"] = out.get("jawOpen", 0) * rng.uniform(0.5, 1)
    return out


def lids_of(gaze: np.ndarray) -> dict[str, float]:
    """Shapes of the lids that go with a glance (radians to the subject's left and up)."""
    side, up = gaze / (0.45, 0.38)
    weights = {"eyeLookOut_L": side, "eyeLookIn_R": side, "eyeLookIn_L": -side, "eyeLookOut_R": -side}
    weights |= {f"eyeLookUp_{s}": up for s in "LR"} | {f"eyeLookDown_{s}": -up for s in "LR"}
    return {name: float(min(weight, 1)) for name, weight in weights.items() if weight > 0}


def scale_only(matrix: torch.Tensor) -> torch.Tensor:
    """A crop's matrix without its shift, for differences of points."""
    out = matrix.clone()
    out[:, 2] = 0
    return out


def as_rows(crops: dict, sequence: AUSequence, own: torch.Tensor, identity: int, kind: str) -> list[dict]:
    """One dict of arrays for every frame."""
    rows = []
    for k in range(len(sequence.values)):
        row = {"values": sequence.values[k], "own": own.numpy().astype(np.float32), "identity": np.int64(identity),
               "kind": np.int64(KINDS.index(kind))}  # fmt: skip
        for region in REGIONS:
            for name, pictures in vars(crops[region.name]).items():
                row[f"{region.name}_{name}"] = pictures[k]
        rows.append(row)
    return rows


if __name__ == "__main__":
    main()
