"""Schedulers: what they refuse, before their steps."""

import pytest

pytest.importorskip("diffusers")

import torch  # noqa: E402

from auhead_models.diffusion.presets import ANIMATEDIFF_SCHEDULER, SD15  # noqa: E402
from auhead_models.diffusion.refiner import SCHEDULE  # noqa: E402
from auhead_models.diffusion.schedulers import SCHEDULERS, check_training, make_scheduler, start_scheduler  # noqa: E402
from auhead_models.errors import AUHeadError  # noqa: E402


@pytest.mark.parametrize("name", SCHEDULERS)
@pytest.mark.parametrize(("spacing", "most"), [("trailing", 10), ("leading", 9), ("linspace", 9)])
def test_as_many_steps_as_a_model_takes(name, spacing, most):
    """Of more, diffusers makes errors of its own, or values that are no numbers."""
    training = {**SD15.scheduler, "num_train_timesteps": 10, "timestep_spacing": spacing}
    scheduler = start_scheduler(name, training, most)
    sample = torch.ones(1, 1, 1, 1) * scheduler.init_noise_sigma
    assert len(scheduler.timesteps) == most
    for time in scheduler.timesteps:
        seen = scheduler.scale_model_input(sample, time)
        sample = scheduler.step(0.3 * seen, time, sample).prev_sample
    assert bool(sample.isfinite().all())
    with pytest.raises(AUHeadError, match=f"{most + 1} steps were asked for, but this model takes {most} at most; use"):
        start_scheduler(name, training, most + 1)


def test_a_scheduler_that_nobody_knows():
    with pytest.raises(AUHeadError, match='no scheduler "magic"; choose one of ddim, '):
        make_scheduler("magic", {})


@pytest.mark.parametrize("training", [{}, SD15.scheduler, ANIMATEDIFF_SCHEDULER, SCHEDULE])
def test_schedules_of_models_that_there_are(training):
    check_training(training)


@pytest.mark.parametrize(
    "wrong",
    [
        {"prediction_type": "magic"},
        {"prediction_type": None},
        {"timestep_spacing": "magic"},
        {"beta_schedule": "magic"},
        {"beta_start": "magic"},
        {"beta_start": float("nan")},
        {"beta_end": 5.0},
        {"num_train_timesteps": 0},
        {"num_train_timesteps": -3},
        {"trained_betas": [0.1, 0.2]},
        {"thresholding": True},
        {"magic": 1},
    ],
)
def test_schedules_that_not_all_can_walk(wrong):
    """Some fail when they are made, some in their first step, some only with some of the schedulers."""
    with pytest.raises(ValueError):
        check_training({**SD15.scheduler, **wrong})
