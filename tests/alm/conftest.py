"""Random utterances for the tests of stage 1."""

from collections.abc import Callable

import numpy as np
import pytest

from auhead_models.alm.codec import KEY_FRAMES, Change, Utterance
from auhead_models.au.emotions import EMOTIONS


@pytest.fixture(scope="session")
def random_utterance() -> Callable[..., Utterance]:
    """Makes utterances from a generator, of `frames` or of 1 to 60 frames: some units move, some pairs move together,
    some moments hold, some emotions change."""

    def make(rng: np.random.Generator, frames: int | None = None) -> Utterance:
        frames = frames or int(rng.integers(1, 61))
        values = rng.random((frames, 24)) * (rng.random((frames, 24)) < rng.random()) * (rng.random(24) < 0.6)
        if rng.random() < 0.5:
            values[:, 5], values[:, 7] = values[:, 4], values[:, 6]
        values = np.repeat(values, int(rng.integers(1, 12)), axis=0)[:frames]
        changes = tuple(
            Change(frame, str(rng.choice(EMOTIONS)), int(rng.integers(1, 4)))
            for frame in range(KEY_FRAMES, frames, KEY_FRAMES)
            if rng.random() < 0.3
        )
        return Utterance(str(rng.choice(EMOTIONS)), int(rng.integers(1, 4)), values, changes)

    return make
