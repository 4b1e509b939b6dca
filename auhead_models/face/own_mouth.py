"""What a portrait shows between its own lips: its teeth, where they end, and their colour."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F

from .curves import catmull_rom, smoothstep, strip_triangles
from .raster import rasterize
from .topology import LOWER_LIP, UPPER_LIP

FEWEST_TEETH = 0.12  # part of the mouth's opening; below it the bright pixels are not teeth


@dataclass(frozen=True)
class OwnMouth:
    """opening [S, S] 0..1, the inside of the portrait's mouth · upper [S, S] 0..1, the part of it above the edge of the
    upper teeth · edge: y of that edge, canonical cm · teeth: their mean colour [3], None where no teeth show."""

    opening: torch.Tensor
    upper: torch.Tensor
    edge: float
    teeth: torch.Tensor | None


def find_own_mouth(crop: torch.Tensor, points: torch.Tensor, mesh: torch.Tensor, skin: torch.Tensor) -> OwnMouth:
    """Look between the lips of a portrait.

    crop [3, S, S], points [478, 3] crop pixels, mesh [478, 3] canonical cm, skin [3] mean skin colour.
    """
    size = crop.shape[-1]
    upper, lower = (catmull_rom(points[list(ring[3]), :2], 4) for ring in (UPPER_LIP, LOWER_LIP))
    height = (upper - lower).norm(dim=-1).clamp(min=1e-3)
    soft = (1.2 / height).clamp(max=0.5)
    part = torch.stack([torch.zeros_like(soft), soft, 1 - soft, torch.ones_like(soft)])[..., None]
    grid = (upper + part * (lower - upper)).flatten(0, 1)
    opacity = torch.tensor([0.0, 1.0, 1.0, 0.0]).to(crop)[:, None].expand(4, len(upper)).flatten()
    where = part.expand(4, len(upper), 1).flatten()  # 0 at the upper lip, 1 at the lower one
    layer = rasterize(
        grid[None], strip_triangles(4, len(upper)).to(crop.device), torch.stack([opacity, where], -1)[None], size, size
    )[0][0]
    opening, where = layer[..., 0], layer[..., 1]

    light = crop.mean(0)
    colourful = crop.amax(0) - crop.amin(0)
    skin_light, skin_colourful = skin.mean(), skin.amax() - skin.amin()
    bright = smoothstep(light / skin_light, 0.62, 0.78) * (colourful < 0.8 * skin_colourful + 0.06)
    teeth = bright * (opening > 0.5)
    inside = (opening > 0.5).sum().clamp(min=1)
    if float(teeth.sum() / inside) < FEWEST_TEETH:
        return OwnMouth(opening, torch.zeros_like(opening), float(mesh[UPPER_LIP[3][5], 1]), None)

    # The edge lies where, going down, most of the teeth have been passed; in the middle third of the mouth.
    left, right = points[UPPER_LIP[3][3], 0], points[UPPER_LIP[3][7], 0]
    x = torch.arange(size, device=crop.device) + 0.5
    middle = (x > left) & (x < right)
    weight = teeth * middle
    reach = torch.cumsum(torch.histc(where[weight > 0.5], bins=20, min=0, max=1), 0)
    share = float((reach < 0.93 * reach[-1]).sum() + 1) / 20
    end = min(share, 1.0)
    top, bottom = mesh[UPPER_LIP[3][5], 1], mesh[LOWER_LIP[3][5], 1]
    edge = float(top + end * (bottom - top)) - (0.12 if end > 0.9 else 0.0)  # hidden by the lower lip: a little further
    above = 1 - smoothstep(where, end - 0.05, end + 0.08) if end < 0.9 else torch.ones_like(where)
    colour = (crop * teeth).sum((1, 2)) / teeth.sum()
    crowns = F.avg_pool2d(F.max_pool2d(teeth[None, None].float(), 3, 1, 1), 5, 1, 2)[0, 0]  # not the dark corners
    return OwnMouth(opening, opening * above * smoothstep(crowns, 0.45, 0.95), edge, colour)
