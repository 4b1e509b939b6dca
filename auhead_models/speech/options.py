"""What a user may ask of the speech layers."""

import math
from dataclasses import dataclass

from ..au.emotions import emotion_name
from ..au.sequence import Span
from ..errors import AUHeadError

STRENGTHS = ("expression", "articulation", "blinks", "gaze", "head_motion")
MAXIMUM_STRENGTH = 2.0


@dataclass(frozen=True)
class SpeechOptions:
    """An emotion at a level (1 to 3) for the whole sound, or `spans` of emotions, which replace it where there are any;
    the strength of each layer, 0 (off) to 2, usually 1; and `transcript`, the words that are said, which guide the lips
    where pocketsphinx is installed.

    Raises AUHeadError for an unknown emotion, another level, and a strength outside 0..2.
    """

    emotion: str = "neutral"
    level: int = 2
    spans: tuple[Span, ...] = ()
    expression: float = 1.0
    articulation: float = 1.0
    blinks: float = 1.0
    gaze: float = 1.0
    head_motion: float = 1.0
    transcript: str = ""

    def __post_init__(self):
        object.__setattr__(self, "emotion", emotion_name(self.emotion))
        object.__setattr__(self, "spans", tuple(self.spans))
        for name in STRENGTHS:
            strength = getattr(self, name)
            if not 0 <= strength <= MAXIMUM_STRENGTH:
                raise AUHeadError(f"The strength of {name} is {strength}; use 0 (off) to {MAXIMUM_STRENGTH:g}.")
        if not self.spans:
            Span(0.0, math.inf, self.emotion, self.level)  # checks the level

    @property
    def emotions(self) -> tuple[Span, ...]:
        """The emotions over time."""
        return self.spans or (Span(0.0, math.inf, self.emotion, self.level),)
