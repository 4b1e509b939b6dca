"""Writes workflows/*.json, workflows/api/*.json and subgraphs/*.json from templates.py, directing.py, blueprint.py.

Run it after a change to them or to tests/data/node_contract.json; --check only names the files that are not up to date.
After a change to ComfyUI's own nodes give it what an old and a new server answer to GET /object_info (--hosts).
"""

import argparse
import json
import sys
from pathlib import Path

from blueprint import TITLE, portrait_and_speech
from directing import DIRECTED
from schemas import DATA, core_nodes, load_schemas
from templates import TEMPLATES

ROOT = Path(__file__).resolve().parents[2]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing, fail where a file differs")
    parser.add_argument("--hosts", nargs=2, type=Path, metavar="OBJECT_INFO", help="answers of two ComfyUI servers")
    options = parser.parse_args()
    if options.hosts:
        old, new = (json.loads(path.read_text(encoding="utf-8")) for path in options.hosts)
        (DATA / "core_nodes.json").write_bytes(as_file(core_nodes(old, new)))
    files = workflows()
    if options.check:
        old = [path for path, content in files.items() if not path.exists() or path.read_bytes() != content]
        sys.exit("\n".join(f"{path.relative_to(ROOT)} is not up to date" for path in old) or None)
    for path, content in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def workflows() -> dict[Path, bytes]:
    """All files and what belongs in them."""
    schemas = load_schemas()
    files = {ROOT / "subgraphs" / f"{TITLE}.json": as_file(portrait_and_speech(schemas))}
    for template in (*TEMPLATES, *DIRECTED):
        graph = template(schemas)
        files[ROOT / "workflows" / f"{graph.title}.json"] = as_file(graph.ui())
        files[ROOT / "workflows" / "api" / f"{graph.title}.json"] = as_file(graph.api())
    return files


def as_file(content: dict) -> bytes:
    return (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode()


if __name__ == "__main__":
    main()
