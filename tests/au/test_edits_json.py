import json

import pytest

from auhead_models.au.edits_json import parse_edits
from auhead_models.errors import AUHeadError

SPAN = {"start": 0, "end": 1, "emotion": "sad"}
MANY = [[0, 0]] * 100_001

BAD = {
    # name of the case: (text or data, words that the error must hold)
    "no text": (None, "not a text"),
    "cut": ('{"keys": {"jaw', "^Line 1, column [0-9]+ of the edits cannot be read; correct"),
    "deep": ('{"ui": ' + "[" * 100_000, "cannot be read"),
    "huge integer": ('{"blink_rate": 1' + "0" * 5000 + "}", "cannot be read|blink_rate"),
    "list": ([1], "not what AU Editor writes"),
    "number": ("17", "17 and not what AU Editor writes"),
    "word": ('"keys"', "not what AU Editor writes"),
    "future": ({"version": 2}, "newer AUHead.*version 2.*update"),
    "version 0": ({"version": 0}, "at version: 0"),
    "version text": ({"version": "1"}, "at version"),
    "version true": ({"version": True}, "at version"),
    "version null": ({"version": None}, "at version: null"),
    "keys list": ({"keys": []}, "at keys: .* not an object"),
    "column": ({"keys": {"jaw": [[0, 0]]}}, 'at keys: "jaw" is not a column; use one of eye_closure_left'),
    "region keyed": ({"keys": {"mouth": [[0, 0]]}}, '"mouth" is not a column'),
    "curve": ({"keys": {"jaw_open": 1}}, "at keys.jaw_open: 1 is not a list"),
    "key": ({"keys": {"jaw_open": [[0, 0], [1]]}}, r"at keys.jaw_open\[1\]: .* not a key; write \[seconds, value"),
    "key object": ({"keys": {"jaw_open": [{"time": 0}]}}, r"at keys.jaw_open\[0\]"),
    "key word": ({"keys": {"jaw_open": [[0, 0], [1, "wide"]]}}, r'keys.jaw_open\[1\]: "wide" is not a finite number'),
    "key true": ({"keys": {"jaw_open": [[0, True]]}}, r"keys.jaw_open\[0\]: true is not"),
    "key null": ({"keys": {"yaw": [[None, 1]]}}, r"keys.yaw\[0\]: null is not"),
    "key NaN": ('{"keys": {"jaw_open": [[0, 0], [1, 0], [2, NaN]]}}', r'keys.jaw_open\[2\]: "NaN" is not a finite'),
    "key infinite": ('{"keys": {"jaw_open": [[0, -Infinity]]}}', r"keys.jaw_open\[0\]"),
    "key overflow": ('{"keys": {"jaw_open": [[0, 1e400]]}}', r"keys.jaw_open\[0\]"),
    "key absurd": ({"keys": {"jaw_open": [[0, 1e300]]}}, r"keys.jaw_open\[0\]: 1e\+300 is out of range"),
    "key before 0": ({"keys": {"jaw_open": [[-0.5, 1]]}}, r"keys.jaw_open\[0\]: -0.5 s is before the beginning; use 0"),
    "interpolation": ({"keys": {"yaw": [[0, 1, "bouncy"]]}}, r'keys.yaw\[0\]: "bouncy".*smooth, linear, step'),
    "too many keys": ({"keys": {"yaw": MANY}}, "at keys.yaw: there are 100001 items"),
    "too many in all": ({"keys": {"yaw": MANY[:60_000], "roll": MANY[:60_000]}}, "120000 keys in all; keep at most"),
    "too long": (" " * 17_000_000, "at most 16000000 characters"),
    "too many spans": ({"spans": [SPAN] * 1001}, "at spans: there are 1001"),
    "replace keys": ({"replace": [{"start": 0, "end": 1}]}, r"replace\[0\].keys: null is not an object"),
    "replace key": (
        {"replace": [{"start": 0, "end": 1, "keys": {"yaw": [[0, "a"]]}}]},
        r'replace\[0\].keys.yaw\[0\]: "a"',
    ),
    "replace order": ({"replace": [{"start": 2, "end": 2, "keys": {}}]}, r"replace\[0\]: .*from 2 to 2 s; let it end"),
    "replace start": ({"replace": [{"end": 2, "keys": {}}]}, r"replace\[0\].start: null is not"),
    "replace fade": ({"replace": [{"start": 0, "keys": {}, "fade": -1}]}, r"replace\[0\].fade: -1 s"),
    "gain": ({"gains": {"mouth": "loud"}}, 'gains.mouth: "loud" is not'),
    "gain of nothing": ({"gains": {"ears": 2}}, 'gains: "ears" is neither a region nor a column; use a region'),
    "offset of a region": ({"offsets": {"mouth": 0.1}}, 'offsets: "mouth" is not a column'),
    "mute": ({"mutes": ["mouth", "ears"]}, r'mutes\[1\]: "ears" is neither'),
    "mute number": ({"mutes": [3]}, r"mutes\[0\]: 3 is neither"),
    "mutes text": ({"mutes": "mouth"}, 'mutes: "mouth" is not a list'),
    "emotion": (
        {"spans": [SPAN, {**SPAN, "emotion": "bored"}]},
        r'spans\[1\].emotion: "bored" is not .* use one of angry',
    ),
    "emotion number": ({"spans": [{**SPAN, "emotion": 3}]}, r"spans\[0\].emotion: 3 is not"),
    "span": ({"spans": [3]}, r"spans\[0\]: 3 is not an object"),
    "span order": ({"spans": [{**SPAN, "end": 0}]}, r"spans\[0\]: .*let it end after"),
    "span end": ({"spans": [{**SPAN, "end": None}]}, r"spans\[0\].end: null"),
    "span level": ({"spans": [{**SPAN, "level": 4}]}, r"spans\[0\].level: 4 is not a level; use 1, 2 or 3"),
    "span level half": ({"spans": [{**SPAN, "level": 1.5}]}, r"spans\[0\].level"),
    "preset": (
        {"presets": [{"name": "moonwalk", "start": 0}]},
        r'presets\[0\].name: "moonwalk" is not a preset; use one',
    ),
    "preset unnamed": ({"presets": [{"start": 0}]}, r"presets\[0\].name: null"),
    "preset length": ({"presets": [{"name": "nod", "start": 0, "seconds": 0}]}, r"presets\[0\].seconds: 0 is out of"),
    "preset for days": ({"presets": [{"name": "nod", "start": 0, "seconds": 1e5}]}, r"presets\[0\].seconds"),
    "preset weight": ({"presets": [{"name": "nod", "start": 0, "weight": "x"}]}, r"presets\[0\].weight"),
    "blinks": ({"blink_rate": -1}, "blink_rate: -1 is out of range; use a number from 0 to 10"),
    "smoothing": ({"smoothing": [{}]}, r"smoothing\[0\].seconds: null"),
    "smoothing long": ({"smoothing": [{"seconds": 11}]}, r"smoothing\[0\].seconds: 11"),
    "smoothing where": ({"smoothing": [{"seconds": 1, "regions": ["ears"]}]}, r"smoothing\[0\].regions\[0\]: \"ears\""),
    "smoothing object": ({"smoothing": {"seconds": 1}}, "smoothing: .* is not a list"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_sentence_with_the_place(case):
    data, words = BAD[case]
    text = data if data is None or isinstance(data, str) else json.dumps(data)
    with pytest.raises(AUHeadError, match=words) as caught:
        parse_edits(text)
    message = str(caught.value)
    assert "\n" not in message and len(message) < 800 and message.endswith(".") and ";" in message


def test_a_long_or_broken_name_stays_short_in_the_message():
    for name in ("a\nb", "x" * 100_000):
        for data in (
            {"keys": {name: []}},
            {"mutes": [name]},
            {"spans": [{**SPAN, "emotion": name}]},
            {"version": name},
        ):
            with pytest.raises(AUHeadError) as caught:
                parse_edits(json.dumps(data))
            assert "\n" not in str(caught.value) and len(str(caught.value)) < 800


def test_forgiving_where_it_is_harmless():
    edits = parse_edits('\ufeff {"spans": [{"start": 0, "end": 2, "emotion": " Anger ", "level": 2.0}]}\n')
    assert (edits.spans[0].emotion, edits.spans[0].level) == ("angry", 2)
    assert [key.time for key in parse_edits('{"keys": {"yaw": [[2, 0], [1, 0], [1, 1]]}}').keys["yaw"]] == [1, 1, 2]
