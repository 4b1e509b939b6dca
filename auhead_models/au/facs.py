"""FACS action units as columns of the AU space, for detectors that speak FACS (OpenFace, Py-Feat, LibreFace)."""

from collections.abc import Mapping

import numpy as np

from . import space

# FACS number: its name and the columns it moves, with weights; a name without a side stands for both. Two action units
# that move one column do not add up: the stronger one counts.
FACS: dict[int, tuple[str, dict[str, float]]] = {
    1: ("Inner brow raiser", {"inner_brow_raise": 1.0}),
    2: ("Outer brow raiser", {"brow_raise": 1.0}),
    4: ("Brow lowerer", {"brow_lower": 1.0}),
    5: ("Upper lid raiser", {"upper_lid_raise": 1.0}),
    6: ("Cheek raiser", {"cheek_raise": 1.0}),
    7: ("Lid tightener", {"eye_closure": 0.25, "cheek_raise": 0.3}),
    9: ("Nose wrinkler", {"nose_wrinkle": 1.0}),
    10: ("Upper lip raiser", {"upper_lip_raise": 1.0}),
    11: ("Nasolabial deepener", {"upper_lip_raise": 0.3}),
    12: ("Lip corner puller", {"lip_corner_raise": 1.0}),
    14: ("Dimpler", {"lip_corner_stretch": 0.6}),
    15: ("Lip corner depressor", {"lip_corner_down": 1.0}),
    16: ("Lower lip depressor", {"lower_lip_depress": 1.0}),
    17: ("Chin raiser", {"chin_raise": 1.0}),
    18: ("Lip pucker", {"lip_pucker": 1.0}),
    20: ("Lip stretcher", {"lip_corner_stretch": 1.0}),
    22: ("Lip funneler", {"lip_pucker": 0.7}),
    23: ("Lip tightener", {"lip_press": 0.6}),
    24: ("Lip pressor", {"lip_press": 1.0}),
    25: ("Lips part", {"jaw_open": 0.15, "lower_lip_depress": 0.25}),
    26: ("Jaw drop", {"jaw_open": 0.6}),
    27: ("Mouth stretch", {"jaw_open": 1.0}),
    28: ("Lip suck", {"upper_lip_suck": 1.0, "lower_lip_suck": 1.0}),
    29: ("Jaw thrust", {"jaw_thrust": 1.0}),
    43: ("Eyes closed", {"eye_closure": 1.0}),
    45: ("Blink", {"eye_closure": 1.0}),
}


def from_facs(intensities: Mapping[int, np.ndarray]) -> dict[str, np.ndarray]:
    """Columns (id to [T]) from FACS intensities (number to [T], 0..1); numbers without a column are left out."""
    columns: dict[str, np.ndarray] = {}
    for number, intensity in intensities.items():
        for name, weight in FACS[number][1].items() if number in FACS else ():
            for identifier in space.both_sides(name):
                columns[identifier] = np.maximum(columns.get(identifier, 0.0), weight * np.asarray(intensity))
    return columns
