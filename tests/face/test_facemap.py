"""FaceMaps: the references' pixels, sizes, points outside the picture, the heat map.

tests/data/facemap_opencv.npz was drawn by OpenCV 4.11.0 and MediaPipe 0.10.21 (tools/facemap_parity.py golden): the
canonical head from the front, turned, and over the border of the picture, and single lines of every direction.
"""

from pathlib import Path

import numpy as np
import pytest
import torch

from auhead_models.au.space import UNIT_INDEX
from auhead_models.errors import AUHeadError
from auhead_models.face.draw import draw_discs, draw_lines
from auhead_models.face.facemap import STYLES, draw_facemap
from auhead_models.face.facemap_styles import ANIPORTRAIT, MEDIAPIPE, OPENPOSE
from auhead_models.face.topology import LEFT_EYE, RIGHT_EYE

LINE_STYLES = ("aniportrait", "mediapipe", "openpose")
FACES = ("front", "turned", "cut")


@pytest.fixture(scope="module")
def opencv():
    return np.load(Path(__file__).parents[1] / "data" / "facemap_opencv.npz")


def face(opencv, name="front", size=512):
    """Landmarks [1, 478, 2] of a drawn face in pixels."""
    return torch.from_numpy(opencv[f"{name} points"])[None] * size


def levels(picture):
    return picture.mul(255).round().byte().numpy()


@pytest.mark.parametrize("name", FACES)
@pytest.mark.parametrize("style", LINE_STYLES)
def test_pixels_are_the_references(opencv, name, style):
    ours, theirs = levels(draw_facemap(face(opencv, name), 512, style)[0]), opencv[f"{name} {style} 512"]
    drawn, wanted = ours.any(-1), theirs.any(-1)
    assert (drawn & wanted).sum() / (drawn | wanted).sum() >= 0.999  # asked for: 0.95
    assert (ours == theirs)[drawn & wanted].all()


@pytest.mark.parametrize("name", FACES)
def test_aniportrait_is_drawn_at_512_and_resized(opencv, name):
    ours = levels(draw_facemap(face(opencv, name, 256), 256)[0]).astype(int)
    assert np.abs(ours - opencv[f"{name} aniportrait 256"]).max() <= 1


def test_single_lines_of_every_direction_are_opencvs(opencv):
    fan = opencv["fan"]
    reach = (round(len(fan) ** 0.5) - 1) // 2
    side = 2 * reach + 5
    expected = np.unpackbits(fan, axis=1)[:, : side * side].reshape(-1, side, side)
    for number, (dy, dx) in enumerate(np.ndindex(2 * reach + 1, 2 * reach + 1)):
        canvas = np.zeros((side, side, 1), np.uint8)
        start = np.array([[reach + 2, reach + 2]])
        draw_lines(canvas, start, start + (dx - reach, dy - reach), np.ones((1, 1), np.uint8))
        assert np.array_equal(canvas[..., 0], expected[number]), (dx - reach, dy - reach)


def test_later_lines_lie_over_earlier_ones():
    canvas = np.zeros((20, 20, 1), np.uint8)
    start, end = np.array([[2, 10], [10, 2]]), np.array([[18, 10], [10, 18]])
    draw_lines(canvas, start, end, np.array([[1], [2]], np.uint8))
    assert canvas[10, 10] == 2 and canvas[10, 4] == 1
    draw_lines(canvas, start[:0], end[:0], np.zeros((0, 1), np.uint8))
    draw_lines(canvas, start[:1], start[:1], np.full((1, 1), 3, np.uint8))
    assert (canvas == 3).sum() == 5  # a line without length is a dot


def test_discs_are_cut_at_the_border():
    canvas = np.zeros((8, 8, 1), np.uint8)
    draw_discs(canvas, np.array([[0, 0], [90, 3]]), 3, np.ones((2, 1), np.uint8))
    assert canvas[:4, :4, 0].tolist() == [[1, 1, 1, 1], [1, 1, 1, 0], [1, 1, 1, 0], [1, 0, 0, 0]]
    assert canvas.sum() == 11


