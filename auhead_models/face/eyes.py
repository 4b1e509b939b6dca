"""Eyes: an eyeball that stays still behind the lids and turns with the gaze, and lids with skin of their own.

A still shows only the open part of an eye. What a wider opening or another gaze uncovers is painted once per portrait:
the iris is completed from its own radial colours, the white from the visible white. A closing upper lid carries its
edge with the lashes as one rigid band; the skin that rolls out of the crease above it takes the colours of the skin
over the crease, mirrored, so that nothing is stretched.
"""

import torch
import torch.nn.functional as F

from .canonical import Pose
from .curves import catmull_rom, smoothstep, strip_triangles
from .eyeball import complete_eyeball
from .raster import rasterize
from .remap import sample_pixels, window
from .topology import Eye

STEPS = 4  # samples of a lid curve between two landmarks
BAND = 0.55  # part of the lid between crease and edge that moves as one piece with the lashes
LASHES = 0.10  # cm below the lid edge that belong to the lashes
CLOSED_LINE = 0.25  # how much the line between closed lids darkens
OVERLAP = 0.08  # cm that a closed upper lid comes down over the lower one: no white shines through
SKIN_ROWS = 8
# The rows of a lid from its lashes to just over the crease: part of new skin, of the closed line, opacity.
_LID_ROWS = ((0, 1, 0), (0, 1, 1), (0, 0.15, 1), (0, 0, 1), (0.6, 0, 1), (1, 0, 1), (1, 0, 1), (1, 0, 0))
SOFT_EDGE = 0.07  # cm over which the eyeball fades out under the lids


