"""Milliseconds per step on one CPU thread: medians for one portrait at 512 x 512.

    python benchmarks/speed.py [PORTRAIT] [--size 512]

Limits that a release must keep: detect + landmarks 60, deform 0.3, FaceMap 3, whole warp 80. Writes
benchmarks/results/speed.md.
"""

import sys
from collections.abc import Callable
from pathlib import Path

import torch
from measure import ROOT, keep, median_ms, parser

sys.path.insert(0, str(ROOT))
from auhead_models.au import AUSequence, Span, emotion_track  # noqa: E402
from auhead_models.face.deform import FaceDeformer  # noqa: E402
from auhead_models.face.detector import detect_faces  # noqa: E402
from auhead_models.face.face import find_face  # noqa: E402
from auhead_models.face.facemap import draw_facemap  # noqa: E402
from auhead_models.face.landmarks import find_landmarks, track_landmarks  # noqa: E402
from auhead_models.face.warp import WarpRenderer  # noqa: E402
from auhead_models.image import load_image  # noqa: E402

LIMITS = {"detect + landmarks": "60", "deform": "0.3", "FaceMap aniportrait": "3", "whole warp": "80"}
FRAMES = 48  # of the performance that is deformed, drawn and warped


def main() -> None:
    line = parser(__doc__, "speed")
    line.add_argument("portrait", type=Path, nargs="?", default=ROOT / "auhead_models" / "assets" / "portrait.png")
    line.add_argument("--size", type=int, default=512)
    given = line.parse_args()
    torch.set_num_threads(1)

    image = load_image(given.portrait)[0]
    face = find_face(image, size=given.size)
    crop = face.crop
    performance = talk()
    deform = FaceDeformer(face)
    points = deform.meshes(performance)
    warp = WarpRenderer(face)
    steps: list[tuple[str, Callable[[], object], int, int]] = [  # name, work, frames in it, repetitions
        ("detect + landmarks", lambda: find_landmarks(crop, detect_faces(crop)[0]), 1, 15),
        ("landmarks when tracking", lambda: track_landmarks(crop, face.landmarks), 1, 15),
        ("find_face, once per portrait", lambda: find_face(image, size=given.size), 1, 5),
        ("build the warp, once per portrait", lambda: WarpRenderer(face), 1, 5),
        ("deform", lambda: deform(performance), FRAMES, 15),
        ("FaceMap aniportrait", lambda: draw_facemap(points, given.size), FRAMES, 5),
        ("whole warp", lambda: [None for _ in warp.render(performance)], FRAMES, 5),
    ]
    rows = []
    for name, work, frames, repetitions in steps:
        rows.append((name, f"{median_ms(work, repetitions) / frames:.2f}", LIMITS.get(name, "")))
    keep(given, f"Speed at {given.size} x {given.size}", ("step", "median ms a frame", "limit"), rows)


def talk() -> AUSequence:
    """A performance in which everything moves: jaw, lips, lids, head, an emotion."""
    time = torch.arange(FRAMES).numpy() / 25
    wave = torch.sin(torch.arange(FRAMES) * 0.6).numpy()
    moving = AUSequence.zeros(FRAMES).with_columns(
        {
            "jaw_open": 0.3 + 0.3 * wave,
            "lip_pucker": 0.2 - 0.2 * wave,
            "eye_closure_left": (time % 1 < 0.2) * 1.0,
            "eye_closure_right": (time % 1 < 0.2) * 1.0,
            "gaze_x": 0.3 * wave,
            "yaw": 0.15 * wave,
            "pitch": 0.05 * wave,
        }
    )
    return moving.mix(emotion_track([Span(0, 2, "happy", 2)], FRAMES), mode="add").clamp()


if __name__ == "__main__":
    with torch.inference_mode():
        main()
