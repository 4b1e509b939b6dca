"""The rasteriser: coverage, paint order, interpolation, batches, bad triangles."""

import pytest
import torch

from auhead_models.face.raster import rasterize


def mesh(columns=9, size=40.0, seed=0, jitter=1.0):
    """A jittered grid inside a size x size picture: points [1, V, 2], triangles [F, 3] clockwise on the picture."""
    axis = torch.linspace(0.1 * size, 0.9 * size, columns)
    points = torch.stack(torch.meshgrid(axis, axis, indexing="xy"), -1).reshape(1, -1, 2)
    points = points + jitter * torch.randn(points.shape, generator=torch.Generator().manual_seed(seed))
    i = torch.arange(columns**2).reshape(columns, columns)
    a, b, c, d = i[:-1, :-1], i[:-1, 1:], i[1:, 1:], i[1:, :-1]
    return points, torch.cat([torch.stack(t, -1).reshape(-1, 3) for t in ((a, b, c), (a, c, d))])


def inside(corners, height, width):
    """Brute force: which pixel centres lie inside one triangle [3, 2]."""
    y, x = torch.meshgrid(torch.arange(height) + 0.5, torch.arange(width) + 0.5, indexing="ij")
    place, corners = torch.stack([x, y], -1).double(), corners.double()
    edge = corners.roll(-1, 0) - corners
    side = [e[0] * (place[..., 1] - c[1]) - e[1] * (place[..., 0] - c[0]) for e, c in zip(edge, corners)]
    side = torch.stack(side)
    return (side > 0).all(0) | (side < 0).all(0)


def test_every_pixel_shows_the_last_triangle_over_it():
    generator = torch.Generator().manual_seed(3)
    points = torch.rand(1, 36, 2, generator=generator) * 40 - 4  # some of it outside the picture
    triangles = torch.arange(36).reshape(12, 3)
    colour = torch.arange(1, 13.0).repeat_interleave(3)[None, :, None]
    image, mask = rasterize(points, triangles, colour, 32, 30)
    expected = torch.zeros(32, 30)
    for number, triangle in enumerate(triangles):
        expected[inside(points[0, triangle], 32, 30)] = number + 1
    assert torch.equal(image[0, :, :, 0], expected)
    assert torch.equal(mask[0], expected > 0)


def test_attributes_are_sampled_at_pixel_centres():
    points, triangles = mesh()
    image, mask = rasterize(points, triangles, points, 40, 40)
    y, x = torch.meshgrid(torch.arange(40) + 0.5, torch.arange(40) + 0.5, indexing="ij")
    assert mask[0, 8:32, 8:32].all()
    assert torch.allclose(image[mask], torch.stack([x, y], -1)[None][mask], atol=1e-4)


def test_a_mesh_has_no_cracks_and_no_pixel_is_drawn_twice():
    points, triangles = mesh(jitter=0.8)
    parts = [rasterize(points, t[None], torch.ones(1, 81, 1), 40, 40)[1] for t in triangles]
    times = torch.stack(parts).sum(0)
    assert times.max() == 1
    assert times[0, 8:32, 8:32].min() == 1


def test_edges_through_pixel_centres_belong_to_one_side():
    points = torch.tensor([[[0.5, 0.5], [4.5, 0.5], [4.5, 4.5], [0.5, 4.5]]])
    mask = rasterize(points, torch.tensor([[0, 1, 2], [0, 2, 3]]), torch.ones(1, 4, 1), 6, 6)[1]
    expected = torch.zeros(1, 6, 6, dtype=torch.bool)
    expected[:, :4, :4] = True
    assert torch.equal(mask, expected)


def test_a_batch_equals_its_pictures_one_by_one():
    points, triangles = mesh()
    points = torch.cat([points, points * 0.7 + 3, points.flip(0) + 5])
    orders = torch.stack([triangles, triangles.flip(0), triangles.roll(7, 0)])
    colours = torch.rand(3, 81, 4, generator=torch.Generator().manual_seed(1))
    image, mask = rasterize(points, orders, colours, 36, 44)
    for i in range(3):
        one, one_mask = rasterize(points[i : i + 1], orders[i], colours[i : i + 1], 36, 44)
        assert torch.equal(one[0], image[i])
        assert torch.equal(one_mask[0], mask[i])


def test_culling_drops_what_turns_the_named_way():
    points, triangles = mesh(jitter=0)
    ones = torch.ones(1, 81, 1)
    assert not rasterize(points, triangles, ones, 40, 40, cull="clockwise")[1].any()
    full = rasterize(points, triangles, ones, 40, 40)[1]
    assert torch.equal(rasterize(points, triangles, ones, 40, 40, cull="counterclockwise")[1], full)
    with pytest.raises(ValueError, match="clockwise"):
        rasterize(points, triangles, ones, 40, 40, cull="back")


def test_broken_triangles_paint_nothing_or_something_finite():
    nan, far = float("nan"), 1e9
    points = torch.tensor(
        [[[nan, nan], [5, 5], [9, 5], [5, 5], [5, 5], [2, 2], [8, 8], [-far, -far], [far, 3], [3, far]]]
    )
    triangles = torch.tensor([[0, 1, 2], [1, 3, 4], [5, 1, 6], [7, 8, 9]])
    image, mask = rasterize(points, triangles, torch.ones(1, 10, 2), 12, 12)
    assert image.isfinite().all()
    assert mask.any()  # the one that covers the whole picture
    empty, none = rasterize(points, triangles[:3], torch.ones(1, 10, 2), 12, 12)
    assert not empty.any() and not none.any()


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_cuda_equals_cpu():
    points, triangles = mesh()
    points = points.repeat(4, 1, 1)
    image, mask = rasterize(points, triangles, points, 40, 40)
    there, there_mask = rasterize(points.cuda(), triangles.cuda(), points.cuda(), 40, 40)
    assert torch.equal(there_mask.cpu(), mask)
    assert torch.allclose(there.cpu(), image, atol=1e-4)
