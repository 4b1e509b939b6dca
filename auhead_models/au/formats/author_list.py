"""The list format of the first author's earlier code: a sentence, then [unit, value] pairs for each frame, at 5 fps.

    The AU sequence for each frame of audio is: [[[0, 0.12], [11, 0.1]], [], ...]

Tuples and numbers without a leading zero, as that code's prompt asks for, are read too.
"""

import json
import re

from .. import space
from ..sequence import AUSequence
from .text import number, problem

FPS = 5.0
_SENTENCE = re.compile(r"AU sequence for each frame of audio is:?\s*")


def matches(text: str) -> bool:
    return _SENTENCE.search(text) is not None or text.lstrip().startswith("[")


def read(text: str, name: str) -> AUSequence:
    sentence = _SENTENCE.search(text)
    body = text[sentence.end() :] if sentence else text.lstrip()
    body = re.sub(r"(?<![\d.])\.(\d)", r"0.\1", body.replace("(", "[").replace(")", "]"))
    try:
        frames, _ = json.JSONDecoder().raw_decode(body)
    except (ValueError, RecursionError) as error:
        raise problem(name, "the list of frames is not complete; copy all of it with its closing brackets.") from error
    if not isinstance(frames, list) or not frames:
        raise problem(name, "there are no frames in the list; choose a file with at least one frame.")
    table = AUSequence.zeros(len(frames), FPS).table
    for index, frame in enumerate(frames):
        if not isinstance(frame, list):
            raise problem(name, f"frame {index} is not a list of [unit, value] pairs; correct or export it again.")
        for pair in frame:
            if not isinstance(pair, list) or len(pair) != 2:
                raise problem(name, f"frame {index} holds something that is not a [unit, value] pair; correct it.")
            unit = number(pair[0], name, column=f"frame {index}")
            if unit not in range(len(space.UNITS)):
                raise problem(name, f"frame {index} names unit {unit:g}; units are 0 to {len(space.UNITS) - 1}.")
            table[index, int(unit)] = number(pair[1], name, column=f"frame {index}, unit {unit:g}")
    return AUSequence.from_table(table, FPS, source=name)
