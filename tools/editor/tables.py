"""Write web/units.js: the AU space, the emotions and the presets as the editor's JavaScript reads them.

    python tools/editor/tables.py [-o web/units.js]

tests/web holds the file against this output, so after a change of what it imports run it again.
"""

import argparse
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from auhead_models.au import edits_data, edits_json, emotions, exchange, presets, space  # noqa: E402


def text() -> str:
    """The whole module."""
    table = space.table()
    constants = {
        "REGIONS": table["regions"],
        "COLUMNS": table["units"] + table["extras"] + table["pose"],
        "CHANGES_SIGN": table["mirror_changes_sign"],
        "EMOTIONS": list(emotions.EMOTIONS),
        "EMOTION_ALIASES": emotions.ALIASES,
        "EMOTION_APEX": {name: _columns(apex) for name, apex in emotions._APEX.items()},
        "LEVEL_FACTOR": [emotions.LEVEL_FACTOR[level] for level in emotions.LEVELS],
        "REGION_DELAY": emotions.REGION_DELAY,
        "TRANSITION": emotions.TRANSITION,
        "YIELD_SHARES": {name: float(share) for name, share in zip(space.COLUMN_IDS, emotions.yield_shares()) if share},
        "SPEAKING": exchange._SPEAKING,
        "SPEAKING_REACH": exchange._REACH,
        "PRESETS": list(presets.PRESETS),
        "HELD_PRESETS": {name: _columns(apex) for name, apex in presets._HELD.items()},
        "EDITS_VERSION": edits_data.EDITS_VERSION,
        "INTERPOLATIONS": list(edits_data.INTERPOLATIONS),
        "FADE": edits_data.FADE,
        "MOST_CHARACTERS": edits_json._MOST_CHARACTERS,
        "MOST_KEYS": edits_json._MOST_KEYS,
        "MOST_ITEMS": edits_json._MOST_ITEMS,
        "LARGEST": edits_json._LARGEST,
    }
    head = "// Written by tools/editor/tables.py from auhead_models/au; change it there.\n\n"
    return head + "\n".join(f"export const {name} = {_value(value)};\n" for name, value in constants.items())


def _columns(apex: dict[str, float]) -> dict[str, float]:
    return {identifier: value for name, value in apex.items() for identifier in space.both_sides(name)}


def _value(value: object) -> str:
    """One line for short values, one line per item for long ones."""
    line = json.dumps(value)
    if len(line) <= 100:
        return line
    if isinstance(value, dict):
        items = [f"  {json.dumps(name)}: {json.dumps(item)}," for name, item in value.items()]
        return "{\n" + "\n".join(items) + "\n}"
    return "[\n" + "\n".join(f"  {json.dumps(item)}," for item in value) + "\n]"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("-o", "--output", type=Path, default=ROOT / "web" / "units.js")
    parser.parse_args().output.write_text(text(), encoding="utf-8")
