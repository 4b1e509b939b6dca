"""The commands that teach models, and their options: prepare, train and eval."""

import argparse
import math
import sys
from argparse import Namespace
from pathlib import Path

import torch
from tqdm import tqdm

from . import cli_options as options
from .alm.models import PRECISIONS as ALM_PRECISIONS
from .alm.models import folders, open_alm
from .alm.training import train as alm_training
from .alm.training.baselines import baselines
from .alm.training.dataset import read_dataset
from .alm.training.evaluate import evaluate
from .alm.training.metrics import score
from .alm.training.prepare import prepare as prepare_recordings
from .alm.training.recordings import find_recordings, read_manifest
from .alm.training.report import write_report
from .alm.training.settings import PRECISIONS as TRAINING_PRECISIONS
from .alm.training.settings import ALMSettings
from .diffusion.training.settings import TRAINED_PARTS, TrainingSettings
from .diffusion.weight_files import PRECISIONS
from .errors import AUHeadError
from .files import check_output, check_output_folder
from .hearing import FEATURES, hear
from .pipeline import NEEDS_DIFFUSERS, choose_device
from .speech import load_audio
from .training.runs import need_accelerate

_FREE = "without the grammar"  # name of a column


def add_commands(verbs: argparse._SubParsersAction) -> None:
    """prepare, train and eval, below the command line's other commands."""
    ready = verbs.add_parser("prepare", help="make recordings ready for auhead train alm and auhead eval alm")
    what = "folder of talking-head videos; the emotion is in their names, as in MEAD, CREMA-D and RAVDESS"
    ready.add_argument("videos", type=Path, nargs="?", help=what)
    what = "instead of a folder: CSV file with the columns audio, au (or video), emotion, level, person"
    ready.add_argument("--manifest", type=Path, help=what)
    options.output(ready, "folder for the recordings; what is in it already is not made again")
    options.device(ready)
    ready.set_defaults(run=prepare)

    train = verbs.add_parser("train", help="train a model on videos of one's own")
    kinds = train.add_subparsers(metavar="model", required=True)
    _diffusion(kinds.add_parser("diffusion", help="a video diffusion model, on a folder of talking-head videos"))
    _train_alm(kinds.add_parser("alm", help="an audio-language model, on what auhead prepare made ready"))

    evaluate = verbs.add_parser("eval", help="measure a trained model")
    kinds = evaluate.add_subparsers(metavar="model", required=True)
    _eval_alm(kinds.add_parser("alm", help="an audio-language model, on what auhead prepare made ready"))


