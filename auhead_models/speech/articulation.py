"""The moving mouth: speech to the units of jaw and lips at 25 frames per second.

The speech model (model.py) hears the units of the mouth in every frame; where the words are known and pocketsphinx is
installed, their phones are found in the sound and spoken by coarticulation.py instead. Both give shapes 40 ms ahead of
the sound. Here the shapes follow the loudness of the syllables, lips that close are drawn shut, one closure after the
other, and pauses bring the mouth to rest.
"""

import logging
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import convolve1d, gaussian_filter1d, maximum_filter1d

from ..au import space
from ..au.sequence import AUSequence, s_curve
from . import spectrum as spectra
from .alignment import align
from .coarticulation import JAW, LIPS, MOUTH, TEETH, VISEMES, Phones, mouth_track, viseme_track
from .model import Heard, Progress, hear
from .spectrum import STEPS_PER_FRAME, Spectrum

LEAD = 4.0  # steps of 10 ms by which the mouth is ahead of the sound

_SOFTENING = (0.2, 0.6, 0.2)  # of the shapes over three frames: what is left of a flutter between two frames
_AGREEMENT = (
    0.35  # of visemes with those heard; in recordings 0.47 to 0.65 for the right words, at most 0.29 for others
)
_EFFORT = (0.75, 1.25)  # of the jaw, in the weakest and in the most stressed syllable
_TOUCH = 0.5  # probability from which the lips touch
_SHORTEST, _LONGEST = 2, 3  # frames that a closure inside speech is held
_APART = 4  # frames between the middles of two closures: three open ones are a syllable, fewer are a flutter
_RAMP = 0.45  # lips_together beside a closure
_AT_TEETH = 0.25  # lower_lip_suck from which the lower lip is at the teeth; closed lips draw it in by half of that
_RAMP_AT_TEETH = 0.2
_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Articulation:
    """`sequence`: mouth units and lips_together, at 25 fps. `envelope` [T] 0..1: how much the mouth belongs to speech,
    from rest to the middle of a phrase."""

    sequence: AUSequence
    envelope: np.ndarray


def articulate(
    speech: np.ndarray,
    frames: int,
    spectrum: Spectrum | None = None,
    heard: Heard | None = None,
    transcript: str = "",
    progress: Progress | None = None,
) -> Articulation:
    """Mouth of speech [N] (16 kHz mono, from `to_speech`) over so many frames; `spectrum` and `heard` save analysing it
    twice. `transcript`, the words that are said, takes effect where pocketsphinx is installed and finds them."""
    spectrum = spectrum or spectra.analyse(speech, frames)
    heard = heard or hear(speech, frames, progress=progress)
    phones = _said(speech, transcript, heard, progress) if transcript.strip() else None
    units = heard.units if phones is None else mouth_track(phones, frames)
    speaking = _speaking(spectrum, heard, frames)
    shapes = convolve1d(units, _SOFTENING, axis=0, mode="nearest") * speaking[:, None]
    shapes[:, JAW] *= _effort(spectrum, frames)
    columns: dict[str, np.ndarray] = {}
    for name, track in zip(MOUTH[:LIPS], shapes.T):
        columns |= dict.fromkeys(space.both_sides(name), track)
    columns["lips_together"] = np.maximum(
        closing(units[:, LIPS] * speaking, units[:, TEETH] >= _AT_TEETH), _resting(speaking)
    )
    sequence = AUSequence.zeros(frames, source="articulation").with_columns(columns)
    envelope = gaussian_filter1d(maximum_filter1d(speaking, 5), 1.5)
    return Articulation(sequence, np.clip(envelope, 0, 1).astype(np.float32))


def _said(speech: np.ndarray, transcript: str, heard: Heard, progress: Progress | None) -> Phones | None:
    """The phones of known words; None for words that the model does not hear, because any can be aligned with any
    sound."""
    phones = align(speech, transcript, progress)
    if phones is None:
        return None
    visemes, ears = viseme_track(phones, len(heard.visemes)), heard.visemes.argmax(axis=1)
    spoken = (visemes > 0) | (ears > 0)
    if (visemes == ears)[spoken].sum() >= _AGREEMENT * spoken.sum():
        return phones
    _log.warning(
        "The transcript is not used: the sound says something else; check that the words are all that is said."
    )
    return None


def _speaking(spectrum: Spectrum, heard: Heard, frames: int) -> np.ndarray:
    """0..1 per frame: there is a sound, and somewhere around it the model hears a phone."""
    sound = _at_frames(spectra.activity(spectrum.level), frames)
    phones = 1 - heard.visemes[:, VISEMES.index("sil")]
    return sound * s_curve(gaussian_filter1d(maximum_filter1d(phones, 5), 1.0) / 0.5)


