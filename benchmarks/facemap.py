"""Milliseconds per FaceMap of each style, and of cutting and pasting a crop: medians on one CPU thread.

    python benchmarks/facemap.py [--size 512] [--repeats 50]

The face is the canonical head, as large in the picture as a portrait's usually is. Writes
benchmarks/results/facemap.md.
"""

import sys

import torch
from measure import ROOT, keep, median_ms, parser

sys.path.insert(0, str(ROOT))
from auhead_models.face.canonical import load_geometry  # noqa: E402
from auhead_models.face.crop import extract_crop, paste_back, square_crop  # noqa: E402
from auhead_models.face.facemap import STYLES, draw_facemap  # noqa: E402
from auhead_models.face.raster import rasterize  # noqa: E402
from auhead_models.face.topology import MESH_POINTS  # noqa: E402


def canonical_face(size: int) -> torch.Tensor:
    """The mean head from the front, its irises between the eye corners: [1, 478, 3] pixels."""
    mesh = load_geometry().positions
    eyes = [mesh[[outer, inner]].mean(0, keepdim=True).expand(5, 3) for outer, inner in ((33, 133), (263, 362))]
    points = torch.cat([mesh, *eyes]) * torch.tensor([1.0, -1.0, -1.0])
    return (points * size * 0.03 + torch.tensor([size / 2, size / 2, 0.0]))[None]


def main() -> None:
    line = parser(__doc__, "facemap")
    line.add_argument("--size", type=int, default=512)
    line.add_argument("--repeats", type=int, default=50)
    given = line.parse_args()
    size, repeats = given.size, given.repeats
    torch.set_num_threads(1)

    points, rows = canonical_face(size), []
    values = torch.full((1, 24), 0.5)
    for style in STYLES:
        ms = median_ms(lambda s=style: draw_facemap(points, size, s, values), repeats)
        rows.append((f"FaceMap {style}", f"{size}", f"{ms:.2f}"))

    triangles = load_geometry().triangles
    mesh = points[:, :MESH_POINTS, :2]
    for side in (size // 2, size):
        scaled = mesh * (side / size)
        ms = median_ms(lambda p=scaled, s=side: rasterize(p, triangles, p, s, s), repeats)
        rows.append((f"rasterize {len(triangles)} triangles", f"{side}", f"{ms:.2f}"))

    for height, width in ((720, 1280), (2160, 3840)):
        image = torch.rand(height, width, 3)
        box = torch.tensor([width * 0.4, height * 0.25, width * 0.6, height * 0.65])
        matrix = square_crop(box, (height, width), size=size)
        crop = extract_crop(image, matrix, size)
        inner = torch.zeros(size, size)
        inner[size // 8 : -size // 8, size // 8 : -size // 8] = 1
        ms = median_ms(lambda i=image, m=matrix: extract_crop(i, m, size), max(1, repeats // 10))
        rows.append(("extract_crop", f"{width} x {height}", f"{ms:.2f}"))
        frames = crop.expand(4, -1, -1, -1)
        ms = median_ms(lambda i=image, m=matrix, f=frames, k=inner: sum(1 for _ in paste_back(i, f, m, k)), 3) / 4
        rows.append(("paste_back, a frame", f"{width} x {height}", f"{ms:.2f}"))
    keep(given, "FaceMaps, crops and pasting", ("step", "picture", "median ms"), rows)


if __name__ == "__main__":
    main()