def test_sides_are_the_subjects(opencv):
    """In a picture the subject's right eye is on the left."""
    points = face(opencv)
    assert points[0, RIGHT_EYE.outer, 0] < points[0, LEFT_EYE.outer, 0]
    for style, right, left in (("aniportrait", (10, 200, 180), (180, 200, 10)), ("mediapipe", (180, 200, 10), None)):
        picture = levels(draw_facemap(points, 512, style)[0])
        assert np.nonzero((picture == right).all(-1))[1].max() < 256
        assert left is None or np.nonzero((picture == left).all(-1))[1].min() > 256


def test_tables_are_whole():
    assert ANIPORTRAIT.edges.shape == (114, 2)
    assert MEDIAPIPE.edges.shape == (124, 2)
    assert len(set(OPENPOSE.tolist())) == 70
    for style in (ANIPORTRAIT, MEDIAPIPE):
        assert len({tuple(edge) for edge in style.edges.tolist()}) == len(style.edges)


@pytest.mark.parametrize("style", STYLES)
def test_every_style_gives_a_batch_of_pictures_of_the_size_asked_for(opencv, style):
    points = torch.cat([face(opencv, name) for name in FACES])
    values = torch.rand(3, 24, generator=torch.Generator().manual_seed(0))
    maps = draw_facemap(points, (320, 256), style, values, source_size=512)
    assert maps.shape == (3, 320, 256, 3) and maps.dtype == torch.float32
    assert 0 <= maps.min() and 0.4 < maps.max() <= 1
    alone = draw_facemap(points[1:2], (320, 256), style, values[1:2], source_size=512)
    assert torch.allclose(alone[0], maps[1], atol=1e-6)
    assert draw_facemap(points[:0], 64, style, values[:0]).shape == (0, 64, 64, 3)


@pytest.mark.parametrize("style", LINE_STYLES)
def test_points_that_cannot_be_drawn_are_left_out(opencv, style):
    points = face(opencv)
    points[0, [13, 33]] = float("nan")
    points[0, 152] = 1e6
    points[0, 263] = -1e6
    whole, missing = draw_facemap(face(opencv), 512, style), draw_facemap(points, 512, style)
    assert missing.isfinite().all()
    assert 0.8 < missing.any(-1).sum() / whole.any(-1).sum() < 1
    assert not draw_facemap(points * float("nan"), 512, style).any()


def test_the_heat_map_shows_where_and_how_much(opencv):
    points = face(opencv)
    rest = draw_facemap(points, 512, "au_heatmap", torch.zeros(1, 24))[0]
    grey = rest[rest.any(-1)]
    assert torch.allclose(grey, grey[:1])

    def heat(unit, strength=1.0):
        values = torch.zeros(1, 24)
        values[0, UNIT_INDEX[unit]] = strength
        return (draw_facemap(points, 512, "au_heatmap", values)[0] - rest).amax(-1)

    def centre(picture):
        weight, at = picture / picture.sum(), torch.arange(512) + 0.5
        return torch.stack([(weight.sum(0) * at).sum(), (weight.sum(1) * at).sum()])

    smile = heat("lip_corner_raise_left")
    assert (centre(smile) - points[0, 291]).norm() < 60  # the left mouth corner
    assert (centre(heat("eye_closure_right")) - points[0, RIGHT_EYE.upper[3]]).norm() < 30
    assert 0 < heat("lip_corner_raise_left", -0.5).max() < smile.max()


def test_mistakes_are_explained(opencv):
    with pytest.raises(AUHeadError, match='no FaceMap style "canny"; choose one of aniportrait'):
        draw_facemap(face(opencv), 512, "canny")
    with pytest.raises(ValueError, match="needs values"):
        draw_facemap(face(opencv), 512, "au_heatmap")
    with pytest.raises(ValueError, match="478"):
        draw_facemap(torch.zeros(1, 68, 2), 512)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("style", STYLES)
def test_cuda_equals_cpu(opencv, style):
    points, values = face(opencv), torch.rand(1, 24)
    there = draw_facemap(points.cuda(), 512, style, values.cuda())
    assert there.is_cuda
    assert (there.cpu() - draw_facemap(points, 512, style, values)).abs().mean() < 1e-4
