"""Answers without hearing, to compare a model with."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from ...au.emotions import expression
from ..codec import Utterance


def baselines(truths: Sequence[Utterance]) -> dict[str, list[Utterance]]:
    """Answers by the name of their baseline.

    zero: a still, neutral face · mean: what these clips show on average, and their most frequent emotion, which is a
    little kind to it · prototype: the bundled expression of each clip's true emotion and level, held.
    """
    mean = np.concatenate([truth.values for truth in truths]).mean(0)
    (emotion, level), _ = Counter((truth.emotion, truth.level) for truth in truths).most_common(1)[0]
    return {
        "zero": [Utterance("neutral", 1, np.zeros_like(truth.values)) for truth in truths],
        "mean": [Utterance(emotion, level, np.tile(mean, (len(truth), 1))) for truth in truths],
        "prototype": [_prototype(truth) for truth in truths],
    }


def _prototype(truth: Utterance) -> Utterance:
    values, _ = expression(truth.emotion, truth.level)
    return Utterance(truth.emotion, truth.level, np.tile(values, (len(truth), 1)))
