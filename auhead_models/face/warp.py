"""The warp renderer: a portrait that performs, without any network.

For every frame the deformed face and the rings around it are drawn as one continuous mesh whose attribute is "how far
away the portrait shows this point"; the portrait is then read at those places. Folds and shading ride on the texture.
Eyeballs, lids and the inside of the mouth, which a stretched picture cannot show, are painted on top.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import torch
import torch.nn.functional as F

from ..au.sequence import AUSequence
from ..au.space import EXTRA_INDEX
from .canonical import load_geometry
from .curves import strip_triangles
from .deform import EYE_CLOSURES, OPENABLE, Deformed, FaceDeformer
from .eyes import EyePainter
from .face import Face
from .folds import Folds, SurfaceShading
from .lids import LidPainter
from .mouth_painter import MouthPainter
from .raster import rasterize
from .remap import pixel_centres, sample_pixels
from .surround import Surround
from .topology import EYES, LOWER_LIP, MESH_POINTS, UPPER_LIP

PIECE, PIECE_PIXELS = 8, 8 * 512 * 512  # frames drawn at once, and their pixels
JUMP = 0.9  # pixels from one place of the map to the next; stretching skin stays below
CLOSURES = list(EYE_CLOSURES)


class WarpRenderer:
    """Renders one face. Build once per portrait; `render` yields frame after frame at constant memory."""

    def __init__(self, face: Face, device: torch.device | str = "cpu", deformer: FaceDeformer | None = None):
        """deformer: what moves the face, for shapes that no units describe; by default the face's own."""
        self.device = torch.device(device)
        self.size = face.size
        self._piece = frames_at_once(self.size)
        self._deform = deformer or FaceDeformer(face, device)
        points, pose = face.landmarks.to(device), self._deform.pose
        crop = face.crop.to(device).movedim(-1, 0)
        self._alpha = None if face.crop_alpha is None else face.crop_alpha.to(device)
        self._mask = face.mask.to(device)
        self._still = points[:MESH_POINTS, :2]
        self._surround = Surround(points, pose, self.size)
        self._skin = torch.cat([load_geometry().triangles, *_openings()]).to(device)
        self._shading = SurfaceShading(face.mesh[:MESH_POINTS].to(device), load_geometry().triangles.to(device))
        self._folds = Folds(crop, points, float(pose.scale))
        shown = [eye for eye, unit in zip(EYES, EYE_CLOSURES, strict=True) if face.own[unit] <= OPENABLE]
        self._eyes = [EyePainter(crop, points, pose, eye) for eye in shown]
        self._lids = [LidPainter(crop, points, float(pose.scale), eye) for eye in EYES]
        self._mouth = MouthPainter(crop, points, face.mesh.to(device), pose)
        self._pixels = pixel_centres(0, 0, self.size, self.size, like=crop)

    def render(
        self, sequence: AUSequence, progress: Callable[[int, int], None] | None = None
    ) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """Yield (frame [S, S, 3], mask [S, S]) for every frame of the performance.

        The mask is the portrait's own alpha, warped along, or the face's mask when it has none. `progress(done, total)`
        is called after each piece.
        """
        total = len(sequence.values)
        for start in range(0, total, self._piece):
            piece = sequence.frames(start, start + self._piece)
            frames, masks = self.render_piece(piece)
            yield from zip(frames, masks, strict=True)
            if progress is not None:
                progress(min(start + self._piece, total), total)

    @torch.inference_mode()
    def render_piece(self, piece: AUSequence) -> tuple[torch.Tensor, torch.Tensor]:
        """All frames of a short performance at once: frames [T, S, S, 3], masks [T, S, S]."""
        face = self._deform(piece)
        awake = self._with_open_eyes(piece, face)
        frames, masks = self._warp(awake)
        for eye in self._eyes:
            eye.paint(frames, awake.points, awake.mesh)
        for lid in self._lids:
            lid.paint(frames, face.points, awake.points)
        self._mouth.paint(frames, face)
        return frames.clamp_(0, 1).movedim(1, -1), masks

    def _with_open_eyes(self, piece: AUSequence, face: Deformed) -> Deformed:
        """The same faces with lids as open as in the portrait; lids that come down are painted, not stretched."""
        values, extra = piece.values.copy(), piece.extra.copy()
        values[:, CLOSURES] = np.minimum(values[:, CLOSURES], 0)
        gaze_y = EXTRA_INDEX["gaze_y"]
        extra[:, gaze_y] = np.maximum(extra[:, gaze_y], 0)  # looking down lowers the lids, too
        awake = self._deform(replace(piece, values=values, extra=extra))
        mesh, points = awake.mesh.clone(), awake.points.clone()
        mesh[:, MESH_POINTS:], points[:, MESH_POINTS:] = face.mesh[:, MESH_POINTS:], face.points[:, MESH_POINTS:]
        return replace(awake, mesh=mesh, points=points)

    def _warp(self, face: Deformed) -> tuple[torch.Tensor, torch.Tensor]:
        """The portrait's texture on the deformed faces: [T, 3, S, S], and its mask [T, S, S]."""
        count = len(face.points)
        points = face.points[:, :MESH_POINTS]
        at_rest = face.pose.project(self._deform.neutral[:MESH_POINTS].expand(count, -1, -1))
        rings = self._surround(face.pose, (points - at_rest)[..., :2])
        here = torch.cat([points[..., :2], rings], 1)
        away = torch.cat([self._still, self._surround.points]) - here
        bright = F.pad(self._shading(face.mesh[:, :MESH_POINTS]), (0, rings.shape[1]))
        farness = points[:, self._skin, 2].mean(-1)
        skin = self._skin[farness.argsort(-1, descending=True)]
        triangles = torch.cat([self._surround.triangles.expand(count, -1, -1), skin], 1)
        attributes = torch.cat([away, bright[..., None]], -1)
        layer, _ = rasterize(here, triangles, attributes, self.size, self.size)
        layer = layer.movedim(-1, 1)

        places = self._pixels + layer[:, :2].movedim(1, -1)
        folded = self._folds(face.change, face.extra)
        frames = sample_pixels(folded, places, mode="bicubic") * (1 + layer[:, 2:3])
        _soften(frames, _jumps(layer[:, :2]))
        if self._alpha is None:
            return frames, self._mask.expand(count, -1, -1)
        return frames, sample_pixels(self._alpha[None, None], places)[:, 0].clamp(0, 1)


