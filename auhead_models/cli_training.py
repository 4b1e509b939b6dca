"""What the commands do that teach models: prepare, train and eval."""

import sys
from argparse import Namespace

from tqdm import tqdm

from .alm.models import folders, open_alm
from .alm.training import train as alm_training
from .alm.training.baselines import baselines
from .alm.training.dataset import read_dataset
from .alm.training.evaluate import evaluate
from .alm.training.metrics import score
from .alm.training.prepare import prepare as prepare_recordings
from .alm.training.recordings import find_recordings, read_manifest
from .alm.training.report import write_report
from .alm.training.settings import ALMSettings
from .errors import AUHeadError
from .files import check_output, check_output_folder
from .pipeline import choose_device

_FREE = "without the grammar"  # name of a column


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
