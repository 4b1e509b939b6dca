"""Upper lids that come down with skin of their own.

The lid's edge and the lashes move as one rigid band. The skin that rolls out of the crease above it was hidden in the
portrait: it takes the colour of the skin around the eye and the grain of the cheek, so that nothing is stretched.
"""

import torch
import torch.nn.functional as F

from .curves import catmull_rom, smoothstep, strip_triangles
from .raster import rasterize
from .remap import sample_pixels, window
from .topology import MESH_POINTS, Eye

ENDS = 0.8  # landmarks from the corners of an eye over which its lid comes out of them
STEPS = 4  # samples of a lid curve between two landmarks
BAND = 0.55  # part of the lid between crease and edge that moves as one piece with the lashes
LASHES = 0.10  # cm below the lid edge that belong to the lashes
REACH = 1.1  # of the way to the lower lid's landmarks, which often lie inside the eye: no upper lid comes further
FEATHER = 0.1  # cm over which a lid fades out at the corners of the eye
OVERLAP = 0.09  # cm that a closed upper lid comes down over the lower one: no white shines through
NEARLY, SHUT = 0.7, 0.9  # closure from which lids meet wherever landmarks say, and from which the eye counts as closed
CLOSED_LINE = 0.25  # how much the line between closed lids darkens
CREASE = 0.22  # cm over which the new skin fades into the skin over the crease
SKIN_ROWS = 8  # samples of the skin over the crease, upwards
OWN_SKIN = 0.45  # how much of the new skin's colour comes from right over the crease, the rest from around the eye
STRANGE = 0.25  # relative difference in brightness from which a sample is no lid skin (glasses, hair, brow)
GRAIN = 9  # pixels; what is finer than this is grain
# The rows of a lid from its lashes to over the crease: part of new skin, of the closed line, opacity, brightness.
ROWS = (
    (0, 1, 0, 1), (0, 1, 1, 1), (0, 0.15, 1, 1), (0, 0, 1, 1), (0.6, 0, 1, 1.03), (1, 0, 1, 1.02), (1, 0, 1, 0.95),
    (1, 0, 0, 0.95),
)  # fmt: skip
_CHEEK = {"left": 330, "right": 101}


def lid_curve(points: torch.Tensor, ring: list[int]) -> torch.Tensor:
    """A smooth line through the points of a ring: [..., columns, 2] pixels."""
    return catmull_rom(points[..., ring, :2], STEPS)


