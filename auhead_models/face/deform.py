"""From Action Units to the positions of the 478 points.

    performance (units, extras, pose) → what is added to the portrait's own expression → fields of the person
    → jaw turned on its hinge → lips and lids kept from passing through each other → head pose → pixels

All frames of a piece are computed at once. Zero in gives the portrait's own points back, bit for bit.
"""

from dataclasses import dataclass

import torch

from ..au.sequence import AUSequence
from ..au.space import EXTRA_INDEX, UNIT_INDEX, UNITS
from .basis import field_names, fit_basis
from .canonical import Pose, load_geometry, move_head
from .glasses import stiffness
from .topology import EYES, LOWER_LIP, MESH_POINTS, UPPER_LIP

CLOSING_UPPER_SHARE = 0.3  # of the gap that the upper lip covers in lips_together; the lower one covers the rest
CLOSING_FOLLOWS = torch.tensor([0.75, 0.85, 0.95, 1.0])  # how far the four rings of a lip go with its edge
CONTACT_FOLLOWS = torch.tensor([0.0, 0.2, 0.6, 1.0])
LID_CONTACT_UPPER_SHARE = 0.7  # where lids would overlap, the upper one gives way more
EYE_RADIUS = 1.35  # cm
OPENABLE = 0.5  # own closure of an eye up to which it can be opened further
GAZE_SIDE, GAZE_UP, GAZE_DOWN = 0.45, 0.35, 0.38  # radians the eyeball turns at 1.0; chosen, not measured

EYE_CLOSURES = UNIT_INDEX["eye_closure_left"], UNIT_INDEX["eye_closure_right"]
JAW_OPEN = UNIT_INDEX["jaw_open"]
_SHAPED_EXTRAS = (  # the extras that have a field of their own
    "cheek_raise_left", "cheek_raise_right", "lip_corner_down_left", "lip_corner_down_right", "inner_brow_raise",
    "lip_press",
)  # fmt: skip
_EXTRA_COLUMNS = [EXTRA_INDEX[name] for name in _SHAPED_EXTRAS]
_GAZE_FIELDS = ("lids_gaze_left", "lids_gaze_right", "lids_gaze_up", "lids_gaze_down")
FIELDS = (*(unit.id for unit in UNITS), *_SHAPED_EXTRAS, *_GAZE_FIELDS)  # the rows of FaceDeformer.fields


@dataclass(frozen=True)
class Deformed:
    """The face of T frames.

    points [T, 478, 3] crop pixels with depth · mesh [T, 478, 3] canonical cm, before the head moves · pose of each
    frame · effective [T, 24] units the face shows, own expression included, 0..1 · change [T, 24] effective minus own ·
    extra [T, 10] · jaw_turn [T] radians that the jaw turned since the portrait.
    """

    points: torch.Tensor
    mesh: torch.Tensor
    pose: Pose
    effective: torch.Tensor
    change: torch.Tensor
    extra: torch.Tensor
    jaw_turn: torch.Tensor


