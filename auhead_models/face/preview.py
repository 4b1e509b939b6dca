"""A portrait for the live preview of the AU Editor: small enough to travel with every run of the node.

    payload = preview_payload(face)      JSON, at most PAYLOAD_LIMIT characters

The browser deforms the face by itself (web/face_rig.js follows deform.py). What it cannot know is here: the crop, the
person's mesh and pose, how the person's fields differ from the mean face's, and what was painted once for this portrait
(whole eyeballs, skin of the lids, tone of the mouth). Pixels are those of a crop of SIDE pixels, whatever the face's.
"""

import base64
import io
import json
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from ..image import load_image, to_bytes
from .canonical import Pose
from .deform import EYE_CLOSURES, OPENABLE, FaceDeformer
from .eyeball import complete_eyeball
from .face import Face, find_face
from .folds import SKIN_SHADOW
from .glasses import stiffness
from .lids import LidPainter
from .mouth_painter import MouthPainter
from .preview_tables import VERSION, lid_fields, mean_fields, packed, packed_fields, person_fields
from .remap import window
from .skin import skin_colour, skin_saturation
from .surround import Surround
from .topology import EYES, LOWER_LIP, MESH_POINTS, UPPER_LIP, Eye

SIDE = 512  # pixels of the crop's side; a power of two, which browsers can make smaller copies of
PAYLOAD_LIMIT = 120_000  # characters
PICTURE_LIMIT = 96_000  # of which the crop
PATCHES_LIMIT = 16_000  # of which the patches, when they are kept exactly
MESH_STEP = 1 / 2000  # cm
RING_STEP = 1 / 800  # cm; the outer ring may lie 40 cm away
PATCH_MARGIN = 2  # pixels around a patch
HEAD = Path(__file__).parent.parent / "assets" / "head.png"


def preview_payload(face: Face | None) -> dict:
    """What web/face.js needs to show a face, ready for `json.dumps`. None: the bundled head of nobody.

    version · size, side of the crop · crop and patches, data URLs · pose, width, own, relax, stays, mesh, gains, keeps,
    fields: see web/face_rig.js · rings: see web/face_surround.js · eyes, lids, mouth, shadow: what is painted.
    """
    if face is None:
        image, alpha = load_image(HEAD)
        face = find_face(image if alpha is None else torch.cat([image, alpha[..., None]], -1))
    face = face.resized(SIDE)
    deformer = FaceDeformer(face)
    crop = face.crop.movedim(-1, 0)
    patches = _Patches()
    eyes = [_eye(crop, face, eye, unit, patches) for eye, unit in zip(EYES, EYE_CLOSURES, strict=True)]
    mouth = _mouth(crop, face, patches)
    skin = skin_colour(crop, face.landmarks)
    payload = {
        "version": VERSION,
        "size": SIDE,
        "pose": _pose(face.pose),
        "width": face.width,
        "own": _short(face.own),
        "relax": face.relax,
        "stays": _short(deformer.stays[list(EYE_CLOSURES)]),
        "mesh": packed(face.mesh, "<i2", MESH_STEP),
        "mesh_step": MESH_STEP,
        **_fields(face, deformer),
        "rings": _rings(face),
        "eyes": eyes,
        "mouth": mouth,
        "shadow": _short(torch.lerp(torch.ones(3), SKIN_SHADOW, skin_saturation(skin))),
        "patches": patches.url(),
    }
    room = min(PICTURE_LIMIT, PAYLOAD_LIMIT - len(json.dumps(payload)) - 100)
    return {**payload, "crop": _crop_url(face, room)}


def _fields(face: Face, deformer: FaceDeformer) -> dict:
    """The person's fields as the mean face's times `gains` [35] and `keeps` [468], plus the sparse rest."""
    own, mean = person_fields(deformer), mean_fields()
    keeps = stiffness(face.mesh[:MESH_POINTS], face.glasses)
    mean = mean * torch.where(lid_fields()[:, None], torch.ones(()), keeps)[..., None]
    gains = (own * mean).sum((1, 2)) / (mean**2).sum((1, 2)).clamp(min=1e-9)
    gains = torch.where(((own - mean).abs() < 0.01).all(-1).all(-1), torch.ones(()), gains)
    return {
        "gains": gains.tolist(),
        "keeps": packed(keeps, "<u2", 1 / 65535) if face.glasses > 0 else None,
        "fields": packed_fields(own - gains[:, None, None] * mean),
    }


