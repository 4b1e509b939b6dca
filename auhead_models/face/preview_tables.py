"""What the preview in the browser knows of every face: topology, displacement fields, folds, the mouth, and constants.

`preview_tables()` is kept in web/face_tables.json, which tools/face_tables.py writes. Arrays travel as `packed` text.
"""

import base64
from functools import lru_cache
from types import SimpleNamespace

import numpy as np
import torch
import torch.nn.functional as F

from ..au.space import COLUMN_IDS
from . import deform, eyes, folds, lids, mouth_painter, surround
from .canonical import NECK, Pose, load_geometry
from .deform import FIELDS, FaceDeformer, moves_lids
from .mouth import LOWER, UPPER, MouthFit, build_mouth
from .mouth_painter import lit
from .topology import EYES, FACE_OVAL, LOWER_LIP, MESH_POINTS, POINTS, UPPER_LIP

VERSION = 1
SMALLEST = 0.001  # cm; displacements below it are left out
MOUTH_STEP = 1 / 4000  # cm


def packed(values: torch.Tensor | np.ndarray, kind: str, step: float = 1.0) -> str:
    """Numbers as base64 of little-endian integers of a numpy kind ("<i2", "u1" …), in units of `step`."""
    numbers = np.asarray(values, np.float64) / step
    limits = np.iinfo(kind)
    return base64.b64encode(numbers.round().clip(limits.min, limits.max).astype(kind).tobytes()).decode()


def packed_fields(fields: torch.Tensor) -> dict:
    """Displacements [F, 468, 3] cm without those that are too small to see.

    {"step": cm, "start": F + 1 offsets, "point": packed u2, "move": packed i2, three for each point}
    """
    moves = fields.norm(dim=-1) > SMALLEST
    step = max(float(fields.abs().max()), 1e-3) / 32767
    return {
        "step": step,
        "start": [0, *moves.sum(1).cumsum(0).tolist()],
        "point": packed(moves.nonzero()[:, 1], "<u2"),
        "move": packed(fields[moves], "<i2", step),
    }


@lru_cache(maxsize=1)
@torch.inference_mode(False)
def mean_fields() -> torch.Tensor:
    """The fields of the mean face [35, 468, 3] cm: the deformer's 34 and the closing of the lips."""
    still = torch.cat([load_geometry().positions, torch.zeros(POINTS - MESH_POINTS, 3)])
    pose = Pose(torch.tensor(1.0), torch.eye(3), torch.zeros(3))
    face = SimpleNamespace(mesh=still, pose=pose, width=1.0, own=torch.zeros(24), relax=0.0, glasses=0.0)
    return person_fields(FaceDeformer(face))


def person_fields(deformer: FaceDeformer) -> torch.Tensor:
    """The fields of one person [35, 468, 3] cm, in the order of `mean_fields`."""
    return torch.cat([deformer.fields.unflatten(1, (MESH_POINTS, 3)), deformer.closing[None]])


def lid_fields() -> torch.Tensor:
    """Which of these fields glasses leave alone, bool [35]."""
    return torch.tensor([*map(moves_lids, FIELDS), False])


def preview_tables() -> dict:
    """Everything that does not depend on the portrait, ready for `json.dumps`."""
    geometry = load_geometry()
    return {
        "version": VERSION,
        "triangles": packed(geometry.triangles, "<u2"),
        "oval": list(FACE_OVAL),
        "upper_lip": [list(ring) for ring in UPPER_LIP],
        "lower_lip": [list(ring) for ring in LOWER_LIP],
        "eyes": [{**vars(eye), "opening": list(eye.opening)} for eye in EYES],
        "columns": list(COLUMN_IDS),
        "field_names": list(FIELDS),
        "fields": packed_fields(mean_fields()),
        "lid_fields": lid_fields().int().tolist(),
        "jaw_weights": packed(geometry.jaw_weights, "<u2", 1 / 65535),
        "jaw_hinge": geometry.jaw_hinge.tolist(),
        "neck": NECK.tolist(),
        "rings": len(surround.RING_STEPS),
        "folds": [{"lines": [list(line) for line in fold.lines], "units": fold.units, "width": fold.width,
                   "depth": fold.depth} for fold in folds.FOLDS],
        "light": {"direction": folds.LIGHT.tolist(), "ambient": folds.AMBIENT},
        "mouth": _mouth(),
        "lid_rows": [list(row) for row in lids.ROWS],
        "eye_rows": [list(row) for row in eyes.ROWS],
        "constants": _constants(),
    }  # fmt: skip


def _constants() -> dict:
    """The named numbers of the modules that the preview follows, by module."""
    names = {
        deform: (
            "CLOSING_UPPER_SHARE", "CLOSING_FOLLOWS", "CONTACT_FOLLOWS", "LID_CONTACT_UPPER_SHARE", "EYE_RADIUS",
            "GAZE_SIDE", "GAZE_UP", "GAZE_DOWN", "OPENABLE",
        ),
        eyes: ("SOFT_EDGE", "LID_SHADOW", "SHADE"),
        lids: (
            "STEPS", "ENDS", "REACH", "BAND", "LASHES", "OVERLAP", "NEARLY", "SHUT", "CLOSED_LINE", "CREASE",
            "SKIN_ROWS",
        ),
        mouth_painter: (
            "JAW_SIDE", "JAW_FORWARD", "TONGUE_REACH", "DARKEST_DEPTH", "LIP_SHADOW", "SLIVER", "CORNER_SHADOW",
        ),
    }  # fmt: skip

    def plain(value):
        return value.tolist() if isinstance(value, torch.Tensor) else value

    return {
        module.__name__.rpartition(".")[2]: {name.lower(): plain(getattr(module, name)) for name in chosen}
        for module, chosen in names.items()
    }


def _mouth() -> dict:
    """The parametric mouth at size 1 about the edge of the upper incisors; a person's is scaled and moved.

    `light` is relative to the upper incisors'.
    """
    model = build_mouth(MouthFit(torch.zeros(3), 1.0, 0.0))
    light = lit(model.vertices, model.triangles)
    incisors = (model.part == UPPER) & (model.vertices[:, 0].abs() < 1.0) & (model.vertices[:, 1] < 0.68)
    light = light / light[incisors].mean() * torch.where(model.part == LOWER, mouth_painter.LOWER_LIGHT, 1.0)
    return {
        "vertices": packed(model.vertices, "<i2", MOUTH_STEP),
        "step": MOUTH_STEP,
        "triangles": packed(model.triangles, "<u2"),
        "colour": packed(F.relu(model.colour), "u1", 1 / 255),
        "light": packed(light, "u1", 1 / 128),
        "part": packed(model.part, "u1"),
        "follows": packed(model.follows, "u1", 1 / 255),
        "tip": packed(model.tip, "u1", 1 / 255),
    }
