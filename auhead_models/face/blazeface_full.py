"""The face detection network for small faces: BlazeFace full range (sparse), an encoder and decoder with 48x48 cells.

Architecture as in face_detection_full_range_sparse.tflite of MediaPipe 0.10.21 (Apache-2.0). Parameters stand in the
order in which a depth-first walk of the published graph meets them (each level's encoder, then its decoder, then the
level below); tools/convert_mediapipe.py relies on that.
"""
import torch.nn.functional as F
from torch import Tensor, nn

from .blazeface import VALUES, anchor_grid

# per level: encoder blocks (in, middle, out, stride), width of the way across, decoder blocks, channels handed up
_LEVELS = [
    ([(32, 8, 32, 1), (32, 8, 32, 1), (32, 16, 64, 2), (64, 16, 64, 1), (64, 16, 64, 1)], 48, [(48, 24, 48, 1)], 0),
    ([(64, 32, 128, 2), (128, 32, 128, 1), (128, 32, 128, 1)], 64, [(64, 32, 64, 1)] * 2, 48),
    ([(128, 48, 192, 2), (192, 48, 192, 1), (192, 48, 192, 1)], 96, [(96, 48, 96, 1)] * 2, 64),
    ([(192, 96, 384, 2), (384, 96, 384, 1), (384, 96, 384, 1), (384, 96, 384, 1)], 96, [], 0),
]
_CELLS = 48


class _Bottleneck(nn.Module):
    """Two depthwise + pointwise pairs over a narrow middle, residual at stride 1. [N,a,H,W] -> [N,b,H/s,W/s]."""

    def __init__(self, channels_in: int, middle: int, channels_out: int, stride: int):
        super().__init__()
        self.residual = stride == 1
        self.narrow = nn.Sequential(_depthwise(channels_in, stride), nn.Conv2d(channels_in, middle, 1), nn.ReLU())
        self.widen = nn.Sequential(_depthwise(middle, 1), nn.Conv2d(middle, channels_out, 1))

    def forward(self, x: Tensor) -> Tensor:
        y = self.widen(self.narrow(x))
        return F.relu(x + y if self.residual else y)


class _Level(nn.Module):
    """One resolution of the network; ``up`` is absent where the decoder ends, or where it begins."""

    def __init__(self, encoder: list, across: int, decoder: list, up: int):
        super().__init__()
        self.encoder = nn.Sequential(*(_Bottleneck(*block) for block in encoder))
        self.across = nn.Sequential(nn.Conv2d(encoder[-1][2], across, 1), nn.ReLU())
        self.decoder = nn.Sequential(*(_Bottleneck(*block) for block in decoder))
        self.up = nn.Sequential(nn.Conv2d(across, up, 1), nn.ReLU()) if up else nn.Identity()


class FullRangeDetector(nn.Module):
    """[N, 3, 192, 192] in -1..1 -> logits [N, 2304], raw values [N, 2304, 16] in pixels around the anchors."""

    size = 192

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 32, 3, 2, padding=1)
        self.top = _Level(*_LEVELS[0])
        self.score = _head(1)
        self.value = _head(VALUES)
        self.below = nn.ModuleList(_Level(*level) for level in _LEVELS[1:])

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        x = F.relu(self.stem(x))
        crossings = []
        for level in (self.top, *self.below):
            x = level.encoder(x)
            crossings.append(level.across(x))
        x = crossings.pop()
        for level in (*reversed(self.below[:-1]), self.top):
            x = F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
            x = level.up(level.decoder(crossings.pop() + x))
        return _per_cell(self.score(x), 1)[..., 0], _per_cell(self.value(x), VALUES)

    def anchors(self) -> Tensor:
        """Anchor centres [2304, 2] in 0..1, in the order of the outputs."""
        return anchor_grid(_CELLS, 1)


def _depthwise(channels: int, stride: int) -> nn.Conv2d:
    return nn.Conv2d(channels, channels, 3, stride, padding=1, groups=channels)


def _head(values: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(_LEVELS[0][1], 4 * values, 1), _depthwise(4 * values, 2))


def _per_cell(x: Tensor, values: int) -> Tensor:
    """[N, 4 values, 24, 24] holds 2x2 cells by rows in its channels -> [N, 2304, values]."""
    count, _, height, width = x.shape
    cells = x.reshape(count, 2, 2, values, height, width).permute(0, 4, 1, 5, 2, 3)
    return cells.reshape(count, 4 * height * width, values)
