"""Known words found in the sound: forced alignment by pocketsphinx, where that is installed (English).

The settings are those that failed least on synthetic speech with known phones: no best path, wide beams, and 300 ms of
faint noise on both sides; boundaries then lie 5 to 10 ms (median) from the true ones.

Long speech is aligned window by window, because memory grows with what is aligned at once. A window that is not the
last holds as many of the next words as are said in it: the grammar may end after any of them. The next window begins
where the last sure word of this one ends, in a pause if there is one.
"""

import logging
import re

import numpy as np

from .audio import SPEECH_RATE
from .coarticulation import Phones
from .model import Progress

WINDOW = 24.0  # seconds

_UNSURE = 3.0  # seconds at the end of a window that the next one aligns again
_FASTEST = 6.0  # words a second
_PADDING = 0.3  # seconds
_SHORT = 8  # steps of 10 ms
_SILENCES = ("sil", "+spn+", "+nsn+")
_log = logging.getLogger(__name__)


def align(speech: np.ndarray, transcript: str, progress: Progress | None = None) -> Phones | None:
    """Phones of the words in speech [N] at 16 kHz; None, with the reason in the log, where they cannot be found.
    `progress` is told (samples, N) after every window and may raise to cancel."""
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
        return _phones(_aligned(decoder, speech, words, progress))
    except RuntimeError:
        _log.warning("The transcript is not used: its words were not found in the sound; check that they are said.")
        return None


_Word = list[tuple[float, float, str]]  # its phones: start and end in seconds, name; a silence is a word of one


def _aligned(decoder, speech: np.ndarray, words: list[str], progress: Progress | None) -> list[_Word]:
    """All words, with the silences between them. Raises RuntimeError where they are not found."""
    found: list[_Word] = []
    begin = 0
    while words:
        piece = speech[begin : begin + round(WINDOW * SPEECH_RATE)]
        last = begin + len(piece) == len(speech)
        if last:
            decoder.set_align_text(" ".join(words))
            heard = _heard(decoder, piece)
        else:
            _expect_some(decoder, words[: round(WINDOW * _FASTEST)])
            heard = _sure(_heard(decoder, piece))
        found += [[(begin / SPEECH_RATE + a, begin / SPEECH_RATE + b, name) for a, b, name in word] for word in heard]
        words = words[sum(not _silent(word) for word in heard) :]
        begin = len(speech) if last else begin + round(heard[-1][-1][1] * SPEECH_RATE)
        if progress is not None:
            progress(begin, len(speech))
    return found


def _expect_some(decoder, words: list[str]) -> None:
    """Search for the first of these words, however many: each leads to the next or to the end."""
    end = len(words)
    ways = [(index, to, 1.0, word) for index, word in enumerate(words) for to in {index + 1, end}]
    decoder.add_fsg("some", decoder.create_fsg("some", 0, end, ways))
    decoder.activate_search("some")


def _heard(decoder, piece: np.ndarray) -> list[_Word]:
    """The words of a piece [n], times from its beginning."""
    padding = 1e-3 * np.random.default_rng(0).standard_normal(int(_PADDING * SPEECH_RATE))
    samples = np.concatenate((padding, piece, padding))
    sound = (np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes()
    for final in (False, True):  # words first, then the phones in them
        if final:
            decoder.set_alignment()
        decoder.start_utt()
        decoder.process_raw(sound, full_utt=True)
        decoder.end_utt()
    return [[_timed(phone) for phone in word] for word in decoder.get_alignment()]


def _timed(phone) -> tuple[float, float, str]:
    start = phone.start / 100 - _PADDING
    return max(start, 0.0), max(start + phone.duration / 100, 0.0), phone.name.lower()


def _sure(words: list[_Word]) -> list[_Word]:
    """The words up to the last silence in the sure part of a window's second half, or else up to its last word."""
    ends = [word[-1][1] for word in words]
    known = sum(end <= WINDOW - _UNSURE for end in ends)
    pauses = [n + 1 for n in range(known) if ends[n] > WINDOW / 2 and _silent(words[n])]
    kept = words[: pauses[-1] if pauses else known]
    if all(_silent(word) for word in kept):
        raise RuntimeError
    return kept


def _silent(word: _Word) -> bool:
    return word[0][2] in _SILENCES


def _phones(words: list[_Word]) -> Phones:
    phones = []
    for start, end, name in (phone for word in words for phone in word):
        name = "pau" if name in _SILENCES else name
        name = "ax" if name == "ah" and end - start < _SHORT / 100 else name  # the dictionary writes both alike
        phones.append((start, end, name))
    return phones
