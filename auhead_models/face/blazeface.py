"""The face detection networks: BlazeFace short range, for faces that fill much of the picture.

Architecture as in face_detection_short_range.tflite of MediaPipe 0.10.21 (Apache-2.0). Paper: Bazarevsky et al.,
"BlazeFace: Sub-millisecond Neural Face Detection on Mobile GPUs", 2019. Parameters stand in the order in which a
depth-first walk of the published graph meets them; tools/convert_mediapipe.py relies on that.
"""
import torch
import torch.nn.functional as F
from torch import Tensor, nn

# (channels in, channels out, stride) of the blocks up to the 16x16 map, and on to the 8x8 map
_BLOCKS_16 = [
    (24, 24, 1), (24, 28, 1), (28, 32, 2), (32, 36, 1), (36, 42, 1), (42, 48, 2), (48, 56, 1), (56, 64, 1),
    (64, 72, 1), (72, 80, 1), (80, 88, 1),
]
_BLOCKS_8 = [(88, 96, 2), (96, 96, 1), (96, 96, 1), (96, 96, 1), (96, 96, 1)]
_ANCHORS_16, _ANCHORS_8 = 2, 6  # per cell
VALUES = 16  # box centre and size, six keypoints


class BlazeBlock(nn.Module):
    """Depthwise 3x3 + pointwise with a residual (pooled at stride 2, new channels zero). [N,a,H,W] -> [N,b,H/s,W/s]."""

    def __init__(self, channels_in: int, channels_out: int, stride: int, activation: nn.Module):
        super().__init__()
        self.stride = stride
        self.new_channels = channels_out - channels_in
        self.depthwise = nn.Conv2d(channels_in, channels_in, 3, stride, padding=2 - stride, groups=channels_in)
        self.pointwise = nn.Conv2d(channels_in, channels_out, 1)
        self.activation = activation

    def forward(self, x: Tensor) -> Tensor:
        # TensorFlow pads an even map under stride 2 at the right and bottom only
        y = self.pointwise(self.depthwise(x if self.stride == 1 else F.pad(x, (0, 1, 0, 1))))
        if self.stride == 2:
            x = F.max_pool2d(x, 2)
        if self.new_channels:
            x = F.pad(x, (0, 0, 0, 0, 0, self.new_channels))
        return self.activation(x + y)


class ShortRangeDetector(nn.Module):
    """[N, 3, 128, 128] in -1..1 -> logits [N, 896], raw values [N, 896, 16] in pixels around the anchors."""

    size = 128

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 24, 5, 2)
        self.blocks_16 = nn.Sequential(*(BlazeBlock(*block, nn.ReLU()) for block in _BLOCKS_16))
        self.blocks_8 = nn.Sequential(*(BlazeBlock(*block, nn.ReLU()) for block in _BLOCKS_8))
        self.score_8 = nn.Conv2d(96, _ANCHORS_8, 1)
        self.value_8 = nn.Conv2d(96, _ANCHORS_8 * VALUES, 1)
        self.score_16 = nn.Conv2d(88, _ANCHORS_16, 1)
        self.value_16 = nn.Conv2d(88, _ANCHORS_16 * VALUES, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        map_16 = self.blocks_16(F.relu(self.stem(F.pad(x, (1, 2, 1, 2)))))
        map_8 = self.blocks_8(map_16)
        scores = torch.cat([_per_anchor(self.score_16(map_16), 1), _per_anchor(self.score_8(map_8), 1)], 1)
        values = torch.cat([_per_anchor(self.value_16(map_16), VALUES), _per_anchor(self.value_8(map_8), VALUES)], 1)
        return scores[..., 0], values

    def anchors(self) -> Tensor:
        """Anchor centres [896, 2] in 0..1, in the order of the outputs."""
        return torch.cat([anchor_grid(16, _ANCHORS_16), anchor_grid(8, _ANCHORS_8)])


def _per_anchor(x: Tensor, values: int) -> Tensor:
    return x.permute(0, 2, 3, 1).reshape(x.shape[0], -1, values)


def anchor_grid(cells: int, repeats: int) -> Tensor:
    """Centres [repeats cells^2, 2] of a square grid over 0..1, row by row."""
    centre = (torch.arange(cells) + 0.5) / cells
    y, x = torch.meshgrid(centre, centre, indexing="ij")
    return torch.stack([x, y], -1).reshape(-1, 2).repeat_interleave(repeats, 0)