def _diffusion(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("videos", type=Path, help="folder of videos, each of one person who speaks")
    what = "folder for the run: measured clips, states to go on from, samples, model.safetensors"
    options.output(verb, what)
    verb.add_argument("--model", default="sd15", help="what to begin with: sd15 or a .safetensors file (sd15)")
    what = "folder with the files of sd15, as ComfyUI's models/ (models)"
    verb.add_argument("--models", type=Path, default=Path("models"), help=what)
    usual = TrainingSettings()
    what = "what learns: the layers that read Action Units and listen, or everything"
    options.choice(verb, "--train", TRAINED_PARTS, what, default=usual.train)
    what = "what a model that does not listen yet is to hear of the videos' sound"
    options.choice(verb, "--audio", ("none", *FEATURES), what, default=usual.audio)
    for name, kind, low, high, what in (
        ("size", int, 64, 1024, "side of the frames in pixels, a multiple of 64"),
        ("window", int, 1, 32, "frames seen together"),
        ("steps", int, 1, math.inf, "in all; a run that is started again goes on"),
        ("accumulate", int, 1, 1024, "windows for one step"),
        ("rate", float, 1e-8, 1, "learning rate"),
        ("every", int, 1, math.inf, "steps between checkpoints, each with a sample picture"),
        ("seed", int, 0, 2**31 - 1, "of noise and of the order"),
    ):
        default = getattr(usual, name)
        number = options.number(kind, low, high)
        verb.add_argument(f"--{name}", type=number, default=default, help=f"{what} ({default:g})")
    options.choice(verb, "--precision", tuple(PRECISIONS)[1:], "number format while training", default=usual.precision)
    verb.set_defaults(run=train_diffusion)


def _train_alm(verb: argparse.ArgumentParser) -> None:
    _alm(verb, "what to begin with: a name such as qwen2-audio-7b-instruct, or a folder", "qwen2-audio-7b-instruct")
    options.output(verb, "folder for the run: states to go on from, log.jsonl, and the result in lora")
    usual = ALMSettings()
    for name, kind, low, high, what in (
        ("rank", int, 1, 1024, "of the LoRA"),
        ("alpha", int, 1, 4096, "strength of the LoRA, its rank or more"),
        ("steps", int, 1, math.inf, "in all; a run that is started again goes on"),
        ("batch", int, 1, 1024, "clips heard at once"),
        ("accumulate", int, 1, 1024, "batches for one step"),
        ("rate", float, 1e-8, 1, "learning rate"),
        ("every", int, 1, math.inf, "steps between checks, each with a state to go on from"),
        ("held-out", float, 0, 0.9, "part of the clips to check on instead of learning from them"),
        ("mirrored", float, 0, 1, "how often left and right change sides; 0 for a person whose face is not even"),
        ("spoiled", float, 0, 1, "how often noise is laid over the sound"),
        ("longest", float, 1, 28, "seconds of a clip that are heard at once"),
        ("seed", int, 0, 2**31 - 1, "of the order and of everything drawn"),
    ):
        default = getattr(usual, name.replace("-", "_"))
        number = options.number(kind, low, high)
        verb.add_argument(f"--{name}", type=number, default=default, help=f"{what} ({default:g})")
    what = "number format while training; auto is bf16 on CUDA"
    options.choice(verb, "--precision", TRAINING_PRECISIONS, what, default=usual.precision)
    verb.add_argument("--keep-activations", action="store_true", help="faster, but needs more memory")
    verb.set_defaults(run=train_alm)


def _eval_alm(verb: argparse.ArgumentParser) -> None:
    _alm(verb, "a name, a model folder, or the lora folder of a training", "tiny")
    options.output(verb, "the table, .md; a .json with all numbers lies beside it")
    what = "measure only the part of the clips that a training with this number has not learnt from (0: all clips)"
    verb.add_argument("--held-out", type=options.number(float, 0, 0.9), default=0.0, help=what)
    what = "measure also what the model writes without the grammar, which shows how much of it was learnt"
    verb.add_argument("--free", action="store_true", help=what)
    options.choice(verb, "--precision", ALM_PRECISIONS, "number format of the model", default="auto")
    options.device(verb)
    verb.set_defaults(run=eval_alm)


def _alm(verb: argparse.ArgumentParser, what: str, usual: str) -> None:
    verb.add_argument("data", type=Path, help="folder that auhead prepare made")
    verb.add_argument("--model", default=usual, help=f"{what} ({usual})")
    what = "folder that holds audio-language models, as ComfyUI's models/ (models)"
    verb.add_argument("--models", type=Path, default=Path("models"), help=what)


def prepare(given: Namespace) -> None:
    if (given.videos is None) == (given.manifest is None):
        raise AUHeadError("Give either a folder of videos or a list of recordings with --manifest.")
    recordings, left_out = read_manifest(given.manifest) if given.manifest else find_recordings(given.videos)
    with tqdm(total=len(recordings), unit="clip", disable=None) as bar:
        dataset = prepare_recordings(
            recordings, given.output, left_out, choose_device(given.device), lambda done, _: bar.update(done - bar.n)
        )
    for each in dataset.left_out:
        print(f"auhead: {each}", file=sys.stderr)
    seconds = sum(entry.seconds for entry in dataset.entries)
    print(f"{given.output}: {len(dataset)} clips, {seconds:.0f} s; {len(dataset.left_out)} left out")


def train_diffusion(given: Namespace) -> None:
    try:
        from .diffusion.catalogue import open_model
        from .diffusion.manifest import model_folders
        from .diffusion.refined_warp import RefinerModel
        from .diffusion.training import train as training
    except ImportError as error:
        raise AUHeadError(NEEDS_DIFFUSERS) from error
    need_accelerate()  # before gigabytes are read
    check_output_folder(given.output)
    model = open_model(given.model, model_folders(given.models), "fp32")
    if isinstance(model, RefinerModel):
        raise AUHeadError(f"The model {given.model} mends a warp and does not learn from videos; give sd15, say.")
    settings = TrainingSettings(**{name: getattr(given, name) for name in TrainingSettings.__dataclass_fields__})
    with tqdm(total=settings.steps, unit="step", disable=None) as bar:

        def progress(done: int, _: int, loss: float) -> None:
            bar.update(done - bar.n)
            bar.set_postfix(loss=f"{loss:.4f}")

        def sound(name: str, video: Path, frames: int) -> torch.Tensor:
            return hear(name, load_audio(video), frames)

        print(training.train_diffusion(model, given.videos, given.output, settings, progress, sound))


def train_alm(given: Namespace) -> None:
    check_output_folder(given.output)
    dataset = read_dataset(given.data)
    settings = ALMSettings(
        checkpointing=not given.keep_activations,
        **{name: getattr(given, name) for name in ALMSettings.__dataclass_fields__ if hasattr(given, name)},
    )
    alm_training.check_training(settings)  # before gigabytes are read
    backend = open_alm(given.model, folders(given.models), alm_training.number_format(settings.precision))
    with tqdm(total=settings.steps, unit="step", disable=None) as bar:

        def progress(done: int, _: int, loss: float) -> None:
            bar.update(done - bar.n)
            bar.set_postfix(loss=f"{loss:.4f}")

        print(alm_training.train_alm(backend, dataset, given.output, settings, progress))


def eval_alm(given: Namespace) -> None:
    check_output(given.output)
    if given.output.suffix.lower() != ".md":
        raise AUHeadError(f"The table goes into a Markdown file; give {given.output} the ending .md.")
    dataset = read_dataset(given.data)
    if given.held_out:
        dataset = dataset.split(given.held_out)[1]
    if not len(dataset):
        raise AUHeadError(f"No clip of {given.data} would be held out; leave --held-out away.")
    device = choose_device(given.device)
    backend = open_alm(given.model, folders(given.models), given.precision, device)
    if backend.network.device.type != device.type:  # one of 8 or 4 bits is there already, and may not be moved
        backend.network.to(device)
    with tqdm(total=len(dataset) * (1 + given.free), unit="clip", disable=None) as bar:
        scores = {backend.name: evaluate(backend, dataset, progress=lambda *_: bar.update())}
        if given.free:
            scores[_FREE] = evaluate(backend, dataset, free=True, progress=lambda *_: bar.update())
    truths = [clip.utterance for clip in dataset]
    scores |= {name: score(answers, truths) for name, answers in baselines(truths).items()}
    write_report(given.output, scores, f"Model {given.model}.")
    first = scores[backend.name]
    print(f"{given.output}: emotion recall {first.recall:.3f}, MAE {first.mae:.3f} ({first.active_mae:.3f} active)")
