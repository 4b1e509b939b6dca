"""Speech to a performance: sound of any kind in, an AU sequence at 25 frames per second out.

Layers: expression (emotions and emphasis), articulation (the mouth), blinks, gaze and head motion; see compose.py.
`hear` gives what the bundled speech model hears: features, visemes, mouth units, emotion and level at 25 Hz.
"""

from .articulation import Articulation, articulate
from .audio import SPEECH_RATE, Audio, load_audio, to_speech
from .model import Heard, hear
from .options import SpeechOptions
from .perform import speech_to_au

__all__ = [
    "SPEECH_RATE",
    "Articulation",
    "Audio",
    "Heard",
    "SpeechOptions",
    "articulate",
    "hear",
    "load_audio",
    "speech_to_au",
    "to_speech",
]