def frames_at_once(size: int) -> int:
    """How many frames of size x size are drawn together, so that memory does not grow with the size."""
    return max(1, min(PIECE, PIECE_PIXELS // size**2))


def _jumps(away: torch.Tensor) -> torch.Tensor:
    """The pixels beside which the map [T, 2, h, w] jumps, where one part of the head hides another: bool [T, h, w]."""
    across = (away[..., 1:] - away[..., :-1]).abs_().amax(1) > JUMP
    down = (away[..., 1:, :] - away[..., :-1, :]).abs_().amax(1) > JUMP
    jump = F.pad(across, (0, 1))
    jump[..., 1:] |= across
    jump[:, :-1] |= down
    jump[:, 1:] |= down
    return jump


def _soften(frames: torch.Tensor, where: torch.Tensor) -> None:
    """Average each chosen pixel of frames [T, 3, h, w] with its eight neighbours, in place: edges without steps."""
    where[:, [0, -1]] = where[:, :, [0, -1]] = False
    index, row, column = where.nonzero(as_tuple=True)
    total = torch.zeros(len(index), frames.shape[1]).to(frames)
    for down in (-1, 0, 1):
        for right in (-1, 0, 1):
            total += frames[index, :, row + down, column + right]
    frames[index, :, row, column] = total / 9


def _openings() -> list[torch.Tensor]:
    """Triangles over the openings of mouth and eyes, so that the map has no holes."""
    strips = [torch.tensor([UPPER_LIP[3], LOWER_LIP[3]])]
    strips += [torch.tensor([[e.outer, *e.upper, e.inner], [e.outer, *e.lower, e.inner]]) for e in EYES]
    return [strip.flatten()[strip_triangles(*strip.shape)] for strip in strips]
