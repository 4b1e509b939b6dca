"""The face mesh network with attention: 468 mesh points, with lips, eyes and irises measured again from close up.

Architecture as in face_landmark_with_attention.tflite of MediaPipe 0.10.21 (Apache-2.0). Paper: Grishchenko et al.,
"Attention Mesh: High-fidelity Face Mesh Prediction in Real-time", 2020. The first pass finds all points; three crops
of an early feature map (lips and either eye, turned upright) then give those regions a second, finer look. Parameters
stand in the order in which a depth-first walk of the published graph meets them; tools/convert_mediapipe.py needs it.

Points are in pixels of the 192x192 input, z in the same scale, growing away from the camera. Left is the subject's.
"""
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .blazeface import BlazeBlock
from .topology import MESH_POINTS, POINTS

_BLOCKS_48 = [(16, 16, 1), (16, 16, 1), (16, 32, 2)]
_BLOCKS_3 = [
    (32, 32, 1), (32, 32, 1), (32, 64, 2), (64, 64, 1), (64, 64, 1), (64, 128, 2), (128, 128, 1), (128, 128, 1),
    (128, 128, 2), (128, 128, 1), (128, 128, 1), (128, 128, 2), (128, 128, 1), (128, 128, 1),
]
_REGION_BLOCKS = [(32, 32, 1), (32, 32, 1), (32, 64, 2), (64, 64, 1), (64, 64, 1), (64, 128, 2)]
_BRANCH_BLOCKS = [(128, 128, 1), (128, 128, 1), (128, 128, 2), (128, 128, 1), (128, 128, 1)]
_REGION_SIZE = 16  # output_width, output_height of Landmarks2TransformMatrix
_REGION_SCALE = 1.5  # scale_x, scale_y

# Mesh points that each region measures, in the order of its output, from rings outwards (subset_idxs).
LIPS = (
    61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 185, 40, 39, 37, 0, 267, 269, 270, 409,
    78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 191, 80, 81, 82, 13, 312, 311, 310, 415,
    76, 77, 90, 180, 85, 16, 315, 404, 320, 307, 306, 184, 74, 73, 72, 11, 302, 303, 304, 408,
    62, 96, 89, 179, 86, 15, 316, 403, 319, 325, 292, 183, 42, 41, 38, 12, 268, 271, 272, 407,
)
RIGHT_EYE = (
    33, 7, 163, 144, 145, 153, 154, 155, 133, 246, 161, 160, 159, 158, 157, 173,
    130, 25, 110, 24, 23, 22, 26, 112, 243, 247, 30, 29, 27, 28, 56, 190,
    226, 31, 228, 229, 230, 231, 232, 233, 244, 113, 225, 224, 223, 222, 221, 189,
    35, 124, 46, 53, 52, 65, 143, 111, 117, 118, 119, 120, 121, 128, 245, 156, 70, 63, 105, 66, 107, 55, 193,
)
LEFT_EYE = (
    263, 249, 390, 373, 374, 380, 381, 382, 362, 466, 388, 387, 386, 385, 384, 398,
    359, 255, 339, 254, 253, 252, 256, 341, 463, 467, 260, 259, 257, 258, 286, 414,
    446, 261, 448, 449, 450, 451, 452, 453, 464, 342, 445, 444, 443, 442, 441, 413,
    265, 353, 276, 283, 282, 295, 372, 340, 346, 347, 348, 349, 350, 357, 465, 383, 300, 293, 334, 296, 336, 285, 417,
)
RIGHT_IRIS = (468, 469, 470, 471, 472)  # centre, then the edges
LEFT_IRIS = (473, 474, 475, 476, 477)
_EYE_RING = 16  # the first points of an eye are the lid edges; an iris takes their mean depth

# (points of the region, the two that stand level, sets of points its branches return)
REGIONS = {
    "lips": (LIPS, (61, 291), (LIPS,)),
    "right_eye": (RIGHT_EYE, (33, 133), (RIGHT_EYE, RIGHT_IRIS)),
    "left_eye": (LEFT_EYE, (362, 263), (LEFT_EYE, LEFT_IRIS)),
}


def _blocks(table: list[tuple[int, int, int]]) -> nn.Sequential:
    return nn.Sequential(*(BlazeBlock(*block, nn.PReLU(block[1])) for block in table))


def _head(values: int, size: int) -> nn.Sequential:
    """[N, 128, size, size] -> [N, values, 1, 1]."""
    return nn.Sequential(nn.Conv2d(128, 32, 1), nn.PReLU(32), *_blocks([(32, 32, 1)]), nn.Conv2d(32, values, size))


