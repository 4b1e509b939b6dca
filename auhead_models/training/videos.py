"""Videos of talking heads as training material: found, told apart, and watched at 25 frames per second."""

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import torch

from ..au.sequence import FPS
from ..errors import AUHeadError
from ..face.follow import follow_face
from ..video import VideoReader

VIDEO_SUFFIXES = (".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".flv")
LOST = 0.1  # part of the frames without a face up to which a video is used


def find_videos(folder: str | Path) -> list[Path]:
    """All videos in a folder and below, in order of their names. Raises AUHeadError where there is none."""
    folder = Path(folder)
    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in VIDEO_SUFFIXES)
    if not files:
        raise AUHeadError(f"There is no video in {folder}; give a folder with {', '.join(VIDEO_SUFFIXES)} files.")
    return files


def watch_face(file: str | Path, device: torch.device | str = "cpu", shortest: int = 1) -> torch.Tensor:
    """Landmarks [T, 478, 3] of the largest face at 25 frames per second; NaN in the few frames that show none.

    Raises AUHeadError for a video of fewer than `shortest` frames, and when more than a tenth of them show no face.
    """
    with VideoReader(file) as video:
        points = follow_face(at_rate(video, video.fps), device)
    if len(points) < shortest:
        raise AUHeadError(f"it has {len(points)} frames at {FPS:g} a second, of {shortest} that are needed")
    lost = int((~seen_frames(points)).sum())
    if lost > LOST * len(points):
        raise AUHeadError(f"{lost} of its {len(points)} frames show no face")
    return points


def seen_frames(points: torch.Tensor) -> torch.Tensor:
    """Which frames [T] of landmarks [T, 478, 3] show the face."""
    return points.isfinite().all(-1).all(-1)


def at_rate(frames: Iterable[torch.Tensor], fps: float, rate: float = FPS) -> Iterator[torch.Tensor]:
    """Frames at `fps` as frames at `rate`: what is on screen at each moment."""
    given = 0
    for index, frame in enumerate(frames, 1):
        while given / rate < index / fps - 1e-6:
            yield frame
            given += 1


def fingerprint(*files: Path, of: object = "") -> str:
    """Twelve letters that change when a file, or what is made `of` it, changes."""
    states = [(str(file.resolve()), file.stat().st_size, file.stat().st_mtime_ns) for file in files]
    return hashlib.sha256(f"{states} {of}".encode()).hexdigest()[:12]
