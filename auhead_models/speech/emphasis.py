"""The upper face takes part in speech: brows rise a little on the most stressed syllables."""

import math

import numpy as np

from ..au.sequence import FPS, AUSequence, s_curve
from .prosody import Prosody
from .randomness import frame_times, layer_generator

_FROM = 0.7  # rank of the stresses that may raise the brows
_GAP = 0.9  # seconds
_CHANCE = 0.65
_BROW_RAISE = (0.10, 0.24)


def emphasis_track(speech: Prosody, frames: int, seed: int) -> AUSequence:
    """Brow columns at 25 fps."""
    rng = layer_generator(seed, "emphasis")
    time = frame_times(frames, FPS)
    raised, last = np.zeros(frames), -math.inf
    for stress in speech.stresses:
        chance, size, hold = rng.uniform(size=3)
        if stress.strength < _FROM or stress.time - last < _GAP or chance > _CHANCE:
            continue
        last = stress.time
        low, high = _BROW_RAISE
        since = time - stress.time
        up = s_curve((since + 0.14) / 0.2) * (1 - s_curve((since - 0.1 - 0.3 * hold) / 0.45))
        raised = np.maximum(raised, (low + (high - low) * size * stress.strength) * up)
    columns = {"brow_raise_left": raised, "brow_raise_right": raised, "inner_brow_raise": 0.45 * raised}
    return AUSequence.zeros(frames, source="emphasis").with_columns(columns)
