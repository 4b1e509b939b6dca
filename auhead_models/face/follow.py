"""Follows the largest face through the frames of a video."""

from collections.abc import Iterable

import torch

from .detector import detect_faces
from .landmarks import find_landmarks, track_landmarks
from .topology import POINTS

LOWEST_CONFIDENCE = 0.5


def follow_face(frames: Iterable[torch.Tensor], device: torch.device | str = "cpu") -> torch.Tensor:
    """Landmarks [T, 478, 3] in image pixels with depth, on the CPU; NaN in frames without a face. frames [H, W, 3]."""
    points, found = [], None
    for frame in frames:
        found = _follow(frame.to(device), found)
        points.append(torch.full((POINTS, 3), torch.nan) if found is None else found.cpu())
    return torch.stack(points) if points else torch.zeros(0, POINTS, 3)


def _follow(frame: torch.Tensor, previous: torch.Tensor | None) -> torch.Tensor | None:
    """Landmarks [478, 3] near the previous ones, or found anew where those are lost; None where there is no face."""
    if previous is not None:
        found = track_landmarks(frame, previous)
        if found.confidence >= LOWEST_CONFIDENCE:
            return found.points
    faces = detect_faces(frame)
    if faces:
        found = find_landmarks(frame, max(faces, key=lambda face: float((face.box[2:] - face.box[:2]).prod())))
        if found.confidence >= LOWEST_CONFIDENCE:
            return found.points
    return None
