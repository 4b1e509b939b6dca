"""Aliased lines of thickness 2 and discs on a numpy canvas, pixel for pixel as the networks' training code drew them.

Those FaceMaps were drawn with OpenCV (`cv2.line` with thickness 2, `cv2.circle` filled). Its thick line is a rectangle
filled by scanlines in 16.16 fixed point, its outline walked pixel by pixel, and a round cap at both ends. The same
integers are computed here for all lines of a picture at once, in closed form instead of step by step. One thing is
left out: an outline that leaves the canvas is first cut there by OpenCV, which can move a pixel beside the border.
Coordinates are whole pixels (x, y), 0 at the left and upper pixel.
"""

import numpy as np

_SHIFT = 16
_ONE = 1 << _SHIFT
_HALF = _ONE >> 1

# Filled circles by radius: half width of the rows y = 0, 1, .. from the centre.
_DISC_ROWS = {1: (1, 0), 3: (3, 2, 2, 0)}


def draw_lines(canvas: np.ndarray, start: np.ndarray, end: np.ndarray, colours: np.ndarray) -> None:
    """Draw lines of thickness 2, the later over the earlier.

    Args:
        canvas: [H, W, C], changed in place; what lies outside is left out.
        start, end: [L, 2] whole pixels.
        colours: [L, C] in the canvas's units; at most 32,767 lines.
    """
    if not len(start):
        return
    start, end = np.asarray(start, np.int64), np.asarray(end, np.int64)
    delta = end - start
    length = np.hypot(delta[:, 0], delta[:, 1])
    unit = _ONE / np.where(length > 0, length, 1)
    side = np.rint(np.stack([delta[:, 1], -delta[:, 0]], 1) * unit[:, None]).astype(np.int64)  # one pixel across
    far = delta << _SHIFT
    corners = np.stack([side, -side, far - side, far + side], 1)  # around the rectangle, [L, 4, 2]
    caps = np.stack([np.zeros_like(delta), delta], 1)[:, :, None] + _disc(1)  # [L, 2, 5, 2]
    long = np.flatnonzero(length)  # a line of length 0 is its cap alone
    parts = [(np.arange(len(start)).repeat(10), caps.reshape(-1, 2))]
    parts += [(long[line], pixels) for line, pixels in (_outline(corners[long]), _inside(corners[long]))]
    line, pixels = (np.concatenate(p) for p in zip(*parts))
    x, y = (pixels + start[line]).T
    height, width = canvas.shape[:2]
    visible = np.flatnonzero((x >= 0) & (x < width) & (y >= 0) & (y < height))
    visible = visible[np.argsort(line[visible].astype(np.int16), kind="stable")]
    canvas[y[visible], x[visible]] = colours[line[visible]]  # numpy keeps the last of repeated assignments


def draw_discs(canvas: np.ndarray, centres: np.ndarray, radius: int, colours: np.ndarray) -> None:
    """Draw filled circles: canvas [H, W, C], centres [N, 2] whole pixels, radius 1 or 3, colours [N, C]."""
    disc = _disc(radius)
    x, y = (centres[:, None] + disc).reshape(-1, 2).T
    height, width = canvas.shape[:2]
    visible = (x >= 0) & (x < width) & (y >= 0) & (y < height)
    canvas[y[visible], x[visible]] = colours.repeat(len(disc), 0)[visible]


def _disc(radius: int) -> np.ndarray:
    rows = _DISC_ROWS[radius]
    return np.array([(x, y) for y in range(-radius, radius + 1) for x in range(-rows[abs(y)], rows[abs(y)] + 1)])


def _outline(corners: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pixels along the edges of the rectangles [L, 4, 2], one per step of the longer axis: line and (x, y) of each."""
    before, after = np.roll(corners, 1, 1).reshape(-1, 2), corners.reshape(-1, 2)
    size = np.abs(after - before)
    steep = size[:, 0] <= size[:, 1]
    before, after = np.where(steep[:, None], before[:, ::-1], before), np.where(steep[:, None], after[:, ::-1], after)
    backwards = (after < before)[:, :1]
    first, last = np.where(backwards, after, before), np.where(backwards, before, after)
    run, rise = (last - first).T
    slope = np.sign(rise) * ((np.abs(rise) << _SHIFT) // (run | 1))
    steps = (run >> _SHIFT) + 1
    edge = np.arange(len(run)).repeat(steps)
    step = np.arange(len(edge)) - (steps.cumsum() - steps)[edge]
    along = (first[edge, 0] + _HALF >> _SHIFT) + step
    across = first[edge, 1] + _HALF + step * slope[edge] >> _SHIFT
    ends = last + _HALF >> _SHIFT
    edge, pixels = np.append(edge, np.arange(len(ends))), np.concatenate([np.stack([along, across], 1), ends])
    return edge // 4, np.where(steep[edge, None], pixels[:, ::-1], pixels)


def _inside(corners: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pixels between the left and right side of the rectangles [L, 4, 2], row by row: line and (x, y) of each."""
    lines = np.arange(len(corners))
    top = corners[..., 1].argmin(1)
    turned = corners[lines[:, None], (top[:, None] + np.arange(4)) % 4]  # from the top corner round
    row = turned[..., 1] + _HALF >> _SHIFT
    first, last = row[:, 0], row[:, 2]  # the opposite corner is the lowest
    rows = last - first  # the lowest row is left to the outline
    line = lines.repeat(rows)
    k = np.arange(len(line)) - (rows.cumsum() - rows)[line]
    sides = []
    for corner in (1, 3):
        # Two edges, top to corner and corner to bottom; an edge shorter than a row is passed over.
        middle = row[:, corner] - first
        x0, x1, x2 = turned[:, 0, 0], turned[:, corner, 0], turned[:, 2, 0]
        upper, lower = _slope(x1 - x0, middle), _slope(x2 - x1, last - first - middle)
        on_lower = ((k >= middle[line]) & (middle < last - first)[line]) | (middle == 0)[line]
        sides.append(np.where(on_lower, x1[line] + (k - middle[line]) * lower[line], x0[line] + k * upper[line]))
    left, right = np.minimum(*sides) + _HALF >> _SHIFT, np.maximum(*sides) + _HALF >> _SHIFT
    count = right - left + 1
    span = np.arange(len(line)).repeat(count)
    x = np.arange(len(span)) - (count.cumsum() - count)[span] + left[span]
    return line[span], np.stack([x, (first[line] + k)[span]], 1)


def _slope(run: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Fixed-point x step per row: plus one half, then cut towards zero."""
    rows = np.maximum(rows, 1)
    total = 2 * run + rows
    return np.sign(total) * (np.abs(total) // (2 * rows))
