"""Where the 468 face points lie on the sculpted head: the landmark model looks at renders of many people.

    python tools/face_geometry/correspondences.py ICT_FACE_MODEL.npz -o CORRESPONDENCES.npz [--people 60]

Every person is rendered with a closed mouth (five views) and with the mouth slightly open (three views). A landmark
goes to the nearest visible pixel of the region it may belong to (upper or lower lip by the way the jaw moves it, upper
or lower lid by the way a blink moves it), hence to a place on the mesh. All places of one point, and their mirror
images, give a geometric median; the closest place on the mesh is kept as a triangle and barycentric weights, so that
it can be followed through every expression and identity.

Writes triangles [468, 3], barycentric [468, 3], spread_cm [468] (median distance of single sightings), mirror [468],
positions [468, 3] (canonical cm), point_shapes [S, 468, 3] (canonical cm), shape_names [S], and
identities [100, 468, 3] (canonical cm at weight 1).
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import torch
from head import Head, turn
from paint import albedo, picture
from safetensors.numpy import load_file
from scipy.ndimage import maximum_filter
from scipy.spatial import cKDTree
from tqdm import tqdm

sys.path.insert(0, str(Path(__file__).parents[2]))
from auhead_models.face.detector import detect_faces  # noqa: E402
from auhead_models.face.landmarks import find_landmarks  # noqa: E402
from auhead_models.face.topology import EYES, FACE_OVAL, LOWER_LIP, MESH_POINTS, UPPER_LIP  # noqa: E402

FLIP = np.array([-1.0, 1.0, 1.0])
# Sculpted head -> canonical cm: MediaPipe's scale, slope and origin, found once by fitting its metric face.
SCALE, SLOPE, SHIFT = 0.99717, -0.042813, (0.0, -0.46476, -5.61045)
CLOSED_VIEWS = ((0, 0), (0.2, 0), (-0.2, 0), (0, 0.12), (0, -0.12))
OPEN_VIEWS = ((0, 0), (0.15, 0.05), (-0.15, -0.05))
OPEN_MOUTH = {"jawOpen": 0.28, "eyeWide_L": 0.3, "eyeWide_R": 0.3}
GRAZING = 0.35  # cosine below which a turned view says little
EDGE_PIXELS, EDGE_STEP = 9, 0.6  # window and depth (cm) by which a pixel counts as hidden behind an edge
REACH = 14.0  # pixels from a landmark to the surface it may lie on
INNER_LIP = sorted({k for lip in (UPPER_LIP, LOWER_LIP) for ring in lip[2:] for k in ring})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("head", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--people", type=int, default=60)
    arguments = parser.parse_args()
    torch.set_num_threads(1)

    head = Head(arguments.head)
    mirror = mirror_points()
    sightings = np.stack(list(see_people(head, arguments.people)))
    sightings = np.concatenate([sightings, (sightings * FLIP)[:, mirror]])
    regions, kinds = allowed_regions(head), point_kinds()
    triangles, barycentric = np.zeros((MESH_POINTS, 3), int), np.zeros((MESH_POINTS, 3))
    spread = np.zeros(MESH_POINTS)
    for k in range(MESH_POINTS):
        seen = sightings[:, k][~np.isnan(sightings[:, k, 0])]
        median = geometric_median(seen)
        spread[k] = np.median(np.linalg.norm(seen - median, axis=1))
        triangles[k], barycentric[k] = closest_place(head, median, regions[kinds[k]])

    places = lambda vertices: (vertices[triangles] * barycentric[..., None]).sum(1)  # noqa: E731
    rotation = canonical_rotation()
    names = list(head.shapes)
    np.savez_compressed(
        arguments.output,
        triangles=triangles.astype(np.int32),
        barycentric=barycentric.astype(np.float32),
        spread_cm=spread.astype(np.float32),
        mirror=mirror.astype(np.int16),
        positions=(SCALE * places(head.neutral) @ rotation.T + SHIFT).astype(np.float32),
        point_shapes=np.stack([SCALE * places(head.shapes[n].astype(float)) @ rotation.T for n in names]).astype("f4"),
        shape_names=np.array(names),
        identities=np.stack([SCALE * places(i.astype(float)) @ rotation.T for i in head.identities]).astype("f4"),
    )
    groups = {
        "all": range(MESH_POINTS),
        "lids": [k for eye in EYES for k in eye.upper + eye.lower + (eye.outer, eye.inner)],
        "outer lip": UPPER_LIP[0] + LOWER_LIP[0],
        "inner lip": UPPER_LIP[3] + LOWER_LIP[3],
        "brows": [k for eye in EYES for k in eye.brow_upper + eye.brow_lower],
        "oval": FACE_OVAL,
    }
    for name, points in groups.items():
        of = spread[list(points)]
        print(f"{name:10s} spread of single sightings {np.median(of):.3f} cm median, {of.max():.3f} max")


def canonical_rotation() -> np.ndarray:
    c, s = np.cos(SLOPE), np.sin(SLOPE)
    return np.array([[1, 0, 0], [0, c, s], [0, -s, c]])


def see_people(head: Head, people: int, seed: int = 7):
    """Yield the places [468, 3] (on the neutral head, nan = not seen) of every render's landmarks."""
    rng = np.random.default_rng(seed)
    colour, regions, kinds = albedo(head), allowed_regions(head), point_kinds()
    face_number = np.where(head.is_face, np.cumsum(head.is_face) - 1, -1)
    face = head.triangles[head.is_face]
    for person in tqdm(range(people)):
        identity = rng.normal(size=100) * (0.8 if person else 0.0)
        for expression, views in (({}, CLOSED_VIEWS), (OPEN_MOUTH, OPEN_VIEWS)):
            vertices = head.vertices(expression, identity)
            for yaw, pitch in views:
                light = (rng.uniform(-0.4, 0.4), rng.uniform(0.1, 0.6), 0.85)
                image, index, weights = picture(head, vertices, colour, yaw, pitch, light=light)
                points = look(image)
                if points is None:
                    continue
                number = np.where(index >= 0, face_number[np.maximum(index, 0)], -1)
                facing, behind = visibility(vertices[face], number, weights, turn(yaw, pitch))
                number[(facing < GRAZING) & (yaw != 0)] = -1
                corners = head.neutral[face]
                places = back_project(points[:MESH_POINTS, :2], number, behind, weights, corners, regions, kinds)
                if not expression:
                    places[INNER_LIP] = np.nan  # closed lips hide them
                if abs(yaw) > 0.01:
                    places[list(FACE_OVAL)] = np.nan  # the outline slides with the view
                yield places


