import pytest
import torch

from auhead_models.threads import half_the_threads


def test_threads_are_given_back_after_an_error():
    count = torch.get_num_threads()
    torch.set_num_threads(4)
    try:
        with pytest.raises(RuntimeError), half_the_threads():
            assert torch.get_num_threads() == 2
            raise RuntimeError
        assert torch.get_num_threads() == 4
    finally:
        torch.set_num_threads(count)
