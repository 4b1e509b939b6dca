"""The contact sheet shows a dozen moments of a clip and passes every frame on."""

import pytest
import torch

from auhead_models.contact_sheet import CELL, COLUMNS, GAP, ContactSheet
from auhead_models.face.face import find_face


@pytest.mark.parametrize("count, rows", [(1, 1), (6, 1), (50, 2)])
def test_frames_pass_through_and_a_dozen_are_kept(portrait, count, rows):
    sheet = ContactSheet(find_face(portrait, size=128), count, fps=25)
    frames = [torch.full((128, 128, 3), index / 64) for index in range(count)]
    assert all(a is b for a, b in zip(sheet.watch(iter(frames)), frames, strict=True))
    picture = sheet.draw()
    assert picture.width == GAP + COLUMNS * (CELL + GAP)
    assert rows * 1.9 * CELL < picture.height < rows * 2.4 * CELL
    grey = round((count - 1) / 64 * 255)
    place = (min(count, 12) - 1) % COLUMNS
    corner = (GAP + place * (CELL + GAP) + 5, picture.height - picture.height // rows + GAP)
    assert picture.getpixel(corner) == (grey,) * 3, "the last frame stands last"
