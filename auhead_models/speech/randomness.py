"""One random generator per layer, so that a change in one layer leaves the others as they were."""

import numpy as np

LAYERS = ("blinks", "gaze", "head", "emphasis", "asymmetry")


def layer_generator(seed: int, layer: str) -> np.random.Generator:
    """The generator of this layer; any integer is a seed."""
    return np.random.default_rng((int(seed) % (1 << 64), LAYERS.index(layer)))


def frame_times(frames: int, fps: float) -> np.ndarray:
    """Seconds [T] at the middles of the frames."""
    return (np.arange(frames) + 0.5) / fps
