"""Eyes: an eyeball that stays still behind the lids and turns with the gaze.

A still shows only the open part of an eye. What a wider opening or another gaze uncovers is painted once per portrait
(eyeball.py); reflections of lights stay where they are while the iris moves under them, and the upper lid throws a soft
shadow.
"""

import torch

from .canonical import Pose
from .curves import smoothstep
from .eyeball import complete_eyeball
from .lids import blend, lid_curve, rasterize_grid
from .remap import sample_pixels, window
from .topology import Eye

SOFT_EDGE = 0.07  # cm over which the eyeball fades out under the lids
LID_SHADOW, SHADE = 0.16, 0.45  # cm under the upper lid, and how dark it is there
# The rows of the opening from the upper lid down: opacity, light.
ROWS = ((0, 1 - SHADE), (1, 1 - 0.6 * SHADE), (1, 1), (1, 1), (0, 1))


class EyePainter:
    """Paints the eyeball of one eye of a portrait.

    crop [3, S, S], points [478, 3] crop pixels with depth, pose of the portrait.
    """

    def __init__(self, crop: torch.Tensor, points: torch.Tensor, pose: Pose, eye: Eye):
        self._pose = pose
        self._eye = eye
        self._scale = float(pose.scale)
        self._upper_points = [eye.outer, *eye.upper, eye.inner]
        self._lower_points = [eye.outer, *eye.lower, eye.inner]
        self._edge = lid_curve(points, self._upper_points)
        self._iris = points[eye.iris, :2]
        rim = points[eye.iris + 1 : eye.iris + 5, :2]
        self._radius = float((rim - self._iris).norm(dim=-1).mean())
        eyeball, highlights = complete_eyeball(crop, points, eye)
        self._eyeball, self._highlights = eyeball[None], highlights[None]

    def paint(self, frames: torch.Tensor, points: torch.Tensor, mesh: torch.Tensor) -> None:
        """Put the still, turning eyeball into the opening of the lids, in place.

        frames [T, 3, S, S]; points [T, 478, 3] crop pixels and mesh [T, 478, 3] canonical cm, both with open lids.
        """
        still = self._pose.project(mesh)  # the eyeball does not follow the lids; it follows the head
        turn = still[:, self._eye.iris, :2] - self._iris
        upper, lower = (lid_curve(points, ring) for ring in (self._upper_points, self._lower_points))
        upper_still, lower_still = (lid_curve(still, ring) for ring in (self._upper_points, self._lower_points))
        moved = torch.stack([turn.norm(dim=-1), (upper_still - self._edge).norm(dim=-1).amax(-1)]).amax(0)
        strength = smoothstep(moved, 0.05, 0.6)  # untouched lids and gaze leave the portrait's own pixels
        active = (strength > 0).nonzero()[:, 0]
        place = window(torch.cat([upper, lower], 1)[active], 2, *frames.shape[-2:]) if len(active) else None
        if place is None:
            return
        upper, lower, upper_still, lower_still = (c[active] for c in (upper, lower, upper_still, lower_still))

        height = (upper - lower).norm(dim=-1).clamp(min=1e-3)
        soft = (SOFT_EDGE * self._scale / height).clamp(max=0.3)
        shadow = (LID_SHADOW * self._scale / height).clamp(max=0.6)
        part = torch.stack([0 * soft, soft, torch.maximum(shadow, soft), 1 - soft, 0 * soft + 1], 1)[..., None]
        shape = upper[:, None] + part * (lower - upper)[:, None]
        source = upper_still[:, None] + part * (lower_still - upper_still)[:, None]
        opacity, light = torch.tensor(ROWS).to(part).T[:, None, :, None, None]
        opacity = opacity * (height / (0.5 * SOFT_EDGE * self._scale) - 1).clamp(0, 1)[:, None, :, None]
        attributes = torch.cat([source, opacity, light.expand_as(part)], -1)
        layer = rasterize_grid(shape, attributes, place)

        seen = layer[..., :2]
        away = (seen - (self._iris + turn[active])[:, None, None]).norm(dim=-1, keepdim=True) / self._radius
        follows = 1 - smoothstep(away, 1.15, 2.4)  # the white near the iris stretches, the corners stay
        colour = sample_pixels(self._eyeball, seen - follows * turn[active][:, None, None]) * layer[:, None, :, :, 3]
        colour = colour + sample_pixels(self._highlights, seen)
        blend(frames, active, place, colour, layer[..., 2] * strength[active][:, None, None])
