"""The options that commands share, and how their answers are read; every mistake is an `argparse.ArgumentTypeError`."""

import argparse
import difflib
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from .alm.models import PRECISIONS as ALM_PRECISIONS
from .au.emotions import ALIASES, EMOTIONS, LEVELS
from .au.formats import FORMATS
from .diffusion.guidance import AU_REGIONS, Guidance
from .diffusion.running import SamplerSettings
from .diffusion.schedulers import SCHEDULERS
from .diffusion.weight_files import PRECISIONS
from .pipeline import DEVICES
from .speech.options import MAXIMUM_STRENGTH, STRENGTHS


def portrait_file(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("portrait", type=Path, help="picture with a face")


def output(verb: argparse.ArgumentParser, what: str) -> None:
    verb.add_argument("-o", "--output", type=Path, required=True, help=what)


def au_format(verb: argparse.ArgumentParser) -> None:
    writable = tuple(known.id for known in FORMATS.values() if known.write)
    choice(verb, "--format", writable, "format of the output, when its ending does not say it")


def portrait(verb: argparse.ArgumentParser, size: str) -> None:
    what = f"side of the square crop in pixels, 64 to 2048 ({size})"
    verb.add_argument("--size", type=number(int, 64, 2048), help=what)
    verb.add_argument("--face-index", type=number(int, 0, math.inf), default=0, help="which face; 0, the largest (0)")
    threshold = number(float, 0, 1)
    verb.add_argument("--threshold", type=threshold, default=0.5, help="how sure the detector must be, 0 to 1 (0.5)")
    what = "how much of the portrait's own expression to take away, 0 to 1 (0)"
    verb.add_argument("--relax", type=number(float, 0, 1), default=0.0, help=what)
    device(verb)


def device(verb: argparse.ArgumentParser) -> None:
    choice(verb, "--device", DEVICES, "where to compute; auto takes CUDA where there is one", default=DEVICES[0])


def speech(verb: argparse.ArgumentParser) -> None:
    """What shapes a performance; an option that is not given is None, so that it can be told from its default."""
    choice(verb, "--emotion", EMOTIONS, "what to feel", shown="neutral", aliases=ALIASES)
    choice(verb, "--level", LEVELS, "strength of the emotion", shown="2")
    verb.add_argument("--emotion-script", type=Path, help='lines such as "0.0 happy 2", or subtitles with tags')
    for layer in STRENGTHS:
        what = f"strength of the {layer.replace('_', ' ')}, 0 to {MAXIMUM_STRENGTH:g} (1)"
        strength = number(float, 0, MAXIMUM_STRENGTH)
        verb.add_argument(f"--{layer.replace('_', '-')}", type=strength, help=what)
    what = "of blinks, gaze and head motion, and of what --temperature leaves to chance (0)"
    verb.add_argument("--seed", type=number(int, 0, 2**63 - 1), help=what)
    verb.add_argument("--transcript", type=Path, help="text file with what is said, in English; guides the lips")
    what = "let an audio-language model hear the emotion: tiny, or the name of a folder in models/auhead"
    verb.add_argument("--alm", help=what)
    choice(verb, "--alm-precision", ALM_PRECISIONS, "number format of a large one", shown="auto")
    what = "how freely it plays, 0 (likeliest) to 2 (0)"
    verb.add_argument("--temperature", type=number(float, 0, 2), help=what)


def diffusion(verb: argparse.ArgumentParser) -> None:
    """What the renderer "diffusion" is asked for; None where nothing is given, as in `speech`."""
    verb.add_argument("--model", help="of --renderer diffusion: tiny, sd15 or a .safetensors file (tiny)")
    verb.add_argument("--models", type=Path, help="folder with the models' files, as ComfyUI's models/ (models)")
    choice(verb, "--precision", tuple(PRECISIONS), "number format of the model", shown="auto")
    verb.add_argument("--steps", type=number(int, 1, 100), help="of diffusion, 1 to 100 (what suits the model)")
    choice(verb, "--scheduler", tuple(SCHEDULERS), "how the steps are spaced", shown="ddim")
    what = "how closely to follow the portrait, 1 to 20 (what suits the model; 1 is best for tiny)"
    verb.add_argument("--guidance", type=number(float, 1, 20), help=what)
    what = "how far the expression is drawn, 0 to 4: 0 is neutral, 1 as performed (1)"
    verb.add_argument("--au-guidance", type=number(float, 0, 4), help=what)
    choice(verb, "--au-region", tuple(AU_REGIONS), "where AU guidance acts", shown="all")
    for name, what in (
        ("start", "part of the steps at which guidance begins, 0 to 1"),
        ("end", "part of the steps at which guidance ends, 0 to 1"),
        ("rescale", "how far the contrast that guidance adds is taken back, 0 to 1"),
    ):
        usual = getattr(Guidance, name)
        verb.add_argument(f"--guidance-{name}", type=number(float, 0, 1), help=f"{what} ({usual:g})")
    verb.add_argument("--window", type=number(int, 1, 32), help=f"frames drawn together ({SamplerSettings.window})")
    what = f"frames that one window shares with the next, 0 to 16 ({SamplerSettings.overlap})"
    verb.add_argument("--overlap", type=number(int, 0, 16), help=what)


def choice(
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


def number(kind: type, low: float, high: float) -> Callable[[str], float]:
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
