"""A contact sheet: a dozen frames of a clip with their times, and below each the eyes and the mouth close up."""

from collections.abc import Iterable, Iterator

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont

from .face.face import Face
from .image import to_bytes

COLUMNS, ROWS = 6, 2
CELL = 256  # pixels
GAP, SEAM, LABEL = 12, 4, 22
GROUND, INK = (24, 24, 26), (205, 205, 210)

# Landmarks that mark what a close-up shows: outer brow and eye ends, nose bridge; lip corners, nose tip, chin.
_EYES = (70, 300, 145, 374, 107, 336)
_MOUTH = (61, 291, 2, 200)
# Height of the picture in its width; its width in widths of what it shows.
_CLOSE_UPS = ((_EYES, 0.38, 1.2), (_MOUTH, 0.62, 1.45))


class ContactSheet:
    """Collects frames while they pass to somewhere else.

        sheet = ContactSheet(face, clip.count, clip.fps)
        for frame in sheet.watch(clip.frames):
            video.write(frame)
        sheet.draw().save("contact_sheet.png")
    """

    def __init__(self, face: Face, count: int, fps: float):
        self._face, self._fps = face, fps
        self._wanted = set(np.linspace(0, count - 1, min(count, COLUMNS * ROWS)).round().astype(int).tolist())
        self._kept: list[tuple[int, Image.Image]] = []

    def watch(self, frames: Iterable[torch.Tensor]) -> Iterator[torch.Tensor]:
        """The same frames (square crops [S, S, 3]), of which some are remembered."""
        for index, frame in enumerate(frames):
            if index in self._wanted:
                self._kept.append((index, Image.fromarray(to_bytes(frame))))
            yield frame

    def draw(self) -> Image.Image:
        """The sheet as a picture."""
        boxes = [None, *(_close_up(self._face, *what) for what in _CLOSE_UPS)]
        heights = [CELL, *(round(CELL * shape) for _, shape, _ in _CLOSE_UPS)]
        block = sum(heights) + SEAM * len(heights) + LABEL + GAP
        rows = -(-len(self._kept) // COLUMNS)
        sheet = Image.new("RGB", (GAP + COLUMNS * (CELL + GAP), GAP + rows * block), GROUND)
        pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(size=14)
        for place, (index, frame) in enumerate(self._kept):
            x, y = GAP + place % COLUMNS * (CELL + GAP), GAP + place // COLUMNS * block
            for box, height in zip(boxes, heights):
                sheet.paste(frame.resize((CELL, height), Image.Resampling.LANCZOS, box), (x, y))
                y += height + SEAM
            pen.text((x, y + LABEL / 2), f"{index / self._fps:.2f} s", INK, font, anchor="lm")
        return sheet


def _close_up(face: Face, points: tuple[int, ...], shape: float, room: float) -> tuple[float, float, float, float]:
    """A box around some points of the still face, with room to move, inside the crop."""
    places = face.landmarks[list(points), :2]
    (x0, y0), (x1, y1) = places.amin(0).tolist(), places.amax(0).tolist()
    width = min(room * max(x1 - x0, (y1 - y0) / shape), face.size)
    x = min(max((x0 + x1 - width) / 2, 0), face.size - width)
    y = min(max((y0 + y1 - width * shape) / 2, 0), face.size - width * shape)
    return x, y, x + width, y + width * shape
