"""Renders of the sculpted head with known units, seen by the landmark model."""

import sys
from pathlib import Path

import numpy as np
from correspondences import look
from head import Head
from paint import albedo, picture
from table import FIELDS
from tqdm import tqdm

sys.path.insert(0, str(Path(__file__).parents[2]))
from auhead_models.au.space import UNITS  # noqa: E402

# Drawn together, mostly with equal strength on both sides.
GROUPS = ((0, 1), (2, 3), (4, 5), (6, 7), (8,), (9,), (10,), (11, 12), (13, 14), *((k,) for k in range(15, 24)))
# A face cannot do both: the second is dropped.
EXCLUSIVE = ((0, 2), (1, 3), (4, 6), (5, 7), (9, 10), (15, 18), (16, 19), (21, 13), (21, 14), (21, 11), (21, 12))


def see(head: Head, people: int, pictures: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Units [N, K + 1, 24] and landmarks [N, K + 1, 478, 3] of renders; the first picture of a person is neutral."""
    rng = np.random.default_rng(seed)
    colour = albedo(head)
    units, points = np.zeros((people, pictures + 1, len(UNITS))), np.zeros((people, pictures + 1, 478, 3), np.float32)
    for person in tqdm(range(people)):
        identity = rng.normal(size=100) * 0.8
        for k in range(pictures + 1):
            while True:
                units[person, k] = mixture(rng) if k else 0
                yaw, pitch = rng.uniform(-0.3, 0.3), rng.uniform(-0.15, 0.15)
                found = look(picture(head, head.vertices(shapes(units[person, k]), identity), colour, yaw, pitch)[0])
                if found is not None:
                    break
            points[person, k] = found
    return units, points


def shapes(units: np.ndarray) -> dict[str, float]:
    """Weights of the sculpted shapes for units [24]."""
    out: dict[str, float] = {}
    for unit in UNITS:
        for name, weight in FIELDS[unit.id].items():
            out[name] = out.get(name, 0.0) + weight * units[unit.index]
    return out


def mixture(rng: np.random.Generator) -> np.ndarray:
    """Two to five groups of units at .25 to 1."""
    units = np.zeros(len(UNITS))
    for chosen in rng.permutation(len(GROUPS))[: rng.integers(2, 6)]:
        group = GROUPS[chosen]
        units[list(group)] = rng.uniform(0.25, 1)
        if len(group) == 2 and rng.random() < 0.3:
            units[group[rng.integers(2)]] = 0
    for first, second in EXCLUSIVE:
        if units[first] > 0:
            units[second] = 0
    return units
