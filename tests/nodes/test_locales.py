"""The texts of the nodes in every language: complete, and in English the same as in the schemas."""

import json
import re
from pathlib import Path

import pytest
from auhead_plugin.nodes import NODES

LOCALES = Path(__file__).resolve().parents[2] / "locales"
LANGUAGES = ("en", "zh")
NAMES_ONLY = ("diffusion", "alm", "precision", "alm_precision", "file")  # models, number formats, files
SCHEMAS = {schema.node_id: schema for schema in (node.define_schema() for node in NODES)}


def read(language: str) -> dict:
    return json.loads((LOCALES / language / "nodeDefs.json").read_text(encoding="utf-8"))


def strings(node: dict) -> list[str]:
    return [text for value in node.values() for text in (strings(value) if isinstance(value, dict) else [value])]


def test_the_languages_are_those_that_are_tested():
    assert sorted(path.name for path in LOCALES.iterdir()) == sorted(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_node_has_texts_and_no_other(language):
    assert read(language).keys() == SCHEMAS.keys()


@pytest.mark.parametrize("node_id", SCHEMAS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_node_is_complete(language, node_id):
    texts, schema = read(language)[node_id], SCHEMAS[node_id]
    assert texts.keys() == {"display_name", "description", "inputs", "outputs"}
    assert list(texts["inputs"]) == [entry.id for entry in schema.inputs]
    assert all(entry.keys() == {"name", "tooltip"} for entry in texts["inputs"].values())
    assert list(texts["outputs"]) == [str(index) for index in range(len(schema.outputs))]
    assert all(entry.keys() == {"name"} for entry in texts["outputs"].values())
    assert all(isinstance(text, str) and text.strip() for text in strings(texts))


@pytest.mark.parametrize("node_id", SCHEMAS)
def test_english_is_what_the_schema_says(node_id):
    texts, schema = read("en")[node_id], SCHEMAS[node_id]
    assert texts["display_name"] == schema.display_name
    assert texts["description"] == schema.description
    for entry in schema.inputs:
        assert texts["inputs"][entry.id] == {"name": entry.id, "tooltip": entry.tooltip}
    for index, entry in enumerate(schema.outputs):
        assert texts["outputs"][str(index)] == {"name": entry.display_name}


@pytest.mark.parametrize("node_id", SCHEMAS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_holds_what_the_browser_would_interpret(language, node_id):
    """ComfyUI's translator reads braces, @ and | as commands, and shows such a text wrongly or not at all."""
    for text in strings(read(language)[node_id]):
        assert not re.search(r"[{}@|]", text), text


@pytest.mark.parametrize("node_id", SCHEMAS)
def test_chinese_tells_what_every_choice_means(node_id):
    """ComfyUI translates names and tooltips, but never the choices of a list."""
    texts, schema = read("zh")[node_id], SCHEMAS[node_id]
    for entry in schema.inputs:
        if entry.io_type == "COMBO" and entry.id not in NAMES_ONLY:
            words = [option for option in entry.options if not option.isdigit()]
            assert [word for word in words if word not in texts["inputs"][entry.id]["tooltip"]] == [], entry.id


@pytest.mark.parametrize("node_id", SCHEMAS)
def test_chinese_is_chinese(node_id):
    texts = read("zh")[node_id]
    for text in [
        texts["display_name"],
        texts["description"],
        *(entry["tooltip"] for entry in texts["inputs"].values()),
    ]:
        assert re.search(r"[\u4e00-\u9fff]", text), text
