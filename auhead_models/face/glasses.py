"""Glasses: recognise them, and keep the skin under them from bending their frame.

A frame crosses the bridge of the nose, where bare skin has no edges. The warp moves whatever it sees on the skin, so
with glasses on, the skin that the frame covers moves less; lids and eyeballs behind the lenses move as always.
"""

import torch

from .remap import sample_pixels
from .topology import EYES

BRIDGE = (8, 168, 6, 197, 195)  # points down the bridge of the nose
BARE, FRAMED = 0.30, 0.42  # steepest change of colour down the bridge, relative to its brightness
STILL = 0.8  # how much of the motion under a frame is taken away


def glasses_seen(image: torch.Tensor, landmarks: torch.Tensor, scale: float) -> float:
    """How surely a portrait wears glasses, 0..1.

    image [H, W, 3], landmarks [478, 3] image pixels, scale image pixels per cm.
    """
    path = landmarks[list(BRIDGE), :2]
    at = torch.linspace(0.5, len(path) - 1, 60)
    low = at.long().clamp(max=len(path) - 2)
    line = torch.lerp(path[low], path[low + 1], (at - low)[:, None])
    across = torch.linspace(-0.35, 0.35, 9)[:, None] * torch.tensor([scale, 0.0])
    colours = sample_pixels(image.movedim(-1, 0)[None], (line[:, None] + across)[None])[0].median(-1).values  # [3, 60]
    steepest = (colours[:, 4:] - colours[:, :-4]).abs().mean(0).max() / colours.mean().clamp(min=1e-3)
    return float(((steepest - BARE) / (FRAMED - BARE)).clamp(0, 1))


def stiffness(mesh: torch.Tensor, glasses: float) -> torch.Tensor:
    """How much of its motion each point keeps under glasses, [P]; mesh [P, 3] canonical cm near neutral."""
    y = mesh[:, 1]
    brow, frame = (
        mesh[[eye.brow_upper[2] for eye in EYES], 1].mean(),
        mesh[[eye.fold[3] for eye in EYES], 1].mean(),
    )  # its upper edge, and the skin under it
    rim = mesh[[230, 450], 1].mean() - 1.4
    above = ((brow - y) / (brow - frame)).clamp(0, 1)
    below = (y - rim + 1.2).div(1.2).clamp(0, 1)
    return 1 - STILL * glasses * above * below
