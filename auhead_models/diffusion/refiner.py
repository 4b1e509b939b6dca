"""The small network that mends what a warp cannot draw: teeth, tongue, lids, in crops of mouth and eyes.

    residual, noisy ─┐
    warp ────────────┤
    portrait ────────┼─ unshuffle ─ FaceUNet ─ shuffle ─ residual to add to the warp
    FaceMap, mask ───┘      │
    values, own ─ AUTokens ─┘

The same `FaceUNet` and `AUTokens` as in the large model, at a small size and without temporal layers. What is diffused
is the difference between the picture that should be and the warp, in pixels folded eight by eight into channels. The
layers say what the residual is, and v follows from it and from the sample (as c_skip and c_out of Karras et al.,
arXiv 2206.00364), so noise need not pass through them. The last step of the schedule is pure noise.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

from .attention import AUCrossAttention, Conditions
from .schedulers import make_scheduler
from .tokens import AUTokens
from .unet import FaceUNet

FOLD = 8
COARSE = 2  # the residual is this much coarser than the crops; finer detail stays the warp's
PIXELS = 3 * (FOLD // COARSE) ** 2  # fewer than the network has channels, or noise could not pass through it
TOKEN_CHANNELS = 64
TOKEN_SPREAD = {"unit": 0.2, "moved": 3.0, "shown": 1.0}  # at first; units mostly move by less than a third
HEARD = 0.3  # of the weights that read tokens at first: enough to be heard although the FaceMap says nearly the same
RESIDUAL_SCALE = 0.15  # differences of colours (0..1) of this size count as 1
LAST_TIMESTEP = 999
UNKNOWN = {"portrait": 0.5, "values": 0.0, "facemap": 0.0}  # what stands for an input that is missing
TINY = {
    "sample_size": 24,
    "in_channels": PIXELS + 10 * FOLD**2,  # residual, warp, portrait, FaceMap, mask
    "out_channels": PIXELS,
    "down_block_types": ("DownBlockMotion", "CrossAttnDownBlockMotion"),
    "up_block_types": ("CrossAttnUpBlockMotion", "UpBlockMotion"),
    "block_out_channels": (96, 160),
    "layers_per_block": 1,
    "cross_attention_dim": TOKEN_CHANNELS,
    "num_attention_heads": 5,
    "use_motion_mid_block": False,
}
SCHEDULE = {
    "num_train_timesteps": 1000,
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
    "prediction_type": "v_prediction",
    "rescale_betas_zero_snr": True,
    "timestep_spacing": "trailing",
}


@dataclass(frozen=True, eq=False)
class RegionInputs:
    """What the network sees of one region of N frames; sides divisible by 16.

    warp, portrait, facemap [N, 3, h, w] 0..1 · mask [N, 1, h, w] 0..1 · values, own [N, 24]. The portrait is its own
    region at rest.
    """

    warp: torch.Tensor
    portrait: torch.Tensor
    facemap: torch.Tensor
    mask: torch.Tensor
    values: torch.Tensor
    own: torch.Tensor


class Refiner(nn.Module):
    """v-prediction of the folded residual; `regress` is the same network asked once, without noise."""

    def __init__(self, architecture: dict | None = None):
        super().__init__()
        self.unet = FaceUNet(au_dim=TOKEN_CHANNELS, motion=False, **(architecture or TINY))
        self.tokens = AUTokens(TOKEN_CHANNELS)
        for layer in self.unet.modules():
            if isinstance(layer, AUCrossAttention):
                nn.init.normal_(layer.to_v_au.weight, std=HEARD)  # no public weights here that tokens could disturb
        for part, spread in TOKEN_SPREAD.items():
            nn.init.normal_(getattr(self.tokens, part).weight, std=spread)
        nn.init.zeros_(self.unet.conv_out.weight)
        nn.init.zeros_(self.unet.conv_out.bias)
        signal = make_scheduler("ddim", SCHEDULE).alphas_cumprod
        self.register_buffer("signal", signal, persistent=False)

    def forward(self, sample: torch.Tensor, timestep: torch.Tensor, given: RegionInputs) -> torch.Tensor:
        """sample [N, 48, h/8, w/8], timestep [] or [N] → v of the same shape as the sample."""
        seen = torch.cat([2 * given.warp - 1, 2 * given.portrait - 1, given.facemap, given.mask], 1)
        inputs = torch.cat([sample, F.pixel_unshuffle(seen, FOLD)], 1)
        told = self.tokens(given.values, given.own)
        nothing = told.new_zeros(len(told), 1, TOKEN_CHANNELS)
        residual = -self.unet(inputs[:, :, None], timestep, nothing, conditions=Conditions(au=told))[:, :, 0]
        signal = self.signal.to(sample)[timestep.long()].view(-1, 1, 1, 1)
        return (signal.sqrt() * sample - residual) / (1 - signal).sqrt()


def fold(residual: torch.Tensor) -> torch.Tensor:
    """Differences of colours [N, 3, h, w] → what is diffused [N, 48, h/8, w/8]."""
    return F.pixel_unshuffle(F.avg_pool2d(residual, COARSE), FOLD // COARSE) / RESIDUAL_SCALE


def unfold(sample: torch.Tensor) -> torch.Tensor:
    """The reverse of `fold`, smooth."""
    pixels = F.pixel_shuffle(sample, FOLD // COARSE) * RESIDUAL_SCALE
    return F.interpolate(pixels, scale_factor=COARSE, mode="bilinear")


def regress(network: Refiner, given: RegionInputs) -> torch.Tensor:
    """The residual [N, 3, h, w] in one step and without noise."""
    height, width = given.warp.shape[-2:]
    empty = given.warp.new_zeros(len(given.warp), PIXELS, height // FOLD, width // FOLD)
    return unfold(-network(empty, torch.tensor(LAST_TIMESTEP, device=empty.device), given))
