import dataclasses

import pytest
import torch

from auhead_models.face.face import find_face
from auhead_models.face.topology import EYES
from auhead_models.face.warp import WarpRenderer

from .conftest import picture
from .performances import performance


def opening(face, image, eye):
    """The pixels between the lids of the portrait."""
    low = face.landmarks[list(eye.opening), :2].amin(0).int()
    high = face.landmarks[list(eye.opening), :2].amax(0).int()
    return image[low[1] : high[1], low[0] : high[0]]


def whiteness(image):
    """Part of the pixels that are as bright and colourless as the white of an eye."""
    return ((image.amax(-1) - image.amin(-1) < 0.12) & (image.mean(-1) > 0.6)).float().mean()


@pytest.mark.parametrize("name", ["head.png", "head_2.png"])
def test_closed_lids_show_no_white(name):
    head = find_face(picture(name))
    for shut, _ in WarpRenderer(head).render(performance({"eye_closure": 0.95}, {"eye_closure": 1.0})):
        for eye in EYES:
            assert whiteness(opening(head, head.crop, eye)) > 0.05
            assert whiteness(opening(head, shut, eye)) < 0.003


def test_lids_leave_no_specks_at_the_outer_corners(face):
    renderer = WarpRenderer(face)
    for frame, _ in renderer.render(performance({"eye_closure": 0.7}, {"eye_closure": 1.0})):
        for eye in EYES:
            x, y = face.landmarks[eye.outer, :2].int().tolist()
            around = slice(y - 10, y + 12), slice(x - 10, x + 10)
            assert edges(frame)[around].max() < 2 * edges(face.crop)[around].max()


def edges(image):
    """Size of the Laplacian of the brightness, [H - 2, W - 2]."""
    grey = image.mean(-1)
    around = grey[:-2, 1:-1] + grey[2:, 1:-1] + grey[1:-1, :-2] + grey[1:-1, 2:]
    return (4 * grey[1:-1, 1:-1] - around).abs()


def test_new_lid_skin_has_the_colour_of_the_skin_around(head):
    (shut, _), *_ = WarpRenderer(head).render(performance({"eye_closure": 1.0}))
    for eye, cheek in zip(EYES, (330, 101), strict=True):
        x, y = head.landmarks[cheek, :2].int().tolist()
        skin = head.crop[y - 3 : y + 4, x - 3 : x + 4].mean((0, 1))
        middle = head.landmarks[[eye.upper[3], eye.lower[3]], :2].mean(0).int().tolist()
        lid = shut[middle[1] - 4 : middle[1] - 1, middle[0] - 3 : middle[0] + 4].mean((0, 1))
        assert (lid - skin).abs().max() < 0.2


def test_eyes_that_are_shut_in_the_portrait_stay_shut(head):
    own = torch.zeros(24)
    own[:2] = 0.9
    face = dataclasses.replace(head, own=own, relax=1.0)
    renderer = WarpRenderer(face)
    (wide, _), (rest, _) = renderer.render(performance({"upper_lid_raise": 1.0, "gaze_y": 1.0, "gaze_x": 1.0}, {}))
    for eye in EYES:
        assert (opening(face, wide, eye) - opening(face, rest, eye)).abs().mean() < 0.01
