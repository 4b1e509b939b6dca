"""478 points on a face: the mesh of 468, lips, lids and irises refined. Order and regions as in MediaPipe 0.10.21.

Image in: float RGB [H, W, 3] in 0..1. Points out: image pixels, x right, y down, pixel centres at .5; z in the same
scale, growing away from the camera.
"""
import math
from dataclasses import dataclass

import torch
from torch import Tensor

from .detector import Detection
from .sampling import Region, sample_region
from .weights import bundled_network

_MARGIN = 1.5  # side of the region the network sees, relative to the face
_RIGHT_EYE_CORNER, _LEFT_EYE_CORNER = 33, 263


@dataclass(frozen=True)
class Landmarks:
    """``points`` [478, 3]; ``confidence`` 0..1 that the region held a face at all (below 0.5: do not trust the points)."""

    points: Tensor
    confidence: float


@torch.inference_mode()
def find_landmarks(image: Tensor, detection: Detection, refine: int = 0) -> Landmarks:
    """Landmarks of a detected face. Each ``refine`` looks again, from the region that the points of the last look span."""
    found = _look(image, region_of_detection(detection))
    for _ in range(refine):
        found = _look(image, region_of_points(found.points))
    return found


@torch.inference_mode()
def track_landmarks(image: Tensor, previous: Tensor) -> Landmarks:
    """Landmarks in the next frame of a video, from the points [478, 3] of the last; where confidence drops, detect anew."""
    return _look(image, region_of_points(previous))


def region_of_detection(detection: Detection) -> Region:
    """The square around the box, turned as the eyes are."""
    x0, y0, x1, y1 = detection.box.tolist()
    right, left = detection.keypoints[:2].tolist()
    angle = math.atan2(left[1] - right[1], left[0] - right[0])
    return Region((x0 + x1) / 2, (y0 + y1) / 2, _MARGIN * max(x1 - x0, y1 - y0), angle)


def region_of_points(points: Tensor) -> Region:
    """The square around the points, turned as the outer eye corners are."""
    across = (points[_LEFT_EYE_CORNER] - points[_RIGHT_EYE_CORNER]).tolist()
    angle = math.atan2(across[1], across[0])
    turn = Region(0, 0, 1, angle).turn(points)
    upright = points[:, :2] @ turn
    low, high = upright.amin(0), upright.amax(0)
    x, y = (turn @ ((low + high) / 2)).tolist()
    return Region(x, y, _MARGIN * (high - low).max().item(), angle)


def _look(image: Tensor, region: Region) -> Landmarks:
    network = bundled_network("mesh", image.device)
    points, presence = network(sample_region(image.float(), region, network.size, "border"))
    return Landmarks(region.to_image(points[0] / network.size), presence.sigmoid().item())
