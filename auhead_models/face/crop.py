"""The square around a face: cut out once per clip, pasted back frame by frame.

A crop is a 2 x 3 affine matrix from crop pixels to image pixels, both with pixel centres at .5:
image = scale · crop + origin. Images are float RGB(A) 0..1, [H, W, C]; masks are [H, W]. Squares made here start and
end on whole pixels, so cutting without a change of size copies pixels exactly.
"""

import math
from collections.abc import Iterable, Iterator

import torch
import torch.nn.functional as F

from ..errors import AUHeadError

CROP_SCALE = 2.2  # side of the crop in sides of the face box: head, hair and some of the shoulders
WHOLE_IMAGE = 0.75  # a square image is kept whole when the crop would cover this much of its side
SMALLEST_PASTED, LARGEST_PASTED = 256, 1280  # smaller, eyes and teeth are coarse; larger, frames take long
_RAISE = 0.08  # the crop's centre lies above the face box's by this part of the box: hair needs more room than the chin


def square_crop(
    face: torch.Tensor, image_size: tuple[int, int], scale: float = CROP_SCALE, size: int = 512
) -> torch.Tensor:
    """Choose the square crop of a face.

    Args:
        face: a box (x0, y0, x1, y1) [4], or points [N, 2 or 3], in image pixels.
        image_size: (H, W).
        scale: side of the crop in units of the longer side of the face's box.
        size: side of the crop in its own pixels.
    Returns:
        matrix [2, 3] float32, crop pixels to image pixels.

    A square image that is already a tight portrait is taken whole. Otherwise the square is moved inside the image, and
    made smaller if the image is too narrow for it, as long as a quarter of the face's size stays free around the face;
    only then does it reach over the border.
    """
    face = face.detach().double().cpu()
    box = face if face.dim() == 1 else torch.cat([face[:, :2].amin(0), face[:, :2].amax(0)])
    if box.shape != (4,) or not box.isfinite().all() or (box[2:] <= box[:2]).any():
        raise ValueError(f"no box [4] or points [N, 2] with an extent: {box.tolist()}")
    height, width = image_size
    x0, y0, x1, y1 = box.tolist()
    extent = max(x1 - x0, y1 - y0)
    side = scale * extent
    shorter = min(height, width)
    if height == width and side >= WHOLE_IMAGE * height and extent <= height:
        return _matrix(0, 0, height, size)
    if side > shorter >= 1.25 * extent:
        side = shorter
    side = max(1, round(side))
    left = round((x0 + x1 - side) / 2)
    top = round((y0 + y1 - side) / 2 - _RAISE * extent)
    if side <= width:
        left = min(max(left, 0), width - side)
    if side <= height:
        top = min(max(top, 0), height - side)
    return _matrix(left, top, side, size)


def extract_crop(image: torch.Tensor, matrix: torch.Tensor, size: int) -> torch.Tensor:
    """Cut a square crop: image [H, W, C] or mask [H, W] to [size, size, C] or [size, size].

    Antialiased where it shrinks, bicubic where it enlarges, exact pixels where it does neither. Outside the image its
    border is continued.
    """
    scale, left, top = _scale_and_origin(matrix)
    planes = image[None, None] if image.dim() == 2 else image.movedim(-1, 0)[None]
    crop = _resample(planes, scale, (left, top), (size, size), "bilinear" if image.dim() == 2 else "bicubic")[0]
    return (crop[0] if image.dim() == 2 else crop.movedim(0, -1)).clone(memory_format=torch.contiguous_format)


def transform_points(points: torch.Tensor, matrix: torch.Tensor, inverse: bool = False) -> torch.Tensor:
    """Points [..., 2 or 3] from crop to image pixels, or back with `inverse`; a third column, depth, is scaled."""
    scale, left, top = _scale_and_origin(matrix)
    origin = points.new_tensor([left, top, 0.0][: points.shape[-1]])
    return (points - origin) / scale if inverse else points * scale + origin


