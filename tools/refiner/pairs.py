"""Training pairs: what the warp makes of a portrait beside the picture it should have made, as crops of mouth and eyes.

The warp moves along the true way of every face point, not along the units that come nearest: otherwise a refiner learns
the mismatch of the unit fields, which no picture shows. `KnownShapes` does that.
"""

from dataclasses import dataclass, replace

import numpy as np
import torch

from auhead_models.au.sequence import AUSequence
from auhead_models.diffusion.regions import REGIONS, cut, region_mask, region_matrices
from auhead_models.face.curves import smoothstep
from auhead_models.face.deform import EYE_CLOSURES, Deformed, FaceDeformer
from auhead_models.face.estimate import ExpressionReader
from auhead_models.face.face import Face
from auhead_models.face.facemap import draw_facemap
from auhead_models.face.topology import EYES
from auhead_models.face.warp import WarpRenderer

KINDS = ("true", "units", "photo")  # the warp's points are the true ones, those of the units; a photograph


class KnownShapes(FaceDeformer):
    """Moves a face to given shapes. meshes [T, 478, 3] canonical cm; sequence: the units that come nearest to them."""

    def __init__(self, face: Face, meshes: torch.Tensor, sequence: AUSequence):
        super().__init__(face)
        self._values = torch.tensor(sequence.values)
        self._missing = meshes - super().__call__(sequence).mesh

    def __call__(self, sequence: AUSequence) -> Deformed:
        """The known shapes, or with lids as far open as in `sequence`."""
        face = super().__call__(sequence)
        missing = self._missing.clone()
        opened = (self._values - torch.tensor(sequence.values))[:, list(EYE_CLOSURES)]
        keep = 1 - smoothstep(opened, 0.0, 0.3)
        for k, eye in enumerate(EYES):
            missing[:, [*eye.opening, *eye.crease, *eye.below]] *= keep[:, k, None, None]
        mesh = face.mesh + missing
        self._close_lips(mesh, torch.zeros(len(mesh)))
        self._keep_lids_apart(mesh)
        return replace(face, mesh=mesh, points=face.pose.project(mesh))


@dataclass(frozen=True)
class Crops:
    """One region of T frames, uint8: portrait, warp, facemap, target [T, h, w, 3]; mask [T, h, w]."""

    portrait: np.ndarray
    warp: np.ndarray
    facemap: np.ndarray
    target: np.ndarray
    mask: np.ndarray


def read_units(face: Face, meshes: torch.Tensor) -> AUSequence:
    """The units (offsets to the portrait's own) that come nearest to shapes [T, 478, 3] of a face."""
    values, extra = ExpressionReader(face.mesh, lowest=-1.0)(meshes)
    empty = AUSequence.zeros(len(meshes))
    return replace(empty, values=values.numpy().astype(np.float32), extra=extra.numpy().astype(np.float32))


def make_crops(
    face: Face, sequence: AUSequence, targets: torch.Tensor, meshes: torch.Tensor | None
) -> tuple[dict[str, Crops], torch.Tensor]:
    """Both regions of a face that performs, and the points [T, 478, 3] it went to.

    targets [T, S, S, 3]: what it should look like, in the face's crop. meshes [T, 478, 3]: the true shapes; without
    them the units move the face.
    """
    deformer = FaceDeformer(face) if meshes is None else KnownShapes(face, meshes, sequence)
    points = deformer(sequence).points
    frames, _ = WarpRenderer(face, deformer=deformer).render_piece(sequence)
    facemaps = draw_facemap(points, face.size)
    out = {}
    for region in REGIONS:
        matrices = region_matrices(points, region)
        at_rest = region_matrices(face.landmarks[None], region)
        portrait = cut(face.crop[None], at_rest, region.size).expand(len(points), -1, -1, -1)
        pictures = [portrait, *(cut(frames_, matrices, region.size) for frames_ in (frames, facemaps, targets))]
        mask = region_mask(points, matrices, region, face.landmarks)
        out[region.name] = Crops(*(as_bytes(picture) for picture in pictures), as_bytes(mask))
    return out, points


def as_bytes(picture: torch.Tensor) -> np.ndarray:
    return (picture.clamp(0, 1) * 255 + 0.5).byte().numpy()
