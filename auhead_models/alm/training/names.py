"""Who feels what in a recording, from the names of its file and folders.

    MEAD      M003/video/front/angry/level_2/001.mp4, or the same words in one name: M003_front_angry_level_2_001.mp4
    CREMA-D   1001_DFA_ANG_HI.flv       person, sentence, emotion, level (LO, MD, HI; XX: not told)
    RAVDESS   02-01-06-02-01-02-12.mp4  modality, voice, emotion, level (01 normal, 02 strong), sentence, take, person
    others    any folder or word of a name that is an emotion, and "level_2" or "level2"

Numbers and codes are those in the documentation of the three data sets (Wang et al., ECCV 2020; Cao et al., IEEE TAC
2014; Livingstone & Russo, PLoS ONE 2018).
"""

import re
from pathlib import PurePath
from typing import NamedTuple

from ...au.emotions import ALIASES, EMOTIONS, emotion_name
from ...errors import AUHeadError

USUAL_LEVEL = 2  # where a name does not tell it
_CREMA = re.compile(r"(\d{4})_[A-Z]{3}_([A-Z]{3})_([A-Z]{2})$")
_CREMA_EMOTIONS = {"ANG": "angry", "DIS": "disgusted", "FEA": "fear", "HAP": "happy", "NEU": "neutral", "SAD": "sad"}
_CREMA_LEVELS = {"LO": 1, "MD": 2, "HI": 3}
_RAVDESS = re.compile(r"\d\d-(\d\d)-(\d\d)-(\d\d)-\d\d-\d\d-(\d\d)$")
_RAVDESS_EMOTIONS = ("neutral", "neutral", "happy", "sad", "angry", "fear", "disgusted", "surprised")  # 02 is calm
_RAVDESS_LEVELS = {"01": 2, "02": 3}
_RAVDESS_SONG = "02"
_MEAD_PERSON = re.compile(r"[MW]\d{3}$")
_LEVEL = re.compile(r"level[ _-]?(\d+)", re.IGNORECASE)
_WORDS = re.compile(r"[A-Za-z]+")


class Feeling(NamedTuple):
    """person: "" where nobody is named."""

    emotion: str
    level: int
    person: str


def read_name(path: PurePath) -> Feeling:
    """What the names in a path tell, the file's before its folders'. Raises AUHeadError when no emotion is among them,
    two are in one name, or the person sings."""
    if match := _CREMA.match(path.stem):
        person, emotion, level = match.groups()
        if emotion in _CREMA_EMOTIONS:
            return Feeling(_CREMA_EMOTIONS[emotion], _CREMA_LEVELS.get(level, USUAL_LEVEL), person)
    if match := _RAVDESS.match(path.stem):
        voice, emotion, level, person = match.groups()
        if voice == _RAVDESS_SONG:
            raise AUHeadError("it is sung, not spoken, as its name tells")
        if 1 <= int(emotion) <= len(_RAVDESS_EMOTIONS):
            return Feeling(_RAVDESS_EMOTIONS[int(emotion) - 1], _RAVDESS_LEVELS.get(level, USUAL_LEVEL), person)
    names = (path.stem, *reversed(path.parent.parts))
    return Feeling(_emotion(names), _level(names), _person(names))


def _emotion(names: tuple[str, ...]) -> str:
    for name in names:
        words = {word.lower() for word in _WORDS.findall(name)}
        found = {emotion_name(word) for word in words if word in EMOTIONS or word in ALIASES}
        if len(found) > 1:
            raise AUHeadError(
                f'its name "{name}" tells two emotions, {" and ".join(sorted(found))}; list it in a CSV file'
            )
        if found:
            return found.pop()
    listed = ", ".join(EMOTIONS)
    raise AUHeadError(f"its name tells no emotion; name it or its folder after one ({listed}) or list it in a CSV file")


def _level(names: tuple[str, ...]) -> int:
    for name in names:
        if match := _LEVEL.search(name):
            level = int(match[1])
            if level not in (1, 2, 3):
                raise AUHeadError(f'its name "{name}" tells level {level}; levels are 1, 2 and 3')
            return level
    return USUAL_LEVEL


def _person(names: tuple[str, ...]) -> str:
    parts = (part for name in names for part in re.split(r"[_\- ]", name))
    return next((part for part in parts if _MEAD_PERSON.match(part)), "")
