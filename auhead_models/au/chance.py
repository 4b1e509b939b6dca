"""Chance that a browser can repeat: numbers from a hash instead of a generator.

web/chance.js draws the same, so that AU Editor shows what the node will do.
"""

import math

import numpy as np

_STREAM = 1 << 20  # numbers between two streams of one seed


def chance(seed: int, number: int) -> float:
    """0 up to 1 from two integers: the finaliser of MurmurHash3 (Appleby, public domain) over their sum of products."""
    x = (seed * 0x9E3779B1 + number * 0x85EBCA6B + 1) & 0xFFFFFFFF
    x = ((x ^ x >> 16) * 0x85EBCA6B) & 0xFFFFFFFF
    x = ((x ^ x >> 13) * 0xC2B2AE35) & 0xFFFFFFFF
    return (x ^ x >> 16) / 2**32


class Chance:
    """The methods of numpy's Generator that presets.py needs, one `chance` after the other (two for each normal)."""

    def __init__(self, seed: int, stream: int = 0):
        self._seed, self._next = seed, stream * _STREAM

    def uniform(self, low=0.0, high=1.0):
        low, high = np.broadcast_arrays(low, high)
        drawn = np.reshape([self._draw() for _ in range(low.size)], low.shape)
        return (low + (high - low) * drawn)[()]

    def normal(self, mean=0.0, deviation=1.0):
        """Normal numbers by Box and Muller (1958)."""
        mean, deviation = np.broadcast_arrays(mean, deviation)
        drawn = [math.sqrt(-2 * math.log(1 - self._draw())) * math.cos(math.tau * self._draw()) for _ in mean.flat]
        return (mean + deviation * np.reshape(drawn, mean.shape))[()]

    def lognormal(self, mean=0.0, deviation=1.0):
        return np.exp(self.normal(mean, deviation))

    def _draw(self) -> float:
        self._next += 1
        return chance(self._seed, self._next - 1)
