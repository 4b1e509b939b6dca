"""The performance: AU space, sequences and their edits, emotions, presets, tables of other rigs, file formats."""

from .emotions import EMOTIONS, emotion_track, expression
from .sequence import FPS, AUSequence, Span, frame_count

__all__ = ["EMOTIONS", "FPS", "AUSequence", "Span", "emotion_track", "expression", "frame_count"]