def limit_side(picture: torch.Tensor, max_side: int) -> torch.Tensor:
    """A picture [H, W, C] or [H, W] as `paste_back` makes it smaller, or itself where it is small enough."""
    size = tuple(picture.shape[:2])
    if max(size) <= max_side:
        return picture
    planes = picture if picture.dim() == 3 else picture[..., None]
    return _shrink(planes, _limited_size(size, max_side)).view(*_limited_size(size, max_side), *picture.shape[2:])


def whole_pixel_crop(
    image_size: tuple[int, int], matrix: torch.Tensor, size: int, max_side: int
) -> tuple[torch.Tensor, int]:
    """The same square in a picture made smaller to max_side: a matrix there and the crop's new size.

    Image_size (H, W), matrix and size belong to the larger picture. The square starts and ends on whole pixels, and the
    crop has as many, within SMALLEST_PASTED and LARGEST_PASTED: what is drawn in it is pasted back without resampling.
    """
    (height, width), small = _limited(image_size, matrix, max_side)
    scale, left, top = _scale_and_origin(small)
    side = max(1, round(scale * size))
    left, top = round(left), round(top)
    if 0 <= left <= width - side + 1:
        left = min(left, width - side)
    if 0 <= top <= height - side + 1:
        top = min(top, height - side)
    size = min(max(side, SMALLEST_PASTED), LARGEST_PASTED)
    return _matrix(left, top, side, size), size


def paste_mask(
    image_size: tuple[int, int],
    matrix: torch.Tensor,
    mask: torch.Tensor,
    feather: float = 16.0,
    max_side: int | None = None,
) -> torch.Tensor:
    """How much of the frames shows on each pixel of the finished picture: [H', W'], 0..1, in the mask's dtype.

    Arguments as in `paste_back`; the picture is smaller than image_size (H, W) where max_side says so.
    """
    size, matrix = _limited(image_size, matrix, max_side)
    (top, bottom, left, right), weight = _weight(size, matrix, mask, feather)
    full = weight.new_zeros(size)
    full[top:bottom, left:right] = weight
    return full


def paste_back(
    image: torch.Tensor,
    frames: torch.Tensor | Iterable[torch.Tensor],
    matrix: torch.Tensor,
    mask: torch.Tensor,
    feather: float = 16.0,
    max_side: int | None = None,
) -> Iterator[torch.Tensor]:
    """Put frames back into the picture they were cut from, one after the other.

    Args:
        image: [H, W, C], or [T, H, W, C] for a moving background; C is 3, or 4 with alpha.
        frames: [T, S, S, C] or an iterable of [S, S, C].
        matrix: [2, 3], crop pixels to image pixels.
        mask: [S, S] or [T, S, S], 0..1, where frames may show.
        feather: crop pixels over which they fade in from the mask's edge inwards. The crop's own border counts as an
            edge unless it lies on the image's.
        max_side: pictures with a longer side are made smaller first.
    Yields:
        [H', W', C] in the image's dtype. Outside the mask every value is the image's own; the image's alpha stays
        unless the frames have alpha too.
    Raises:
        AUHeadError: the image holds neither one picture nor as many as there are frames.
    """
    pictures = image if image.dim() == 4 else image[None]
    if isinstance(frames, torch.Tensor) and len(pictures) not in (1, len(frames)):
        raise _wrong_number(len(pictures), len(frames))
    size, matrix = _limited(tuple(pictures.shape[1:3]), matrix, max_side)
    return _paste(pictures, frames, size, matrix, mask, feather)


