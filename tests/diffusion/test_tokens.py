"""Action Units and speech as tokens."""

import pytest

torch = pytest.importorskip("torch")

from auhead_models.au.space import UNITS  # noqa: E402
from auhead_models.diffusion.tokens import AUTokens  # noqa: E402


@pytest.fixture
def tokens():
    torch.manual_seed(0)
    return AUTokens(16)


def test_even_the_mean_of_the_tokens_tells_which_unit_moved(tokens):
    """A layer that has not yet learnt where to look reads the mean."""
    means = tokens(torch.eye(len(UNITS)), torch.zeros(len(UNITS))).detach().mean(1)
    apart = torch.cdist(means, means) + torch.eye(len(UNITS))
    assert float(apart.min()) > 0.02


def test_a_token_changes_with_its_own_unit_alone(tokens):
    rest = tokens(torch.zeros(1, 24), torch.zeros(24))
    for given in ((torch.eye(24)[5:6], torch.zeros(24)), (torch.zeros(1, 24), torch.eye(24)[5])):
        changed = (tokens(*given) - rest).abs().amax(-1)[0]
        assert changed.nonzero().flatten().tolist() == [5]
