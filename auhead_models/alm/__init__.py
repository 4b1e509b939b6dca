"""Stage 1: an audio-language model (ALM) hears speech, names the emotion and writes Action Units as tokens.

    speech ─ backend ─ constrained decoding (grammar) ─ tokens ─ codec ─ Utterance at 5 fps ─ expression at 25 fps

transformers is imported only where a model is opened (backends/).
"""