def _effort(spectrum: Spectrum, frames: int) -> np.ndarray:
    """Stress of the syllable around each frame, as a factor of the jaw."""
    level = gaussian_filter1d(maximum_filter1d(spectra.relative(spectrum.sonorant), 13), 6.0)
    low, high = _EFFORT
    return _at_frames(low + (high - low) * np.clip((level + 16) / 16, 0, 1), frames)


def _at_frames(track: np.ndarray, frames: int) -> np.ndarray:
    """Steps [S] at the middles of the frames, ahead of the sound by LEAD."""
    position = (np.arange(frames) + 0.5) * STEPS_PER_FRAME - 0.5 + LEAD
    return np.interp(position, np.arange(len(track)), track)


def closing(touch: np.ndarray, teeth: np.ndarray) -> np.ndarray:
    """lips_together [T] from the probability that the lips touch [T]: each closure is shut for two or three frames, and
    no two are so near that no vowel shows between them; of two that are, the less sure gives way or is left out. Where
    `teeth` [T] says that the lower lip is at the teeth, as in the /v/ of "have been", the closure waits."""
    touch = _off_the_teeth(touch, teeth)
    lips = np.zeros(len(touch))
    taken = np.zeros(len(touch), bool)
    peaks = [t for t in range(len(touch)) if touch[t] >= _TOUCH and touch[t] == touch[max(t - 1, 0) : t + 2].max()]
    for peak in sorted(peaks, key=lambda t: -touch[t]):
        if taken[peak]:
            first, last = _beside(touch, taken, lips, peak)
        else:
            first, last = _grown(np.where(taken, -1.0, touch), peak)
        if last - first + 1 < _SHORTEST:
            continue
        taken[max(first - _APART + 1, 0) : last + _APART] = True
        lips[first : last + 1] = 1.0
        for side in (first - 1, last + 1):
            if 0 <= side < len(lips):
                lips[side] = max(lips[side], _RAMP_AT_TEETH if teeth[side] else _RAMP)
    return lips


def _off_the_teeth(touch: np.ndarray, teeth: np.ndarray) -> np.ndarray:
    """The touch without the frames at its beginning and end in which the lower lip is still or already at the teeth, as
    far as that leaves enough of it for a closure."""
    left = np.where(touch < _TOUCH, touch, 0.0)
    for first, after in _runs(touch >= _TOUCH):
        while after - first > _SHORTEST and teeth[first]:
            first += 1
        while after - first > _SHORTEST and teeth[after - 1]:
            after -= 1
        left[first:after] = touch[first:after]
    return left


def _runs(mask: np.ndarray) -> np.ndarray:
    """(first, after the last) frame of each stretch of a mask [T]."""
    return np.flatnonzero(np.diff(np.concatenate(([False], mask, [False])).astype(int))).reshape(-1, 2)


def _grown(touch: np.ndarray, peak: int) -> tuple[int, int]:
    """First and last frame of the closure around a peak, grown to the side that is surer; touch is -1 where it may not
    grow."""
    first = last = peak
    while last - first + 1 < _LONGEST:
        before = touch[first - 1] if first > 0 else -1.0
        after = touch[last + 1] if last + 1 < len(touch) else -1.0
        held = last - first + 1
        if max(before, after) < 0 or held >= _SHORTEST and max(before, after) < max(_TOUCH, 0.6 * touch[peak]):
            break
        first, last = (first - 1, last) if before > after else (first, last + 1)
    return first, last


def _beside(touch: np.ndarray, taken: np.ndarray, lips: np.ndarray, peak: int) -> tuple[int, int]:
    """The two surest frames that a closure too near to this peak leaves it; one alone, which is too short, where there
    are none, or where the lips are shut in the same touch already, as in a long hum."""
    apart = np.flatnonzero(np.concatenate(([True], touch < _TOUCH, [True]))) - 1
    first, last = apart[apart < peak].max() + 1, apart[apart > peak].min() - 1
    shut = lips[first : last + 1].max() == 1
    pairs = [] if shut else [t for t in range(first, last) if not taken[t : t + 2].any()]
    best = max(pairs, key=lambda t: touch[t] + touch[t + 1], default=peak)
    return best, best + bool(pairs)


def _resting(speaking: np.ndarray) -> np.ndarray:
    """lips_together [T] of pauses: the lips meet after a phrase and relax to the portrait's own within a second."""
    quiet = np.zeros(len(speaking))
    strength = 0.0
    for frame, active in enumerate(speaking > 0.5):
        strength = min(1.0, strength + 0.2) if active else strength * 0.94
        quiet[frame] = 0.0 if active else strength
    return 0.45 * gaussian_filter1d(quiet, 1.25)
