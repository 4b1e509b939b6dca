"""The help pages: one for every node, about all of its inputs and outputs, with pictures that are there and small."""

import json
import re
from pathlib import Path

import pytest
from auhead_plugin.nodes import NODES

DOCS = Path(__file__).resolve().parents[2] / "web" / "docs"
PICTURES = DOCS / "images"
LOCALES = DOCS.parents[1] / "locales"
HEADINGS = {"en": ("Inputs", "Outputs", "Tip"), "zh": ("输入", "输出", "小提示")}
SCHEMAS = {schema.node_id: schema for schema in (node.define_schema() for node in NODES)}
PAGES = sorted(DOCS.glob("*/*.md"))
LARGEST = 80 * 1024  # bytes of a picture


def pictures(page: Path) -> list[str]:
    return re.findall(r"!\[[^\]]*\]\(([^)]+)\)", page.read_text(encoding="utf-8"))


def names(page: Path) -> list[Path]:
    """ComfyUI takes a page's relative addresses from web/docs, whatever folder the page is in."""
    return [DOCS / address for address in pictures(page)]


@pytest.mark.parametrize("language", HEADINGS)
def test_every_node_has_a_page_and_every_page_a_node(language):
    assert {path.name for path in DOCS.iterdir() if path.is_dir()} - {PICTURES.name} == SCHEMAS.keys()
    for node_id in SCHEMAS:
        assert (DOCS / node_id / f"{language}.md").is_file(), node_id


@pytest.mark.parametrize("node_id", SCHEMAS)
@pytest.mark.parametrize("language", HEADINGS)
def test_a_page_tells_of_every_input_and_output_by_the_name_that_is_shown(language, node_id):
    page = (DOCS / node_id / f"{language}.md").read_text(encoding="utf-8")
    shown = json.loads((LOCALES / language / "nodeDefs.json").read_text(encoding="utf-8"))[node_id]
    assert page.startswith(f"# {shown['display_name']}\n")
    inputs, outputs = re.search("## {}\n(.*)## {}\n(.*)## {}\n".format(*HEADINGS[language]), page, re.DOTALL).groups()
    assert set(re.findall(r"\*\*([^*]+)\*\*", inputs)) == {entry["name"] for entry in shown["inputs"].values()}
    assert re.findall(r"\*\*([^*]+)\*\*", outputs) == [entry["name"] for entry in shown["outputs"].values()]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: f"{page.parent.name}/{page.name}")
def test_every_page_shows_a_picture_and_every_picture_exists(page):
    assert pictures(page)
    for address, path in zip(pictures(page), names(page)):
        assert path.is_file() and path.suffix == ".jpg", address


@pytest.mark.parametrize("node_id", SCHEMAS)
def test_the_languages_show_the_same_pictures(node_id):
    shown = [pictures(DOCS / node_id / f"{language}.md") for language in HEADINGS]
    assert all(each == shown[0] for each in shown)


def test_every_picture_is_small_and_shown():
    shown = {path for page in PAGES for path in names(page)}
    assert shown == set(PICTURES.iterdir())
    assert all(path.stat().st_size <= LARGEST for path in shown)