class EyePainter:
    """Paints one eye of a portrait.

    crop [3, S, S], points [478, 3] crop pixels with depth, pose of the portrait.
    """

    def __init__(self, crop: torch.Tensor, points: torch.Tensor, pose: Pose, eye: Eye):
        self._crop = crop[None]
        self._pose = pose
        self._eye = eye
        self._scale = float(pose.scale)
        self._edge_points = [eye.outer, *eye.upper, eye.inner]
        self._lower_points = [eye.outer, *eye.lower, eye.inner]
        self._crease_points = [eye.outer, *eye.crease, eye.inner]
        self._edge = self._curve(points, self._edge_points)
        self._crease = self._curve(points, self._crease_points)
        self._lid_height = (self._crease - self._edge).norm(dim=-1).clamp(min=0.5)
        lower = self._curve(points, self._lower_points)
        self._open_height = (lower - self._edge).norm(dim=-1).amax().clamp(min=1.0)
        self._iris = points[eye.iris, :2]
        rim = points[eye.iris + 1 : eye.iris + 5, :2]
        self._radius = float((rim - self._iris).norm(dim=-1).mean())
        self._eyeball = complete_eyeball(crop, points, eye)[None]
        self._skin = self._skin_over_crease(points)

    def paint_eyeball(self, frames: torch.Tensor, points: torch.Tensor, mesh: torch.Tensor) -> None:
        """Put the still, turning eyeball into the opening of the lids, in place.

        frames [T, 3, S, S]; points [T, 478, 3] crop pixels and mesh [T, 478, 3] canonical cm, both with open lids.
        """
        still = self._pose.project(mesh)  # the eyeball does not follow the lids; it follows the head
        turn = still[:, self._eye.iris, :2] - self._iris
        upper, lower = (self._curve(points, ring) for ring in (self._edge_points, self._lower_points))
        upper_still, lower_still = (self._curve(still, ring) for ring in (self._edge_points, self._lower_points))
        moved = torch.stack([turn.norm(dim=-1), (upper_still - self._edge).norm(dim=-1).amax(-1)]).amax(0)
        strength = smoothstep(moved, 0.05, 0.6)  # untouched lids and gaze leave the portrait's own pixels
        active = (strength > 0).nonzero()[:, 0]
        place = window(torch.cat([upper, lower], 1)[active], 2, *frames.shape[-2:]) if len(active) else None
        if place is None:
            return
        upper, lower, upper_still, lower_still = (c[active] for c in (upper, lower, upper_still, lower_still))

        height = (upper - lower).norm(dim=-1).clamp(min=1e-3)
        soft = (SOFT_EDGE * self._scale / height).clamp(max=0.5)
        part = torch.stack([torch.zeros_like(soft), soft, 1 - soft, torch.ones_like(soft)], 1)[
            ..., None
        ]  # [T, 4, C, 1]
        shape = upper[:, None] + part * (lower - upper)[:, None]
        source = upper_still[:, None] + part * (lower_still - upper_still)[:, None]
        opacity = torch.tensor([0.0, 1.0, 1.0, 0.0], device=part.device).view(1, 4, 1, 1).expand_as(part)
        opacity = opacity * (height / (0.5 * SOFT_EDGE * self._scale) - 1).clamp(0, 1)[:, None, :, None]
        layer = _rasterize_grid(shape, torch.cat([source, opacity], -1), place)

        seen = layer[..., :2]
        away = (seen - (self._iris + turn[active])[:, None, None]).norm(dim=-1, keepdim=True) / self._radius
        follows = 1 - smoothstep(away, 1.15, 2.4)  # the white near the iris stretches, the corners stay
        colour = sample_pixels(self._eyeball, seen - follows * turn[active][:, None, None])
        _blend(frames, active, place, colour, layer[..., 2] * strength[active][:, None, None])

    def paint_lid(self, frames: torch.Tensor, points: torch.Tensor, open_points: torch.Tensor) -> None:
        """Draw the upper lid where it has come down, in place.

        frames [T, 3, S, S]; points [T, 478, 3] crop pixels with the lids as performed, open_points with open lids.
        """
        edge, crease = self._curve(points, self._edge_points), self._curve(open_points, self._crease_points)
        open_edge = self._curve(open_points, self._edge_points)
        travel = ((edge - open_edge) * _unit(open_edge - crease)).sum(-1).clamp(min=0)  # [T, columns]
        closed = smoothstep(travel.amax(-1) / self._open_height)
        overlap = OVERLAP * self._scale * closed[:, None] * travel / travel.amax(-1, keepdim=True).clamp(min=1e-3)
        edge = edge + overlap[..., None] * _unit(open_edge - crease)
        strength = smoothstep(travel.amax(-1), 0.1, 0.8)
        active = (strength > 0).nonzero()[:, 0]
        soft = LASHES * self._scale
        reach = torch.cat([edge, crease], 1)[active]
        place = window(reach, soft + 2, *frames.shape[-2:]) if len(active) else None
        if place is None:
            return
        edge, crease, travel, closed = edge[active], crease[active], travel[active], closed[active]

        # Rows of the lid by their distance above its edge: lashes, edge, the rigid band, new skin, crease, over it.
        length = (crease - edge).norm(dim=-1).clamp(min=1e-3)
        band = torch.minimum(BAND * self._lid_height, length)
        skin = length - band
        zero = torch.zeros_like(band)
        above = [zero - soft, zero, 0.5 * band, band, band + skin / 3, band + skin * 2 / 3, length, length + soft]
        above = torch.stack(above, 1)
        shape = edge[:, None] + above[..., None] * ((crease - edge) / length[..., None])[:, None]

        beyond = (above - length[:, None]).clamp(min=0)  # over the crease
        height = torch.minimum(above, self._lid_height) + beyond
        carried = self._edge + height[..., None] * _unit(self._crease - self._edge)
        mirrored = self._skin_at(length[:, None] - above, skin)
        new_skin, line, opacity = torch.tensor(_LID_ROWS).to(above).T[:, :, None]
        new_skin = new_skin * smoothstep(travel / (0.35 * self._lid_height))[:, None]
        line = 1 - CLOSED_LINE * closed[:, None, None] * line
        rest = torch.stack(torch.broadcast_tensors(new_skin, line, opacity), -1).expand(*above.shape, 3)
        layer = _rasterize_grid(shape, torch.cat([carried, mirrored, rest], -1), place)

        old, new = sample_pixels(self._crop, layer[..., :2]), layer[..., 2:5].movedim(-1, 1)
        colour = torch.lerp(old, new, layer[:, None, :, :, 5]) * layer[:, None, :, :, 6]
        _blend(frames, active, place, colour, layer[..., 7] * strength[active][:, None, None])

    def _skin_at(self, depth: torch.Tensor, skin: torch.Tensor) -> torch.Tensor:
        """Mirrored colours [T, rows, columns, 3] at distances `depth` below the crease; the new skin is `skin` high."""
        at = (depth / skin.amax(-1)[:, None, None].clamp(min=1e-3)).clamp(0, 1) * (SKIN_ROWS - 1)
        low = at.floor().clamp(max=SKIN_ROWS - 2).long()
        columns = torch.arange(depth.shape[-1], device=depth.device).expand_as(low)
        return torch.lerp(self._skin[low, columns], self._skin[low + 1, columns], (at - low)[..., None])

    def _skin_over_crease(self, points: torch.Tensor) -> torch.Tensor:
        """Colours [SKIN_ROWS, columns, 3] of the skin over the crease, from the crease upwards.

        Smoothed along the lid by medians: reflections on glasses, frames and strands of hair are not skin.
        """
        brow = points[list(self._eye.brow_lower[1:4]), :2].mean(0)
        room = 0.75 * (brow - points[self._eye.crease[3], :2]).norm()
        rows = torch.linspace(0, 1, SKIN_ROWS).to(points)[:, None, None] * room
        places = self._crease + rows * _unit(self._crease - self._edge)
        colours = sample_pixels(self._crop, places[None])[0]  # [3, rows, columns]
        reach = colours.shape[-1] // 4
        around = F.pad(colours, (reach, reach), mode="replicate").unfold(-1, 2 * reach + 1, 1)
        smooth = F.avg_pool2d(F.pad(around.median(-1).values, (3, 3, 1, 1), mode="replicate"), (3, 7), stride=1)
        return smooth.movedim(0, -1)

    @staticmethod
    def _curve(points: torch.Tensor, ring: list[int]) -> torch.Tensor:
        """A smooth line through the points of a ring: [..., columns, 2] pixels."""
        return catmull_rom(points[..., ring, :2], STEPS)


def _unit(vector: torch.Tensor) -> torch.Tensor:
    return F.normalize(vector, dim=-1)


def _rasterize_grid(shape: torch.Tensor, attributes: torch.Tensor, place: tuple[int, int, int, int]) -> torch.Tensor:
    """Draw a grid of points [T, rows, columns, 2] with attributes [T, rows, columns, C] in a window: [T, h, w, C]."""
    left, top, right, bottom = place
    triangles = strip_triangles(*shape.shape[1:3]).to(shape.device)
    points = shape.flatten(1, 2) - shape.new_tensor([left, top])
    return rasterize(points, triangles, attributes.flatten(1, 2), bottom - top, right - left)[0]


def _blend(frames: torch.Tensor, active: torch.Tensor, place, colour: torch.Tensor, opacity: torch.Tensor) -> None:
    """Lay colours [t, 3, h, w] with opacity [t, h, w] over a window of the active frames, in place."""
    left, top, right, bottom = place
    below = frames[active, :, top:bottom, left:right]
    frames[active, :, top:bottom, left:right] = torch.lerp(below, colour, opacity.clamp(0, 1)[:, None])