def _paste(
    pictures: torch.Tensor,
    frames: torch.Tensor | Iterable[torch.Tensor],
    size: tuple[int, int],
    matrix: torch.Tensor,
    mask: torch.Tensor,
    feather: float,
) -> Iterator[torch.Tensor]:
    """`paste_back` into pictures [1 or T, H, W, C] that become `size` (H', W'); matrix leads to that size."""
    scale, left, top = _scale_and_origin(matrix)
    base = _shrink(pictures[0], size) if len(pictures) == 1 else None
    still = _weight(size, matrix, mask, feather) if mask.dim() == 2 else None
    count = 0
    for count, frame in enumerate(frames, 1):
        if base is None and count > len(pictures):
            raise _wrong_number(len(pictures), f"more than {len(pictures)}")
        picture = base.clone() if base is not None else _shrink(pictures[count - 1], size, copy=True)
        (y0, y1, x0, x1), weight = still if still is not None else _weight(size, matrix, mask[count - 1], feather)
        if weight.numel():
            channels = min(frame.shape[-1], picture.shape[-1])
            planes = frame[..., :channels].to(picture).movedim(-1, 0)[None]
            origin = ((x0 - left) / scale, (y0 - top) / scale)
            patch = _resample(planes, 1 / scale, origin, (y1 - y0, x1 - x0), "bicubic")[0].movedim(0, -1)
            there = picture[y0:y1, x0:x1, :channels]
            there.copy_(torch.lerp(there, patch, weight[..., None].to(picture)))
        yield picture
    if base is None and count < len(pictures):
        raise _wrong_number(len(pictures), count)


def _wrong_number(pictures: int, frames: int | str) -> AUHeadError:
    return AUHeadError(
        f"The image holds {pictures} pictures but there are {frames} frames; "
        "give one picture or as many pictures as frames."
    )


def _matrix(left: float, top: float, side: float, size: int) -> torch.Tensor:
    return torch.tensor([[side / size, 0, left], [0, side / size, top]], dtype=torch.float32)


def _scale_and_origin(matrix: torch.Tensor) -> tuple[float, float, float]:
    (scale, skew, left), (turn, scale_y, top) = matrix.tolist()
    if skew or turn or scale != scale_y or not scale > 0:
        raise ValueError(f"a crop is a shift and one scale, not {matrix.tolist()}")
    return scale, left, top


def _limited(
    size: tuple[int, int], matrix: torch.Tensor, max_side: int | None
) -> tuple[tuple[int, int], torch.Tensor]:
    """The picture's size under max_side, and the matrix from crop pixels to that picture."""
    longer = max(size)
    if not max_side or longer <= max_side:
        return size, matrix
    return _limited_size(size, max_side), matrix * (max_side / longer)


def _limited_size(size: tuple[int, int], max_side: int) -> tuple[int, int]:
    factor = min(1.0, max_side / max(size))
    return tuple(max(1, round(n * factor)) for n in size)


def _shrink(picture: torch.Tensor, size: tuple[int, int], copy: bool = False) -> torch.Tensor:
    """[H, W, C] at another size, itself (or a copy) when it has it already."""
    if tuple(picture.shape[:2]) == tuple(size):
        return picture.clone() if copy else picture
    planes = picture.movedim(-1, 0)[None]
    small = F.interpolate(planes.float(), size, mode="bicubic", antialias=True, align_corners=False)
    return small[0].clamp_(0, 1).movedim(0, -1).to(picture.dtype).contiguous()


def _weight(
    size: tuple[int, int], matrix: torch.Tensor, mask: torch.Tensor, feather: float
) -> tuple[tuple[int, int, int, int], torch.Tensor]:
    """Opacity of the frames on the picture, cut to where it is not 0: rows and columns (y0, y1, x0, x1), [h, w]."""
    height, width = size
    scale, left, top = _scale_and_origin(matrix)
    side = scale * mask.shape[0]
    on_border = (left <= 0, left + side >= width - 1e-3, top <= 0, top + side >= height - 1e-3)
    soft = _feathered(mask, feather, on_border)
    y0, x0 = max(0, math.floor(top)), max(0, math.floor(left))
    y1, x1 = min(height, math.ceil(top + side)), min(width, math.ceil(left + side))
    if y0 >= y1 or x0 >= x1:
        return (0, 0, 0, 0), soft.new_zeros(0, 0)
    origin = ((x0 - left) / scale, (y0 - top) / scale)
    weight = _resample(soft[None, None], 1 / scale, origin, (y1 - y0, x1 - x0), "bilinear")[0, 0]
    rows, columns = (torch.nonzero(weight.amax(axis) > 0).flatten() for axis in (1, 0))
    if not len(rows):
        return (0, 0, 0, 0), soft.new_zeros(0, 0)
    (r0, r1), (c0, c1) = ((int(n[0]), int(n[-1]) + 1) for n in (rows, columns))
    return (y0 + r0, y0 + r1, x0 + c0, x0 + c1), weight[r0:r1, c0:c1]


