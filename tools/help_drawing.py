"""What the pictures of the help pages are put together from: sheets, curves, files, nodes and the arrows between them.

A piece is a picture: a tensor [H, W, 3] or a Pillow image. Pieces that are drawn here are drawn at FINE times the size
that a sheet shows, so that the sheet's reduction smooths their lines.
"""

from collections.abc import Iterable

import torch
from PIL import Image, ImageDraw, ImageFont

from auhead_models.au import AUSequence
from auhead_models.image import to_bytes

Piece = torch.Tensor | Image.Image

GAP, LABEL, LETTERS = 6, 32, 21  # pixels
PANEL, NARROW = 560, 400  # pixels; ComfyUI shows a page 190 to 240 wide: pictures with many words are narrow ones
FINE = 2
GROUND, INK, FAINT = (24, 24, 26), (215, 215, 220), (130, 130, 138)
CARD, TITLE, EDGE = (36, 36, 40), (50, 50, 56), (74, 74, 82)
COLOURS = ((90, 220, 140), (255, 170, 80), (110, 170, 255), (240, 120, 170))  # of curves


def grid(rows: Iterable[Iterable[tuple[Piece, str]]], width: int = PANEL) -> Image.Image:
    """Rows of pieces, each row as wide as the sheet, with a line of text below the pieces that have one."""
    placed, top = [], GAP
    for row in rows:
        row = [(_image(piece), text) for piece, text in row]
        room = width - GAP * (len(row) + 1)
        height = int(room / sum(image.width / image.height for image, _ in row))
        left = GAP
        for image, text in row:
            drawn = image.resize((round(image.width * height / image.height), height), Image.Resampling.LANCZOS)
            placed.append((drawn, text, left, top))
            left += drawn.width + GAP
        top += height + GAP + (LABEL if any(text for _, text in row) else 0)
    sheet = Image.new("RGB", (width, top), GROUND)
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(size=LETTERS)
    for drawn, text, left, top in placed:
        sheet.paste(drawn, (left, top))
        pen.text((left + drawn.width / 2, top + drawn.height + LABEL / 2), text, INK, font, anchor="mm")
    return sheet


def _image(piece: Piece) -> Image.Image:
    return Image.fromarray(to_bytes(piece)) if isinstance(piece, torch.Tensor) else piece


def columns(cells: list[tuple[Piece, str]], count: int) -> list[list[tuple[Piece, str]]]:
    return [cells[start : start + count] for start in range(0, len(cells), count)]


def _blank(width: int, height: int, ground: tuple = GROUND) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    image = Image.new("RGB", (FINE * width, FINE * height), ground)
    return image, ImageDraw.Draw(image)


def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.load_default(size=FINE * size)


def curves(act: AUSequence, names: dict[str, str], width: int = 388, height: int = 184) -> Image.Image:
    """Curves of a performance over its seconds. names: the units, and what to call them below."""
    image, pen = _blank(width, height, CARD)
    left, right, top, bottom = (FINE * side for side in (14, width - 14, 14, height - 68))
    for second in range(int(act.seconds) + 1):
        x = left + (right - left) * second / act.seconds
        pen.line((x, top, x, bottom), EDGE, FINE)
        pen.text((x, bottom + FINE * 15), f"{second} s", FAINT, _font(18), anchor="mm")
    x, y = left, FINE * (height - 19)
    for number, (unit, name) in enumerate(names.items()):
        colour = COLOURS[number]
        points = [
            (left + (right - left) * (frame + 0.5) / len(act), bottom - (bottom - top) * float(value))
            for frame, value in enumerate(act[unit])
        ]
        pen.line(points, colour, 2 * FINE + 1, joint="curve")
        pen.line((x, y, x + FINE * 18, y), colour, 4 * FINE)
        pen.text((x + FINE * 23, y), name, INK, _font(LETTERS), anchor="lm")
        x += FINE * 40 + pen.textlength(name, _font(LETTERS))
    return image


def text_file(name: str, rows: list[list[str]], tabs: Iterable[int], width: int, height: int) -> Image.Image:
    """A text file: its name, and the beginning of its rows, cells at the tabs (pixels); it fades where it goes on."""
    image, pen = _blank(width, height, CARD)
    pen.rectangle((0, 0, FINE * width, FINE * 38), TITLE)
    pen.text((FINE * 12, FINE * 19), name, INK, _font(LETTERS), anchor="lm")
    for number, row in enumerate(rows):
        for text, left in zip(row, tabs):
            colour = FAINT if number == 0 and len(row) > 1 else INK
            pen.text((FINE * left, FINE * (60 + 30 * number)), text, colour, _font(LETTERS), anchor="lm")
    fade, depth = Image.new("L", image.size, 0), FINE * 60
    shade = ImageDraw.Draw(fade)
    for x in range(depth):
        shade.line((image.width - depth + x, FINE * 38, image.width - depth + x, image.height), round(255 * x / depth))
    image.paste(CARD, (0, 0), fade)
    return image


