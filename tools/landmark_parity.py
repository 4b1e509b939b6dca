"""Compares our landmarks with MediaPipe 0.10.21's FaceMesh (static images, refine_landmarks=True), in two steps.

    python tools/landmark_parity.py reference portrait.png ... --output reference.npz    # where mediapipe==0.10.21 is
    python tools/landmark_parity.py compare reference.npz                                # where torch is

The first step stores each picture and MediaPipe's 478 points. The second finds the face with our detector and network,
one look as MediaPipe takes on a still, and prints the distances (x and y) in pixels and as a share of the distance
between the pupils: for all points, and for the lips, the lid edges and the irises. Then the median time on one thread
of the detector and of ``find_landmarks`` with its defaults. It fails where a portrait's mean is above 0.2 %.
"""
import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

_LIMIT = 0.2  # % of the inter-ocular distance
_HEADER = "portrait", "size", "mean px", "max px", "mean %", "z %", "lips %", "lids %", "iris %", "det ms", "lmk ms"
_ROW = "{:20} {:>11} {:>8} {:>7} {:>7} {:>7} {:>7} {:>7} {:>7} {:>7} {:>7}"


def reference(paths: list[Path], output: Path) -> None:
    """Store MediaPipe's points of each picture, in pixels."""
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
    groups = [list(LIPS), list(RIGHT_EYE[:16] + LEFT_EYE[:16]), list(RIGHT_IRIS + LEFT_IRIS)]
    print(_ROW.format(*_HEADER))
    stored, worst = np.load(path), 0.0
    for name in sorted(key.removesuffix(" image") for key in stored if key.endswith(" image")):
        image = torch.from_numpy(stored[name + " image"]).float() / 255
        expected = torch.from_numpy(stored[name + " points"]).float()
        faces = detect_faces(image)
        if not faces:
            print(f"{name:20} not found")
            worst = float("inf")
            continue
        offset = find_landmarks(image, faces[0], refine=0).points - expected
        distance, unit = offset[:, :2].norm(dim=1), 100 / torch.dist(expected[468, :2], expected[473, :2])
        shares = [distance.mean() * unit, offset[:, 2].abs().mean() * unit]
        shares += [distance[group].mean() * unit for group in groups]
        times = [_median_time(detect_faces, image), _median_time(find_landmarks, image, faces[0])]
        cells = [f"{distance.mean():.3f}", f"{distance.max():.3f}", *(f"{share:.3f}" for share in shares)]
        print(_ROW.format(name, "x".join(map(str, image.shape[1::-1])), *cells, *(f"{1000 * t:.1f}" for t in times)))
        worst = max(worst, shares[0].item())
    print(f"worst mean: {worst:.3f} % of the inter-ocular distance (limit {_LIMIT} %)")
    return worst <= _LIMIT


def _median_time(action: Callable, *inputs, repeats: int = 9) -> float:
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        action(*inputs)
        times.append(time.perf_counter() - start)
    return sorted(times)[repeats // 2]


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
