"""Peak memory of `auhead animate` and `auhead video-to-au` for a short and a long clip, and of larger frames.

    python benchmarks/memory.py [--seconds 10 60] [--sizes 512 1024 2048]

`animate` must not grow with the length: the long clip may need 10 % more than the short one (diffusion_memory.py
measures the renderers by diffusion). `video-to-au` keeps the landmarks of all frames and grows by
about a MB a second. The larger sizes draw a second of speech. Writes benchmarks/results/memory.md.
"""

import os
import sys
import tempfile
from pathlib import Path
from subprocess import Popen

import numpy as np
from measure import ROOT, keep, parser
from scipy.io import wavfile

ASSETS = ROOT / "auhead_models" / "assets"


def main() -> None:
    line = parser(__doc__, "memory")
    line.add_argument("--seconds", type=float, nargs=2, default=[10, 60])
    line.add_argument("--sizes", type=int, nargs="+", default=[512, 1024, 2048])
    given = line.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        for seconds in given.seconds:
            peak = animate(folder, seconds, given.sizes[0])
            rows.append(("animate", f"{seconds:g} s at {given.sizes[0]}", f"{peak:.0f}"))
            peak = peak_megabytes("video-to-au", folder / "talking.mp4", "-o", folder / "au.json")
            rows.append(("video-to-au", f"{seconds:g} s at {given.sizes[0]}", f"{peak:.0f}"))
        for size in given.sizes[1:]:
            rows.append(("animate", f"1 s at {size}", f"{animate(folder, 1, size):.0f}"))
    keep(given, "Peak memory", ("command", "clip", "MB"), sorted(rows, key=lambda row: row[0]))


def animate(folder: Path, seconds: float, size: int) -> float:
    """Make folder/talking.mp4 from the bundled samples; returns the peak."""
    rate, samples = wavfile.read(ASSETS / "speech.wav")
    wavfile.write(folder / "speech.wav", rate, np.resize(samples, round(seconds * rate)))
    portrait, video = ASSETS / "portrait.png", folder / "talking.mp4"
    return peak_megabytes("animate", portrait, folder / "speech.wav", "-o", video, "--size", size)


def peak_megabytes(*command: object) -> float:
    """Peak resident memory of one run of the command line in a process of its own, one thread."""
    words = [sys.executable, "-m", "auhead_models.cli", *map(str, command)]
    process = Popen(words, cwd=ROOT, env={**os.environ, "OMP_NUM_THREADS": "1"})
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"auhead {command[0]} failed")
    return usage.ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)


if __name__ == "__main__":
    main()
