"""The canonical head: mean positions and AU fields at the face points, and the rigid pose of a detected face.

Computed from the sculpted ICT Face Model (MIT, © 2020 USC Institute for Creative Technologies) by
tools/face_geometry; the file's card is weights/face_geometry.md. Pose fit: S. Umeyama, "Least-squares estimation of
transformation parameters between two point patterns", PAMI 1991.
"""

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open

from ..errors import AUHeadError
from .topology import EYES, FACE_OVAL, MESH_POINTS

GEOMETRY_FILE = Path(__file__).parent.parent / "weights" / "face_geometry.safetensors"

# Image axes (y down, depth away from the camera) to camera axes (y up, depth towards it), both ways.
CAMERA = torch.tensor([1.0, -1.0, -1.0])

NECK = torch.tensor([0.0, -7.0, -6.0])  # canonical cm, where the head turns on the spine; chosen, not measured


@dataclass(frozen=True)
class Geometry:
    """The canonical head.

    positions [468, 3] cm · fields {name: [468, 3] cm at 1.0} · mirror [468] the left/right partner of each point ·
    triangles [852, 3] without the openings of mouth and eyes · jaw_weights [468] part of the jaw's turn
    that each point follows · jaw_hinge y, z (cm) and the angle (radians) at jaw_open = 1 · rigidity [468] 0..1, how
    little each point moves in any expression.
    """

    positions: torch.Tensor
    fields: dict[str, torch.Tensor]
    mirror: torch.Tensor
    triangles: torch.Tensor
    jaw_weights: torch.Tensor
    jaw_hinge: torch.Tensor
    rigidity: torch.Tensor


@lru_cache(maxsize=2)
@torch.inference_mode(False)  # what is kept must serve callers with and without gradients
def load_geometry(path: Path = GEOMETRY_FILE) -> Geometry:
    """Read the canonical head. Raises AUHeadError when the file is missing or damaged."""
    if not path.is_file():
        raise AUHeadError(f"The face geometry {path.name} is missing from {path.parent}: install the plugin again.")
    try:
        with safe_open(path, "pt") as file:
            names = json.loads(file.metadata()["fields"])
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 (not a dict)
    except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
        raise AUHeadError(f"The face geometry {path} is damaged or cut short: install the plugin again.") from error
    fields = dict(zip(names, tensors["fields"].float(), strict=True))
    return Geometry(
        positions=tensors["positions"],
        fields=fields,
        mirror=tensors["mirror"].long(),
        triangles=tensors["triangles"].long(),
        jaw_weights=tensors["jaw_weights"],
        jaw_hinge=tensors["jaw_hinge"],
        rigidity=_rigidity(tensors["fields"].float()),
    )


def _rigidity(fields: torch.Tensor) -> torch.Tensor:
    """Weights for the pose fit: high where expressions move little, low on the outline, which slides with the view."""
    motion = fields.norm(dim=-1).amax(0)
    weight = torch.exp(-((motion / 0.25) ** 2)) + 0.01
    weight[list(FACE_OVAL)] *= 0.3
    for eye in EYES:  # the eye corners are detected best of all
        weight[[eye.outer, eye.inner]] = 1.0
    return weight


@dataclass(frozen=True)
class Pose:
    """A similarity from canonical cm to camera axes: point = scale · rotation @ canonical + translation.

    scale: pixels per cm · rotation [3, 3] · translation [3] pixels. Each may carry leading batch dimensions.
    """

    scale: torch.Tensor
    rotation: torch.Tensor
    translation: torch.Tensor

    def to(self, device: torch.device | str) -> "Pose":
        """The same pose on another device."""
        return Pose(self.scale.to(device), self.rotation.to(device), self.translation.to(device))

    def frames(self, index: torch.Tensor) -> "Pose":
        """Some of a batch of poses."""
        return Pose(self.scale[index], self.rotation[index], self.translation[index])

    def project(self, points: torch.Tensor) -> torch.Tensor:
        """Canonical cm [..., N, 3] to image pixels and depth [..., N, 3]."""
        turned = points @ self.rotation.transpose(-1, -2)
        return (self.scale[..., None, None] * turned + self.translation[..., None, :]) * CAMERA.to(points)

    def unproject(self, points: torch.Tensor) -> torch.Tensor:
        """Image pixels and depth [..., N, 3] to canonical cm [..., N, 3]."""
        shifted = points * CAMERA.to(points) - self.translation[..., None, :]
        return shifted @ self.rotation / self.scale[..., None, None]


