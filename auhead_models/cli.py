"""The command line: `auhead animate portrait.png speech.wav -o talking.mp4` and its sisters.

Exit codes: 0 done, 2 a mistake in what was given (one sentence on stderr), 130 stopped, with Ctrl-C or by `kill`.
"""

import argparse
import logging
import math
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from . import cli_commands as commands
from .au import EMOTIONS
from .au.formats import FORMATS
from .errors import AUHeadError
from .face.estimate import NEUTRAL_CHOICES
from .face.facemap import STYLES
from .pipeline import DEVICES, RENDERERS
from .speech.options import MAXIMUM_STRENGTH, STRENGTHS
from .video import FPS_RANGE


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    logging.basicConfig(level=logging.WARNING, format="auhead: %(message)s")
    try:
        with _stopping_as_with_ctrl_c():
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
        raise AUHeadError(f"{message} (see {self.prog} --help)")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="auhead", description="Portraits that talk with real emotion, performed by Action Units.")
    verbs = parser.add_subparsers(metavar="command", required=True)

    animate = verbs.add_parser("animate", help="a portrait and a speech recording become a video")
    animate.add_argument("portrait", type=Path)
    animate.add_argument("speech", type=Path, nargs="?", help="sound or video file; may be left out with --au")
    _output(animate, "the video: .mp4, .mov or .mkv")
    animate.add_argument("--au", type=Path, help="perform this AU file instead of what the speech asks for")
    _portrait(animate, "512; with --paste-back, what the face has there")
    animate.add_argument("--renderer", choices=tuple(RENDERERS), default="warp")
    animate.add_argument("--fps", type=_number(float, *FPS_RANGE), default=25.0, help="of the video (25)")
    animate.add_argument("--paste-back", action="store_true", help="show the whole picture, not the square crop")
    animate.add_argument(
        "--max-side", type=_number(int, 64, 8192), default=1280, help="longer side with --paste-back, in pixels (1280)"
    )
    _speech(animate)
    animate.set_defaults(run=commands.animate)

    facemap = verbs.add_parser("facemap", help="draw an AU file as FaceMaps, as a video or as pictures")
    facemap.add_argument("portrait", type=Path)
    facemap.add_argument("au", type=Path)
    _output(facemap, "a video, or a folder for PNG files")
    facemap.add_argument("--style", choices=STYLES, default=STYLES[0])
    _portrait(facemap, "512")
    facemap.set_defaults(run=commands.facemap)

    audio = verbs.add_parser("audio-to-au", help="write the performance that a speech recording asks for")
    audio.add_argument("speech", type=Path, help="sound or video file")
    _output(audio, "the AU file: .json, .csv")
    _format(audio)
    _speech(audio)
    audio.set_defaults(run=commands.audio_to_au)

    video = verbs.add_parser("video-to-au", help="read the performance of a face in a video")
    video.add_argument("video", type=Path)
    _output(video, "the AU file: .json, .csv")
    _format(video)
    video.add_argument("--neutral", choices=NEUTRAL_CHOICES, default="auto", help="which frames show a calm face")
    _device(video)
    video.set_defaults(run=commands.video_to_au)

    convert = verbs.add_parser("convert", help="translate an AU file into another format")
    convert.add_argument("input", type=Path)
    convert.add_argument("output", type=Path)
    _format(convert)
    convert.add_argument("--neutral", type=_number(int, 0, math.inf), help="subtract this frame of the input")
    convert.add_argument("--fps", type=_number(float, *FPS_RANGE), help="resample to this frame rate")
    convert.set_defaults(run=commands.convert)

    demo = verbs.add_parser("demo", help="make the bundled portrait speak")
    demo.add_argument("-o", "--output", type=Path, default=Path("demo"), help="folder for the results (demo)")
    _device(demo)
    demo.set_defaults(run=commands.demo)
    return parser


def _output(verb: argparse.ArgumentParser, what: str) -> None:
    verb.add_argument("-o", "--output", type=Path, required=True, help=what)


def _format(verb: argparse.ArgumentParser) -> None:
    writable = [known.id for known in FORMATS.values() if known.write]
    verb.add_argument("--format", choices=writable, help="when the file's ending does not say it")


def _portrait(verb: argparse.ArgumentParser, size: str) -> None:
    verb.add_argument("--size", type=_number(int, 64, 2048), help=f"side of the square crop in pixels ({size})")
    verb.add_argument("--face-index", type=_number(int, 0, math.inf), default=0, help="0 is the largest face")
    verb.add_argument("--threshold", type=_number(float, 0, 1), default=0.5, help="how sure the detector must be (0.5)")
    verb.add_argument(
        "--relax", type=_number(float, 0, 1), default=0.0, help="how much of the portrait's own expression to take away"
    )
    _device(verb)


def _device(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--device", choices=DEVICES, default=DEVICES[0], help="where to compute (auto: CUDA if there is)")


def _speech(verb: argparse.ArgumentParser) -> None:
    """What shapes a performance; an option that is not given is None, so that it can be told from its default."""
    verb.add_argument("--emotion", choices=EMOTIONS, help="neutral unless given")
    verb.add_argument("--level", type=int, choices=(1, 2, 3), help="strength of the emotion (2)")
    verb.add_argument("--emotion-script", type=Path, help='lines such as "0.0 happy 2", or subtitles with tags')
    for layer in STRENGTHS:
        what = f"strength of the {layer.replace('_', ' ')}, 0 to {MAXIMUM_STRENGTH:g} (1)"
        strength = _number(float, 0, MAXIMUM_STRENGTH)
        verb.add_argument(f"--{layer.replace('_', '-')}", type=strength, help=what)
    verb.add_argument("--seed", type=_number(int, 0, 2**63 - 1), help="of blinks, gaze and head motion (0)")


def _number(kind: type, low: float, high: float) -> Callable[[str], float]:
    """A type for argparse: a number inside a range."""

    def parse(text: str):
        try:
            value = kind(text)
        except ValueError:
            value = math.nan
        if not low <= value <= high:
            upper = f"{low} or more" if high == math.inf else f"from {low} to {high}"
            raise argparse.ArgumentTypeError(f'"{text}" is not a number {upper}')
        return value

    return parse


if __name__ == "__main__":
    sys.exit(main())
