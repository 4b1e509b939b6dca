"""From the Action Units of a video, or of a file, to what a model shall learn to write.

A reading [T, 24] at 25 frames per second is free of blinks and noise. A label [N, 24] at 5 frames per second is what
remains of it above the person's own neutral face, each frame the mean of 200 ms, so that nothing faster than 2.5 Hz
folds back into it.
"""

from collections.abc import Iterable, Sequence

import numpy as np
from scipy.ndimage import grey_opening
from scipy.signal import savgol_filter

from ...au.sequence import FPS, AUSequence
from ...au.space import UNIT_INDEX
from ..codec import FPS as TOKEN_FPS
from ..codec import KEY_FRAMES, STEPS, quantise

DEAD_ZONE = 0.03  # what is weaker is noise of the reading
NEUTRAL_PERCENTILE = 10  # of a person's frames: what the face shows at rest
LONGEST_BLINK = 0.5  # seconds
_SMOOTHED_ABOVE = 12.5  # frames per second; a slower track has been smoothed by whoever made it
_SMOOTHING = (7, 2)  # Savitzky-Golay: frames, degree
_STAYS = 0.75  # steps of the tokens from a written one within which it stays; half a step is the nearest one
_PER_FRAME = round(FPS / TOKEN_FPS)
_CLOSURES = [UNIT_INDEX["eye_closure_left"], UNIT_INDEX["eye_closure_right"]]


def read_units(performance: AUSequence) -> np.ndarray:
    """The units [T, 24] float32 of a performance at 25 frames per second, without blinks and noise.

    Closed eyes count as a blink for up to half a second. Frames of a track at 5 per second are held, not
    interpolated, so that their mean is what they were.
    """
    if performance.fps == TOKEN_FPS:
        units = np.repeat(performance.values, _PER_FRAME, axis=0)
    else:
        units = performance.resample(FPS).values.copy()
    span = round(LONGEST_BLINK * FPS) + 1
    units[:, _CLOSURES] = grey_opening(units[:, _CLOSURES], size=(span, 1), mode="nearest")
    if performance.fps > _SMOOTHED_ABOVE and len(units) >= _SMOOTHING[0]:
        units = savgol_filter(units, *_SMOOTHING, axis=0, mode="nearest")
    return np.ascontiguousarray(units, np.float32)


def neutral_of(readings: Sequence[np.ndarray], emotions: Sequence[str]) -> np.ndarray:
    """What a person's face shows at rest [24], from all readings [T, 24] of the person and their emotions.

    The frames that are called neutral tell it; where none are, those of all emotions, if there are several. One
    emotion alone cannot be told from the face, and gives 0.
    """
    chosen = [units for units, emotion in zip(readings, emotions, strict=True) if emotion == "neutral"]
    if not chosen and len(set(emotions)) > 1:
        chosen = list(readings)
    if not chosen:
        return np.zeros(len(UNIT_INDEX), np.float32)
    return np.percentile(np.concatenate(chosen), NEUTRAL_PERCENTILE, axis=0).astype(np.float32).clip(min=0)


def above_neutral(units: np.ndarray, neutral: np.ndarray) -> np.ndarray:
    """Readings [T, 24] less the neutral face [24], in 0..1, without what is too weak to be meant."""
    above = np.clip(units - neutral, 0, 1)
    return np.where(above < DEAD_ZONE, 0, above).astype(np.float32)


def at_five(units: np.ndarray, frames: int) -> np.ndarray:
    """[T, 24] at 25 frames per second → [frames, 24] at 5, each the mean of its 200 ms; the end is held or cut."""
    needed = frames * _PER_FRAME
    units = np.pad(units[:needed], ((0, max(0, needed - len(units))), (0, 0)), mode="edge")
    return units.reshape(frames, _PER_FRAME, -1).mean(axis=1)


def steady(values: np.ndarray) -> np.ndarray:
    """Labels [N, 24] on the steps of the tokens, without the flutter between two steps that the noise of a reading
    makes: a step stays until the value is 0.0375 away from it. At a key the nearest step is taken, as all are written.

    Under a regressor's noise this takes an eighth of the tokens away, and the labels come no further from the truth.
    """
    steps = quantise(values)
    for frame in range(1, len(steps)):
        if frame % KEY_FRAMES:
            near = np.abs(values[frame] * STEPS - steps[frame - 1]) <= _STAYS
            steps[frame, near] = steps[frame - 1, near]
    return (steps / STEPS).astype(np.float32)


def persons_neutral(entries: Iterable[tuple[str, str, np.ndarray]]) -> dict[str, np.ndarray]:
    """The neutral faces of all persons in (person, emotion, reading)."""
    of: dict[str, tuple[list[np.ndarray], list[str]]] = {}
    for person, emotion, units in entries:
        readings, emotions = of.setdefault(person, ([], []))
        readings.append(units)
        emotions.append(emotion)
    return {person: neutral_of(*known) for person, known in of.items()}