def visibility(corners: np.ndarray, number: np.ndarray, weights: np.ndarray, rotation: np.ndarray):
    """How much each pixel's surface faces the camera [S, S], and whether it lies behind an edge close by [S, S].

    The wing of the nose hides the cheek and the rim of the nostril its inside; a landmark that misses the edge by a
    pixel or two means the front.
    """
    hit = number >= 0
    a, b, c = (corners @ rotation.T).transpose(1, 0, 2)
    normal = np.cross(b - a, c - a)
    facing = np.zeros(number.shape)
    facing[hit] = (normal[:, 2] / np.linalg.norm(normal, axis=1))[number[hit]]
    height = np.full(number.shape, -1e3)
    height[hit] = ((np.stack([a, b, c], 1)[..., 2])[number[hit]] * weights[hit]).sum(1)
    behind = hit & (maximum_filter(height, EDGE_PIXELS) - height > EDGE_STEP)
    return facing, behind


def look(image: np.ndarray) -> np.ndarray | None:
    """Landmarks [478, 3] of the one face in a uint8 picture, or None."""
    picture_ = torch.from_numpy(image).float() / 255
    faces = detect_faces(picture_)
    return find_landmarks(picture_, faces[0], refine=1).points.numpy() if faces else None


def back_project(points, number, behind, weights, corners, regions, kinds) -> np.ndarray:
    """Places [468, 3] on the neutral face mesh (vertices of its triangles: `corners` [F, 3, 3]) under 2D points."""
    out = np.full((MESH_POINTS, 3), np.nan)
    rows, columns = np.nonzero(number >= 0)
    seen = number[rows, columns]
    for kind, allowed in regions.items():
        mine = np.nonzero(kinds == kind)[0]
        use = np.nonzero(allowed[seen] & ~(behind[rows, columns] & (kind == "nose")))[0]
        pixels = np.stack([columns[use] + 0.5, rows[use] + 0.5], 1)
        distance, nearest = cKDTree(pixels).query(points[mine], distance_upper_bound=REACH)
        found = np.isfinite(distance)
        chosen = use[nearest[found]]
        bary = weights[rows[chosen], columns[chosen]]
        out[mine[found]] = (corners[seen[chosen]] * bary[..., None]).sum(1)
    return out


