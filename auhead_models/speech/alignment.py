"""Known words found in the sound: forced alignment by pocketsphinx, where that is installed (English).

The settings are those that failed least on synthetic speech with known phones: no best path, wide beams, and 300 ms of
faint noise on both sides; boundaries then lie 5 to 10 ms (median) from the true ones.
"""

import logging
import re

import numpy as np

from .audio import SPEECH_RATE
from .coarticulation import Phones

_PADDING = 0.3  # seconds
_SHORT = 8  # steps of 10 ms
_log = logging.getLogger(__name__)


def align(speech: np.ndarray, transcript: str) -> Phones | None:
    """Phones of the words in speech [N] at 16 kHz; None, with the reason in the log, where they cannot be found."""
    words = re.sub(r"[^a-z0-9' ]", " ", transcript.lower().replace("’", "'")).split()
    try:
        from pocketsphinx import Decoder, get_model_path
    except ImportError:
        _log.warning("The transcript is not used: install pocketsphinx to align words with the sound.")
        return None
    model = get_model_path()
    decoder = Decoder(
        hmm=f"{model}/en-us/en-us",
        dict=f"{model}/en-us/cmudict-en-us.dict",
        lm=None,
        bestpath=False,
        beam=1e-60,
        pbeam=1e-60,
        wbeam=1e-40,
        loglevel="FATAL",
    )
    unknown = [word for word in words if decoder.lookup_word(word) is None]
    if unknown or not words:
        reason = f"pocketsphinx does not know {', '.join(sorted(set(unknown))[:5])}" if words else "it has no words"
        _log.warning("The transcript is not used: %s. The mouth follows the sound alone.", reason)
        return None
    try:
        return _aligned(decoder, speech, " ".join(words))
    except RuntimeError:
        _log.warning("The transcript is not used: its words were not found in the sound; check that they are said.")
        return None


def _aligned(decoder, speech: np.ndarray, text: str) -> Phones:
    padding = 1e-3 * np.random.default_rng(0).standard_normal(int(_PADDING * SPEECH_RATE))
    samples = np.concatenate((padding, speech, padding))
    sound = (np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes()
    decoder.set_align_text(text)
    for final in (False, True):  # words first, then the phones in them
        if final:
            decoder.set_alignment()
        decoder.start_utt()
        decoder.process_raw(sound, full_utt=True)
        decoder.end_utt()
    phones = []
    for word in decoder.get_alignment():
        for phone in word:
            start = phone.start / 100 - _PADDING
            name = phone.name.lower()
            name = "pau" if name in ("sil", "+spn+", "+nsn+") else name
            name = "ax" if name == "ah" and phone.duration < _SHORT else name  # the dictionary writes both alike
            phones.append((max(start, 0.0), max(start + phone.duration / 100, 0.0), name))
    return phones
