"""What the tests of training share."""

import pytest
from toy_clips import make_dataset


@pytest.fixture(scope="session")
def clips(tmp_path_factory):
    """Eight short clips, one of each emotion, prepared."""
    return make_dataset(tmp_path_factory.mktemp("clips"))
