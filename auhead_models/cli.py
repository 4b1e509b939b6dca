"""The command line: `auhead animate portrait.png speech.wav -o talking.mp4` and its sisters.

Exit codes: 0 done, 2 a mistake in what was given (one sentence on stderr), 130 stopped, with Ctrl-C or by `kill`.
"""

import argparse
import difflib
import logging
import math
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

from . import cli_commands as commands
from . import cli_training as training
from .alm.models import PRECISIONS as ALM_PRECISIONS
from .alm.training.settings import PRECISIONS as TRAINING_PRECISIONS
from .alm.training.settings import ALMSettings
from .au.emotions import ALIASES, EMOTIONS, LEVELS
from .au.formats import FORMATS
from .diffusion.convert import NAMES
from .diffusion.guidance import AU_REGIONS, Guidance
from .diffusion.running import SamplerSettings
from .diffusion.schedulers import SCHEDULERS
from .diffusion.training.settings import TRAINED_PARTS, TrainingSettings
from .diffusion.weight_files import PRECISIONS
from .errors import AUHeadError
from .face.estimate import NEUTRAL_CHOICES
from .face.facemap import STYLES
from .hearing import FEATURES
from .pipeline import DEVICES, RENDERERS
from .speech.options import MAXIMUM_STRENGTH, STRENGTHS
from .threads import half_the_threads
from .video import FPS_RANGE


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    logging.basicConfig(level=logging.WARNING, format="auhead: %(message)s")
    try:
        with _stopping_as_with_ctrl_c(), half_the_threads():
            given = _parser().parse_args(arguments)
            given.run(given)
    except AUHeadError as error:
        print(f"auhead: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("auhead: stopped", file=sys.stderr)
        return 130
    return 0


@contextmanager
def _stopping_as_with_ctrl_c() -> Iterator[None]:
    """`kill` and a closed terminal raise KeyboardInterrupt, too, so that no partial file stays."""
    names = ("SIGTERM", "SIGHUP") if threading.current_thread() is threading.main_thread() else ()
    stops = [getattr(signal, name) for name in names if hasattr(signal, name)]  # Windows has no SIGHUP
    before = {stop: signal.getsignal(stop) for stop in stops}
    before = {stop: handler for stop, handler in before.items() if handler == signal.SIG_DFL}  # not under nohup
    for stop in before:
        signal.signal(stop, signal.default_int_handler)
    try:
        yield
    finally:
        for stop, handler in before.items():
            signal.signal(stop, handler)


class _Parser(argparse.ArgumentParser):
    """Answers a wrong command line in one line."""

    def error(self, message: str):
        raise AUHeadError(f"{message.removeprefix('argument ').rstrip('.')} (see {self.prog} --help)")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="auhead", description="Portraits that talk with real emotion, performed by Action Units.")
    parser.set_defaults(run=lambda _: parser.print_help())
    verbs = parser.add_subparsers(metavar="command")

    animate = verbs.add_parser("animate", help="a portrait and a speech recording become a video")
    _portrait_file(animate)
    animate.add_argument("speech", type=Path, nargs="?", help="sound or video file; may be left out with --au")
    _output(animate, "the video: .mp4, .m4v, .mov or .mkv")
    animate.add_argument("--au", type=Path, help="perform this AU file instead of what the speech asks for")
    _portrait(animate, "512; with --paste-back, what the face has there")
    _choice(animate, "--renderer", tuple(RENDERERS), "how to draw", default="warp")
    fps = _number(float, *FPS_RANGE)
    animate.add_argument("--fps", type=fps, default=25.0, help="frames per second of the video, 1 to 120 (25)")
    animate.add_argument("--paste-back", action="store_true", help="show the whole picture, not the square crop")
    animate.add_argument(
        "--max-side", type=_number(int, 64, 8192), help="longer side with --paste-back in pixels, 64 to 8192 (1280)"
    )
    _speech(animate)
    _diffusion(animate)
    animate.set_defaults(run=commands.animate)

    facemap = verbs.add_parser("facemap", help="draw an AU file as FaceMaps, as a video or as pictures")
    _portrait_file(facemap)
    facemap.add_argument("au", type=Path, help="the performance: an AU file")
    _output(facemap, "a video (.mp4, .m4v, .mov, .mkv), or a folder for PNG files")
    _choice(facemap, "--style", STYLES, "what to draw", default=STYLES[0])
    _portrait(facemap, "512")
    facemap.set_defaults(run=commands.facemap)

    audio = verbs.add_parser("audio-to-au", help="write the performance that a speech recording asks for")
    audio.add_argument("speech", type=Path, help="sound or video file")
    _output(audio, "the AU file: .json or .csv; .txt for its emotions alone")
    _format(audio)
    _speech(audio)
    what = "folder that holds audio-language models, as ComfyUI's models/ (models)"
    audio.add_argument("--models", type=Path, help=what)
    _device(audio)
    audio.set_defaults(run=commands.audio_to_au)

    video = verbs.add_parser("video-to-au", help="read the performance of a face in a video")
    video.add_argument("video", type=Path, help="video file; the largest face in it counts")
    _output(video, "the AU file: .json or .csv")
    _format(video)
    what = "which frames show a calm face: found by itself, or the first one"
    _choice(video, "--neutral", NEUTRAL_CHOICES, what, default="auto", aliases={"first": "first frame"})
    _device(video)
    video.set_defaults(run=commands.video_to_au)

    convert = verbs.add_parser("convert", help="translate an AU file, or a model's weights, into another format")
    convert.add_argument("input", type=Path, help="AU file of any kind, or weights (.pth, .ckpt, .safetensors)")
    what = "the AU file: .json or .csv; .txt for its emotions alone; .safetensors for weights"
    convert.add_argument("output", type=Path, help=what)
    _format(convert)
    what = "number of a frame with a calm face, to be subtracted from all (none)"
    convert.add_argument("--neutral", type=_number(int, 0, math.inf), help=what)
    convert.add_argument("--fps", type=fps, help="resample to this frame rate, 1 to 120 (that of the input)")
    _choice(convert, "--to", NAMES, "for weights, the names they get", shown=NAMES[0])
    convert.set_defaults(run=commands.convert)

    prepare = verbs.add_parser("prepare", help="make recordings ready for auhead train alm and auhead eval alm")
    what = "folder of talking-head videos; the emotion is in their names, as in MEAD, CREMA-D and RAVDESS"
    prepare.add_argument("videos", type=Path, nargs="?", help=what)
    what = "instead of a folder: CSV file with the columns audio, au (or video), emotion, level, person"
    prepare.add_argument("--manifest", type=Path, help=what)
    _output(prepare, "folder for the recordings; what is in it already is not made again")
    _device(prepare)
    prepare.set_defaults(run=training.prepare)

    train = verbs.add_parser("train", help="train a model on videos of one's own")
    kinds = train.add_subparsers(metavar="model", required=True)
    diffusion = kinds.add_parser("diffusion", help="a video diffusion model, on a folder of talking-head videos")
    diffusion.add_argument("videos", type=Path, help="folder of videos, each of one person who speaks")
    what = "folder for the run: measured clips, states to go on from, samples, model.safetensors"
    _output(diffusion, what)
    diffusion.add_argument("--model", default="sd15", help="what to begin with: sd15 or a .safetensors file (sd15)")
    what = "folder with the files of sd15, as ComfyUI's models/ (models)"
    diffusion.add_argument("--models", type=Path, default=Path("models"), help=what)
    usual = TrainingSettings()
    what = "what learns: the layers that read Action Units and listen, or everything"
    _choice(diffusion, "--train", TRAINED_PARTS, what, default=usual.train)
    what = "what a model that does not listen yet is to hear of the videos' sound"
    _choice(diffusion, "--audio", ("none", *FEATURES), what, default=usual.audio)
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
        number = _number(kind, low, high)
        diffusion.add_argument(f"--{name}", type=number, default=default, help=f"{what} ({default:g})")
    _choice(diffusion, "--precision", tuple(PRECISIONS)[1:], "number format while training", default=usual.precision)
    diffusion.set_defaults(run=commands.train)

    alm = kinds.add_parser("alm", help="an audio-language model, on what auhead prepare made ready")
    _alm(alm, "what to begin with: a name such as qwen2-audio-7b-instruct, or a folder", "qwen2-audio-7b-instruct")
    _output(alm, "folder for the run: states to go on from, log.jsonl, and the result in lora")
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
        ("longest", float, 1, 28, "seconds of a clip that are heard at once"),
        ("seed", int, 0, 2**31 - 1, "of the order and of everything drawn"),
    ):
        default = getattr(usual, name.replace("-", "_"))
        alm.add_argument(f"--{name}", type=_number(kind, low, high), default=default, help=f"{what} ({default:g})")
    what = "number format while training; auto is bf16 on CUDA"
    _choice(alm, "--precision", TRAINING_PRECISIONS, what, default=usual.precision)
    alm.add_argument("--keep-activations", action="store_true", help="faster, but needs more memory")
    alm.set_defaults(run=training.train_alm)

    evaluate = verbs.add_parser("eval", help="measure a trained model")
    kinds = evaluate.add_subparsers(metavar="model", required=True)
    alm = kinds.add_parser("alm", help="an audio-language model, on what auhead prepare made ready")
    _alm(alm, "a name, a model folder, or the lora folder of a training", "tiny")
    _output(alm, "the table, .md; a .json with all numbers lies beside it")
    what = "measure only the part of the clips that a training with this number has not learnt from (0: all clips)"
    alm.add_argument("--held-out", type=_number(float, 0, 0.9), default=0.0, help=what)
    what = "measure also what the model writes without the grammar, which shows how much of it was learnt"
    alm.add_argument("--free", action="store_true", help=what)
    _choice(alm, "--precision", ALM_PRECISIONS, "number format of the model", default="auto")
    _device(alm)
    alm.set_defaults(run=training.eval_alm)

    demo = verbs.add_parser("demo", help="make the bundled portrait speak")
    demo.add_argument("-o", "--output", type=Path, default=Path("demo"), help="folder for the results (demo)")
    _device(demo)
    demo.set_defaults(run=commands.demo)
    return parser


