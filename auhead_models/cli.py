"""The command line: `auhead animate portrait.png speech.wav -o talking.mp4` and its sisters.

Exit codes: 0 done, 2 a mistake in what was given (one sentence on stderr), 130 stopped, with Ctrl-C or by `kill`.
"""

import argparse
import logging
import math
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from . import cli_commands as commands
from . import cli_options as options
from . import cli_training as training
from .diffusion.convert import NAMES
from .errors import AUHeadError
from .face.estimate import NEUTRAL_CHOICES
from .face.facemap import STYLES
from .pipeline import RENDERERS
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
    options.portrait_file(animate)
    animate.add_argument("speech", type=Path, nargs="?", help="sound or video file; may be left out with --au")
    options.output(animate, "the video: .mp4, .m4v, .mov or .mkv")
    animate.add_argument("--au", type=Path, help="perform this AU file instead of what the speech asks for")
    options.portrait(animate, "512; with --paste-back, what the face has there")
    options.choice(animate, "--renderer", tuple(RENDERERS), "how to draw", default="warp")
    fps = options.number(float, *FPS_RANGE)
    animate.add_argument("--fps", type=fps, default=25.0, help="frames per second of the video, 1 to 120 (25)")
    animate.add_argument("--paste-back", action="store_true", help="show the whole picture, not the square crop")
    what = "longer side with --paste-back in pixels, 64 to 8192 (1280)"
    animate.add_argument("--max-side", type=options.number(int, 64, 8192), help=what)
    options.speech(animate)
    options.diffusion(animate)
    animate.set_defaults(run=commands.animate)

    facemap = verbs.add_parser("facemap", help="draw an AU file as FaceMaps, as a video or as pictures")
    options.portrait_file(facemap)
    facemap.add_argument("au", type=Path, help="the performance: an AU file")
    options.output(facemap, "a video (.mp4, .m4v, .mov, .mkv), or a folder for PNG files")
    options.choice(facemap, "--style", STYLES, "what to draw", default=STYLES[0])
    options.portrait(facemap, "512")
    facemap.set_defaults(run=commands.facemap)

    audio = verbs.add_parser("audio-to-au", help="write the performance that a speech recording asks for")
    audio.add_argument("speech", type=Path, help="sound or video file")
    options.output(audio, "the AU file: .json or .csv; .txt for its emotions alone")
    options.au_format(audio)
    options.speech(audio)
    what = "folder that holds audio-language models, as ComfyUI's models/ (models)"
    audio.add_argument("--models", type=Path, help=what)
    options.device(audio)
    audio.set_defaults(run=commands.audio_to_au)

    video = verbs.add_parser("video-to-au", help="read the performance of a face in a video")
    video.add_argument("video", type=Path, help="video file; the largest face in it counts")
    options.output(video, "the AU file: .json or .csv")
    options.au_format(video)
    what = "which frames show a calm face: found by itself, or the first one"
    options.choice(video, "--neutral", NEUTRAL_CHOICES, what, default="auto", aliases={"first": "first frame"})
    options.device(video)
    video.set_defaults(run=commands.video_to_au)

    convert = verbs.add_parser("convert", help="translate an AU file, or a model's weights, into another format")
    convert.add_argument("input", type=Path, help="AU file of any kind, or weights (.pth, .ckpt, .safetensors)")
    what = "the AU file: .json or .csv; .txt for its emotions alone; .safetensors for weights"
    convert.add_argument("output", type=Path, help=what)
    options.au_format(convert)
    what = "number of a frame with a calm face, to be subtracted from all (none)"
    convert.add_argument("--neutral", type=options.number(int, 0, math.inf), help=what)
    convert.add_argument("--fps", type=fps, help="resample to this frame rate, 1 to 120 (that of the input)")
    options.choice(convert, "--to", NAMES, "for weights, the names they get", shown=NAMES[0])
    convert.set_defaults(run=commands.convert)

    training.add_commands(verbs)

    demo = verbs.add_parser("demo", help="make the bundled portrait speak")
    demo.add_argument("-o", "--output", type=Path, default=Path("demo"), help="folder for the results (demo)")
    options.device(demo)
    demo.set_defaults(run=commands.demo)
    return parser


if __name__ == "__main__":
    sys.exit(main())
