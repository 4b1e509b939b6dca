"""Expressions without a model's Action Units: the prototype of an emotion, moved by the voice.

It serves models that name the emotion but know no AU tokens, and it taught the bundled model. Nothing in it is random.
"""

from collections.abc import Sequence

import numpy as np
from scipy.ndimage import gaussian_filter1d
from scipy.signal import find_peaks

from ..au.emotions import emotion_track
from ..au.sequence import FPS as VIDEO_FPS
from ..au.sequence import Span, s_curve
from ..au.space import UNIT_INDEX
from ..speech.features import STEPS_PER_FRAME
from ..speech.spectrum import activity, relative
from .codec import FPS

_STEP = 1 / (VIDEO_FPS * STEPS_PER_FRAME)  # seconds of a mel column
_VOICE = slice(8, 56)  # mel bands of an open mouth with voice, about 300 to 3400 Hz
_REST = 0.6  # of the prototype remains where the voice is at its weakest
_SLOW = 0.35  # seconds, standard deviation of the envelope's smoothing
_LOUD, _QUIET = -4.0, -24.0  # dB below the speaker's usual peaks
_BROWS = [UNIT_INDEX["brow_raise_left"], UNIT_INDEX["brow_raise_right"]]
_LOWERED = UNIT_INDEX["brow_lower_left"]
_FROM, _RAISE, _GAP = 0.75, 0.22, 0.8  # rank of the stresses that raise the brows, how far, and seconds between two


def prototype_values(spans: Sequence[Span], log_power: np.ndarray, frames: int) -> np.ndarray:
    """Values [N, 24] in 0..1 at 5 fps: emotions at their levels × the slow energy of the voice, brows up on stress.

    spans: emotions in seconds · log_power: mel bands [80, M] as from `speech.features.log_power` · frames: N.
    """
    steps = round(frames / FPS / _STEP)
    power = np.maximum(np.asarray(log_power, np.float32), -10)  # the floor of log_power
    power = np.pad(power, ((0, 0), (0, max(0, steps - power.shape[1]))), constant_values=-10)[:, :steps]
    loudness = 10 * np.log10((10 ** power[_VOICE]).sum(0))
    speaking = activity(10 * np.log10((10**power).sum(0)))
    emotions = emotion_track(spans, steps // STEPS_PER_FRAME).values
    values = np.repeat(np.clip(emotions, 0, 1), STEPS_PER_FRAME, axis=0).astype(np.float64)
    values *= (_REST + (1 - _REST) * _energy(loudness, speaking))[:, None]
    room = 1 - np.clip(values[:, _BROWS[0]] + values[:, _LOWERED], 0, 1)
    values[:, _BROWS] += (_raised(loudness, speaking) * room)[:, None]
    return values.reshape(frames, -1, values.shape[1]).mean(1).clip(0, 1).astype(np.float32)


def _energy(loudness: np.ndarray, speaking: np.ndarray) -> np.ndarray:
    """Slow loudness of the voice [S], 0..1; 0 in silence."""
    loud = np.clip((relative(loudness) - _QUIET) / (_LOUD - _QUIET), 0, 1) * speaking
    return np.clip(1.6 * gaussian_filter1d(loud, _SLOW / _STEP), 0, 1)


def _raised(loudness: np.ndarray, speaking: np.ndarray) -> np.ndarray:
    """How far the brows rise [S], on the loudest syllables."""
    time = (np.arange(len(loudness)) + 0.5) * _STEP
    smooth = gaussian_filter1d(relative(loudness), 5.0)
    peaks, _ = find_peaks(np.where(speaking > 0.5, smooth, smooth.min()), distance=14, prominence=1.0)
    rank = smooth[peaks].argsort().argsort() / max(len(peaks) - 1, 1)
    raised, last = np.zeros(len(loudness)), -_GAP
    for moment, strength in zip(time[peaks], rank):
        if strength < _FROM or moment - last < _GAP:
            continue
        last, since = moment, time - moment
        raised = np.maximum(
            raised, _RAISE * strength * s_curve((since + 0.2) / 0.25) * (1 - s_curve((since - 0.2) / 0.5))
        )
    return raised
