"""Finds faces. Image in: float RGB [H, W, 3] in 0..1; positions out: image pixels, pixel centres at .5.

The short-range network looks at the whole image; decoding and suppression are those of MediaPipe 0.10.21
(modules/face_detection), so the result is the same for a face of ordinary size. A small one, which it places badly,
must be found again from close up. Only where no face is sure does the full-range network propose some, in the whole
image and then in ever smaller windows, for the short-range network to confirm from close up.
"""
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from .sampling import Region, sample_region
from .weights import bundled_network

_OVERLAP = 0.3  # min_suppression_threshold
_SCORE_LIMIT = 100.0  # score_clipping_thresh
_SMALLEST_IMAGE = 32  # pixels; no face can be told in less
_THRESHOLD = 0.5
_SURE = 0.8  # below this the short range may have drawn a large box about a small face, or about none
_PROPOSAL_SCORE = 0.6  # min_score_thresh of the full range; both for the threshold above, and lower with a lower one
_SMALLEST_WINDOW = 512  # pixels; the full range finds faces from 8 % of its window, here 40 pixels
_WINDOW_STEP = 0.75
_BATCH = 16
_SMALL = 0.15  # of the region's side: below this the short range needs a close-up
_CLOSE_UP = 2.0  # side of the confirming look, relative to the box


@dataclass(frozen=True)
class Detection:
    """A face: ``score`` 0..1; ``box`` [4], x0, y0, x1, y1, from brows to chin; ``keypoints`` [6, 2], the subject's
    right and left eye, nose tip, mouth, right and left ear."""

    score: float
    box: Tensor
    keypoints: Tensor


def detect_faces(image: Tensor, threshold: float = _THRESHOLD) -> list[Detection]:
    """All faces of ``image`` [H, W, 3], the surest first; an empty list where there is none.

    threshold: 0..1; at 0.5 a small face must be sure (0.8) from close up, at less it may be less so in proportion.
    """
    height, width = image.shape[:2]
    if min(height, width) < _SMALLEST_IMAGE:
        return []
    image = image.float()
    side = max(height, width)
    found = _detect("short_range", image, [Region(width / 2, height / 2, side)], threshold)
    faces = [face for face in found if _side(face) >= _SMALL * side]
    faces += [close for face in found if _side(face) < _SMALL * side for close in _confirm(image, face, threshold)]
    if not any(face.score >= _SURE for face in faces):
        small = _search(image, threshold)
        faces = small + [face for face in faces if not any(_surrounds(face, other) for other in small)]
    return _merge(faces)


def _search(image: Tensor, threshold: float) -> list[Detection]:
    """Faces of the full-range network, in the largest windows that show any."""
    height, width = image.shape[:2]
    side = max(height, width)
    score = max(threshold, _scaled(_PROPOSAL_SCORE, threshold))
    while True:
        windows = list(_windows(height, width, side))
        batches = [windows[start : start + _BATCH] for start in range(0, len(windows), _BATCH)]
        proposals = [face for batch in batches for face in _detect("full_range", image, batch, score)]
        faces = _merge([face for proposal in _merge(proposals) for face in _confirm(image, proposal, threshold)])
        if faces or side <= _SMALLEST_WINDOW:
            return faces
        side = max(side // 2, _SMALLEST_WINDOW)


def _windows(height: int, width: int, side: int) -> Iterator[Region]:
    """Overlapping squares that cover the image, each within it where it fits."""
    for y in _centres(height, side):
        for x in _centres(width, side):
            yield Region(x, y, side)


def _centres(length: int, side: int) -> list[float]:
    count = 1 + max(0, -int(-(length - side) // (side * _WINDOW_STEP)))
    first, last = (side / 2, length - side / 2) if length > side else (length / 2, length / 2)
    return torch.linspace(first, last, count).tolist()


def _scaled(score: float, threshold: float) -> float:
    """A score that is asked for at the usual threshold, or its part at a lower one."""
    return score * min(1.0, threshold / _THRESHOLD)


def _confirm(image: Tensor, proposal: Detection, threshold: float) -> list[Detection]:
    """The same face as the short-range network sees it from close up, or nothing."""
    x, y = proposal.box.reshape(2, 2).mean(0).tolist()
    score = max(threshold, _scaled(_SURE, threshold))
    faces = _detect("short_range", image, [Region(x, y, _CLOSE_UP * _side(proposal))], score)
    box = proposal.box.reshape(2, 2)
    return [face for face in faces if overlap(box, face.box.reshape(1, 2, 2)) > _OVERLAP]


def _side(face: Detection) -> float:
    """The longer side of the box."""
    return (face.box[2:] - face.box[:2]).max().item()


def _detect(name: str, image: Tensor, regions: list[Region], threshold: float) -> list[Detection]:
    """Faces that a network finds in squares of the image, each square by itself."""
    network = bundled_network(name, image.device)
    samples = torch.cat([sample_region(image, region, network.size, "zeros") for region in regions])
    logits, values = network(samples * 2 - 1)
    scores = logits.clamp(-_SCORE_LIMIT, _SCORE_LIMIT).sigmoid()
    anchors = network.anchors().to(image.device)
    faces = []
    for region, score, value in zip(regions, scores, values, strict=True):
        sure = score > threshold
        pairs, anchor = value[sure].reshape(-1, 8, 2) / network.size, anchors[sure]
        centre, half = pairs[:, 0] + anchor, pairs[:, 1] / 2
        points = torch.cat([torch.stack([centre - half, centre + half], 1), pairs[:, 2:] + anchor[:, None]], 1)
        faces += suppress(score[sure], region.to_image(points))
    return faces


def _surrounds(face: Detection, other: Detection) -> bool:
    """Whether the middle of the other box lies in this one."""
    middle = other.box.reshape(2, 2).mean(0)
    return bool(((face.box[:2] < middle) & (middle < face.box[2:])).all())


def _merge(faces: list[Detection]) -> list[Detection]:
    if not faces:
        return []
    points = torch.stack([torch.cat([face.box.reshape(2, 2), face.keypoints]) for face in faces])
    return suppress(points.new_tensor([face.score for face in faces]), points)


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
