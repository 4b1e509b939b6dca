"""Peak memory of `auhead animate` for a short and a long sound; the two must lie within 10 % of each other.

    python benchmarks/memory.py [--seconds 10 60] [--size 512]
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path
from subprocess import Popen

import numpy as np
from scipy.io import wavfile

ROOT = Path(__file__).resolve().parents[1]
ASSETS = ROOT / "auhead_models" / "assets"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, nargs="+", default=[10, 60])
    parser.add_argument("--size", type=int, default=512)
    given = parser.parse_args()
    peaks = [peak_megabytes(seconds, given.size) for seconds in given.seconds]
    for seconds, peak in zip(given.seconds, peaks):
        print(f"{seconds:5g} s of speech: {peak:7.1f} MB at the peak")
    print(f"largest / smallest: {max(peaks) / min(peaks):.3f}")


def peak_megabytes(seconds: float, size: int) -> float:
    """Peak resident memory of one run in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        speech, video = Path(folder, "speech.wav"), Path(folder, "talking.mp4")
        rate, samples = wavfile.read(ASSETS / "speech.wav")
        wavfile.write(speech, rate, np.resize(samples, round(seconds * rate)))
        command = ["animate", ASSETS / "portrait.png", speech, "-o", video, "--size", size]
        process = Popen([sys.executable, "-m", "auhead_models.cli", *map(str, command)], cwd=ROOT)
        _, status, usage = os.wait4(process.pid, 0)
        if status:
            raise SystemExit(f"auhead animate failed for {seconds:g} s")
    return usage.ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)


if __name__ == "__main__":
    main()
