"""Short performances for tests."""

import numpy as np

from auhead_models.au.sequence import AUSequence
from auhead_models.au.space import COLUMN_IDS


def performance(*frames: dict[str, float]) -> AUSequence:
    """One frame per dict of column ids; a paired unit may be named without its side."""
    table = np.zeros((len(frames), len(COLUMN_IDS)), np.float32)
    for row, frame in zip(table, frames, strict=True):
        for name, value in frame.items():
            ids = [name] if name in COLUMN_IDS else [f"{name}_left", f"{name}_right"]
            row[[COLUMN_IDS.index(each) for each in ids]] = value
    return AUSequence.from_table(table)
