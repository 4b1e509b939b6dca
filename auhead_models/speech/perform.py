"""Speech to a performance: every layer from the sound, the options and one seed."""

import logging

import numpy as np

from ..au.emotions import emotion_track
from ..au.sequence import AUSequence
from .articulation import articulate
from .audio import Audio, to_speech
from .blinks import blink_track, plan_blinks
from .compose import compose, with_asymmetry
from .emphasis import emphasis_track
from .gaze import gaze_track, keep_target, plan_gaze
from .head import head_track
from .model import Heard, Progress, hear
from .options import SpeechOptions
from .prosody import prosody
from .spectrum import analyse

_log = logging.getLogger(__name__)


def speech_to_au(
    audio: Audio,
    options: SpeechOptions | None = None,
    seed: int = 0,
    expression: AUSequence | None = None,
    progress: Progress | None = None,
    heard: Heard | None = None,
) -> AUSequence:
    """The performance of a sound at 25 fps, ceil(samples · 25 / sample_rate) frames.

    `expression`, of that length and rate, takes the place of the emotions in the options; the result keeps its spans.
    The same sound, options and seed give the same performance; the strength of one layer changes only that layer. A
    silent sound moves no lips, with a warning in the log. `progress` is told how far hearing is, then how far finding
    the words of a transcript is, and may raise to cancel. `heard`, what the speech model hears in this sound, saves
    hearing it twice.
    """
    options = options or SpeechOptions()
    frames = audio.frames
    speech = to_speech(audio)
    heard = heard or hear(speech, frames, progress=progress)
    if audio.silent:
        _log.warning("The recording is silent, so the lips do not move; check that it is the right one.")
    elif not heard.speaks:
        _log.warning("No speech is heard in the recording, so the lips hardly move; check that it is the right one.")
    spectrum = analyse(speech, frames)
    shape = prosody(spectrum)
    emotions = emotion_track(options.emotions, frames) if expression is None else expression
    shifts = plan_gaze(shape, seed)
    head = head_track(shape, frames, seed, options.head_motion)
    return compose(
        _expression(emotions, emphasis_track(shape, frames, seed), options, seed),
        articulate(speech, frames, spectrum, heard, options.transcript, progress),
        blink_track(plan_blinks(shape, shifts, seed, options.blinks, emotions.spans), frames),
        keep_target(gaze_track(shifts, frames, options.gaze), head, options.gaze),
        head,
        options.articulation,
    )


def _expression(emotions: AUSequence, emphasis: AUSequence, options: SpeechOptions, seed: int) -> AUSequence:
    """Emotions with raised brows on top; the brows move less the higher they are held already."""
    held = np.clip(np.maximum(emotions["brow_raise_left"], emotions["brow_lower_left"]), 0, 1)
    emphasis = AUSequence.from_table(emphasis.table * (1 - 0.6 * held[:, None]), emphasis.fps)
    return with_asymmetry(emotions.mix(emphasis, mode="add"), seed).gain(options.expression)
