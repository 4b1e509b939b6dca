"""Milliseconds to find a face and its landmarks, and to follow it: medians on one CPU thread.

    python benchmarks/landmarks.py [IMAGE] [--repeats 40]

Without IMAGE: the bundled portrait, 512x512. Then a grey 4K picture, the dearest case: every window is searched.
"""

import argparse
import statistics
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image

if __package__ in (None, ""):  # from a checkout, without installing
    import sys

    sys.path.insert(0, str(Path(__file__).parents[1]))

from auhead_models.face.detector import detect_faces
from auhead_models.face.landmarks import find_landmarks, track_landmarks

PORTRAIT = Path(__file__).parents[1] / "auhead_models/assets/portrait.png"


def median_ms(action, repeats: int) -> float:
    """Median of `repeats` runs after one to warm up."""
    action()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("image", type=Path, nargs="?", default=PORTRAIT)
    parser.add_argument("--repeats", type=int, default=40)
    options = parser.parse_args()
    torch.set_num_threads(1)
    image = torch.from_numpy(np.array(Image.open(options.image).convert("RGB"))).float() / 255
    face = detect_faces(image)[0]
    points = find_landmarks(image, face).points
    empty = torch.full((2160, 3840, 3), 0.5)
    rows = {
        "detect": lambda: detect_faces(image),
        "landmarks, one look": lambda: find_landmarks(image, face, refine=0),
        "landmarks, two looks (default)": lambda: find_landmarks(image, face),
        "landmarks, three looks": lambda: find_landmarks(image, face, refine=2),
        "detect + landmarks": lambda: find_landmarks(image, detect_faces(image)[0]),
        "track": lambda: track_landmarks(image, points),
    }
    print(f"{image.shape[1]}x{image.shape[0]}")
    for name, action in rows.items():
        print(f"{name:32} {median_ms(action, options.repeats):8.1f} ms")
    print(f"{'4K without a face':32} {median_ms(lambda: detect_faces(empty), 1):8.1f} ms")


if __name__ == "__main__":
    main()