def allowed_regions(head: Head) -> dict[str, np.ndarray]:
    """Which face triangles a kind of point may lie on, by what moves them (cm at shape 1.0)."""
    face = head.triangles[head.is_face]
    drop = head.shapes["jawOpen"].astype(float)[face, 1].mean(1)
    blink = (head.shapes["eyeBlink_L"].astype(float) + head.shapes["eyeBlink_R"])[face, 1].mean(1)
    narrow = (face < head.parts["narrow_face"].stop).all(1)  # without ears and scalp
    return {
        "upper lip": drop > -1.45,
        "lower lip": drop < -1.35,
        "upper lid": blink < -0.12,
        "lower lid": blink > -0.16,
        "nose": narrow,
        "any": narrow,
    }


def point_kinds() -> np.ndarray:
    """Region name of each of the 468 points."""
    kinds = np.full(MESH_POINTS, "any", dtype=object)
    x, y, _ = shipped()["positions"].T
    kinds[(abs(x) < 2.2) & (-2.5 < y) & (y < 0.5)] = "nose"
    for name, lip in (("upper lip", UPPER_LIP), ("lower lip", LOWER_LIP)):
        for ring in lip:
            kinds[list(ring[1:-1])] = name
    for eye in EYES:
        kinds[list(eye.upper)] = "upper lid"
        kinds[list(eye.lower)] = "lower lid"
    return kinds


def mirror_points() -> np.ndarray:
    """Partner of each point in the mirror [468]."""
    return shipped()["mirror"].astype(int)


def shipped() -> dict[str, np.ndarray]:
    """The geometry shipped so far: who mirrors whom, and roughly where a point lies, do not depend on the model."""
    return load_file(Path(__file__).parents[2] / "auhead_models/weights/face_geometry.safetensors")


def geometric_median(points: np.ndarray, rounds: int = 20) -> np.ndarray:
    median = np.median(points, 0)
    for _ in range(rounds):
        weight = 1 / np.maximum(np.linalg.norm(points - median, axis=1), 1e-3)
        median = (points * weight[:, None]).sum(0) / weight.sum()
    return median


def closest_place(head: Head, point: np.ndarray, allowed: np.ndarray, candidates: int = 40):
    """Triangle (vertex indices) and barycentric weights of the surface place nearest to a point."""
    face = head.triangles[head.is_face]
    ids = np.nonzero(allowed)[0]
    _, nearest = cKDTree(head.neutral[face[ids]].mean(1)).query(point, candidates)
    best, best_distance = None, np.inf
    for i in ids[nearest]:
        corners = head.neutral[face[i]]
        bary = _closest_barycentric(corners, point)
        distance = np.linalg.norm(bary @ corners - point)
        if distance < best_distance:
            best, best_distance = (face[i], bary), distance
    return best


def _closest_barycentric(corners: np.ndarray, point: np.ndarray) -> np.ndarray:
    ab, ac, ap = corners[1] - corners[0], corners[2] - corners[0], point - corners[0]
    gram = np.array([[ab @ ab, ab @ ac], [ab @ ac, ac @ ac]]) + 1e-12 * np.eye(2)
    u, v = np.linalg.solve(gram, [ab @ ap, ac @ ap])
    inside = np.array([1 - u - v, u, v])
    if inside.min() >= 0:
        return inside
    options = []
    for i, j in ((0, 1), (1, 2), (2, 0)):
        edge = corners[j] - corners[i]
        t = np.clip((point - corners[i]) @ edge / (edge @ edge + 1e-12), 0, 1)
        option = np.zeros(3)
        option[i], option[j] = 1 - t, t
        options.append(option)
    return min(options, key=lambda b: np.linalg.norm(b @ corners - point))


if __name__ == "__main__":
    main()