class LidPainter:
    """Paints the upper lid of one eye of a portrait.

    crop [3, S, S], points [478, 3] crop pixels with depth, scale pixels per cm.
    """

    def __init__(self, crop: torch.Tensor, points: torch.Tensor, scale: float, eye: Eye):
        self._crop = crop[None]
        self._eye = eye
        self._scale = scale
        self._edge_points = [eye.outer, *eye.upper, eye.inner]
        self._crease_points = [eye.outer, *eye.crease, eye.inner]
        self._edge = lid_curve(points, self._edge_points)
        self._crease = lid_curve(points, self._crease_points)
        self._lid_height = (self._crease - self._edge).norm(dim=-1).clamp(min=0.5)
        self._lower_points = [eye.outer, *eye.lower, eye.inner]
        lower = lid_curve(points, self._lower_points)
        self._open_height = (lower - self._edge).norm(dim=-1).amax().clamp(min=1.0)
        columns = len(self._edge)
        along = torch.arange(columns).to(points) / STEPS  # landmarks from the outer corner
        corner = torch.minimum(along, along.flip(0))
        self._taper = smoothstep(corner, 0.0, 1.5)  # lashes and band run out into the corners
        self._side = 1 - smoothstep(corner, 0.5, 3.0)  # there a lid ends beside, not below
        self._outer, self._inner = (1 - smoothstep(far, 0.0, ENDS)[:, None] for far in (along, along.flip(0)))
        self._between = 1 - self._outer - self._inner
        self.skin = self._skin_around(points)
        blurred = F.avg_pool2d(self._crop, GRAIN, 1, GRAIN // 2, count_include_pad=False)
        self._grain = (self._crop - blurred).clamp(-0.06, 0.06)
        cheek = points[_CHEEK["left" if eye.iris > MESH_POINTS else "right"], :2]
        self.to_cheek = cheek - self._edge.mean(0)

    def paint(self, frames: torch.Tensor, points: torch.Tensor, open_points: torch.Tensor) -> None:
        """Draw the lid where it has come down on frames [T, 3, S, S], in place.

        points [T, 478, 3] crop pixels with the lids as performed, open_points with open lids.
        """
        attributes, shape, strength = self.grid(points, open_points)
        active = (strength > 0).nonzero()[:, 0]
        place = window(shape[active].flatten(1, 2), 2, *frames.shape[-2:]) if len(active) else None
        if place is None:
            return
        layer = rasterize_grid(shape[active], attributes[active], place)
        new_skin, opacity, side = layer[:, None, :, :, 5], layer[..., 7], layer[..., 8]
        size = 2 * round(FEATHER * self._scale) + 1
        around = F.avg_pool2d(opacity, size, 1, size // 2, count_include_pad=False)
        opacity = opacity * torch.lerp(torch.ones_like(side), smoothstep(around, 0.25, 0.8), side)
        old = sample_pixels(self._crop, layer[..., :2])
        colour = torch.lerp(old, layer[..., 2:5].movedim(-1, 1) + self._grain_at(place), new_skin)
        colour = colour * layer[:, None, :, :, 6]
        blend(frames, active, place, colour, opacity * strength[active][:, None, None])

    def grid(self, points: torch.Tensor, open_points: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Attributes and shape as of `_rows`, for all frames, and the strength [T] with which the lid is drawn."""
        open_edge, lower = (lid_curve(open_points, ring) for ring in (self._edge_points, self._lower_points))
        edge = self._in_opening(lid_curve(points, self._edge_points), open_edge, lower)
        crease = torch.lerp(open_edge, lid_curve(open_points, self._crease_points), self._taper[:, None])
        down = F.normalize(open_edge - crease, dim=-1)
        travel = ((edge - open_edge) * down).sum(-1).clamp(min=0)  # [T, columns]
        closed = smoothstep(travel.amax(-1) / self._open_height, 0.0, SHUT)
        edge = edge + OVERLAP * self._scale * closed[:, None, None] * self._between * down
        return *self._rows(edge, crease, travel, closed), smoothstep(travel.amax(-1), 0.1, 0.8)

    def _in_opening(self, edge: torch.Tensor, open_edge: torch.Tensor, lower: torch.Tensor) -> torch.Tensor:
        """The edge of a lid, up to where the lower lid is, or down to it in a shut eye, and its ends in the corners.

        All curves [T, columns, 2] pixels, those of the open eye but for the first.
        """
        gap = lower - open_edge
        way = F.normalize(gap[:, gap.shape[1] // 2, None], dim=-1)
        beyond = ((edge - open_edge - REACH * gap) * way).sum(-1, keepdim=True)
        shut = smoothstep(((edge - open_edge) * way).sum(-1).amax(-1) / self._open_height, NEARLY, SHUT)
        edge = edge - (beyond.clamp(min=0) + shut[:, None, None] * beyond.clamp(max=0)) * way
        back = open_edge - edge
        return edge + self._outer * back[:, :1] + self._inner * back[:, -1:]

    def _rows(self, edge, crease, travel, closed) -> tuple[torch.Tensor, torch.Tensor]:
        """Attributes [T, rows, columns, 9] and shape [T, rows, columns, 2] of the lid.

        edge, crease [T, columns, 2] and travel [T, columns] in pixels, closed [T] 0..1. Attributes: where the portrait
        shows the carried band (x, y), colour of the new skin, part of new skin, brightness, opacity, how far aside.
        """
        length = (crease - edge).norm(dim=-1).clamp(min=1e-3)
        band = torch.minimum(BAND * self._lid_height, length) * (0.3 + 0.7 * self._taper)
        skin, zero = length - band, torch.zeros_like(band)
        lashes = LASHES * self._scale * self._taper + zero
        over = length + CREASE * self._scale
        above = torch.stack([-lashes, zero, 0.5 * band, band, band + skin / 3, band + skin * 2 / 3, length, over], 1)
        shape = edge[:, None] + above[..., None] * ((crease - edge) / length[..., None])[:, None]

        beyond = (above - length[:, None]).clamp(min=0)
        height = torch.minimum(above, self._lid_height) + beyond
        carried = self._edge + height[..., None] * F.normalize(self._crease - self._edge, dim=-1)
        new_skin, line, opacity, brightness = torch.tensor(ROWS).to(above).T[:, :, None]
        new_skin = new_skin * smoothstep(travel / (0.35 * self._lid_height))[:, None]
        brightness = torch.lerp(torch.ones_like(new_skin), brightness.expand_as(new_skin), new_skin)
        brightness = brightness * (1 - CLOSED_LINE * closed[:, None, None] * line * self._taper)
        opacity = opacity * self._between[:, 0]
        rest = torch.stack(torch.broadcast_tensors(new_skin, brightness, opacity, self._side), -1)
        return torch.cat([carried, self._skin_at(length[:, None] - above, skin), rest], -1), shape

    def _skin_at(self, depth: torch.Tensor, skin: torch.Tensor) -> torch.Tensor:
        """Colours [T, rows, columns, 3] at distances `depth` below the crease; the new skin is `skin` high."""
        at = (depth / skin.amax(-1)[:, None, None].clamp(min=1e-3)).clamp(0, 1) * (SKIN_ROWS - 1)
        low = at.floor().clamp(max=SKIN_ROWS - 2).long()
        columns = torch.arange(depth.shape[-1], device=depth.device).expand_as(low)
        return torch.lerp(self.skin[low, columns], self.skin[low + 1, columns], (at - low)[..., None])

    def _skin_around(self, points: torch.Tensor) -> torch.Tensor:
        """Colours [SKIN_ROWS, columns, 3] of the new skin, from the crease down: those over the crease, mirrored.

        What differs too much from the skin under the eye is left out: reflections and frames of glasses, hair, brows.
        """
        brow = points[list(self._eye.brow_lower[1:4]), :2].mean(0)
        room = 0.75 * (brow - points[self._eye.crease[3], :2]).norm()
        rows = torch.linspace(0, 1, SKIN_ROWS).to(points)[:, None, None] * room
        places = self._crease + rows * F.normalize(self._crease - self._edge, dim=-1)
        colours = sample_pixels(self._crop, places[None])[0]  # [3, rows, columns]

        under = lid_curve(points, [self._eye.outer, *self._eye.below, self._eye.inner])[STEPS:-STEPS]
        down = torch.linspace(0.05, 0.45, 5).to(points)[:, None, None] * points.new_tensor([0, self._scale])
        beneath = under + down
        usual = sample_pixels(self._crop, beneath[None])[0].flatten(1).median(-1).values[:, None, None]
        strange = (colours.mean(0, keepdim=True) / usual.mean() - 1).abs()
        trust = torch.exp(-((strange / STRANGE) ** 2)) + 1e-3
        spread = _smooth_rows(torch.cat([colours * trust, trust]))
        own = torch.lerp(usual.expand_as(colours), spread[:3] / spread[3:], smoothstep(spread[3:], 0.05, 0.5))
        return torch.lerp(usual.expand_as(own), own, OWN_SKIN + (1 - OWN_SKIN) * self._near_crease()).movedim(0, -1)

    def _near_crease(self) -> torch.Tensor:
        """1 at the crease and at the corners of the eye, 0 in the middle of the lid: [1, rows, columns]."""
        depth = smoothstep(torch.linspace(0, 1, SKIN_ROWS), 0.0, 0.5).to(self._taper)
        return 1 - depth[None, :, None] * self._taper

    def _grain_at(self, place: tuple[int, int, int, int]) -> torch.Tensor:
        """The grain of the cheek [1, 3, h, w], laid over a window around the eye without stretching."""
        left, top, right, bottom = place
        size = self._crop.shape[-1]
        x = min(max(left + round(float(self.to_cheek[0])), 0), size - (right - left))
        y = min(max(top + round(float(self.to_cheek[1])), 0), size - (bottom - top))
        return self._grain[..., y : y + bottom - top, x : x + right - left]


def _smooth_rows(image: torch.Tensor) -> torch.Tensor:
    """Blur [C, rows, columns] along the lid."""
    reach = image.shape[-1] // 5
    padded = F.pad(image, (reach, reach, 1, 1), mode="replicate")
    blurred = F.avg_pool2d(F.avg_pool2d(padded, (3, reach + 1), stride=1), (1, reach + 1), stride=1)
    return blurred[..., : image.shape[-1]]


def rasterize_grid(shape: torch.Tensor, attributes: torch.Tensor, place: tuple[int, int, int, int]) -> torch.Tensor:
    """Draw a grid of points [T, rows, columns, 2] with attributes [T, rows, columns, C] in a window: [T, h, w, C]."""
    left, top, right, bottom = place
    triangles = strip_triangles(*shape.shape[1:3]).to(shape.device)
    points = shape.flatten(1, 2) - shape.new_tensor([left, top])
    return rasterize(points, triangles, attributes.flatten(1, 2), bottom - top, right - left)[0]


def blend(
    frames: torch.Tensor,
    active: torch.Tensor,
    place: tuple[int, int, int, int],
    colour: torch.Tensor,
    opacity: torch.Tensor,
) -> None:
    """Lay colours [t, 3, h, w] with opacity [t, h, w] over a window of the active frames, in place."""
    left, top, right, bottom = place
    below = frames[active, :, top:bottom, left:right]
    frames[active, :, top:bottom, left:right] = torch.lerp(below, colour, opacity.clamp(0, 1)[:, None])
