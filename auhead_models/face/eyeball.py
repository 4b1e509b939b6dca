"""The eyeball of a portrait without its lids.

A still shows part of the iris and of the white. Here the rest is painted: the iris from the mean colour at each
distance from its centre, the white from the nearest visible white. The visible part stays untouched.
"""

import torch
import torch.nn.functional as F

from .curves import catmull_rom, smoothstep
from .remap import pixel_centres, window
from .topology import Eye

LASH_CAUTION = 0.55  # lashes and their shadow reach farther from the upper lid than from the lower one
HIGHLIGHT = 0.25  # brightness above the iris' own from which a pixel shows a light
RADIAL_BINS = 20
UNSEEN_WHITE = (0.72, 0.68, 0.66)  # white of an eye of which none is visible, under medium light
LIMBUS = (0.94, 1.08)  # where the iris turns into the white, in iris radii


def complete_eyeball(crop: torch.Tensor, points: torch.Tensor, eye: Eye) -> tuple[torch.Tensor, torch.Tensor]:
    """The picture [3, S, S] with a whole eyeball in place of the lids around `eye`, and what reflects on it [3, S, S].

    crop [3, S, S], points [478, >= 2] crop pixels. In the visible part both add up to the picture.
    """
    iris, rim = points[eye.iris, :2], points[eye.iris + 1 : eye.iris + 5, :2]
    radius = float((rim - iris).norm(dim=-1).mean())
    upper, lower = (catmull_rom(points[[eye.outer, *ring, eye.inner], :2], 4) for ring in (eye.upper, eye.lower))
    whole, highlights = crop.clone(), torch.zeros_like(crop)
    place = window(torch.cat([upper, lower]), 2.5 * radius, *crop.shape[-2:])
    if place is None or radius < 1:
        return whole, highlights
    left, top, right, bottom = place
    part = crop[:, top:bottom, left:right]
    pixels = pixel_centres(left, top, right, bottom, like=crop)
    visible = _visible(pixels, upper, lower, softness=max(0.2 * radius, 1.5))
    distance = (pixels - iris).norm(dim=-1) / radius

    white = _fill(part, visible * (distance > 1.15), radius)
    coloured = _radial(part, visible, distance)
    painted = torch.lerp(coloured, white, smoothstep(distance, *LIMBUS))
    open_part = _visible(pixels, upper, lower, softness=1.0)
    shine = ((part - coloured).mean(0) - HIGHLIGHT).clamp(min=0) * open_part * (1 - smoothstep(distance, 0.6, 0.8))
    shine = shine / (part - coloured).mean(0).clamp(min=1e-3) * (part - coloured).clamp(min=0)
    whole[:, top:bottom, left:right] = torch.lerp(painted, part - shine, smoothstep(visible))
    highlights[:, top:bottom, left:right] = shine
    return whole, highlights


def _visible(pixels: torch.Tensor, upper: torch.Tensor, lower: torch.Tensor, softness: float) -> torch.Tensor:
    """How surely a pixel shows the eyeball, 0..1, [h, w]: the distance to the lids inside the opening."""
    places = pixels.flatten(0, 1)
    to_upper, to_lower = (torch.cdist(places, lid).amin(-1).view(pixels.shape[:2]) for lid in (upper, lower))
    nearest = torch.minimum(LASH_CAUTION * to_upper, to_lower)
    inside = _below(pixels, upper) & ~_below(pixels, lower)
    return torch.where(inside, ((nearest - 0.5 * softness) / softness).clamp(0, 1), torch.zeros_like(nearest))


def _below(pixels: torch.Tensor, line: torch.Tensor) -> torch.Tensor:
    """Whether pixels lie below (image y) a line [n, 2] that runs from one eye corner to the other."""
    along = line[-1] - line[0]
    length = along.norm().clamp(min=1e-3)
    along = along / length
    across = torch.stack([-along[1], along[0]]) * along[0].sign()  # points down in the picture
    position, height = ((line - line[0]) @ along).contiguous(), (line - line[0]) @ across
    where = ((pixels - line[0]) @ along).contiguous()
    right = torch.searchsorted(position.cummax(0).values, where).clamp(1, len(line) - 1)
    start, end = position[right - 1], position[right]
    share = ((where - start) / (end - start).clamp(min=1e-3)).clamp(0, 1)
    return (pixels - line[0]) @ across > torch.lerp(height[right - 1], height[right], share)


def _fill(colours: torch.Tensor, weight: torch.Tensor, radius: float) -> torch.Tensor:
    """Colours [3, h, w] spread from where `weight` is high into the rest, near ones first."""
    result, trust = torch.zeros_like(colours), torch.zeros_like(weight)
    for sigma in (0.15 * radius, 0.5 * radius, 2 * radius):
        near = _blur(torch.cat([colours * weight, weight[None]]), sigma)
        amount = (1 - trust) * (near[3] / 0.15).clamp(0, 1)
        result += amount * near[:3] / near[3].clamp(min=1e-4)
        trust = trust + amount
    seen = weight.sum()
    mean = (colours * weight).sum((1, 2)) / seen if seen > 4 else 2 * colours.mean() * colours.new_tensor(UNSEEN_WHITE)
    return result + (1 - trust) * mean.clamp(0, 1)[:, None, None]


def _radial(colours: torch.Tensor, weight: torch.Tensor, distance: torch.Tensor) -> torch.Tensor:
    """The iris [3, h, w] from its mean colour at each distance from the centre; reflections of lights are left out."""
    bins = (distance * RADIAL_BINS).long().clamp(max=RADIAL_BINS + 1).flatten()
    brightness = colours.mean(0).flatten()
    flat_weight = (weight * (distance < 1.1)).flatten()

    def mean(values: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
        total = torch.zeros(RADIAL_BINS + 2, *values.shape[1:]).to(values).index_add_(0, bins, values)
        count = torch.zeros(RADIAL_BINS + 2).to(values).index_add_(0, bins, weights)
        return total / count.clamp(min=1e-3).view(-1, *[1] * (values.dim() - 1)), count

    level, _ = mean(brightness * flat_weight, flat_weight)
    usual = flat_weight * (brightness < level[bins] * 1.25 + 0.03)
    table, count = mean(colours.flatten(1).T * usual[:, None], usual)
    known = (count > 0.5).nonzero()[:, 0]
    if len(known) == 0:
        return torch.zeros_like(colours) + 0.15 * colours.amax()
    order = torch.arange(len(table), device=table.device)
    table = table[known[(order[:, None] - known).abs().argmin(-1)]]  # rings that nothing shows take the nearest one
    table = F.avg_pool1d(F.pad(table.T[None], (1, 1), mode="replicate"), 3, 1)[0].T
    return table[bins].T.view_as(colours)


def _blur(image: torch.Tensor, sigma: float) -> torch.Tensor:
    """Gaussian blur of [C, h, w], zero outside."""
    size = max(int(3 * sigma), 1)
    x = torch.arange(-size, size + 1, device=image.device, dtype=image.dtype)
    kernel = torch.exp(-0.5 * (x / sigma) ** 2)
    kernel = (kernel / kernel.sum()).expand(image.shape[0], 1, -1)
    image = F.conv2d(image[None], kernel[..., None, :], padding=(0, size), groups=image.shape[0])
    return F.conv2d(image, kernel[..., None], padding=(size, 0), groups=image.shape[1])[0]
