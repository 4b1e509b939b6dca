"""Milliseconds to find a face and its landmarks, and to follow it: medians on one CPU thread.

    python benchmarks/landmarks.py [IMAGE] [--repeats 40]

Without IMAGE: the bundled portrait, 512x512. Then a grey 4K picture, the dearest case: every window is searched.
Writes benchmarks/results/landmarks.md.
"""

import sys
from pathlib import Path

import numpy as np
import torch
from measure import ROOT, keep, median_ms, parser
from PIL import Image

sys.path.insert(0, str(ROOT))
from auhead_models.face.detector import detect_faces  # noqa: E402
from auhead_models.face.landmarks import find_landmarks, track_landmarks  # noqa: E402


def main() -> None:
    line = parser(__doc__, "landmarks")
    line.add_argument("image", type=Path, nargs="?", default=ROOT / "auhead_models/assets/portrait.png")
    line.add_argument("--repeats", type=int, default=40)
    options = line.parse_args()
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
    timed = [(name, f"{median_ms(action, options.repeats):.1f}") for name, action in rows.items()]
    timed.append(("4K without a face", f"{median_ms(lambda: detect_faces(empty), 3):.1f}"))
    keep(options, f"Finding a face in {image.shape[1]} x {image.shape[0]} pixels", ("step", "median ms"), timed)


if __name__ == "__main__":
    with torch.inference_mode():
        main()
