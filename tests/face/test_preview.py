"""What the editor's live face is sent: small, whole, and the same as what the renderer knows."""

import base64
import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from auhead_models.face.canonical import load_geometry
from auhead_models.face.deform import FaceDeformer
from auhead_models.face.preview import PAYLOAD_LIMIT, SIDE, preview_payload
from auhead_models.face.preview_tables import mean_fields, person_fields, preview_tables

WEB = Path(__file__).resolve().parents[2] / "web"


def pixels(url: str) -> np.ndarray:
    kind, data = url.split(",")
    assert kind == "data:image/webp;base64"
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data))))


def numbers(text: str, kind: str, step: float) -> torch.Tensor:
    return torch.from_numpy(np.frombuffer(base64.b64decode(text), kind).astype(np.float32)) * step


def test_the_payload_is_small(payload):
    assert len(json.dumps(payload)) <= PAYLOAD_LIMIT


def test_a_portrait_of_noise_is_small_too(face):
    noise = torch.rand(face.image.shape, generator=torch.Generator().manual_seed(0))
    assert len(json.dumps(preview_payload(replace(face, image=noise, crop=noise)))) <= PAYLOAD_LIMIT


def test_the_crop_is_the_portrait(face, payload):
    shown = pixels(payload["crop"]).astype(np.float32) / 255
    error = float(((face.crop.numpy() - shown) ** 2).mean())
    assert shown.shape == (SIDE, SIDE, 3)
    assert -10 * np.log10(error) > 35


def test_alpha_travels(face):
    alpha = torch.ones(face.image.shape[:2])
    alpha[:40] = 0
    shown = pixels(preview_payload(replace(face, alpha=alpha, crop_alpha=alpha))["crop"])
    assert shown.shape == (SIDE, SIDE, 4)
    assert shown[:38, :, 3].max() < 20 and shown[44:, :, 3].min() > 235


def test_the_person_s_fields_come_back(face, payload):
    expected = person_fields(FaceDeformer(face.resized(SIDE)))
    keeps = numbers(payload["keeps"], "<u2", 1 / 65535)
    lids = torch.tensor(preview_tables()["lid_fields"])
    mean = mean_fields() * torch.where(lids[:, None] > 0, torch.ones(()), keeps)[..., None]
    fields = torch.tensor(payload["gains"])[:, None, None] * mean
    rest = payload["fields"]
    points, moves = numbers(rest["point"], "<u2", 1).long(), numbers(rest["move"], "<i2", rest["step"]).view(-1, 3)
    for field, (start, end) in enumerate(zip(rest["start"][:-1], rest["start"][1:])):
        fields[field, points[start:end]] += moves[start:end]
    assert float((fields - expected).abs().max()) < 0.0015  # cm


def test_a_larger_crop_gives_the_same_payload(face, payload):
    large = preview_payload(face.resized(768))
    mesh = [numbers(data["mesh"], "<i2", data["mesh_step"]) for data in (payload, large)]
    assert large["size"] == SIDE
    assert float((mesh[0] - mesh[1]).abs().max()) < 0.002


def test_closed_eyes_have_no_eyeball(face):
    own = face.own.clone()
    own[0] = 0.9
    left, right = preview_payload(replace(face, own=own))["eyes"]
    assert left["ball"] is None and right["ball"] is not None


def test_the_tables_in_the_browser_are_up_to_date():
    """tools/face_tables.py writes them; numbers may differ in their last digit between machines."""
    written = json.loads((WEB / "face_tables.json").read_text(encoding="utf-8"))
    made = json.loads(json.dumps(preview_tables()))
    assert written.keys() == made.keys()
    exact = [key for key in made if key not in ("fields", "mouth", "light", "jaw_hinge")]
    assert {key: written[key] for key in exact} == {key: made[key] for key in exact}
    moves = [numbers(data["fields"]["move"], "<i2", data["fields"]["step"]) for data in (written, made)]
    assert moves[0].shape == moves[1].shape and float((moves[0] - moves[1]).abs().max()) < 1e-3
    vertices = [numbers(data["mouth"]["vertices"], "<i2", data["mouth"]["step"]) for data in (written, made)]
    assert float((vertices[0] - vertices[1]).abs().max()) < 1e-3


def test_without_a_portrait_the_browser_shows_the_bundled_head():
    written = json.loads((WEB / "face_neutral.json").read_text(encoding="utf-8"))
    made = preview_payload(None)
    meshes = [numbers(data["mesh"], "<i2", data["mesh_step"]).view(-1, 3) for data in (written, made)]
    assert written.keys() == made.keys()
    assert float((meshes[0] - meshes[1]).abs().max()) < 0.05
    assert float((meshes[0][: len(load_geometry().positions)] - load_geometry().positions).norm(dim=1).median()) < 0.5
    assert pixels(written["crop"]).shape == (SIDE, SIDE, 4)
