"""From the options of the command line to the performance that a speech recording asks for."""

import sys
from argparse import Namespace
from pathlib import Path

from .alm.listen import Wishes, listen
from .alm.models import folders, open_alm
from .au import AUSequence, formats
from .cli_progress import bar
from .errors import AUHeadError
from .files import check_input
from .pipeline import choose_device
from .speech import Audio, SpeechOptions, speech_to_au
from .speech.options import STRENGTHS

ALM_OPTIONS = ("alm_precision", "temperature")


def chosen(given: Namespace, audio: Audio | None) -> AUSequence:
    """What the AU file holds or, without one, what the speech asks for."""
    if given.au is not None:
        performance = formats.load(check_input(given.au, "AU file"))
        if audio is not None and formats.is_emotion_script(given.au):
            what = "holds emotions, which move no lips"
            raise AUHeadError(f"{given.au} {what}; give it with --emotion-script instead of --au.")
        return performance
    return performed(audio, given)


def performed(audio: Audio, given: Namespace) -> AUSequence:
    """What the speech asks for, under the options that were given."""
    options = given_options(given)
    seed = options.pop("seed", 0)
    heard = _heard(audio, given) if options.pop("alm", None) is not None else None
    for name in ALM_OPTIONS:
        options.pop(name, None)
    if script := options.pop("emotion_script", None):
        options["spans"] = formats.load_emotion_script(check_input(script, "emotion script"))
    if words := options.pop("transcript", None):
        options["transcript"] = check_input(words, "transcript").read_text(encoding="utf-8", errors="replace")
    return speech_to_au(audio, SpeechOptions(**options), seed, heard)


def _heard(audio: Audio, given: Namespace) -> AUSequence:
    """The expression that an audio-language model writes; its chain of thought is printed."""
    device = choose_device(given.device)
    backend = open_alm(given.alm, folders(given.models or Path("models")), given.alm_precision or "auto", device)
    if not backend.fixed_place:
        backend.network.to(device)
    wishes = Wishes(given.emotion, given.level, temperature=given.temperature or 0.0, seed=given.seed or 0)
    with bar("frames") as show:
        heard = listen(backend, audio, wishes, show)
    print(f"{backend.name} {'plays' if given.emotion else 'hears'} {heard.thought}.", file=sys.stderr)
    return heard.expression


def given_options(given: Namespace) -> dict[str, object]:
    """Those of `cli_options.speech` that were given, by name."""
    names = ("emotion", "level", "emotion_script", *STRENGTHS, "seed", "transcript", "alm", *ALM_OPTIONS)
    return {name: getattr(given, name) for name in names if getattr(given, name) is not None}


def check_options(given: Namespace) -> None:
    """Refuse what would be ignored."""
    if given.emotion_script is not None:
        unused = [f"--{name}" for name in ("emotion", "level") if getattr(given, name) is not None]
        if unused:
            named = " and ".join(unused)
            raise AUHeadError(f"--emotion-script {given.emotion_script} names the emotions; leave out {named}.")
        if given.alm is not None:
            raise AUHeadError(f"--emotion-script {given.emotion_script} names the emotions; leave out --alm.")
    elif given.level is not None and given.emotion is None and given.alm is None:
        raise AUHeadError("--level is the strength of an emotion; name one with --emotion, too, or leave it out.")
    unused = [f"--{name.replace('_', '-')}" for name in ALM_OPTIONS if getattr(given, name) is not None]
    if unused and given.alm is None:
        raise AUHeadError(f"{' and '.join(unused)} is for an audio-language model; name one with --alm, too.")
