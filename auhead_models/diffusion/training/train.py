"""The training loop: windows of clips, accelerate, checkpoints to go on from, and pictures to look at.

    RUN/clips/           the videos, measured once
    RUN/state/           where training stands (training/runs.py); the next call with the same folder goes on from there
    RUN/samples/         every now and then: above what the frames are, below what the network draws
    RUN/model.safetensors  the model, in AUHead's own format
"""

import hashlib
from collections.abc import Callable
from pathlib import Path

import torch

from ...errors import AUHeadError
from ...files import check_output_folder
from ...image import save_png
from ...training.runs import check_positive, make_accelerator, resume, save_state
from ..checkpoints import save_model
from ..codec import decode, shrinks
from ..model import FaceDiffusion
from ..schedulers import make_scheduler
from ..windows import check_window
from .adapters import choose_weights, with_adapters
from .clips import Sound, TrainingClip, load_clip, prepare_clips
from .objective import Objective, Window, cut_window
from .settings import TRAINED_PARTS, TrainingSettings

_SHOWN = 4  # frames of a sample picture
_DIGITS = 12  # of a fingerprint


def train_diffusion(
    model: FaceDiffusion,
    videos: str | Path,
    output: str | Path,
    settings: TrainingSettings | None = None,
    progress: Callable[[int, int, float], None] | None = None,
    sound: Sound | None = None,
) -> Path:
    """Train a model on a folder of videos; returns the file of the trained model.

    progress: (steps done, steps, mean loss of late). sound: makes the features of videos' sound, for a model that
    listens. Raises AUHeadError for settings that the model cannot serve, and when no video can be used.
    """
    settings, output = settings or TrainingSettings(), Path(output)
    _check(settings, model)
    accelerator = make_accelerator(settings.precision, settings.accumulate)
    check_output_folder(output)
    audio = model.architecture.audio.get("features") or (None if settings.audio == "none" else settings.audio)
    for network in (model.vae, model.image_encoder):
        if network is not None:
            network.to(accelerator.device).requires_grad_(False)
    with accelerator.main_process_first():
        cached = output / "clips", model, settings.size, settings.window, accelerator.device
        paths = prepare_clips(videos, *cached, audio=audio, sound=sound)
    clips = [load_clip(path) for path in paths]
    if model.image_encoder is not None:
        model.image_encoder.to("cpu")  # what it sees of the portraits is in the clips

    training = {"model": _fingerprint(model), "train": settings.train, "audio": audio or "none"}
    listening = {} if audio is None else {"features": audio, "width": clips[0].heard.shape[-1]}
    model = with_adapters(model, listening, settings.seed)
    model.unet.enable_gradient_checkpointing()
    objective = Objective(model).train()
    learnt = choose_weights(objective, settings.train)
    optimizer = torch.optim.AdamW(learnt, settings.rate, weight_decay=0.01)
    objective, optimizer = accelerator.prepare(objective, optimizer)
    done = resume(accelerator, output / "state", objective, optimizer, training)
    late = None
    while done < settings.steps:
        for part in range(settings.accumulate):
            number = (done * settings.accumulate + part) * accelerator.num_processes + accelerator.process_index
            draws = torch.Generator().manual_seed(settings.seed * 1_000_003 + number)
            window = _to(_draw(clips, settings.window, draws), accelerator.device)
            with accelerator.accumulate(objective):
                loss = objective(window, draws)
                accelerator.backward(loss)
                if accelerator.sync_gradients:
                    accelerator.clip_grad_norm_(learnt, 1.0)
                optimizer.step()
                optimizer.zero_grad()
        done += 1
        late = float(loss.detach()) if late is None else 0.98 * late + 0.02 * float(loss.detach())
        if progress is not None:
            progress(done, settings.steps, late)
        if done % settings.every == 0 or done == settings.steps:
            save_state(accelerator, output / "state", done, objective, optimizer, training)
            if accelerator.is_main_process:
                still = _to(cut_window(clips[0], 0, settings.window), accelerator.device)
                save_png(draw_sample(accelerator.unwrap_model(objective), model, still), _sample_path(output, done))
    path = output / "model.safetensors"
    if accelerator.is_main_process:
        card = {"trained": settings.train, "steps": done, "clips": len(clips), "size": settings.size}
        save_model(model, path, card)
    return path


@torch.no_grad()
def draw_sample(objective: Objective, model: FaceDiffusion, window: Window, steps: int = 8) -> torch.Tensor:
    """Frames of a window above, and below what the network draws for them without guidance: [2·S, n·S, 3]."""
    objective.eval()
    scheduler = make_scheduler("ddim", model.architecture.scheduler)
    scheduler.set_timesteps(steps)
    noise = torch.randn(window.latents.shape, generator=torch.Generator().manual_seed(0))
    latents = noise.to(window.latents)
    for time in scheduler.timesteps:
        predicted = objective.predict(latents, time.to(latents.device), window)
        latents = scheduler.step(predicted, time, latents).prev_sample
    objective.train()
    shown = torch.linspace(0, latents.shape[2] - 1, min(_SHOWN, latents.shape[2])).round().long().tolist()
    rows = [  # decoded one by one: beside a training there is little room
        torch.cat([decode(model.vae, each[:, :, frame])[0].cpu() for frame in shown], 1)
        for each in (window.latents, latents)
    ]
    return torch.cat(rows)


def _check(settings: TrainingSettings, model: FaceDiffusion) -> None:
    if settings.train not in TRAINED_PARTS:
        raise AUHeadError(f'"{settings.train}" cannot be trained; choose one of {", ".join(TRAINED_PARTS)}.')
    grain = 8 * shrinks(model.vae)
    if settings.size < grain or settings.size % grain:
        raise AUHeadError(f"The size is {settings.size} pixels; use a multiple of {grain}.")
    check_window(settings.window, 0, model.unet.config.motion_max_seq_length)
    check_positive(settings, "steps", "accumulate", "every", "rate")


def _fingerprint(model: FaceDiffusion) -> str:
    """The name of a model and what tells its weights from all others."""
    digest = hashlib.sha256()
    for network in model.networks():
        for name, weight in network.state_dict().items():
            digest.update(name.encode())
            digest.update(weight.cpu().contiguous().flatten().view(torch.uint8).numpy())
    return f"{model.name} ({digest.hexdigest()[:_DIGITS]})"


def _draw(clips: list[TrainingClip], frames: int, generator: torch.Generator) -> Window:
    """A window somewhere in one of the clips, longer ones more often."""
    lengths = torch.tensor([float(len(clip) - frames + 1) for clip in clips]).clamp(min=0)
    clip = clips[int(torch.multinomial(lengths, 1, generator=generator))]
    start = int(torch.randint(0, len(clip) - frames + 1, (1,), generator=generator))
    return cut_window(clip, start, frames)


def _to(window: Window, device: torch.device) -> Window:
    return Window(**{name: tensor.to(device) for name, tensor in vars(window).items()})


def _sample_path(output: Path, done: int) -> Path:
    folder = output / "samples"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{done:06}.png"
