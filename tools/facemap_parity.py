"""Compares our FaceMaps with OpenCV's, drawn through MediaPipe's own drawing code as the references do, in two steps.

    python tools/facemap_parity.py reference portrait.png ... --output reference.npz   # opencv + mediapipe==0.10.21
    python tools/facemap_parity.py compare reference.npz                               # environment with torch

The first step finds MediaPipe's 478 points in each portrait and draws the styles at several sizes. The second draws the
same points with `draw_facemap`, prints the intersection over union of the drawn pixels and the share of equal colours
there, and fails where a FaceMap at the reference's own size has less than 0.95 or another colour. Resized FaceMaps are
compared by their greatest difference in 8-bit levels.

    python tools/facemap_parity.py golden --output tests/data/facemap_opencv.npz       # opencv + mediapipe

draws the faces of the tests, which are nobody's: the canonical head, turned. The same file holds single lines of every
direction. Colours and connections are written out here a second time on purpose, from the references, not our tables.
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np

GEOMETRY = Path(__file__).parents[1] / "auhead_models" / "weights" / "face_geometry.safetensors"
SIZES = {"aniportrait": (512, 256, 768), "mediapipe": (512, 384), "openpose": (512,)}
FAN = 24  # single lines reach this far in x and y

LIPS = {  # AniPortrait, src/utils/draw_util.py
    (10, 180, 20): (61, 146, 91, 181, 84, 17),
    (20, 10, 180): (17, 314, 405, 321, 375, 291),
    (100, 100, 30): (78, 95, 88, 178, 87, 14),
    (100, 150, 50): (14, 317, 402, 318, 324, 308),
    (20, 80, 100): (61, 185, 40, 39, 37, 0),
    (80, 100, 20): (0, 267, 269, 270, 409, 291),
    (120, 100, 200): (78, 191, 80, 81, 82, 13),
    (150, 120, 100): (13, 312, 311, 310, 415, 308),
}
FOREHEAD = {(21, 54), (54, 103), (103, 67), (67, 109), (109, 10), (10, 338), (338, 297), (297, 332), (332, 284)}
FOREHEAD |= {(284, 251)}


def connections(style: str) -> dict:
    """Edges and their colours in paint order, from MediaPipe's own connection sets."""
    from mediapipe import solutions

    mesh, spec = solutions.face_mesh, {}

    def add(edges, colour):
        drawing = solutions.drawing_utils.DrawingSpec(color=colour, thickness=2, circle_radius=1)
        spec.update(dict.fromkeys(edges, drawing))

    swap = slice(None, None, -1 if style == "mediapipe" else 1)  # its annotator turns BGR round at the end
    add(mesh.FACEMESH_FACE_OVAL - (FOREHEAD if style == "aniportrait" else set()), (10, 200, 10))
    add(mesh.FACEMESH_LEFT_EYE, (180, 200, 10)[swap])
    add(mesh.FACEMESH_LEFT_EYEBROW, (180, 220, 10)[swap])
    add(mesh.FACEMESH_RIGHT_EYE, (10, 200, 180)[swap])
    add(mesh.FACEMESH_RIGHT_EYEBROW, (10, 220, 180)[swap])
    if style == "mediapipe":
        add(mesh.FACEMESH_LIPS, (10, 180, 10))
    else:
        for colour, path in LIPS.items():
            add(zip(path, path[1:]), colour)
    return spec


def draw(points: np.ndarray, style: str, size: int) -> np.ndarray:
    """One FaceMap [size, size, 3] of points [478, 2] in 0..1."""
    import cv2
    from mediapipe import solutions
    from mediapipe.framework.formats import landmark_pb2

    canvas = np.zeros((512, 512, 3) if style == "aniportrait" else (size, size, 3), np.uint8)
    if style == "openpose":
        for x, y in points[openpose_points()]:
            if int(x * size) > 0 and int(y * size) > 0:
                cv2.circle(canvas, (int(x * size), int(y * size)), 3, (255, 255, 255), thickness=-1)
        return canvas
    marks = [landmark_pb2.NormalizedLandmark(x=x, y=y) for x, y in points.tolist()]
    spec = connections(style)
    solutions.drawing_utils.draw_landmarks(
        canvas,
        landmark_pb2.NormalizedLandmarkList(landmark=marks),
        connections=spec.keys(),
        landmark_drawing_spec=None,
        connection_drawing_spec=spec,
    )
    if style == "mediapipe":
        for point, colour in ((468, (250, 200, 10)), (473, (10, 200, 250))):
            x, y = int(size * marks[point].x), int(size * marks[point].y)
            canvas[y - 2 : y + 2, x - 2 : x + 2] = colour
    return cv2.resize(canvas, (size, size)) if style == "aniportrait" else canvas


def openpose_points() -> np.ndarray:
    """Our choice of points, read without importing torch."""
    sys.path.insert(0, str(Path(__file__).parents[1]))
    from auhead_models.face.facemap_styles import OPENPOSE

    return OPENPOSE


