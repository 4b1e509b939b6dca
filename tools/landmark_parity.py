"""Compares our landmarks with MediaPipe 0.10.21's FaceMesh (static images, refine_landmarks=True), in two steps.

    python tools/landmark_parity.py reference portrait.png ... --output reference.npz   # environment with mediapipe==0.10.21
    python tools/landmark_parity.py compare reference.npz                               # environment with torch

The first step stores each picture and MediaPipe's 478 points; the second finds the face with our detector and network and
prints the distances (x and y) in pixels and as a share of the distance between the pupils, for all points and for the rings
of lips, lids and irises. It fails where the mean of a portrait is above 0.2 %.
"""
import argparse
import sys
import time
from pathlib import Path

import numpy as np

_LIMIT = 0.2  # % of the inter-ocular distance


def reference(paths: list[Path], output: Path) -> None:
    """MediaPipe's points of each picture, in pixels."""
    import mediapipe
    from PIL import Image

    stored = {}
    options = {"static_image_mode": True, "max_num_faces": 1, "refine_landmarks": True}
    with mediapipe.solutions.face_mesh.FaceMesh(**options) as mesh:
        for path in paths:
            image = np.array(Image.open(path).convert("RGB"))
            faces = mesh.process(image).multi_face_landmarks
            if not faces:
                print(f"{path.name}: no face for MediaPipe")
                continue
            height, width = image.shape[:2]
            points = np.array([(point.x, point.y, point.z) for point in faces[0].landmark])
            stored[path.stem + " image"] = image
            stored[path.stem + " points"] = points * (width, height, width)
    np.savez(output, **stored)
    print(f"{output}: {len(stored) // 2} portraits")


def compare(path: Path) -> bool:
    """Print the table; true where every portrait keeps the limit."""
    import torch

    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    from auhead_models.face.detector import detect_faces
    from auhead_models.face.facemesh import LEFT_EYE, LEFT_IRIS, LIPS, RIGHT_EYE, RIGHT_IRIS
    from auhead_models.face.landmarks import find_landmarks

    torch.set_num_threads(1)
    groups = {"lips": LIPS, "lids": RIGHT_EYE[:16] + LEFT_EYE[:16], "irises": RIGHT_IRIS + LEFT_IRIS}
    print(f"{'portrait':22} {'size':>11} {'mean px':>8} {'max px':>7} {'mean %':>7} {'z %':>6}", *(f"{g + ' %':>8}" for g in groups), "ms", sep="  ")
    stored, worst = np.load(path), 0.0
    for name in sorted(key[:-6] for key in stored if key.endswith(" image")):
        image = torch.from_numpy(stored[name + " image"]).float() / 255
        expected = torch.from_numpy(stored[name + " points"]).float()
        faces = detect_faces(image)
        if not faces:
            print(f"{name:22} not detected")
            worst = float("inf")
            continue
        times = []
        for _ in range(5):
            start = time.perf_counter()
            found = find_landmarks(image, detect_faces(image)[0])
            times.append(time.perf_counter() - start)
        unit = 100 / torch.dist(expected[468, :2], expected[473, :2])
        distance = (found.points - expected)[:, :2].norm(dim=1)
        depth = (found.points - expected)[:, 2].abs().mean() * unit
        shares = [f"{distance[list(points)].mean() * unit:8.3f}" for points in groups.values()]
        size = "x".join(map(str, image.shape[1::-1]))
        print(
            f"{name:22} {size:>11} {distance.mean():8.3f} {distance.max():7.3f} {distance.mean() * unit:7.3f} {depth:6.3f}",
            *shares, f"{1000 * sorted(times)[2]:.0f}", sep="  ",
        )
        worst = max(worst, (distance.mean() * unit).item())
    print(f"worst mean: {worst:.3f} % of the inter-ocular distance (limit {_LIMIT} %)")
    return worst <= _LIMIT


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    first = commands.add_parser("reference")
    first.add_argument("portraits", type=Path, nargs="+")
    first.add_argument("--output", type=Path, required=True)
    second = commands.add_parser("compare")
    second.add_argument("reference", type=Path)
    arguments = parser.parse_args()
    if arguments.command == "reference":
        reference(arguments.portraits, arguments.output)
    elif not compare(arguments.reference):
        sys.exit(1)


if __name__ == "__main__":
    main()
