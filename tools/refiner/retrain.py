"""Make the bundled refiner again from its sources, in one command: pairs, training, bundle.

    python tools/refiner/retrain.py ICT_FACE_MODEL.npz CORRESPONDENCES.npz IMAGES_WIKI -o FOLDER

The head and its correspondences: of tools/face_geometry. IMAGES_WIKI: the folder images/wiki of
github.com/voteview/member_photos at commit 687cf7a; photographs.txt names the portraits that were chosen.
FOLDER holds the pairs (3.3 GB) and the run. One thread: an hour for the pairs, one for the training. What is
there already is not made again, so the command goes on where it was stopped. On another processor the weights differ
in their last digits, and in time more.
"""

import argparse
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
PEOPLE = 608


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("head", type=Path)
    parser.add_argument("correspondences", type=Path)
    parser.add_argument("photographs", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    given = parser.parse_args()
    pairs, run = given.output / "pairs", given.output / "run"
    tool("make_pairs.py", "photos", given.photographs, "--chosen", HERE / "photographs.txt", "-o", pairs)
    tool("make_pairs.py", "heads", given.head, given.correspondences, "--people", PEOPLE, "-o", pairs)
    tool("train.py", pairs, "-o", run)
    tool("bundle.py", run / "refiner.safetensors")


def tool(name: str, *arguments: object) -> None:
    subprocess.run([sys.executable, HERE / name, *map(str, arguments)], check=True)


if __name__ == "__main__":
    main()
