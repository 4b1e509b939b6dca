"""What lies around the face: rings of points between the face outline and the border of the crop.

The rings continue the face mesh into hair, ears, neck and background, so that the warp has no seam anywhere. Close to
the face they follow it; hair turns with the head, the neck stays on the shoulders, and the last ring never moves.
"""

import torch

from .canonical import Pose
from .curves import smoothstep
from .topology import FACE_OVAL, MESH_POINTS

RING_STEPS = (0.06, 0.14, 0.25, 0.4, 0.6, 0.8, 1.0)  # from the outline (0) to the outer ring (1)
REACH = 2.4  # the outer ring is at most this many times as far from the middle of the face as the outline
SKIN_REACH = 0.5  # how far the face's expression pulls on what is around it, same measure, beyond the outline
HEAD_DEPTH = 4.0  # cm, how far the silhouette of hair lies behind the outline of the face
HIDDEN = 0.02  # part of an arm by which other points must reach farther out than the oval to hide it
HAIR_REACH = 0.45  # up to here hair turns with the head


class Surround:
    """Rings around one face.

    neutral [468.., 3] crop pixels with depth, pose of the portrait, size of the crop in pixels.
    `points` [N, 2] are the ring points at rest; `triangles` [F, 3] index outline and rings, ring points from 468 on.
    """

    def __init__(self, neutral: torch.Tensor, pose: Pose, size: int):
        oval = torch.tensor(FACE_OVAL, device=neutral.device)
        visible = _visible_outline(neutral[:MESH_POINTS, :2], oval)
        outline = neutral[visible]
        centre = outline[:, :2].mean(0)
        arm = outline[:, :2] - centre
        reach = _reach(centre, arm, size)  # [36]
        steps = torch.tensor(RING_STEPS).to(neutral)[:, None]  # [R, 1]
        distance = 1 + (reach - 1) * steps  # [R, 36], 1 = the outline
        beyond = self.beyond = distance - 1
        self.outline = visible
        place = centre + arm * distance[..., None]  # [R, 36, 2]
        depth = outline[:, 2] + pose.scale * HEAD_DEPTH * (beyond / 0.4).clamp(max=1.5)
        self.canonical = pose.unproject(torch.cat([place, depth[..., None]], -1).flatten(0, 1))
        self.points = place.flatten(0, 1)

        down = (arm[:, 1] / arm.norm(dim=-1)).clamp(-1, 1)
        neck = smoothstep((down - 0.1) / 0.6)  # 0 above and beside the face, 1 under the chin
        stay = HAIR_REACH * (1 - neck)
        fade = smoothstep((beyond - stay) / (reach - 1 - stay).clamp(min=0.05))
        self.turns = (1 - fade).flatten()[:, None]
        self.follows = (1 - smoothstep(beyond / (reach - 1).clamp(max=SKIN_REACH))).flatten()[:, None]
        self._spread = _spread(len(FACE_OVAL), beyond).to(neutral)
        self.triangles = _triangles(oval.cpu(), visible.cpu()).to(neutral.device)

    def __call__(self, pose: Pose, skin: torch.Tensor) -> torch.Tensor:
        """Where the ring points are: [T, N, 2] pixels.

        pose: of each frame; skin [T, 468.., 2]: how far the expression alone moves each face point, pixels.
        """
        turned = pose.project(self.canonical)[..., :2] - self.points
        pulled = torch.einsum("nk,tkc->tnc", self._spread, skin[:, self.outline])
        return self.points + self.turns * turned + self.follows * pulled


def _visible_outline(points: torch.Tensor, oval: torch.Tensor) -> torch.Tensor:
    """The points [36] that are outermost on the picture around a face [468, 2].

    They are the oval's, but where the head is turned so far that a cheek or the nose hides the oval. Rings that began
    at a hidden point would move with what lies behind, and tear from the edge that is seen.
    """
    centre = points[oval].mean(0)
    arm, oval_arm = points - centre, points[oval] - centre
    turn = oval_arm[:, None] / oval_arm.norm(dim=-1)[:, None, None]  # [36, 1, 2]
    along = (arm * turn).sum(-1)  # [36, 468], how far out each point lies on each arm
    aside = (arm[..., 0] * turn[..., 1] - arm[..., 1] * turn[..., 0]).abs()
    beside = (oval_arm - oval_arm.roll(1, 0)).norm(dim=-1)
    room = torch.minimum(beside, beside.roll(-1)) / 2  # so that no point serves two arms
    excess = along / oval_arm.norm(dim=-1)[:, None] - HIDDEN
    out, index = excess.masked_fill(aside > room[:, None], -1).max(1)
    return torch.where(out > 1, index, oval)


def _reach(centre: torch.Tensor, arm: torch.Tensor, size: int) -> torch.Tensor:
    """How many outline distances lie between the middle of the face and the border of the crop, [36]."""
    room = torch.where(arm > 0, size - centre, centre) / arm.abs().clamp(min=1e-3)
    return room.amin(-1).clamp(1.05, REACH)


def _spread(count: int, beyond: torch.Tensor) -> torch.Tensor:
    """[R·count, count]: each ring point takes its outline neighbours' motion, the farther out the more of them."""
    offset = torch.arange(count)
    gap = torch.minimum(offset, count - offset).float()
    circular = gap[(offset[:, None] - offset) % count]  # [count, count] steps between outline points
    width = (0.3 + 5 * beyond.cpu().clamp(max=0.8))[..., None]  # [R, count, 1]
    weight = torch.exp(-0.5 * (circular / width) ** 2)
    return (weight / weight.sum(-1, keepdim=True)).flatten(0, 1)


def _triangles(oval: torch.Tensor, visible: torch.Tensor) -> torch.Tensor:
    """Outer rings first, so that the face is painted over them; between the oval and the visible outline, one more."""
    count = len(oval)
    rings = torch.cat([oval[None], visible[None], MESH_POINTS + torch.arange(len(RING_STEPS) * count).view(-1, count)])
    a, b = rings[:-1], rings[1:]
    a_next, b_next = a.roll(-1, 1), b.roll(-1, 1)
    quads = torch.stack([torch.stack([a, a_next, b_next], -1), torch.stack([a, b_next, b], -1)], 2)  # [R, count, 2, 3]
    return quads.flip(0).flatten(0, 2)
