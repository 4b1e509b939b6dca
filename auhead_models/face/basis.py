"""AU displacement fields fitted to one person.

The canonical fields say how an average face moves. On another face the same centimetres would leave a gap between
the lids or push the brow over the eye, so here the fields are scaled and corrected until the contacts are right: closed
lids meet on every point, brows stop above the lid, a raised lip stays under the nose, sucked lips end at the lip line.
"""

import torch

from .canonical import load_geometry
from .topology import EYES, LOWER_LIP, MESH_POINTS, UPPER_LIP, Eye

NOSE_BASE = 2  # where the nose meets the upper lip
LID_RAISE = 0.45  # of the sculpted shape, which stares
LID_MEETING_SHARE = 0.1  # of the gap that the lower lid covers when the eye closes


def field_names() -> tuple[str, ...]:
    """Names of the fields in the order of `fit_basis`: the 24 units, then extras and lids that follow the gaze."""
    return tuple(load_geometry().fields)


def fit_basis(mesh: torch.Tensor) -> torch.Tensor:
    """Fields of this person at 1.0: [F, 468, 3] cm.

    mesh: [>= 468, 3], the person's unposed mesh in canonical cm, near neutral. The eyes may be partly closed: closing
    starts from where the lids are.
    """
    mesh = mesh[:MESH_POINTS]
    geometry = load_geometry()
    fields = {name: field.clone().to(mesh) for name, field in geometry.fields.items()}
    mean = geometry.positions.to(mesh)

    for side, eye in zip(("left", "right"), EYES, strict=True):
        _fit_closure(fields[f"eye_closure_{side}"], mesh, eye)
        wide, mean_wide = _lid_distance(mesh, eye), _lid_distance(mean, eye)
        fields[f"upper_lid_raise_{side}"] *= LID_RAISE * _ratio(wide, mean_wide, 0.5, 1.3)
        fields[f"brow_lower_{side}"] *= _ratio(_brow_room(mesh, eye), _brow_room(mean, eye), 0.35, 1.1)

    philtrum, mean_philtrum = (points[NOSE_BASE, 1] - points[UPPER_LIP[0][5], 1] for points in (mesh, mean))
    for unit in ("upper_lip_raise", "nose_wrinkle"):  # a short upper lip is soon at the nose
        fields[unit] *= _ratio(philtrum, mean_philtrum, 0.5, 1.1)
    for unit, lip in (("upper_lip_suck", UPPER_LIP), ("lower_lip_suck", LOWER_LIP)):
        outline, edge = list(lip[0][3:8]), list(lip[3][3:8])
        height, mean_height = ((points[outline, 1] - points[edge, 1]).abs().mean() for points in (mesh, mean))
        fields[unit] *= _ratio(height, mean_height, 0.5, 1.3)
    return torch.stack(list(fields.values()))


def _fit_closure(field: torch.Tensor, mesh: torch.Tensor, eye: Eye) -> None:
    """Scale a closure to the person's lid gap, then correct both lid edges so that they meet exactly."""
    upper, lower = list(eye.upper), list(eye.lower)
    gap = mesh[lower] - mesh[upper]
    gap[:, 2] *= 0.5  # the closed lid lies on the eyeball, in front of the straight line
    closing = field[upper] - field[lower]
    field *= _ratio(gap[1:-1].norm(dim=-1).mean(), closing[1:-1].norm(dim=-1).mean(), 0.3, 1.8)
    correction = gap - (field[upper] - field[lower])
    field[upper] += correction * (1 - LID_MEETING_SHARE)
    field[lower] -= correction * LID_MEETING_SHARE


def _lid_distance(mesh: torch.Tensor, eye: Eye) -> torch.Tensor:
    """Distance of the lids in the middle of the eye, cm."""
    return (mesh[eye.upper[3]] - mesh[eye.lower[3]]).norm()


def _brow_room(mesh: torch.Tensor, eye: Eye) -> torch.Tensor:
    """Height between the lid and the brow, cm."""
    brow, lid = mesh[list(eye.brow_lower[1:4]), 1], mesh[[eye.crease[k] for k in (1, 3, 5)], 1]
    return (brow - lid).mean()


def _ratio(value: torch.Tensor, mean: torch.Tensor, low: float, high: float) -> torch.Tensor:
    return (value / mean).clamp(low, high)
