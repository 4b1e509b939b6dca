"""The shipped face geometry: consistent, symmetric, oriented."""

import json
from collections import Counter

import pytest
import torch
from safetensors import safe_open

from auhead_models.au.space import UNITS
from auhead_models.errors import AUHeadError
from auhead_models.face.canonical import GEOMETRY_FILE, load_geometry

FLIP = torch.tensor([-1.0, 1.0, 1.0])


@pytest.fixture(scope="module")
def geometry():
    with safe_open(GEOMETRY_FILE, "pt") as file:
        tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
        return tensors, json.loads(file.metadata()["fields"]), file.metadata()


def mirrored(name):
    return name[:-4] + "right" if name.endswith("left") else name[:-5] + "left" if name.endswith("right") else name


def test_holds_what_the_readers_ask_for(geometry):
    tensors, names, metadata = geometry
    shapes = {key: tuple(value.shape) for key, value in tensors.items()}
    assert shapes["positions"] == (468, 3)
    assert shapes["fields"] == (len(names), 468, 3) == (35, 468, 3)
    assert shapes["triangles"] == (852, 3)
    assert shapes["iris_shift"] == (4, 3)
    assert names[: len(UNITS)] == [unit.id for unit in UNITS]
    assert all(value.float().isfinite().all() for value in tensors.values())
    assert all(len(checksum) == 64 for checksum in json.loads(metadata["sources"]).values())


def test_mirror_is_an_involution_that_flips_the_head(geometry):
    tensors, _, _ = geometry
    mirror, positions = tensors["mirror"].long(), tensors["positions"]
    assert torch.equal(mirror[mirror], torch.arange(468))
    torch.testing.assert_close(positions[mirror] * FLIP, positions)


def test_fields_of_left_and_right_are_mirror_images(geometry):
    tensors, names, _ = geometry
    mirror, fields = tensors["mirror"].long(), tensors["fields"].float()
    for index, name in enumerate(names):
        other = fields[names.index(mirrored(name))]
        torch.testing.assert_close(fields[index][mirror] * FLIP, other, msg=name)


def test_fields_move_the_face_by_plausible_amounts(geometry):
    tensors, names, _ = geometry
    largest = tensors["fields"].float().norm(dim=-1).amax(-1)
    for name, centimetres in zip(names, largest.tolist(), strict=True):
        assert 0.15 < centimetres < 4, name


def test_units_move_where_their_names_say(geometry):
    tensors, names, _ = geometry
    field = dict(zip(names, tensors["fields"].float(), strict=True))
    assert field["eye_closure_left"][386, 1] < -0.3  # upper lid of the left eye
    assert abs(field["eye_closure_left"][159, 1]) < 0.05  # the other eye stays
    assert field["jaw_open"][152, 1] < -1.5  # chin
    assert field["lip_corner_raise_left"][291, 1] > 0.3
    assert field["lip_corner_stretch_right"][61, 0] < -0.2
    assert field["lower_lip_slide_left"][17, 0] > 2 * abs(field["lower_lip_slide_left"][152, 0])  # the lip, not the jaw
    assert field["lip_pucker"][291, 0] < -0.5
    assert field["brow_lower_left"][285, 1] < -0.5
    assert field["cheek_puff"][411, 0] > 0.4


def test_triangles_form_one_oriented_sheet_with_three_holes(geometry):
    tensors, _, _ = geometry
    triangles, positions = tensors["triangles"].long(), tensors["positions"]
    directed = Counter((int(a), int(b)) for t in triangles for a, b in zip(t, t.roll(-1), strict=True))
    assert max(directed.values()) == 1  # no edge twice in the same direction: manifold and one winding
    assert set(triangles.flatten().tolist()) == set(range(468))
    edges = {frozenset(edge) for edge in directed}
    assert 468 - len(edges) + 852 == 1 - 3  # a disc with mouth and eyes cut out
    a, b, c = positions[triangles].unbind(1)
    normal = torch.linalg.cross(b - a, c - a)
    assert (normal[:, 2] > 0).float().mean() > 0.97


def test_jaw_weights_belong_to_the_jaw(geometry):
    tensors, _, _ = geometry
    weights = tensors["jaw_weights"]
    assert weights.min() >= 0 and weights.max() <= 1
    assert weights[17] > 0.8 and weights[152] > 0.7  # lower lip and chin
    assert weights[0] < 0.15 and weights[10] < 0.05 and weights[168] < 0.05  # upper lip, forehead, nose bridge


def test_a_head_loaded_inside_inference_mode_serves_outside_too():
    load_geometry.cache_clear()
    with torch.inference_mode():
        head = load_geometry()
    assert not head.positions.is_inference() and not head.rigidity.is_inference()
    assert not any(field.is_inference() for field in head.fields.values())


def test_a_missing_or_damaged_file_is_one_sentence(tmp_path):
    with pytest.raises(AUHeadError, match="lost.safetensors is missing .* install the plugin again"):
        load_geometry(tmp_path / "lost.safetensors")
    (tmp_path / "cut.safetensors").write_bytes(GEOMETRY_FILE.read_bytes()[:5000])
    with pytest.raises(AUHeadError, match="cut.safetensors is damaged or cut short: install the plugin again.$"):
        load_geometry(tmp_path / "cut.safetensors")