def _feathered(mask: torch.Tensor, feather: float, on_border: tuple[bool, bool, bool, bool]) -> torch.Tensor:
    """A mask [S, S] that rises from 0 on its edge to full `feather` pixels further in, and is 0 where it was 0.

    on_border: whether the crop's left, right, upper, lower border is the image's, where nothing needs to fade.
    """
    radius = math.ceil(feather)
    if radius < 1:
        return mask
    step = torch.arange(-radius, radius + 1, device=mask.device, dtype=mask.dtype)
    kernel = torch.cos(step * (math.pi / (2 * radius + 2))) ** 2
    kernel = kernel / kernel.sum()
    padded = mask[None, None]
    for side, keep in enumerate(on_border):  # F.pad's order: left, right, upper, lower
        pad = [0, 0, 0, 0]
        pad[side] = radius
        padded = F.pad(padded, pad, mode="replicate" if keep else "constant")
    soft = F.conv2d(F.conv2d(padded, kernel[None, None, None]), kernel[None, None, :, None])[0, 0]
    rise = (2 * soft - 1).clamp_(0, 1)  # a straight edge blurs to one half on the edge
    return torch.minimum(rise * rise * (3 - 2 * rise), mask)


def _resample(
    planes: torch.Tensor, scale: float, origin: tuple[float, float], size: tuple[int, int], mode: str
) -> torch.Tensor:
    """Planes [1, C, h, w] at the places scale · (pixel centre) + origin (x, y) of a picture of `size`: [1, C, *size].

    Beyond the planes their border is continued. Values stay in 0..1.
    """
    start, count = [], []
    whole = True
    for first, n in ((origin[1], size[0]), (origin[0], size[1])):
        last = first + scale * n
        if max(abs(first - round(first)), abs(last - round(last))) < 1e-3:
            start.append(round(first))
            count.append(round(last) - round(first))
        else:
            whole = False
            start.append(math.floor(first) - 2)
            count.append(math.ceil(last) + 2 - start[-1])
    part = _window(planes, start, count)
    if whole and tuple(count) == tuple(size):
        return part
    part = part.float()
    if whole:
        out = F.interpolate(part, size, mode=mode, align_corners=False, antialias=True)
    else:
        if scale > 1:
            smaller = [max(1, round(n / scale)) for n in count]
            part = F.interpolate(part, smaller, mode=mode, align_corners=False, antialias=True)
        out = F.grid_sample(part, _grid(scale, origin, size, start, count).to(part), mode, "border", False)
    return out.clamp_(0, 1).to(planes.dtype)


def _window(planes: torch.Tensor, start: list[int], count: list[int]) -> torch.Tensor:
    """Rows and columns start .. start + count of planes, the border repeated beyond them."""
    for axis, (first, n) in enumerate(zip(start, count), 2):
        length = planes.shape[axis]
        if first >= 0 and first + n <= length:
            planes = planes.narrow(axis, first, n)
        else:
            index = torch.arange(first, first + n, device=planes.device).clamp_(0, length - 1)
            planes = planes.index_select(axis, index)
    return planes


def _grid(
    scale: float, origin: tuple[float, float], size: tuple[int, int], start: list[int], count: list[int]
) -> torch.Tensor:
    """Sampling places [1, h, w, 2] for grid_sample in a window given by its start and count (rows, columns)."""
    y, x = (
        ((torch.arange(n, dtype=torch.float64) + 0.5) * scale + o - first) * 2 / length - 1
        for n, o, first, length in zip(size, origin[::-1], start, count)
    )
    return torch.stack(torch.meshgrid(x, y, indexing="xy"), -1)[None]
