"""Writes what the live preview of the AU Editor knows: web/face_tables.json and web/face_neutral.json.

python tools/face_tables.py          from the library's geometry, constants and the bundled head
python tools/face_tables.py --check  writes nothing, fails where the tables are not up to date

face_tables.json is about every face; face_neutral.json is the payload of the head that is shown when no portrait is
connected.
"""

import argparse
import json
import sys
from pathlib import Path

from auhead_models.face.preview import preview_payload
from auhead_models.face.preview_tables import preview_tables

WEB = Path(__file__).resolve().parents[1] / "web"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing, fail where the tables differ")
    tables = compact(preview_tables())
    path = WEB / "face_tables.json"
    if parser.parse_args().check:
        current = path.exists() and path.read_text(encoding="utf-8") == tables
        sys.exit(None if current else "web/face_tables.json is not up to date: run tools/face_tables.py")
    path.write_text(tables, encoding="utf-8")
    (WEB / "face_neutral.json").write_text(compact(preview_payload(None)), encoding="utf-8")


def compact(data: dict) -> str:
    return json.dumps(data, separators=(",", ":")) + "\n"


if __name__ == "__main__":
    main()
