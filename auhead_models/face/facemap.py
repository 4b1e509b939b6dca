"""FaceMaps: a face drawn as coloured lines, the picture that a video diffusion model or a ControlNet follows.

`draw_facemap` draws landmarks in one of four styles; facemap_styles.py holds their lines, colours and sources.
The two line styles and the discs come out pixel for pixel as in the networks' training pictures, which were drawn with
OpenCV: aliased, on whole pixels (tools/facemap_parity.py compares them).
"""

import numpy as np
import torch
import torch.nn.functional as F

from ..au.space import UNITS
from ..errors import AUHeadError
from .canonical import load_geometry
from .draw import draw_discs, draw_lines
from .facemap_styles import ANIPORTRAIT, AU_COLOURS, AU_GROUND, MEDIAPIPE, OPENPOSE, OPENPOSE_RADIUS, LineStyle
from .raster import rasterize
from .topology import MESH_POINTS, POINTS

STYLES = ("aniportrait", "mediapipe", "openpose", "au_heatmap")

_LINE_STYLES = {"aniportrait": ANIPORTRAIT, "mediapipe": MEDIAPIPE}
_ANIPORTRAIT_SIZE = 512  # the reference draws at this size and then resizes, so its lines grow with the picture
_HEATMAP_CHUNK = 16  # frames rasterised together


def draw_facemap(
    points: torch.Tensor,
    size: int | tuple[int, int],
    style: str = "aniportrait",
    values: torch.Tensor | None = None,
    source_size: int | tuple[int, int] | None = None,
) -> torch.Tensor:
    """Draw one FaceMap per frame.

    Args:
        points: [T, 478, 2 or 3] landmarks in pixels, pixel centres at .5; a third column (depth, growing away from the
            camera) orders the triangles of "au_heatmap".
        size: of the pictures, (H, W) or one number.
        style: one of `STYLES`.
        values: [T, 24] Action Units, needed by "au_heatmap" alone; it shows their strength, whatever their sign.
        source_size: (H, W) or one number, the size of the picture that `points` are measured in; by default `size`.
    Returns:
        [T, H, W, 3], float32 RGB 0..1 on the device of `points`. Points outside the picture, or not finite, are left
        out together with their lines. A frame of 512 x 512 takes 3 MB: draw long clips in pieces.
    Raises:
        AUHeadError: there is no such style.
    """
    if style not in STYLES:
        raise AUHeadError(f'There is no FaceMap style "{style}"; choose one of {", ".join(STYLES)}.')
    if points.dim() != 3 or points.shape[1] != POINTS or points.shape[2] not in (2, 3):
        raise ValueError(f"points are [T, {POINTS}, 2 or 3], not {list(points.shape)}")
    height, width = _pair(size)
    source_height, source_width = _pair(source_size or size)
    if style == "au_heatmap":
        scale = points.new_tensor([width / source_width, height / source_height])
        return _draw_heatmap(points, scale, values, height, width)

    relative = points[..., :2].detach().cpu().double() / torch.tensor([source_width, source_height], dtype=torch.double)
    relative = relative.float().numpy()  # as the reference hands them to its drawing
    if style == "aniportrait":
        pictures = np.zeros((len(points), _ANIPORTRAIT_SIZE, _ANIPORTRAIT_SIZE, 3), np.float32)
    else:
        pictures = np.zeros((len(points), height, width, 3), np.float32)
    for frame, picture in zip(relative, pictures):
        if style == "openpose":
            _draw_keypoints(picture, frame)
        else:
            _draw_lines(picture, frame, _LINE_STYLES[style])
    return _resized(torch.from_numpy(pictures).to(points.device), height, width)


def _pair(size: int | tuple[int, int]) -> tuple[int, int]:
    return (size, size) if isinstance(size, int) else tuple(size)


