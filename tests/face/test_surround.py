"""The rings around a face begin at the edge that is seen, however the head is turned."""

import pytest
import torch

from auhead_models.face.canonical import Pose, head_rotation
from auhead_models.face.raster import rasterize
from auhead_models.face.surround import Surround
from auhead_models.face.topology import FACE_OVAL, MESH_POINTS


def turned(head, yaw):
    """Landmarks and pose of the head after a turn, radians."""
    rotation = head.pose.rotation @ head_rotation(torch.tensor([yaw, 0.0, 0.0]))
    pose = Pose(head.pose.scale, rotation, head.pose.translation)
    return pose.project(head.mesh), pose


@pytest.mark.parametrize("yaw", [-0.6, -0.3, 0.0, 0.3, 0.6])
def test_the_first_ring_holds_the_whole_face(head, yaw):
    points, pose = turned(head, yaw)
    count = len(FACE_OVAL)
    ring = Surround(points, pose, head.size).points[:count]
    fan = torch.stack([torch.full((count,), count), torch.arange(count), torch.arange(count).roll(-1)], 1)
    corners = torch.cat([ring, ring.mean(0, keepdim=True)])
    held = rasterize(corners[None], fan, corners[None], head.size, head.size)[1][0]
    x, y = points[:MESH_POINTS, :2].long().unbind(1)
    assert held[y, x].all()


def test_rings_at_rest_stay_where_they_are(head):
    points, pose = turned(head, 0.5)
    surround = Surround(points, pose, head.size)
    pose = Pose(pose.scale, pose.rotation[None], pose.translation[None])
    assert torch.allclose(surround(pose, torch.zeros(1, MESH_POINTS, 2))[0], surround.points, atol=1e-3)