def fit_pose(points: torch.Tensor, reference: torch.Tensor | None = None) -> Pose:
    """The pose that carries the canonical head onto landmarks.

    points [..., >= 468, 3], image pixels with depth; reference [468, 3] canonical cm of this person, by default the
    mean head. Weighted least squares over the points that expressions leave alone.
    """
    geometry = load_geometry()
    target = points[..., :MESH_POINTS, :] * CAMERA.to(points)
    source = (geometry.positions if reference is None else reference).to(points)
    weight = (geometry.rigidity / geometry.rigidity.sum()).to(points)[:, None]

    source_mean = (weight * source).sum(-2, keepdim=True)
    target_mean = (weight * target).sum(-2, keepdim=True)
    a, b = source - source_mean, target - target_mean
    u, s, vt = torch.linalg.svd((weight * b).transpose(-1, -2) @ a)
    handed = torch.ones_like(s)
    handed[..., 2] = torch.linalg.det(u @ vt).sign()  # a rotation, never a reflection
    rotation = u * handed[..., None, :] @ vt
    scale = (s * handed).sum(-1) / (weight * a**2).sum((-1, -2))
    moved = scale[..., None] * (rotation @ source_mean.transpose(-1, -2))[..., 0]
    return Pose(scale, rotation, target_mean[..., 0, :] - moved)


def head_rotation(angles: torch.Tensor) -> torch.Tensor:
    """Yaw, pitch, roll [..., 3] (radians, intrinsic; + = the subject's left, up, own left shoulder) to [..., 3, 3]."""
    yaw, pitch, roll = angles.unbind(-1)
    zero, one = torch.zeros_like(yaw), torch.ones_like(yaw)

    def matrix(*entries: torch.Tensor) -> torch.Tensor:
        return torch.stack(entries, -1).unflatten(-1, (3, 3))

    turn = matrix(yaw.cos(), zero, yaw.sin(), zero, one, zero, -yaw.sin(), zero, yaw.cos())
    nod = matrix(one, zero, zero, zero, pitch.cos(), pitch.sin(), zero, -pitch.sin(), pitch.cos())
    tilt = matrix(roll.cos(), roll.sin(), zero, -roll.sin(), roll.cos(), zero, zero, zero, one)
    return turn @ nod @ tilt


def head_angles(rotation: torch.Tensor) -> torch.Tensor:
    """The inverse of `head_rotation` for pitch within a quarter turn: [..., 3, 3] to yaw, pitch, roll [..., 3]."""
    yaw = torch.atan2(rotation[..., 0, 2], rotation[..., 2, 2])
    pitch = torch.asin(rotation[..., 1, 2].clamp(-1, 1))
    roll = torch.atan2(-rotation[..., 1, 0], rotation[..., 1, 1])
    return torch.stack([yaw, pitch, roll], -1)


def face_width(points: torch.Tensor) -> float:
    """Width of a face with landmarks [>= 468, 2 or 3], pixels: the unit of head shifts."""
    outline = points[list(FACE_OVAL), 0]
    return float(outline.max() - outline.min())


def move_head(pose: Pose, motion: torch.Tensor, face_width: float) -> Pose:
    """The pose after head motion.

    motion [..., 6]: yaw, pitch, roll about the neck in the head's own frame (radians), x, y (fractions of
    `face_width`, pixels, image axes), zoom (log). Zero motion gives the same numbers back.
    """
    rotation = pose.rotation @ head_rotation(motion[..., :3])
    scale = pose.scale * motion[..., 5].exp()
    neck = NECK.to(motion)
    shift = motion[..., 3:5] * face_width
    shift = torch.cat([shift[..., :1], -shift[..., 1:], torch.zeros_like(shift[..., :1])], -1)
    kept = pose.scale * (pose.rotation @ neck) - scale[..., None] * (rotation @ neck)
    return Pose(scale, rotation, pose.translation + kept + shift)
