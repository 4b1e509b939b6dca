"""One spelling of the folder in input/ and output/: two would be two folders on Linux and one elsewhere."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FOLDER = "auhead"
TEXTS = [ROOT / "README.md", *sorted(ROOT.glob("web/docs/*/*.md")), *sorted(ROOT.glob("locales/*/nodeDefs.json"))]


@pytest.mark.parametrize("path", sorted(ROOT.glob("workflows/api/*.json")), ids=lambda path: path.stem)
def test_templates_save_into_it(path):
    nodes = json.loads(path.read_text(encoding="utf-8")).values()
    prefixes = [node["inputs"]["filename_prefix"] for node in nodes if node["class_type"] == "SaveVideo"]
    assert prefixes and all(prefix.startswith(f"{FOLDER}/") for prefix in prefixes)


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_texts_name_it(path):
    text = path.read_text(encoding="utf-8")
    assert set(re.findall(r"(?:input|output|models)/(auhead)\b", text, re.IGNORECASE)) <= {FOLDER}
