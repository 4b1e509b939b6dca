"""The neutral face of a video is not the expression that is seen most."""

import torch

from auhead_models.au.space import UNIT_INDEX, UNITS
from auhead_models.face.basis import fit_basis
from auhead_models.face.canonical import Pose, load_geometry
from auhead_models.face.estimate import estimate_sequence
from auhead_models.face.topology import EYES

FRAMES, CALM = 50, 5


def film(calm=CALM, noise=0.15, seed=0, **amounts):
    """Landmarks of the mean head: some calm frames, then one expression (ids without their side) with moving lips."""
    positions = load_geometry().positions
    rest = torch.cat([positions, torch.zeros(10, 3)])
    for eye in EYES:
        rest[eye.iris : eye.iris + 5] = (positions[eye.outer] + positions[eye.inner]) / 2
    units = torch.zeros(FRAMES, len(UNITS))
    for name, amount in amounts.items():
        units[calm:, [UNIT_INDEX[f"{name}_{side}"] for side in ("left", "right")]] = amount
    units[:, UNIT_INDEX["jaw_open"]] = 0.2 * (1 - torch.cos(torch.arange(FRAMES) * 0.9))
    meshes = rest.repeat(FRAMES, 1, 1)
    meshes[:, :468] += (units @ fit_basis(rest)[: len(UNITS)].flatten(1)).unflatten(-1, (468, 3))
    still = Pose(torch.full((FRAMES,), 14.0), torch.eye(3).expand(FRAMES, 3, 3), torch.tensor([256.0, -256.0, 0.0]))
    pixels = still.project(meshes)
    return pixels + noise * torch.randn(pixels.shape, generator=torch.Generator().manual_seed(seed))


def both(sequence, name):
    return (sequence[f"{name}_left"] + sequence[f"{name}_right"]) / 2


def test_raised_brows_for_most_of_the_clip_do_not_make_its_start_a_frown():
    found = estimate_sequence(film(brow_raise=0.9, upper_lid_raise=0.6), 25.0)
    assert both(found, "brow_lower")[:CALM].max() < 0.1
    assert both(found, "brow_raise")[CALM:].mean() > 0.6


def test_a_smile_for_most_of_the_clip_is_a_smile():
    found = estimate_sequence(film(lip_corner_raise=0.8), 25.0)
    assert both(found, "lip_corner_raise")[:CALM].max() < 0.1
    assert found["lip_corner_down_left"][:CALM].max() < 0.1
    assert both(found, "lip_corner_raise")[CALM:].mean() > 0.6


def test_a_frown_for_most_of_the_clip_does_not_raise_the_brows_of_its_start():
    found = estimate_sequence(film(brow_lower=0.9), 25.0)
    assert both(found, "brow_raise")[:CALM].max() < 0.1
    assert both(found, "brow_lower")[CALM:].mean() > 0.6


def test_an_expression_held_in_every_frame_is_still_one():
    assert both(estimate_sequence(film(calm=0, lip_corner_raise=0.8), 25.0), "lip_corner_raise").mean() > 0.4
    assert both(estimate_sequence(film(calm=0, brow_raise=0.9), 25.0), "brow_raise").mean() > 0.4


def test_a_calm_clip_stays_calm():
    found = estimate_sequence(film(), 25.0)
    shown = [unit.index for unit in UNITS if unit.id != "jaw_open"]
    assert found.values[:, shown].mean() < 0.03
    assert found["jaw_open"].max() > 0.3
