"""Put a trained refiner where the plugin looks for it, in half precision and with what it was trained on.

    python tools/refiner/bundle.py RUN/refiner.safetensors

Writes auhead_models/weights/auhead_tiny.safetensors; the model card beside it, auhead_tiny.md, is written by people.
"""

import argparse
import json
import sys
from pathlib import Path

from safetensors import safe_open
from safetensors.torch import load_file

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from auhead_models.diffusion.catalogue import TINY_FILE  # noqa: E402
from auhead_models.diffusion.refined_warp import RefinerModel  # noqa: E402
from auhead_models.diffusion.refiner import Refiner  # noqa: E402
from auhead_models.diffusion.refiner_files import save_refiner  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("refiner", type=Path, help="of train.py")
    given = parser.parse_args()
    with safe_open(given.refiner, "pt") as file:
        metadata = file.metadata()
    architecture = json.loads(metadata["architecture"])
    network = Refiner(architecture)
    network.load_state_dict(load_file(given.refiner))
    card = {
        "licence": "Apache-2.0",
        "trained_on": "renderings of the ICT Face Model (MIT) and official portraits in the public domain",
        "steps": int(metadata["step"]),
    }
    save_refiner(RefinerModel("tiny", network, guided=True), TINY_FILE, architecture, card)
    print(f"{TINY_FILE}: {TINY_FILE.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
