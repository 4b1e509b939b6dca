"""Runs under accelerate that go on where they stopped.

    RUN/state/000500.safetensors   after step 500: the weights that learn, and the optimizer's two moments of each

What does not learn is not kept: it comes from the model that the run began with. A step's random numbers follow from
its number, so they need no keeping either, and two halves of a run give the weights of the whole one.
"""

import json
import logging
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import nn

from ..diffusion.weight_files import read_metadata, read_weights, write_weights
from ..errors import AUHeadError

logger = logging.getLogger(__name__)

NEEDS_ACCELERATE = "Training needs the Python package accelerate; install it with pip install accelerate."
PRECISIONS = ("fp32", "fp16", "bf16")
_KEY = "auhead_training"
_MOMENTS = ("exp_avg", "exp_avg_sq", "step")  # of AdamW


def need_accelerate() -> None:
    """Raises AUHeadError without the package accelerate."""
    try:
        import accelerate  # noqa: F401
    except ImportError as error:
        raise AUHeadError(NEEDS_ACCELERATE) from error


def make_accelerator(precision: str, accumulate: int):
    """An Accelerator for one of PRECISIONS and so many parts of a step. Raises AUHeadError without the package, and in
    a process that has trained in another number format."""
    need_accelerate()
    from accelerate import Accelerator, DistributedDataParallelKwargs

    mixed = "no" if precision == "fp32" else precision
    try:
        return Accelerator(
            mixed_precision=mixed,
            gradient_accumulation_steps=accumulate,
            # on several cards: a step that drops a condition leaves the weights that read it without gradients
            kwargs_handlers=[DistributedDataParallelKwargs(find_unused_parameters=True)],
        )
    except ValueError as error:
        what = f"cannot train in {precision} as well ({error})"
        raise AUHeadError(f"A process that has trained in one number format {what}; start another one.") from error


def check_positive(settings: object, *names: str) -> None:
    """Raises AUHeadError for a setting that is not above 0."""
    for name in names:
        if not getattr(settings, name) > 0:
            raise AUHeadError(f"{name} is {getattr(settings, name)}; use a number above 0.")


def save_state(
    accelerator, folder: Path, done: int, module: nn.Module, optimizer, training: Mapping[str, object]
) -> None:
    """Keep where a training stands after `done` steps, in place of its older states.

    training: what the run must share with one that goes on from here, plain values by name.
    """
    if accelerator.is_main_process:
        tensors = {}
        for name, weight in _learning(accelerator, module).items():
            tensors[f"weight/{name}"] = weight
            known = optimizer.state[weight]  # nothing before the weight had a gradient
            tensors |= {f"{moment}/{name}": known[moment] for moment in _MOMENTS if known}
        scaler = accelerator.scaler.state_dict() if accelerator.scaler is not None else {}
        about = {"done": done, "training": dict(training), "scaler": scaler}
        older = _states(folder)
        write_weights(folder / f"{done:06}.safetensors", tensors, {_KEY: json.dumps(about)})
        for path in older:
            if path.stem != f"{done:06}":
                path.unlink()
    accelerator.wait_for_everyone()


@torch.no_grad()
def resume(accelerator, folder: Path, module: nn.Module, optimizer, training: Mapping[str, object]) -> int:
    """Go on from the last state; returns how many steps are done. Raises AUHeadError for a state of other training.

    What a state of an older version does not tell is taken to be as `training` says, with a warning in the log.
    """
    states = _states(folder)
    if not states:
        return 0
    other = "choose another output folder."
    about = json.loads(read_metadata(states[-1]).get(_KEY, "{}"))
    if "done" not in about:
        raise AUHeadError(f"{states[-1]} is no state of a training; {other}")
    known = about["training"]
    for name, value in training.items():
        if name not in known:
            logger.warning("%s does not tell its %s; going on with %s.", states[-1], name, value)
        elif known[name] != value:
            raise AUHeadError(f"{folder.parent} holds a training with {name} {known[name]}, not {value}; {other}")
    kept = read_weights(states[-1]).weights
    learning = _learning(accelerator, module)
    shapes = {name: kept[f"weight/{name}"].shape for name in learning if f"weight/{name}" in kept}
    if shapes != {name: weight.shape for name, weight in learning.items()}:
        raise AUHeadError(f"{folder.parent} holds a training of another model; {other}")
    for name, weight in learning.items():
        weight.copy_(kept[f"weight/{name}"])
        if f"step/{name}" in kept:
            moments = {moment: kept[f"{moment}/{name}"].clone() for moment in _MOMENTS}
            step = moments.pop("step")  # AdamW counts on the CPU
            optimizer.state[weight] = {"step": step, **{key: moment.to(weight) for key, moment in moments.items()}}
    if accelerator.scaler is not None and about["scaler"]:
        accelerator.scaler.load_state_dict(about["scaler"])
    logger.info("Going on after step %d.", about["done"])
    return int(about["done"])


def _learning(accelerator, module: nn.Module) -> dict[str, nn.Parameter]:
    named = accelerator.unwrap_model(module).named_parameters()
    return {name: weight for name, weight in named if weight.requires_grad}


def _states(folder: Path) -> list[Path]:
    """The states of a run, the last one at the end."""
    return sorted(folder.glob("*.safetensors"), key=lambda path: (len(path.stem), path.stem))
