"""What a diffusion model that listens is given of a sound: features [N, width], 25 rows a second whatever the video.

Such a model names the features that it was trained with, and their width, in its configuration (`Architecture.audio`).
"""

import logging
from collections.abc import Callable

import torch

from .au import FPS
from .errors import AUHeadError
from .speech import Audio, to_speech
from .speech.features import MELS, STEPS_PER_FRAME, log_mel

logger = logging.getLogger(__name__)


def _log_mel(audio: Audio, frames: int) -> torch.Tensor:
    return log_mel(to_speech(audio), frames).T.reshape(frames, -1)


FEATURES: dict[str, tuple[int, Callable[[Audio, int], torch.Tensor]]] = {
    "log-mel": (MELS * STEPS_PER_FRAME, _log_mel),  # Whisper's spectrogram, the four columns of a frame side by side
}


def rows_of_frames(frames: int, fps: float = FPS) -> torch.Tensor:
    """The row of the features in which each frame of a video begins, [frames]."""
    return (torch.arange(frames, dtype=torch.float64) * FPS / fps + 1e-6).long()  # rounding must not lose a row


def hear(name: str | None, audio: Audio | None, frames: int, fps: float = FPS) -> torch.Tensor | None:
    """The features [N, width] of that name in FEATURES; None without a sound or for a model without features.

    frames, fps: of the video; N are the rows up to the last of `rows_of_frames`. Silence follows where the sound is
    shorter, and what it has beyond them is left out. Raises AUHeadError for features that this version does not know.
    """
    if name is None:
        return None
    if audio is None:
        logger.warning("The model listens to speech, but there is none; it draws as in silence.")
        return None
    if name not in FEATURES:
        raise AUHeadError(f'The model listens to "{name}", which this AUHead cannot make; update AUHead.')
    return FEATURES[name][1](audio, int(rows_of_frames(frames, fps)[-1]) + 1)
