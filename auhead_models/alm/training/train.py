"""The training loop: clips of a dataset, accelerate, states to go on from, and a check now and then.

RUN/state/      where training stands (training/runs.py); the next call with the same folder goes on from there
RUN/log.jsonl   one line per check: losses of late, and how good the answers are
RUN/lora/       the result (adapters.py), as of the last check
"""

import json
import math
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import torch

from ...errors import AUHeadError
from ...files import check_output_folder
from ...training.runs import check_positive, make_accelerator, need_accelerate, resume, save_state
from ..backends.backend import Backend
from .adapters import add_adapters, learning_groups, need_peft, save_adapters
from .dataset import Dataset
from .evaluate import evaluate
from .examples import collate, draw_clip, vary
from .metrics import Scores
from .objective import Objective
from .settings import PRECISIONS, ALMSettings

WARM_UP = 0.03  # part of the steps
_LATE = 0.05  # how fast the shown loss follows


def train_alm(
    backend: Backend,
    dataset: Dataset,
    output: str | Path,
    settings: ALMSettings | None = None,
    progress: Callable[[int, int, float], None] | None = None,
) -> Path:
    """Teach a model to hear emotions and to write Action Units; returns its LoRA folder.

    The backend's network learns in place. progress: (steps done, steps, mean loss of late). Raises AUHeadError for
    settings that make no sense, without peft or accelerate, and for a folder that holds another training.
    """
    settings, output = settings or ALMSettings(), check_output_folder(output)
    check_training(settings)
    accelerator = make_accelerator(number_format(settings.precision), settings.accumulate)
    learnt, checked = dataset.split(settings.held_out)
    checked = _spread(checked if len(checked) else learnt, settings.checked)
    training = {"model": backend.name, "rank": settings.rank, "seed": settings.seed, "clips": len(learnt)}

    model = add_adapters(backend, settings.rank, settings.alpha, settings.dropout, settings.seed)
    if settings.checkpointing:
        network = backend.network
        enable = getattr(network, "activation_checkpointing_enable", None) or network.gradient_checkpointing_enable
        enable({"use_reentrant": False})  # the latter is its name before transformers 5
    objective = Objective(backend, settings).train()
    groups = learning_groups(objective, settings.rate)
    optimizer = torch.optim.AdamW(groups, weight_decay=0.01)
    rates = [group["lr"] for group in groups]
    objective, optimizer = accelerator.prepare(objective, optimizer)
    done = resume(accelerator, output / "state", objective, optimizer, training)
    late = None
    while done < settings.steps:
        for group, rate in zip(optimizer.param_groups, rates):
            group["lr"] = rate * rate_at(done, settings.steps)
        for part in range(settings.accumulate):
            number = (done * settings.accumulate + part) * accelerator.num_processes + accelerator.process_index
            draws = torch.Generator().manual_seed(settings.seed * 1_000_003 + number)
            torch.manual_seed(number)  # of the dropout
            examples = [vary(draw_clip(learnt, draws), settings, backend.window, draws) for _ in range(settings.batch)]
            batch = collate(backend, examples).to(accelerator.device)
            with accelerator.accumulate(objective):
                losses = objective(batch)
                accelerator.backward(losses["total"])
                if accelerator.sync_gradients:
                    accelerator.clip_grad_norm_([weight for group in groups for weight in group["params"]], 1.0)
                optimizer.step()
                optimizer.zero_grad()
        done += 1
        now = {name: float(loss.detach()) for name, loss in losses.items()}
        late = now if late is None else {name: late[name] + _LATE * (now[name] - late[name]) for name in now}
        if progress is not None:
            progress(done, settings.steps, late["total"])
        if done % settings.every == 0 or done == settings.steps:
            if accelerator.is_main_process:
                scores = _scores(backend, checked)
                _log(output / "log.jsonl", {"step": done, **late, **_summary(scores)})
                about = {**training, "architecture": backend.architecture, "steps": done, "settings": asdict(settings)}
                save_adapters(model, output / "lora", {**about, "scores": _summary(scores)})
            save_state(accelerator, output / "state", done, objective, optimizer, training)
    backend.network.eval()
    return output / "lora"


def check_training(settings: ALMSettings) -> None:
    """Raises AUHeadError for settings that make no sense, and without peft or accelerate."""
    need_peft()
    need_accelerate()
    check_positive(settings, "rank", "steps", "batch", "accumulate", "rate", "every", "checked")
    if settings.alpha < settings.rank:
        raise AUHeadError(
            f"alpha is {settings.alpha} for rank {settings.rank}, which would weaken what is learnt; "
            "use an alpha of the rank or more."
        )
    if settings.precision not in PRECISIONS:
        raise AUHeadError(f'There is no precision "{settings.precision}"; choose one of {", ".join(PRECISIONS)}.')
    if settings.longest < 1:
        raise AUHeadError(f"longest is {settings.longest:g} s; use 1 s or more.")
    for name in ("dropout", "held_out", "told", "mirrored", "spoiled", "silenced"):
        if not 0 <= getattr(settings, name) <= 1:
            raise AUHeadError(f"{name} is {getattr(settings, name)}; use a number from 0 to 1.")


def number_format(precision: str) -> str:
    """fp32, fp16 or bf16 for one of PRECISIONS."""
    return ("bf16" if torch.cuda.is_available() else "fp32") if precision == "auto" else precision


def rate_at(step: int, steps: int) -> float:
    """Part of the learning rate: it rises for the first 3 %, then falls along a cosine."""
    warm = max(1, round(WARM_UP * steps))
    if step < warm:
        return (step + 1) / warm
    return 0.5 * (1 + math.cos(math.pi * (step - warm) / max(1, steps - warm)))


def _scores(backend: Backend, dataset: Dataset) -> Scores:
    """Scores of a network that is being trained."""
    training = backend.network.training
    backend.network.eval()
    scores = evaluate(backend, dataset)
    backend.network.train(training)
    return scores


def _spread(dataset: Dataset, most: int) -> Dataset:
    """At most so many clips, from all over the dataset."""
    count = min(most, len(dataset))
    return dataset.part(sorted({round(index) for index in torch.linspace(0, len(dataset) - 1, count).tolist()}))


def _summary(scores: Scores) -> dict[str, float | None]:
    plain = scores.as_json()
    return {name: plain[name] for name in ("parsed", "recall", "level_accuracy", "mae", "active_mae", "velocity")}


def _log(path: Path, line: dict[str, object]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")
