"""Finds faces. Image in: float RGB [H, W, 3] in 0..1; positions out: image pixels, pixel centres at .5.

Decoding and weighted suppression as in MediaPipe 0.10.21 (modules/face_detection).
"""
from dataclasses import dataclass

import torch
from torch import Tensor

from .sampling import Region, sample_region
from .weights import bundled_network

_OVERLAP = 0.3  # min_suppression_threshold
_SCORE_LIMIT = 100.0  # score_clipping_thresh
_SMALLEST_IMAGE = 32  # pixels; no face can be told in less


@dataclass(frozen=True)
class Detection:
    """A face. ``box`` [4] is x0, y0, x1, y1 from brows to chin; ``keypoints`` [6, 2] are the subject's right and left eye,
    nose tip, mouth, right and left ear; ``score`` is 0..1."""

    score: float
    box: Tensor
    keypoints: Tensor


@torch.inference_mode()
def detect_faces(image: Tensor, threshold: float = 0.5) -> list[Detection]:
    """All faces of ``image`` [H, W, 3], the surest first; an empty list where there is none."""
    height, width = image.shape[:2]
    if min(height, width) < _SMALLEST_IMAGE:
        return []
    network = bundled_network("short_range", image.device)
    region = Region(width / 2, height / 2, max(height, width))
    logits, values = network(sample_region(image.float(), region, network.size, "zeros") * 2 - 1)
    scores = logits[0].clamp(-_SCORE_LIMIT, _SCORE_LIMIT).sigmoid()
    sure = scores > threshold
    anchors = network.anchors().to(image.device)[sure]
    values = values[0, sure].reshape(-1, 8, 2) / network.size
    centre, half = values[:, 0] + anchors, values[:, 1] / 2
    points = torch.cat([torch.stack([centre - half, centre + half], 1), values[:, 2:] + anchors[:, None]], 1)
    return suppress(scores[sure], region.to_image(points))


def suppress(scores: Tensor, points: Tensor) -> list[Detection]:
    """Merge what overlaps into means weighted by score. ``points`` [N, 8, 2]: two box corners and six keypoints."""
    found = []
    order = scores.argsort(descending=True, stable=True)
    while len(order):
        best = order[0]
        near = overlap(points[best, :2], points[order, :2]) > _OVERLAP
        near[0] = True
        weights = scores[order[near]]
        mean = (points[order[near]] * weights[:, None, None]).sum(0) / weights.sum()
        found.append(Detection(scores[best].item(), mean[:2].reshape(4), mean[2:]))
        order = order[~near]
    return found


def overlap(box: Tensor, boxes: Tensor) -> Tensor:
    """Intersection over union of one box [2, 2] (corners) with others [N, 2, 2]."""
    low, high = torch.maximum(box[0], boxes[:, 0]), torch.minimum(box[1], boxes[:, 1])
    shared = (high - low).clamp(min=0).prod(-1)
    return shared / ((box[1] - box[0]).prod() + (boxes[:, 1] - boxes[:, 0]).prod(-1) - shared).clamp(min=1e-9)