class FaceDeformer:
    """Moves one face. Build it once per portrait, then call it for as many frames as you like.

    face: a `Face`; device: where the tensors live.
    """

    def __init__(self, face, device: torch.device | str = "cpu"):
        geometry = load_geometry()
        self.device = torch.device(device)
        self.neutral = face.mesh.to(self.device)
        self.pose = face.pose.to(self.device)
        self.face_width = face.width
        self.own = face.own.to(self.device)
        self.relax = face.relax
        self.stays = torch.zeros_like(self.own)  # eyes that the portrait does not show cannot be opened
        closures = list(EYE_CLOSURES)
        self.stays[closures] = self.own[closures] * (self.own[closures] > OPENABLE)

        names = field_names()
        fields = fit_basis(face.mesh).to(self.device)
        keeps = stiffness(face.mesh[:MESH_POINTS], face.glasses).to(self.device)[:, None]
        for index, name in enumerate(names):
            if not moves_lids(name):
                fields[index] *= keeps
        for eye, unit in zip(EYES, EYE_CLOSURES, strict=True):
            if face.own[unit] > OPENABLE:  # neither wide lids nor a glance may open it
                for name in (name for name in names if "lid" in name):
                    fields[names.index(name), [*eye.opening, *eye.crease, *eye.below]] = 0
        for unit in EYE_CLOSURES:  # the rest of the way, when the portrait's eyes are half shut
            fields[unit] /= (1 - face.own[unit]).clamp(min=0.1)
        self.hinge = torch.tensor([0.0, geometry.jaw_hinge[0], geometry.jaw_hinge[1]], device=self.device)
        self.jaw_full_angle = float(geometry.jaw_hinge[2])
        jaw_weights = geometry.jaw_weights.to(self.device)[:, None]
        lever = self.neutral[:MESH_POINTS] - self.hinge
        self._lever_y, self._lever_z = jaw_weights * lever[:, 1:2], jaw_weights * lever[:, 2:3]
        # What the sculpted jaw shape does beyond a turn: cheeks and corners that are drawn in.
        turned = self._turn(torch.tensor([self.jaw_full_angle], device=self.device))[0]
        fields[JAW_OPEN] -= turned
        self.fields = fields[[names.index(name) for name in FIELDS]].flatten(1)

        self._upper_lip, self._lower_lip = (torch.tensor(lip, device=self.device) for lip in (UPPER_LIP, LOWER_LIP))
        closing = fields[names.index("lips_together")].clone()
        closing /= closing[LOWER_LIP[3][5], 1] - closing[UPPER_LIP[3][5], 1]  # for a gap of one centimetre
        closing[torch.cat([self._upper_lip, self._lower_lip]).flatten()] = 0  # the lips themselves are placed exactly
        self.closing = closing
        self._lip_overlap = self._overlap(self.neutral[None], self._upper_lip[3], self._lower_lip[3])

        self._upper_lids = torch.tensor([eye.upper for eye in EYES], device=self.device).flatten()
        self._lower_lids = torch.tensor([eye.lower for eye in EYES], device=self.device).flatten()
        self._lid_overlap = self._overlap(self.neutral[None], self._upper_lids, self._lower_lids)

    def __call__(self, sequence: AUSequence) -> Deformed:
        """The face of every frame of the performance."""
        values, extra, motion = (
            torch.tensor(array, device=self.device) for array in (sequence.values, sequence.extra, sequence.pose)
        )
        effective = torch.maximum((self.own * (1 - self.relax) + values).clamp(0, 1), self.stays)
        change = effective - self.own
        mesh = self._expression(change, extra)
        pose = move_head(self.pose, motion, self.face_width)
        return Deformed(
            points=pose.project(mesh),
            mesh=mesh,
            pose=pose,
            effective=effective,
            change=change,
            extra=extra,
            jaw_turn=change[:, JAW_OPEN] * self.jaw_full_angle,
        )

    def meshes(self, sequence: AUSequence) -> torch.Tensor:
        """Only the points: [T, 478, 3] crop pixels with depth."""
        return self(sequence).points

    def _expression(self, change: torch.Tensor, extra: torch.Tensor) -> torch.Tensor:
        gaze_x, gaze_y = extra[:, EXTRA_INDEX["gaze_x"]], extra[:, EXTRA_INDEX["gaze_y"]]
        lids = torch.stack([gaze_x, -gaze_x, gaze_y, -gaze_y], -1).clamp(min=0)
        weights = torch.cat([change, extra[:, _EXTRA_COLUMNS], lids], -1)
        mesh = self.neutral.expand(len(change), -1, -1).clone()
        mesh[:, :MESH_POINTS] += (weights @ self.fields).unflatten(-1, (MESH_POINTS, 3))
        mesh[:, :MESH_POINTS] += self._turn(change[:, JAW_OPEN] * self.jaw_full_angle)
        self._close_lips(mesh, extra[:, EXTRA_INDEX["lips_together"]])
        self._keep_lids_apart(mesh)
        mesh[:, MESH_POINTS:] += _iris_shift(gaze_x, gaze_y)[:, None]
        return mesh

    def _turn(self, angle: torch.Tensor) -> torch.Tensor:
        """Displacement [T, 468, 3] when the jaw turns downwards by `angle` [T]."""
        sine, cosine = angle.sin()[:, None, None], angle.cos()[:, None, None] - 1
        y = cosine * self._lever_y - sine * self._lever_z
        z = sine * self._lever_y + cosine * self._lever_z
        return torch.cat([torch.zeros_like(y), y, z], -1)

    def _close_lips(self, mesh: torch.Tensor, together: torch.Tensor) -> None:
        """Bring the lips together by the given part of their distance, and never let them overlap. In place."""
        upper, lower = self._upper_lip[3], self._lower_lip[3]
        if bool((together > 0).any()):
            together = together.clamp(0, 1)[:, None, None]
            gap = mesh[:, lower] - mesh[:, upper]  # [T, 11, 3], from the upper lip to the lower one
            mesh[:, :MESH_POINTS] += together * (-gap[:, 5:6, 1:2]).clamp(min=0) * self.closing
            self._shift_lips(mesh, gap * together, CLOSING_UPPER_SHARE, CLOSING_FOLLOWS)
        overlap = (self._overlap(mesh, upper, lower) - self._lip_overlap).clamp(min=0)
        up = torch.tensor([0.0, 1.0, 0.0], device=self.device)
        self._shift_lips(mesh, overlap[..., None] * up, 0.5, CONTACT_FOLLOWS)

    def _shift_lips(self, mesh: torch.Tensor, gap: torch.Tensor, upper_share: float, follows: torch.Tensor) -> None:
        """Move both lips towards each other along `gap` [T, 11, 3], each ring by its part. In place."""
        move = (follows.to(gap)[:, None, None] * gap[:, None]).flatten(1, 2)
        mesh[:, self._upper_lip.flatten()] += upper_share * move
        mesh[:, self._lower_lip.flatten()] -= (1 - upper_share) * move

    def _keep_lids_apart(self, mesh: torch.Tensor) -> None:
        """Move lids that passed through each other back to where they touch. In place."""
        overlap = (self._overlap(mesh, self._upper_lids, self._lower_lids) - self._lid_overlap).clamp(min=0)
        mesh[:, self._upper_lids, 1] += LID_CONTACT_UPPER_SHARE * overlap
        mesh[:, self._lower_lids, 1] -= (1 - LID_CONTACT_UPPER_SHARE) * overlap

    @staticmethod
    def _overlap(mesh: torch.Tensor, upper: torch.Tensor, lower: torch.Tensor) -> torch.Tensor:
        """How far (cm) each upper point lies below its lower partner, [T, n]; 0 where it does not."""
        return (mesh[:, lower, 1] - mesh[:, upper, 1]).clamp(min=0)


def moves_lids(field: str) -> bool:
    """Whether a field is about the lids, which glasses do not cover."""
    return "lid" in field or "closure" in field


def _iris_shift(gaze_x: torch.Tensor, gaze_y: torch.Tensor) -> torch.Tensor:
    """Where the iris goes when the eyes turn, [T, 3] cm: gaze_x + the subject's left, gaze_y + up, both -1..1."""
    side = gaze_x * GAZE_SIDE
    lift = torch.where(gaze_y > 0, gaze_y * GAZE_UP, gaze_y * GAZE_DOWN)
    return EYE_RADIUS * torch.stack([side.sin(), lift.sin(), side.cos() * lift.cos() - 1], -1)
