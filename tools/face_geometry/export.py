"""Write auhead_models/weights/face_geometry.safetensors from the correspondences and the unit table.

    python tools/face_geometry/export.py CORRESPONDENCES.npz ICT_FACE_MODEL.npz FACE_MESH_CONNECTIONS.py
        [--errors DETECTOR_ERRORS.npz] [-o OUT]

CORRESPONDENCES.npz comes from correspondences.py; FACE_MESH_CONNECTIONS.py is the file of that name in mediapipe
0.10.21 (mediapipe/python/solutions); DETECTOR_ERRORS.npz from detector_errors.py, which needs the file written
without it first. Needs numpy, scipy and safetensors.
"""

import argparse
import hashlib
import json
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file
from table import FIELD_NAMES, FIELDS, JAW_OPEN, mirror_name
from topology import orient, read_triangles
from touches import add_touches

FLIP = np.array([-1.0, 1.0, 1.0])  # the mirror of the face
# Gaze at 1.0 turns the eye 26 degrees out or in, 20 up, 22 down about the centre of a 1.35 cm sphere (chosen).
EYE_RADIUS = 1.35
GAZE_SIDE, GAZE_UP, GAZE_DOWN = 0.45, 0.35, 0.38
# Hinge of the jaw and its turn at jawOpen 1, fitted to the lower teeth (residual .02 cm).
JAW_HINGE_Y, JAW_HINGE_Z, JAW_OPEN_RADIANS = -1.09, -3.82, 0.442
PEOPLE = 40  # directions of shape that are kept for the estimate from a single still


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("correspondences", type=Path)
    parser.add_argument("head", type=Path, help="ict_face_model.npz, named for its checksum")
    parser.add_argument("connections", type=Path, help="face_mesh_connections.py of mediapipe 0.10.21")
    parser.add_argument("--errors", type=Path, help="output of detector_errors.py")
    default = Path(__file__).parents[2] / "auhead_models/weights/face_geometry.safetensors"
    parser.add_argument("-o", "--output", type=Path, default=default)
    arguments = parser.parse_args()

    data = np.load(arguments.correspondences)
    mirror = data["mirror"].astype(int)
    positions = symmetric_points(data["positions"].astype(float), mirror)
    fields = compose_fields(data["point_shapes"].astype(float), [str(n) for n in data["shape_names"]], mirror)
    jaw = jaw_weights(positions, fields[FIELD_NAMES.index("jaw_open")])
    fields = symmetric_fields(add_touches(fields, positions, jaw), mirror)
    triangles = orient(read_triangles(arguments.connections), positions)
    tensors = {
        "positions": positions.astype(np.float32),
        "fields": fields.astype(np.float32),
        "mirror": mirror.astype(np.int16),
        "triangles": triangles.astype(np.int16),
        "iris_shift": iris_shift().astype(np.float32),
        "jaw_hinge": np.array([JAW_HINGE_Y, JAW_HINGE_Z, JAW_OPEN_RADIANS * JAW_OPEN], np.float32),
        "identities": main_directions(data["identities"].astype(float)).astype(np.float16),
        "jaw_weights": jaw.astype(np.float32),
    }
    if arguments.errors:
        tensors["detector_errors"] = np.load(arguments.errors)["detector_errors"].astype(np.float16)
    sources = {path.name: _sha256(path) for path in (arguments.head, arguments.connections)}
    metadata = {
        "format": "auhead face geometry 1",
        "fields": json.dumps(FIELD_NAMES),
        "units": "canonical cm: +x the subject's left, +y up, +z out of the face; fields are displacements at 1.0",
        "iris_shift": "left eye, gaze out, in, up, down at 1.0 (cm)",
        "jaw_hinge": "y, z (cm) of the hinge, radians at jaw_open 1.0",
        "jaw_weights": "fraction of the rigid jaw rotation that each point follows",
        "identities": "main directions of people's shapes, one standard deviation each",
        "detector_errors": "main directions of the landmark model's errors in displacements, one standard deviation",
        "sources": json.dumps(sources),
        "licences": "ICT Face Model Light: MIT, (c) 2020 USC Institute for Creative Technologies; "
        "mediapipe mesh topology: Apache-2.0, (c) The MediaPipe Authors",
    }
    save_file({name: np.ascontiguousarray(t) for name, t in tensors.items()}, arguments.output, metadata)
    print(f"{arguments.output}: {arguments.output.stat().st_size} bytes, {len(FIELD_NAMES)} fields")


def symmetric_points(points: np.ndarray, mirror: np.ndarray) -> np.ndarray:
    """Mean of the points [N, 3] and their mirror image."""
    return (points + points[mirror] * FLIP) / 2


def compose_fields(shapes: np.ndarray, names: list[str], mirror: np.ndarray) -> np.ndarray:
    """Fields [F, 468, 3] from the sculpted shapes [S, 468, 3] at the points."""
    index = {name: i for i, name in enumerate(names)}
    fields = np.stack([sum(w * shapes[index[n]] for n, w in FIELDS[field].items()) for field in FIELD_NAMES])
    return symmetric_fields(fields, mirror)


def symmetric_fields(fields: np.ndarray, mirror: np.ndarray) -> np.ndarray:
    """Mean of the fields and the mirror image of their partners: left and right become equal."""
    partner = [FIELD_NAMES.index(mirror_name(name)) for name in FIELD_NAMES]
    return (fields + fields[partner][:, mirror] * FLIP) / 2


def iris_shift() -> np.ndarray:
    """Shift of the left iris centre [4, 3] in cm for gaze out, in, up, down."""
    side, up, down = GAZE_SIDE, GAZE_UP, GAZE_DOWN
    turn = [
        (np.sin(side), 0, np.cos(side) - 1),
        (-np.sin(side), 0, np.cos(side) - 1),
        (0, np.sin(up), np.cos(up) - 1),
        (0, -np.sin(down), np.cos(down) - 1),
    ]
    return EYE_RADIUS * np.array(turn)


def jaw_weights(positions: np.ndarray, jaw_open: np.ndarray) -> np.ndarray:
    """How much of the rigid rotation about the hinge each point follows, [468] in 0..1 (least squares in y and z)."""
    angle = JAW_OPEN_RADIANS * JAW_OPEN
    arm = positions[:, 1:] - (JAW_HINGE_Y, JAW_HINGE_Z)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    rigid = arm @ turn.T - arm
    return np.clip((jaw_open[:, 1:] * rigid).sum(1) / (rigid**2).sum(1), 0, 1)


def main_directions(identities: np.ndarray, count: int = PEOPLE) -> np.ndarray:
    """The `count` directions [K, 468, 3] with most of the variance of people, whose weights are N(0, 1)."""
    flat = identities.reshape(len(identities), -1)
    _, size, directions = np.linalg.svd(flat, full_matrices=False)
    held = (size[:count] ** 2).sum() / (size**2).sum()
    print(f"{count} directions hold {held:.3f} of the variance of people's shapes")
    return (size[:count, None] * directions[:count]).reshape(count, -1, 3)


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


if __name__ == "__main__":
    main()
