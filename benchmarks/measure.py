"""What the benchmarks share: medians of times, and a table that is printed and kept."""

import argparse
import statistics
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import torch

ROOT = Path(__file__).resolve().parents[1]


def parser(about: str, name: str) -> argparse.ArgumentParser:
    """A command line with the two options of every benchmark: --machine and -o."""
    line = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    line.add_argument("--machine", default="one thread", help="what it ran on, for the table")
    line.add_argument("-o", "--output", type=Path, default=ROOT / f"benchmarks/results/{name}.md")
    return line


def median_ms(action: Callable[[], object], repeats: int) -> float:
    """Median of `repeats` runs after one to warm up."""
    action()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1000


def keep(given: argparse.Namespace, title: str, header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> None:
    """Print a Markdown table and write it to given.output, with the machine named above it."""
    lines = [" | ".join(row).join(("| ", " |")) for row in (header, ("---",) * len(header), *rows)]
    report = "\n".join([f"# {title}", "", f"{given.machine}, torch {torch.__version__}.", "", *lines, ""])
    print(report)
    given.output.parent.mkdir(parents=True, exist_ok=True)
    given.output.write_text(report)