def _rings(face: Face) -> dict:
    """The rings around the face (surround.py): one number or point for each of their points."""
    surround = Surround(face.landmarks, face.pose, SIDE)
    return {
        "outline": surround.outline.tolist(),
        "canonical": packed(surround.canonical, "<i2", RING_STEP),
        "step": RING_STEP,
        "turns": packed(surround.turns, "u1", 1 / 255),
        "follows": packed(surround.follows, "u1", 1 / 255),
        "beyond": packed(surround.beyond, "<u2", 1 / 10000),
    }


def _eye(crop: torch.Tensor, face: Face, eye: Eye, unit: int, patches: "_Patches") -> dict:
    """One eye: the whole eyeball and its highlights as patches (None behind closed lids), colours of new lid skin."""
    lid = LidPainter(crop, face.landmarks, float(face.pose.scale), eye)
    painted = {"skin": packed(lid.skin, "u1", 1 / 255), "to_cheek": _short(lid.to_cheek), "ball": None}
    iris, rim = face.landmarks[eye.iris, :2], face.landmarks[eye.iris + 1 : eye.iris + 5, :2]
    radius = float((rim - iris).norm(dim=-1).mean())
    place = window(face.landmarks[list(eye.opening), :2], radius + PATCH_MARGIN, SIDE, SIDE)
    if float(face.own[unit]) > OPENABLE or place is None:
        return painted
    ball, highlights = complete_eyeball(crop, face.landmarks, eye)
    return {**painted, "radius": radius, "ball": patches.add(ball, place), "highlights": patches.add(highlights, place)}


def _mouth(crop: torch.Tensor, face: Face, patches: "_Patches") -> dict:
    """Where the parametric mouth sits, its tone, and, where the lips are open, which pixels are the portrait's own."""
    painter = MouthPainter(crop, face.landmarks, face.mesh, face.pose)
    lips = [*UPPER_LIP[0], *LOWER_LIP[0]]
    place = window(face.landmarks[lips, :2], PATCH_MARGIN, SIDE, SIDE) if painter.open > 0 else None
    own = [painter.own_upper[0], painter.own_rest[0]]
    return {
        "at": _short(torch.tensor([painter.fit.middle[0], painter.fit.edge, painter.fit.middle[2]])),
        "size": painter.fit.size,
        "open": painter.open,
        "jaw_at_rest": painter.jaw_at_rest,
        "tone": _short(painter.tone),
        "saturation": float(painter.saturation),
        "own": None if place is None else [patches.add(part.expand(3, -1, -1), place) for part in own],
    }


def _pose(pose: Pose) -> dict:
    return {
        "scale": float(pose.scale),
        "rotation": pose.rotation.flatten().tolist(),
        "translation": pose.translation.tolist(),
    }


def _short(values: torch.Tensor) -> list[float]:
    return [round(value, 5) for value in values.tolist()]


class _Patches:
    """Small pictures, stacked in one."""

    def __init__(self):
        self._parts: list[np.ndarray] = []

    def add(self, picture: torch.Tensor, place: tuple[int, int, int, int]) -> dict:
        """Keep the part of a picture [3, S, S] at `place`: that place, and the row where it begins in the stack."""
        left, top, right, bottom = place
        row = sum(len(part) for part in self._parts)
        self._parts.append(to_bytes(picture[:, top:bottom, left:right].movedim(0, -1)))
        return {"place": list(place), "row": row}

    def url(self) -> str | None:
        if not self._parts:
            return None
        stack = np.zeros((sum(map(len, self._parts)), max(part.shape[1] for part in self._parts), 3), np.uint8)
        row = 0
        for part in self._parts:
            stack[row : row + len(part), : part.shape[1]] = part
            row += len(part)
        exact = _webp_url(stack, 100, lossless=True)
        return exact if len(exact) <= PATCHES_LIMIT else _webp_url(stack, 80)


def _crop_url(face: Face, limit: int) -> str:
    """The crop as a data URL of at most `limit` characters, as good as fits."""
    picture = face.crop if face.crop_alpha is None else torch.cat([face.crop, face.crop_alpha[..., None]], -1)
    pixels = to_bytes(picture)
    tries = [(SIDE, quality) for quality in (95, 92, 88, 84, 80, 72, 60, 45)] + [(SIDE // 2, 60), (SIDE // 4, 45)]
    for side, quality in tries:
        small = pixels if side == SIDE else np.asarray(Image.fromarray(pixels).resize((side, side)))
        url = _webp_url(small, quality)
        if len(url) <= limit:
            break
    return url


def _webp_url(pixels: np.ndarray, quality: int, lossless: bool = False) -> str:
    """Pixels [H, W, 3 or 4], uint8."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "WEBP", quality=quality, lossless=lossless, method=4)
    return "data:image/webp;base64," + base64.b64encode(buffer.getvalue()).decode()