def reference(paths: list[Path], output: Path) -> None:
    """Find the points in portraits with MediaPipe and draw them."""
    import mediapipe
    from PIL import Image

    faces = {}
    options = {"static_image_mode": True, "max_num_faces": 1, "refine_landmarks": True}
    with mediapipe.solutions.face_mesh.FaceMesh(**options) as mesh:
        for path in paths:
            found = mesh.process(np.array(Image.open(path).convert("RGB"))).multi_face_landmarks
            if found:
                faces[path.stem] = np.array([(p.x, p.y) for p in found[0].landmark], np.float32)
            else:
                print(f"{path.name}: no face for MediaPipe")
    save(faces, SIZES, output)


def golden(output: Path) -> None:
    """Draw canonical heads, turned, one of them over the picture's border, and a fan of single lines."""
    import cv2

    faces = {
        "front": canonical_points(0.0, 0.0, 0.046, (0.5, 0.5)),
        "turned": canonical_points(0.5, -0.2, 0.035, (0.45, 0.55)),
        "cut": canonical_points(-0.3, 0.3, 0.05, (0.8, 0.3)),
    }
    fan = []
    for dy in range(-FAN, FAN + 1):
        for dx in range(-FAN, FAN + 1):
            canvas = np.zeros((2 * FAN + 5, 2 * FAN + 5), np.uint8)
            cv2.line(canvas, (FAN + 2, FAN + 2), (FAN + 2 + dx, FAN + 2 + dy), 1, 2)
            fan.append(np.packbits(canvas))
    save(faces, {"aniportrait": (512, 256), "mediapipe": (512,), "openpose": (512,)}, output, fan=np.array(fan))


def canonical_points(yaw: float, pitch: float, scale: float, centre: tuple[float, float]) -> np.ndarray:
    """The mean head seen from straight ahead, without perspective: [478, 2] in 0..1."""
    raw = GEOMETRY.read_bytes()
    length = int.from_bytes(raw[:8], "little")
    start, end = json.loads(raw[8 : 8 + length])["positions"]["data_offsets"]
    mesh = np.frombuffer(raw[8 + length + start : 8 + length + end], np.float32).reshape(468, 3)
    irises = [mesh[[outer, inner]].mean(0) for outer, inner in ((33, 133), (263, 362)) for _ in range(5)]
    points = np.concatenate([mesh, irises])
    turn = np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
    nod = np.array([[1, 0, 0], [0, np.cos(pitch), -np.sin(pitch)], [0, np.sin(pitch), np.cos(pitch)]])
    seen = points @ (turn @ nod).T
    return (seen[:, :2] * (scale, -scale) + centre).astype(np.float32)


def save(faces: dict, sizes: dict, output: Path, **more: np.ndarray) -> None:
    import cv2

    stored = {"opencv": np.array(cv2.__version__), **more}
    for name, points in faces.items():
        stored[f"{name} points"] = points
        for style, sides in sizes.items():
            for side in sides:
                stored[f"{name} {style} {side}"] = draw(points, style, side)
    np.savez_compressed(output, **stored)
    print(f"{output}: {len(faces)} faces, {output.stat().st_size / 1024:.0f} KiB")


def compare(path: Path) -> bool:
    """Print a table; True when every FaceMap of the reference's own size passes."""
    import torch

    sys.path.insert(0, str(Path(__file__).parents[1]))
    from auhead_models.face.facemap import draw_facemap

    stored = np.load(path)
    good = True
    print(f"OpenCV {stored['opencv']}\n{'face':24}{'style':14}{'size':>5}  result")
    for key in stored.files:
        if key in ("opencv", "fan") or key.endswith(" points"):
            continue
        name, style, side = key.rsplit(" ", 2)
        points = torch.from_numpy(stored[f"{name} points"])[None] * 512
        ours = draw_facemap(points, int(side), style, source_size=512)[0].mul(255).round().byte().numpy()
        theirs = stored[key]
        if style == "aniportrait" and side != "512":
            result = f"greatest difference {np.abs(ours.astype(int) - theirs).max()} of 255"
        else:
            both, either = ours.any(-1) & theirs.any(-1), ours.any(-1) | theirs.any(-1)
            union = both.sum() / either.sum()
            equal = (ours == theirs).all(-1)[both].mean()
            good &= bool(union >= 0.95 and equal == 1)
            result = f"intersection over union {union:.5f}, equal colours {equal:.5f}, {int(either.sum())} pixels"
        print(f"{name:24}{style:14}{side:>5}  {result}")
    return good


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("reference", help="draw portraits with OpenCV")
    command.add_argument("portraits", nargs="+", type=Path)
    command.add_argument("--output", type=Path, required=True)
    command = commands.add_parser("golden", help="draw the faces of the tests with OpenCV")
    command.add_argument("--output", type=Path, required=True)
    command = commands.add_parser("compare", help="draw the same points with our code and compare")
    command.add_argument("reference", type=Path)
    arguments = parser.parse_args()
    if arguments.command == "reference":
        reference(arguments.portraits, arguments.output)
    elif arguments.command == "golden":
        golden(arguments.output)
    elif not compare(arguments.reference):
        sys.exit(1)


if __name__ == "__main__":
    main()
