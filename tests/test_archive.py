"""The archive that the registry publishes: git's files without those that .comfyignore names."""

import re
import shutil
from pathlib import Path

import pytest

from tools.host_smoke import published

ROOT = Path(__file__).resolve().parents[1]

pytestmark = pytest.mark.skipif(
    not (ROOT / ".git").exists() or shutil.which("git") is None, reason="only in a clone, where git knows the files"
)


@pytest.fixture(scope="module")
def archive() -> set[str]:
    return set(published())


def test_what_the_readme_links_to_is_in_the_archive(archive):
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    links = [link.split("#")[0] for link in re.findall(r"\]\(([^)]+)\)", readme) if "://" not in link]
    assert len(links) >= 5
    assert [link for link in links if link and link not in archive] == []


def test_what_the_plugin_needs_is_in_the_archive(archive):
    needed = ("__init__.py", "requirements.txt", "pyproject.toml", "LICENSE", "NOTICE", "README.md", "docs/icon.png")
    assert set(needed) <= archive
    kept = ("auhead_models", "benchmarks", "docs", "locales", "nodes", "subgraphs", "web", "workflows")
    assert {path.split("/")[0] for path in archive if "/" in path} == set(kept)
    assert {path for path in archive if path.startswith("benchmarks/")} == {
        path.relative_to(ROOT).as_posix() for path in (ROOT / "benchmarks" / "results").iterdir()
    }


def test_what_only_developers_need_is_not(archive):
    assert not [path for path in archive if path.startswith((".", "tests/", "tools/", "Makefile"))]
