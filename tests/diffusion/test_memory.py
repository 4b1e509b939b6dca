import weakref

import pytest
import torch

from auhead_models.diffusion.memory import Batch
from auhead_models.errors import AUHeadError


def _limited(room, tried):
    def work(start, stop):
        tried.append((start, stop))
        if stop - start > room:
            raise torch.cuda.OutOfMemoryError("no room")
        return list(range(start, stop))

    return work


def test_pieces_come_in_order_and_get_smaller_for_good():
    batch, tried = Batch(8, "less"), []
    assert [each for piece in batch.over(11, _limited(3, tried)) for each in piece] == list(range(11))
    assert tried[:4] == [(0, 8), (0, 4), (0, 2), (2, 4)] and batch.size == 2
    tried.clear()
    list(batch.over(3, _limited(3, tried)))
    assert tried == [(0, 2), (2, 3)]


def test_one_that_does_not_fit_is_told():
    with pytest.raises(AUHeadError, match="too little memory for this model; use less"):
        list(Batch(4, "less").over(4, _limited(0, [])))


def test_a_processor_can_lack_memory_too():
    """The sentence is PyTorch's own."""
    with pytest.raises(AUHeadError, match="too little memory"):
        list(Batch(1, "less").over(1, lambda *_: torch.empty(1 << 60, dtype=torch.uint8)))


def test_a_finished_piece_is_let_go_before_the_next():
    pieces = []

    def work(start, stop):
        assert all(piece() is None for piece in pieces)
        made = torch.zeros(1)
        pieces.append(weakref.ref(made))
        return made

    for piece in Batch(1, "less").over(3, work):
        del piece
    assert len(pieces) == 3
