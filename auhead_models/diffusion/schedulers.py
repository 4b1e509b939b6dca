"""Diffusers' schedulers by the names that creators know, with the noise schedule a model was trained with."""

from typing import Any

import torch

from ..errors import AUHeadError

SCHEDULERS = {  # class in diffusers, and what it needs beyond the noise schedule
    "ddim": ("DDIMScheduler", {"clip_sample": False, "set_alpha_to_one": True, "steps_offset": 1}),
    "dpm++ 2m": ("DPMSolverMultistepScheduler", {"algorithm_type": "dpmsolver++", "solver_order": 2}),
    "unipc": ("UniPCMultistepScheduler", {}),
    "euler": ("EulerDiscreteScheduler", {}),
}


def make_scheduler(name: str, training: dict[str, Any]):
    """A scheduler. training: `Architecture.scheduler`. Raises AUHeadError for a name that is not in SCHEDULERS."""
    if name not in SCHEDULERS:
        raise AUHeadError(f'There is no scheduler "{name}"; choose one of {", ".join(SCHEDULERS)}.')
    import diffusers  # here, so that the names are known without it

    kind, options = SCHEDULERS[name]
    return getattr(diffusers, kind)(**training, **options)


def start_scheduler(name: str, training: dict[str, Any], steps: int, device: torch.device | str = "cpu"):
    """A scheduler before the first of its steps. Raises AUHeadError as above, and for more steps than can be walked.

    Those are as many as the model was trained with, or one less where they are not spaced from the end ("trailing"):
    with all of them diffusers fails in one of its steps, or comes to values that are no numbers.
    """
    scheduler = make_scheduler(name, training)
    most = scheduler.config.num_train_timesteps - (scheduler.config.timestep_spacing != "trailing")
    if steps > most:
        raise AUHeadError(f"{steps} steps were asked for, but this model takes {most} at most; use fewer.")
    scheduler.set_timesteps(steps, device=device)
    return scheduler


def check_training(training: dict[str, Any]) -> None:
    """Raises ValueError for a noise schedule that some scheduler cannot walk, which most tell only in their steps."""
    sample = torch.zeros(1, 1, 1, 1)
    for name in SCHEDULERS:
        try:
            scheduler = start_scheduler(name, training, 1)
            time = scheduler.timesteps[0]
            stepped = scheduler.step(scheduler.scale_model_input(sample, time), time, sample).prev_sample
        except (AUHeadError, ArithmeticError, LookupError, NotImplementedError, RuntimeError, TypeError) as error:
            raise ValueError(f"{name}: {error}") from error
        if not bool(stepped.isfinite().all()):
            raise ValueError(f"{name}: its steps are no numbers")