def _alm(verb: argparse.ArgumentParser, what: str, usual: str) -> None:
    verb.add_argument("data", type=Path, help="folder that auhead prepare made")
    verb.add_argument("--model", default=usual, help=f"{what} ({usual})")
    what = "folder that holds audio-language models, as ComfyUI's models/ (models)"
    verb.add_argument("--models", type=Path, default=Path("models"), help=what)


def _portrait_file(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("portrait", type=Path, help="picture with a face")


def _output(verb: argparse.ArgumentParser, what: str) -> None:
    verb.add_argument("-o", "--output", type=Path, required=True, help=what)


def _format(verb: argparse.ArgumentParser) -> None:
    writable = tuple(known.id for known in FORMATS.values() if known.write)
    _choice(verb, "--format", writable, "format of the output, when its ending does not say it")


def _portrait(verb: argparse.ArgumentParser, size: str) -> None:
    what = f"side of the square crop in pixels, 64 to 2048 ({size})"
    verb.add_argument("--size", type=_number(int, 64, 2048), help=what)
    verb.add_argument("--face-index", type=_number(int, 0, math.inf), default=0, help="which face; 0, the largest (0)")
    threshold = _number(float, 0, 1)
    verb.add_argument("--threshold", type=threshold, default=0.5, help="how sure the detector must be, 0 to 1 (0.5)")
    what = "how much of the portrait's own expression to take away, 0 to 1 (0)"
    verb.add_argument("--relax", type=_number(float, 0, 1), default=0.0, help=what)
    _device(verb)


def _device(verb: argparse.ArgumentParser) -> None:
    _choice(verb, "--device", DEVICES, "where to compute; auto takes CUDA where there is one", default=DEVICES[0])


def _speech(verb: argparse.ArgumentParser) -> None:
    """What shapes a performance; an option that is not given is None, so that it can be told from its default."""
    _choice(verb, "--emotion", EMOTIONS, "what to feel", shown="neutral", aliases=ALIASES)
    _choice(verb, "--level", LEVELS, "strength of the emotion", shown="2")
    verb.add_argument("--emotion-script", type=Path, help='lines such as "0.0 happy 2", or subtitles with tags')
    for layer in STRENGTHS:
        what = f"strength of the {layer.replace('_', ' ')}, 0 to {MAXIMUM_STRENGTH:g} (1)"
        strength = _number(float, 0, MAXIMUM_STRENGTH)
        verb.add_argument(f"--{layer.replace('_', '-')}", type=strength, help=what)
    what = "of blinks, gaze and head motion, and of what --temperature leaves to chance (0)"
    verb.add_argument("--seed", type=_number(int, 0, 2**63 - 1), help=what)
    verb.add_argument("--transcript", type=Path, help="text file with what is said, in English; guides the lips")
    what = "let an audio-language model hear the emotion: tiny, or the name of a folder in models/auhead"
    verb.add_argument("--alm", help=what)
    _choice(verb, "--alm-precision", ALM_PRECISIONS, "number format of a large one", shown="auto")
    what = "how freely it plays, 0 (likeliest) to 2 (0)"
    verb.add_argument("--temperature", type=_number(float, 0, 2), help=what)


def _diffusion(verb: argparse.ArgumentParser) -> None:
    """What the renderer "diffusion" is asked for; None where nothing is given, as in `_speech`."""
    verb.add_argument("--model", help="of --renderer diffusion: tiny, sd15 or a .safetensors file (tiny)")
    verb.add_argument("--models", type=Path, help="folder with the models' files, as ComfyUI's models/ (models)")
    _choice(verb, "--precision", tuple(PRECISIONS), "number format of the model", shown="auto")
    verb.add_argument("--steps", type=_number(int, 1, 100), help="of diffusion, 1 to 100 (what suits the model)")
    _choice(verb, "--scheduler", tuple(SCHEDULERS), "how the steps are spaced", shown="ddim")
    what = "how closely to follow the portrait, 1 to 20 (what suits the model; tiny always uses 1)"
    verb.add_argument("--guidance", type=_number(float, 1, 20), help=what)
    what = "how far the expression is drawn, 0 to 4: 0 is neutral, 1 as performed (1)"
    verb.add_argument("--au-guidance", type=_number(float, 0, 4), help=what)
    _choice(verb, "--au-region", tuple(AU_REGIONS), "where AU guidance acts", shown="all")
    for name, what in (
        ("start", "part of the steps at which guidance begins, 0 to 1"),
        ("end", "part of the steps at which guidance ends, 0 to 1"),
        ("rescale", "how far the contrast that guidance adds is taken back, 0 to 1"),
    ):
        usual = getattr(Guidance, name)
        verb.add_argument(f"--guidance-{name}", type=_number(float, 0, 1), help=f"{what} ({usual:g})")
    verb.add_argument("--window", type=_number(int, 1, 32), help=f"frames drawn together ({SamplerSettings.window})")
    what = f"frames that one window shares with the next, 0 to 16 ({SamplerSettings.overlap})"
    verb.add_argument("--overlap", type=_number(int, 0, 16), help=what)


def _choice(
    verb: argparse.ArgumentParser,
    option: str,
    choices: tuple,
    what: str,
    default: str | None = None,
    shown: str | None = None,
    aliases: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """An option with few answers, in any case and with any of "-", "_" and " "; `shown` is the default in words."""
    known = {_plain(choice): choice for choice in choices}
    known |= {_plain(alias): choice for alias, choice in aliases.items()}
    *most, last = map(str, choices)
    listed = f"{', '.join(most)} or {last}" if most else last

    def parse(text: str):
        if _plain(text) not in known:
            near = difflib.get_close_matches(_plain(text), known, n=1)
            hint = f"did you mean {known[near[0]]}? It takes" if near else "use"
            raise argparse.ArgumentTypeError(f'"{text}" is unknown; {hint} {listed}')
        return known[_plain(text)]

    metavar = option.lstrip("-").upper()
    usual = f" ({shown or default})" if shown or default else ""
    verb.add_argument(option, type=parse, default=default, metavar=metavar, help=f"{what}: {listed}{usual}")


def _plain(choice: object) -> str:
    return str(choice).strip().lower().replace("-", " ").replace("_", " ")


def _number(kind: type, low: float, high: float) -> Callable[[str], float]:
    """A type for argparse: a number inside a range."""

    def shown(value: float) -> str:
        return str(value) if kind is int else f"{value:g}"

    def parse(text: str):
        try:
            value = kind(text)
        except ValueError:
            value = math.nan
        if not low <= value <= high:
            number = "a whole number" if kind is int else "a number"
            span = f"{shown(low)} or more" if high == math.inf else f"from {shown(low)} to {shown(high)}"
            raise argparse.ArgumentTypeError(f'"{text}" is not {number} {span}')
        return value

    return parse


if __name__ == "__main__":
    sys.exit(main())
