"""Milliseconds per FaceMap of each style, and of cutting and pasting a crop: medians on one CPU thread.

    python benchmarks/facemap.py [--size 512] [--repeats 50]

The face is the canonical head, as large in the picture as a portrait's usually is.
"""

import argparse
import statistics
import time
from pathlib import Path

import torch

if __package__ in (None, ""):  # from a checkout, without installing
    import sys

    sys.path.insert(0, str(Path(__file__).parents[1]))

from auhead_models.face.canonical import load_geometry
from auhead_models.face.crop import extract_crop, paste_back, square_crop
from auhead_models.face.facemap import STYLES, draw_facemap
from auhead_models.face.raster import rasterize


def median_ms(action, repeats: int) -> float:
    """Median of `repeats` runs after one to warm up."""
    action()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1000


def canonical_face(size: int) -> torch.Tensor:
    """The mean head from the front, its irises between the eye corners: [1, 478, 3] pixels."""
    mesh = load_geometry().positions
    eyes = [mesh[[outer, inner]].mean(0, keepdim=True).expand(5, 3) for outer, inner in ((33, 133), (263, 362))]
    points = torch.cat([mesh, *eyes]) * torch.tensor([1.0, -1.0, -1.0])
    return (points * size * 0.03 + torch.tensor([size / 2, size / 2, 0.0]))[None]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--repeats", type=int, default=50)
    arguments = parser.parse_args()
    size, repeats = arguments.size, arguments.repeats
    torch.set_num_threads(1)

    points = canonical_face(size)
    values = torch.full((1, 24), 0.5)
    for style in STYLES:
        ms = median_ms(lambda s=style: draw_facemap(points, size, s, values), repeats)
        print(f"FaceMap {style:14}{size:5}   {ms:7.2f} ms")

    triangles = load_geometry().triangles
    mesh = points[:, :468, :2]
    for side in (size // 2, size):
        scaled = mesh * (side / size)
        ms = median_ms(lambda p=scaled, s=side: rasterize(p, triangles, p, s, s), repeats)
        print(f"rasterize {len(triangles)} triangles {side:5}   {ms:7.2f} ms")

    for height, width in ((720, 1280), (2160, 3840)):
        image = torch.rand(height, width, 3)
        box = torch.tensor([width * 0.4, height * 0.25, width * 0.6, height * 0.65])
        matrix = square_crop(box, (height, width), size=size)
        crop = extract_crop(image, matrix, size)
        inner = torch.zeros(size, size)
        inner[size // 8 : -size // 8, size // 8 : -size // 8] = 1
        ms = median_ms(lambda i=image, m=matrix: extract_crop(i, m, size), max(1, repeats // 10))
        print(f"extract_crop {width:5} x {height:4}     {ms:7.2f} ms")
        frames = crop.expand(4, -1, -1, -1)
        ms = median_ms(lambda i=image, m=matrix, f=frames, k=inner: sum(1 for _ in paste_back(i, f, m, k)), 3) / 4
        print(f"paste_back   {width:5} x {height:4}     {ms:7.2f} ms a frame")


if __name__ == "__main__":
    main()