def _resized(pictures: torch.Tensor, height: int, width: int) -> torch.Tensor:
    """Plain bilinear at 8 bits, as the reference resizes its 8-bit canvas."""
    if tuple(pictures.shape[1:3]) == (height, width):
        return pictures
    if not len(pictures):
        return pictures.new_zeros(0, height, width, 3)
    planes = F.interpolate(pictures.movedim(-1, 1), (height, width), mode="bilinear", align_corners=False)
    return planes.mul_(255).round_().div_(255).movedim(1, -1).contiguous()


def _draw_lines(picture: np.ndarray, points: np.ndarray, style: LineStyle) -> None:
    """Lines and squares of points [478, 2] in 0..1 onto a black picture [H, W, 3]."""
    height, width = picture.shape[:2]
    seen = ((points >= 0) & (points <= 1)).all(1)
    pixels = np.minimum(_whole(points, seen, height, width), (width - 1, height - 1))
    drawn = seen[style.edges].all(1)
    edges = style.edges[drawn]
    draw_lines(picture, pixels[edges[:, 0]], pixels[edges[:, 1]], style.edge_colours[drawn])
    for point, colour in zip(style.squares, style.square_colours):
        x, y = pixels[point]
        if seen[point] and (points[point] < 1).all() and min(x, y) >= 2:
            picture[y - 2 : y + 2, x - 2 : x + 2] = colour


def _draw_keypoints(picture: np.ndarray, points: np.ndarray) -> None:
    pixels = _whole(points, np.isfinite(points).all(1), *picture.shape[:2])[OPENPOSE]
    pixels = pixels[(pixels > 0).all(1)]
    draw_discs(picture, pixels, OPENPOSE_RADIUS, np.ones((len(pixels), 3), np.float32))


def _whole(points: np.ndarray, valid: np.ndarray, height: int, width: int) -> np.ndarray:
    """Whole pixels [478, 2] of points in 0..1; 0 where they are not valid."""
    return np.floor(np.where(valid[:, None], points, 0).astype(np.float64) * (width, height)).astype(np.int64)


def _draw_heatmap(
    points: torch.Tensor, scale: torch.Tensor, values: torch.Tensor | None, height: int, width: int
) -> torch.Tensor:
    """The face in dark grey; where units move it, in their regions' colours, brighter with their strength.

    points [T, 478, 2 or 3], times scale [2] (x, y) pixels of the picture; values [T, 24].
    """
    if values is None or values.shape != (len(points), len(AU_COLOURS)):
        shape = None if values is None else list(values.shape)
        raise ValueError(f'style "au_heatmap" needs values [{len(points)}, {len(AU_COLOURS)}], not {shape}')
    geometry = load_geometry()
    moved = torch.stack([geometry.fields[unit.id] for unit in UNITS]).norm(dim=-1)
    reach = (moved / moved.amax(1, keepdim=True)).square().to(points)  # [24, 468], 1 where a unit moves the face most
    colours = torch.from_numpy(AU_COLOURS).to(points)
    triangles = geometry.triangles.to(points.device)
    pictures = []
    for mesh, strength in zip(points[:, :MESH_POINTS].split(_HEATMAP_CHUNK), values.split(_HEATMAP_CHUNK)):
        strength = strength.to(points).abs().clamp(max=1)
        # Lights of several units add up as on a screen, so that they never saturate: 1 - Π (1 - light).
        light = torch.einsum("tu,uv,uc->tuvc", strength, reach, colours)
        colour = 1 - (1 - AU_GROUND) * (1 - light).prod(1)
        order = triangles.expand(len(mesh), -1, -1)
        if mesh.shape[-1] == 3:
            nearness = -mesh[..., 2][:, triangles].sum(-1)
            order = triangles[nearness.argsort(dim=1, stable=True)]
        pictures.append(rasterize(mesh[..., :2] * scale, order, colour, height, width)[0])
    return torch.cat(pictures) if pictures else points.new_zeros(0, height, width, 3)
