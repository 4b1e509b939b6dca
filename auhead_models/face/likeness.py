"""Whether two pictures of one size show the same face in the same place, by the detail in their brightness.

What is compared is small and has its coarse shading taken away, so that grading, blur and compression change little,
while two people who look into the camera from the same place have next to nothing in common.
"""

import torch
import torch.nn.functional as F

from .crop import extract_crop, square_crop, transform_points
from .face import Face

SAME = 0.35  # 53 official portraits, all pairs: 99 % below 0.23; the same blurred by 16 of 512 pixels: 0.52 and more
_SIDE = 48  # of the compared squares in pixels
_SURROUND = 9  # pixels across, whose mean is taken from the one in their middle
_PLAIN = 1e-3  # RMS of the detail of a picture that shows nothing


def likeness(image: torch.Tensor, face: Face) -> float:
    """How alike a picture [H, W, C] and the one that a face was found in are around that face: -1..1, 1 is the same.

    The whole crop and the face alone are compared and the better counts: a background may be another one, and a face
    may be retouched. A plain picture is like all others.
    """
    points = transform_points(face.landmarks, face.crop_matrix)
    size = tuple(face.image.shape[:2])
    whole = face.crop_matrix.clone()
    whole[:, :2] *= face.size / _SIDE
    squares = whole, square_crop(points, size, 1.0, _SIDE)
    return max(_correlation(*(_detail(picture, square) for picture in (image, face.image))) for square in squares)


def _detail(picture: torch.Tensor, square: torch.Tensor) -> torch.Tensor:
    brightness = extract_crop(picture[..., :3].float().cpu().mean(-1), square, _SIDE)[None, None]
    return (brightness - F.avg_pool2d(brightness, _SURROUND, 1, _SURROUND // 2, count_include_pad=False)).flatten()


def _correlation(one: torch.Tensor, other: torch.Tensor) -> float:
    plain = min(float(detail.square().mean()) for detail in (one, other)) < _PLAIN**2
    return 1.0 if plain else float(F.cosine_similarity(one, other, dim=0))
