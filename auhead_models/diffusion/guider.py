"""The FaceMap guider: a drawing of the face becomes features that are added to the denoising network.

Structure and names of AniPortrait's PoseGuider (arXiv 2403.17694, section 3.2), so its file loads as it is. Its
attention to the portrait's own drawing takes no part in the result: the layers attend to the frame alone.

The published scripts never switch its batch normalisation to the stored statistics, and some of them hand it pixels in
-1..499 instead of the -1..1 of training. `batch_statistics` and `input_range` reproduce either; the defaults are those
of training.
"""

from itertools import pairwise

import torch
from diffusers.models.transformers.transformer_2d import Transformer2DModel
from torch import nn

STEM = ((3, 3, 1), (3, 16, 2), (16, 16, 1), (16, 32, 2), (32, 32, 1), (32, 64, 2), (64, 64, 1), (64, 128, 1))
HEADS, HEAD_CHANNELS = 16, 88
TRAINED_RANGE = (-1.0, 1.0)
SCRIPT_RANGE = (-1.0, 499.0)  # pixels 0..255 taken for 0..1 and mapped to -1..1 once more


class FaceMapGuider(nn.Module):
    """[N, 3, H, W] RGB 0..1 → features [N, C_i, h_i, w_i], the first at an eighth of the size.

    channels: of the features. Each further one has half the size of the one before, except the last, which keeps it.
    attention: (heads, channels a head) of the layer after each feature but the first, None for none.
    """

    def __init__(
        self,
        channels: tuple[int, ...] = (320, 320, 640, 1280, 1280),
        attention: tuple[int, int] | None = (HEADS, HEAD_CHANNELS),
        norm_num_groups: int = 32,
        batch_statistics: bool = False,
        input_range: tuple[float, float] = TRAINED_RANGE,
    ):
        super().__init__()
        self.batch_statistics, self.input_range = batch_statistics, input_range
        self.levels = len(channels)
        self.conv_layers = nn.Sequential(*[layer for shape in STEM for layer in _convolution(*shape)])
        self.final_proj = nn.Conv2d(STEM[-1][1], channels[0], 1)
        self.scale = nn.Parameter(torch.full((1,), 2.0))
        for level, (before, after) in enumerate(pairwise(channels), 1):
            layers = _convolution(before, before if level < self.levels - 1 else after)
            if level < self.levels - 1:
                layers += _convolution(before, after, 2, kernel=3)
            self.add_module(f"conv_layers_{level}", nn.Sequential(*layers))
            if attention is not None:
                heads, width = attention
                layer = Transformer2DModel(heads, width, after, norm_num_groups=norm_num_groups)
                self.add_module(f"cross_attn{level}", layer)
        nn.init.zeros_(self.final_proj.weight)
        nn.init.zeros_(self.final_proj.bias)

    def train(self, mode: bool = True) -> "FaceMapGuider":
        """Training mode; batch normalisation goes along unless `batch_statistics` keeps it on the batch's own."""
        super().train(mode)
        if self.batch_statistics:
            for layer in self.modules():
                if isinstance(layer, nn.BatchNorm2d):
                    layer.train(True)
        return self

    def forward(self, facemaps: torch.Tensor) -> list[torch.Tensor]:
        low, high = self.input_range
        hidden = self.final_proj(self.conv_layers(facemaps * (high - low) + low)) * self.scale
        features = [hidden]
        for level in range(1, self.levels):
            hidden = self.get_submodule(f"conv_layers_{level}")(hidden)
            if hasattr(self, f"cross_attn{level}"):
                hidden = self.get_submodule(f"cross_attn{level}")(hidden, return_dict=False)[0]
            features.append(hidden)
        return features


def _convolution(before: int, after: int, stride: int = 1, kernel: int | None = None) -> list[nn.Module]:
    kernel = kernel or (3 if stride == 1 else 4)
    return [nn.Conv2d(before, after, kernel, stride, padding=1), nn.BatchNorm2d(after), nn.ReLU()]