def arrow(name: str, width: int = 388, height: int = 46) -> Image.Image:
    """A node as the step from what is above to what is below."""
    image, pen = _blank(width, height)
    length = FINE * 30 + pen.textlength(name, _font(LETTERS))
    left, middle = (image.width - length) / 2, image.height / 2
    _down(pen, left + FINE * 8, FINE * 6, image.height - FINE * 6)
    pen.text((left + FINE * 30, middle), name, INK, _font(LETTERS), anchor="lm")
    return image


def _down(pen: ImageDraw.ImageDraw, x: float, top: float, bottom: float) -> None:
    pen.line((x, top, x, bottom - FINE * 8), COLOURS[0], 3 * FINE)
    pen.polygon([(x - FINE * 8, bottom - FINE * 10), (x + FINE * 8, bottom - FINE * 10), (x, bottom)], COLOURS[0])


class Graph:
    """A drawing of nodes and links. Positions and sizes are those of the sheet."""

    ROW, HEAD = 30, 36  # heights of a socket's row and of a title

    def __init__(self, width: int, height: int):
        self.image, self._pen = _blank(width, height)

    def node(self, title: str, at: tuple[int, int], width: int, inputs: list[str], outputs: list[str]) -> dict:
        """Draws a node; gives the places of its sockets by name: ("in", name) and ("out", name)."""
        (left, top), rows = at, max(len(inputs), len(outputs))
        box = [FINE * side for side in (left, top, left + width, top + self.HEAD + self.ROW * rows + 8)]
        self._pen.rounded_rectangle(box, FINE * 8, CARD, EDGE, FINE)
        self._pen.rounded_rectangle([*box[:3], FINE * (top + self.HEAD)], FINE * 8, TITLE, EDGE, FINE)
        self.text(title, (left + 12, top + self.HEAD // 2))
        places = {}
        sides = (("in", inputs, left, "lm", 12), ("out", outputs, left + width, "rm", -12))
        for kind, names, x, anchor, shift in sides:
            for number, name in enumerate(names):
                y = top + self.HEAD + self.ROW * number + self.ROW // 2 + 2
                self._dot(x, y)
                self.text(name, (x + shift, y), anchor=anchor)
                places[kind, name] = (x, y)
        return places

    def text(self, text: str, at: tuple[int, int], anchor: str = "lm") -> None:
        """Text; Pillow's own font has no arrow, so an arrow between two words is drawn."""
        font, x, y = _font(17), *(FINE * side for side in at)
        first, between, second = text.partition(" → ")
        self._pen.text((x, y), first, INK, font, anchor=anchor)
        if between:
            start = x + self._pen.textlength(first, font) + FINE * 6
            tip = start + FINE * 18
            self._pen.line((start, y, tip - FINE * 4, y), INK, 2 * FINE)
            self._pen.polygon([(tip - FINE * 7, y - FINE * 5), (tip - FINE * 7, y + FINE * 5), (tip, y)], INK)
            self._pen.text((tip + FINE * 6, y), second, INK, font, anchor=anchor)

    def picture(self, piece: Piece, at: tuple[int, int], size: tuple[int, int]) -> None:
        drawn = _image(piece).resize([FINE * side for side in size], Image.Resampling.LANCZOS)
        self.image.paste(drawn, tuple(FINE * side for side in at))

    def down(self, at: tuple[int, int], length: int) -> None:
        _down(self._pen, FINE * at[0], FINE * at[1], FINE * (at[1] + length))

    def link(self, start: tuple[int, int], end: tuple[int, int]) -> None:
        """An S-curve between two sockets."""
        (x0, y0), (x1, y1) = start, end
        count = 60
        points = []
        for step in range(count + 1):
            t = step / count
            points.append((FINE * (x0 + (x1 - x0) * t), FINE * (y0 + (y1 - y0) * t * t * (3 - 2 * t))))
        for step in range(count):
            self._pen.line((points[step], points[step + 1]), COLOURS[0], 3 * FINE)
        self._dot(*start)
        self._dot(*end)

    def _dot(self, x: int, y: int) -> None:
        self._pen.ellipse([FINE * side for side in (x - 5, y - 5, x + 5, y + 5)], INK)
