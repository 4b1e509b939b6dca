"""Diffusers' schedulers by the names that creators know, with the noise schedule a model was trained with."""

from typing import Any

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
