"""How far a command is, on stderr."""

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import torch
from tqdm import tqdm

REPORT_SECONDS = 10.0  # between two lines of progress where no bar can be drawn


def watched(frames: Iterable[torch.Tensor], count: int, unit: str) -> Iterator[torch.Tensor]:
    with bar(unit) as show:
        for done, frame in enumerate(frames, start=1):
            show(done, count)
            yield frame


@contextmanager
def bar(unit: str) -> Iterator[Callable[..., None]]:
    """A function (done, total) that moves a bar on stderr while a person watches; in a log, a line now and then."""
    if sys.stderr.isatty():
        with tqdm(unit=f" {unit}", file=sys.stderr, leave=False) as drawn:

            def show(done: int, total: int, *_) -> None:
                drawn.total = total
                drawn.update(done - drawn.n)

            yield show
        return
    reported = time.monotonic()

    def tell(done: int, total: int, *_) -> None:
        nonlocal reported
        if time.monotonic() - reported >= REPORT_SECONDS:
            print(f"auhead: {done} of {total} {unit}", file=sys.stderr, flush=True)
            reported = time.monotonic()

    yield tell
