"""Keeps the texts of the nodes in two languages.

python tools/locales.py          writes locales/en/nodeDefs.json from the nodes' schemas and names what
                                 locales/zh/nodeDefs.json, which people write, lacks or has too much
python tools/locales.py --check  writes nothing, fails where a file is not as it should be

The nodes are read through tests/fake_host, so no ComfyUI is needed. In ComfyUI these files stand in place of what the
schemas say; keys are those that it looks up: inputs by id, outputs by index.
"""

import argparse
import json
import sys
import types
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOCALES = ROOT / "locales"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing, fail where something differs")
    check = parser.parse_args().check
    english = {schema.node_id: texts(schema) for schema in schemas()}
    path = LOCALES / "en" / "nodeDefs.json"
    content = json.dumps(english, indent=2, ensure_ascii=False) + "\n"
    problems = list(differences(english, read("zh"), "zh"))
    if not check:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    elif not path.exists() or path.read_text(encoding="utf-8") != content:
        problems.append(f"{path.relative_to(ROOT)} is not up to date")
    sys.exit("\n".join(problems) or None)


def schemas() -> list:
    """The schemas of all nodes, from the stand-in for ComfyUI."""
    sys.path[:0] = [str(ROOT / "tests" / "fake_host")]
    plugin = types.ModuleType("auhead_plugin")  # as ComfyUI does it: one package of which nodes/ is a part
    plugin.__path__ = [str(ROOT)]
    sys.modules["auhead_plugin"] = plugin
    from auhead_plugin.nodes import NODES

    return [node.define_schema() for node in NODES]


def read(language: str) -> dict:
    path = LOCALES / language / "nodeDefs.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def texts(schema) -> dict:
    """The texts of a node as a nodeDefs.json holds them."""
    return {
        "display_name": schema.display_name,
        "description": schema.description,
        "inputs": {entry.id: {"name": entry.id, "tooltip": entry.tooltip} for entry in schema.inputs or ()},
        "outputs": {str(index): {"name": entry.display_name} for index, entry in enumerate(schema.outputs or ())},
    }


def differences(wanted: dict, given: dict, place: str) -> Iterator[str]:
    """What a translation lacks, has too much or leaves empty, as sentences."""
    for key in wanted.keys() - given.keys():
        yield f"{place} lacks {key}"
    for key in given.keys() - wanted.keys():
        yield f"{place} has {key}, which no node has"
    for key in wanted.keys() & given.keys():
        if isinstance(wanted[key], dict):
            yield from differences(wanted[key], given[key], f"{place}, {key}")
        elif not isinstance(given[key], str) or not given[key].strip():
            yield f"{place}, {key} is empty"


if __name__ == "__main__":
    main()