class _Region(nn.Module):
    """A region's features [N, 32, 16, 16] -> one [N, points, 2] per branch, in quarter pixels of the crop."""

    def __init__(self, branches: tuple[tuple[int, ...], ...]):
        super().__init__()
        self.blocks = _blocks(_REGION_BLOCKS)
        self.branches = nn.ModuleList(
            nn.Sequential(*_blocks(_BRANCH_BLOCKS), *_head(2 * len(points), 2)) for points in branches
        )

    def forward(self, x: Tensor) -> list[Tensor]:
        x = self.blocks(x)
        return [branch(x).reshape(x.shape[0], -1, 2) for branch in self.branches]


class FaceMesh(nn.Module):
    """[N, 3, 192, 192] in 0..1 -> points [N, 478, 3] and the logit of "this is a face" [N]."""

    size = 192

    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 16, 3, 2), nn.PReLU(16))
        self.blocks_48 = _blocks(_BLOCKS_48)
        self.blocks_3 = _blocks(_BLOCKS_3)
        head = _head(3 * MESH_POINTS, 3)
        self.neck, self.mesh = head[:-1], head[-1]
        self.regions = nn.ModuleDict({name: _Region(branches) for name, (_, _, branches) in REGIONS.items()})
        self.presence = nn.Conv2d(32, 1, 3)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        features = self.blocks_48(self.stem(F.pad(x, (0, 1, 0, 1))))  # [N, 32, 48, 48]
        neck = self.neck(self.blocks_3(features))
        mesh = self.mesh(neck).reshape(-1, MESH_POINTS, 3)
        points = torch.cat([mesh, mesh.new_zeros(mesh.shape[0], POINTS - MESH_POINTS, 3)], 1)
        stride = self.size / features.shape[-1]
        for name, (subset, level, branches) in REGIONS.items():
            matrix = region_matrix(mesh[..., :2] / stride, subset, level)
            for indices, found in zip(branches, self.regions[name](crop_features(features, matrix)), strict=True):
                points[:, list(indices), :2] = found @ matrix[..., :2].mT + matrix[..., 2][:, None] * stride
        for iris, eye in ((RIGHT_IRIS, RIGHT_EYE), (LEFT_IRIS, LEFT_EYE)):
            points[:, list(iris), 2] = mesh[:, list(eye[:_EYE_RING]), 2].mean(1, keepdim=True)
        return points, self.presence(neck).reshape(-1)


def region_matrix(points: Tensor, subset: tuple[int, ...], level: tuple[int, int]) -> Tensor:
    """Affine [N, 2, 3] from pixels of a region's 16x16 crop to the map that ``points`` [N, P, 2] are measured in.

    The crop is the box around the subset, 1.5 times as large, turned so that the two ``level`` points stand level.
    (Operation Landmarks2TransformMatrix of MediaPipe.)
    """
    across = points[:, level[1]] - points[:, level[0]]
    angle = torch.atan2(across[:, 1], across[:, 0])
    cos, sin = angle.cos(), angle.sin()
    turn = torch.stack([cos, -sin, sin, cos], -1).reshape(-1, 2, 2)  # upright crop -> map
    upright = points[:, list(subset)] @ turn
    low, high = upright.amin(1), upright.amax(1)
    linear = turn * (_REGION_SCALE * (high - low) / _REGION_SIZE)[:, None]
    centre = turn @ ((low + high) / 2)[..., None]
    shift = centre - linear.sum(-1, keepdim=True) * (_REGION_SIZE / 2)
    return torch.cat([linear, shift], -1)


def crop_features(features: Tensor, matrix: Tensor) -> Tensor:
    """Bilinear crop [N, C, 16, 16] of [N, C, H, W], zero wherever the sample lies beyond the outermost pixel centres.

    (Operation TransformTensorBilinear of MediaPipe, version 2: pixel centres at .5.)
    """
    height, width = features.shape[-2:]
    step = torch.arange(_REGION_SIZE, dtype=features.dtype, device=features.device) + 0.5
    y, x = torch.meshgrid(step, step, indexing="ij")
    at = torch.stack([x, y], -1).reshape(1, -1, 2) @ matrix[..., :2].mT + matrix[..., 2][:, None]
    grid = at / at.new_tensor([width, height]) * 2 - 1
    crop = F.grid_sample(
        features, grid.reshape(-1, _REGION_SIZE, _REGION_SIZE, 2), padding_mode="border", align_corners=False
    )
    inside = ((at >= 0.5) & (at <= at.new_tensor([width, height]) - 0.5)).all(-1)
    return crop * inside.reshape(-1, 1, _REGION_SIZE, _REGION_SIZE)
