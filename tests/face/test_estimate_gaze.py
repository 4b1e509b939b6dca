"""Where the eyes look, read back from renders: neither raised brows nor wide or narrowed eyes pass for a glance."""

from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr

from auhead_models.au.emotions import expression
from auhead_models.au.sequence import AUSequence
from auhead_models.face.basis import field_names, fit_basis
from auhead_models.face.canonical import load_geometry
from auhead_models.face.estimate import ExpressionReader, estimate_sequence
from auhead_models.face.face import find_face
from auhead_models.face.follow import follow_face
from auhead_models.face.topology import EYES
from auhead_models.face.warp import WarpRenderer
from auhead_models.image import load_image

from .performances import performance

ASSETS = Path(__file__).parents[2] / "auhead_models" / "assets"
SWEEP = (0, -0.25, -0.5, -0.75, -1, -0.75, -0.5, -0.25, 0, 0.25, 0.5, 0.75, 1)
EMOTIONS = ("surprised", "fear")


@pytest.fixture(scope="module", params=["head.png", "portrait.png"])
def read_back(request):
    """Extras of a sweep up and down, a sweep sideways and the wide-eyed emotions, read from renders of 256 px."""
    glances = [{"gaze_y": y} for y in SWEEP] + [{"gaze_x": x} for x in SWEEP]
    shown = performance(*glances)
    units, extras = zip(*(expression(emotion, level) for emotion in EMOTIONS for level in (1, 2, 3)), strict=True)
    units, extras = np.concatenate([shown.values, units]), np.concatenate([shown.extra, extras])
    shown = AUSequence(units.astype(np.float32), extras.astype(np.float32), np.zeros((len(units), 6), np.float32), 25.0)
    with torch.inference_mode():
        renderer = WarpRenderer(find_face(load_image(ASSETS / request.param)[0], size=256))
        return estimate_sequence(follow_face(frame for frame, _ in renderer.render(shown)), 25.0, "first frame")


def test_glances_up_and_down_come_back(read_back):
    found, shown = read_back["gaze_y"][: len(SWEEP)], np.array(SWEEP)
    assert spearmanr(found, shown)[0] >= 0.9
    for amount in (-1, -0.5, 0.5, 1):
        assert (found[shown == amount] * np.sign(amount) > 0.05).all(), amount
    assert abs(found[shown == 1]).min() > 0.5


def test_glances_sideways_come_back(read_back):
    found = read_back["gaze_x"][len(SWEEP) : 2 * len(SWEEP)]
    assert spearmanr(found, SWEEP)[0] >= 0.95
    assert abs(found - np.array(SWEEP)).mean() < 0.15


def test_wide_eyes_do_not_look_down(read_back):
    assert abs(read_back["gaze_y"][2 * len(SWEEP) :]).max() < 0.35


def mesh_with(lift=0.0, drop=0.0, **amounts):
    """The mean head with fields added, eye corners lifted and irises dropped (cm); and the same head at rest."""
    positions = load_geometry().positions
    rest = torch.cat([positions, torch.zeros(10, 3)])
    for eye in EYES:
        rest[eye.iris : eye.iris + 5] = (positions[eye.outer] + positions[eye.inner]) / 2
    fields = dict(zip(field_names(), fit_basis(rest), strict=True))
    moved = rest.clone()
    moved[:468] += sum((amount * fields[name] for name, amount in amounts.items()), torch.zeros(468, 3))
    moved[[corner for eye in EYES for corner in (eye.outer, eye.inner)], 1] += lift
    moved[468:, 1] -= drop
    return moved, rest


def gaze_y(moved, rest):
    return float(ExpressionReader(rest)(moved[None])[1][0, 1])


def test_lifted_eye_corners_are_not_a_glance():
    assert abs(gaze_y(*mesh_with(lift=0.1))) < 0.3


def test_only_lowered_lids_let_a_dropped_iris_count():
    wide = dict(upper_lid_raise_left=0.6, upper_lid_raise_right=0.6)
    assert gaze_y(*mesh_with(drop=0.1, **wide)) > -0.1
    assert gaze_y(*mesh_with(drop=0.1, lids_gaze_down=0.3)) < -0.3


def test_a_narrowed_eye_does_not_look_up():
    narrowed = dict(eye_closure_left=0.5, eye_closure_right=0.5)
    assert gaze_y(*mesh_with(drop=-0.08, **narrowed)) < 0.1 < 0.4 < gaze_y(*mesh_with(drop=-0.1))
