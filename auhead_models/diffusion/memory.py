"""Work in batches that get smaller when memory runs out."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import torch

from ..errors import AUHeadError

logger = logging.getLogger(__name__)

Result = TypeVar("Result")


@dataclass
class Batch:
    """size: how many are worked on at once, halved whenever memory runs out · remedy: what helps when it runs out for
    one alone."""

    size: int
    remedy: str

    def over(self, count: int, work: Callable[[int, int], Result]) -> Iterator[Result]:
        """work(start, stop), piece by piece from 0 to count. Raises AUHeadError when there is no room for one."""
        start = 0
        while start < count:
            stop = min(start + self.size, count)
            try:
                result = work(start, stop)
            except RuntimeError as error:  # what failed is freed only once it is gone
                if not ran_out_of_memory(error):
                    raise
                result = None
            if result is None:
                self._shrink(stop - start)
                continue
            yield result
            del result  # before the next piece takes its room
            start = stop

    def _shrink(self, tried: int) -> None:
        if tried == 1:
            raise AUHeadError(f"There is too little memory for this model; use {self.remedy}.")
        torch.cuda.empty_cache()
        logger.warning("Memory ran out; going on with smaller batches.")
        self.size = tried // 2


def ran_out_of_memory(error: RuntimeError) -> bool:
    """Whether there was no room. PyTorch tells so differently by allocator, library and make of the card."""
    told = str(error).lower()
    known = ("out of memory", "alloc_failed", "allocate memory", "not enough memory")
    return isinstance(error, torch.cuda.OutOfMemoryError) or any(words in told for words in known)
