"""How many processor threads the drawing may take."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def half_the_threads() -> Iterator[None]:
    """Leave half of PyTorch's threads unused for a while.

    With another program busy on one core, a thread that waits for that core stalls all others: on two cores the
    warp took eight times as long with two threads as with one.
    """
    count = torch.get_num_threads()
    torch.set_num_threads(max(1, count // 2))
    try:
        yield
    finally:
        torch.set_num_threads(count)
