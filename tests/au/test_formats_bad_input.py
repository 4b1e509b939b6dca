import json
from pathlib import Path

import numpy as np
import pytest

from auhead_models.au import AUSequence, Span
from auhead_models.au.formats import load, load_emotion_script, save
from auhead_models.errors import AUHeadError

FRAME = [0.0] * 24


def own(**change):
    data = {"format": "auhead-au", "version": 1, "fps": 25, "values": [FRAME, FRAME], **change}
    return json.dumps({key: value for key, value in data.items() if value is not None})


def arkit_csv(row="00:00:00:01,52,0,0,0,0,0"):
    return f"Timecode,BlendShapeCount,EyeBlinkLeft,EyeBlinkRight,JawOpen,MouthClose,BrowInnerUp\n{row}\n"


BAD = {
    # name of the case: (file name, text, words that the error must hold)
    "empty": ("a.json", "", "empty"),
    "only spaces": ("a.csv", " \n\n ", "empty"),
    "foreign text": ("a.md", "Dear Sir or Madam,\nthank you.", "not an AU file"),
    "foreign JSON": ("a.json", '{"name": "left-pad", "version": "1.0"}', "no AU values"),
    "other JSON with values": ("a.json", '{"format": "plot", "values": [[1]]}', "plot"),
    "JSON number": ("a.json", "17", "no AU values"),
    "JSON list": ("a.json", '["a", "b"]', "frame 0 is not a list"),
    "cut JSON": ("a.json", own()[:60], "not complete JSON"),
    "deep JSON": ("a.json", '{"values":' + "[" * 100000, "JSON"),
    "huge number": ("a.json", '{"fps": 25, "values": [[' + ",".join(["1" + "0" * 400] + ["0"] * 23) + "]]}", "number"),
    "future version": ("a.json", own(version=7), "version 7.*update"),
    "odd version": ("a.json", own(version="x"), "version is x"),
    "fps 0": ("a.json", own(fps=0), "frame rate is 0"),
    "fps negative": ("a.json", own(fps=-25), "frame rate is -25"),
    "fps text": ("a.json", own(fps="fast"), '"fps".*"fast" is not'),
    "fps missing": ("a.json", own(fps=None), '"fps"'),
    "fps true": ("a.json", own(fps=True), '"fps"'),
    "23 units": ("a.json", own(values=[FRAME[1:]]), "frame 0 has 23 numbers where 24"),
    "ragged": ("a.json", own(values=[FRAME, FRAME[1:]]), "frame 1 has 23"),
    "frame is a number": ("a.json", own(values=[1, 2]), "frame 0 has no list"),
    "no frames": ("a.json", own(values=[]), "no frames"),
    "NaN": ("a.json", own(values=[FRAME, [float("nan"), *FRAME[1:]]]), "frame 1 .*eye_closure_left"),
    "null": ("a.json", own(values=[[*FRAME[1:], None]]), "nose_wrinkle"),
    "word": ("a.json", own(values=[[*FRAME[1:], "wide"]]), '"wide" is not'),
    "nested": ("a.json", own(values=[[[1, 2]] * 24]), "not a finite number"),
    "lengths differ": ("a.json", own(extra=[[0.0] * 10]), '"extra" has 1 frames and "values" 2'),
    "span unknown": ("a.json", own(spans=[{"start": 0, "end": 1, "emotion": "bored"}]), "bored"),
    "span backwards": ("a.json", own(spans=[{"start": 1, "end": 0, "emotion": "sad"}]), "after its start"),
    "span level": ("a.json", own(spans=[{"start": 0, "end": 1, "emotion": "sad", "level": "x"}]), "level"),
    "span no object": ("a.json", own(spans=[3]), "span"),
    "spans no list": ("a.json", own(spans=3), "spans"),
    "csv header only": ("a.csv", "time,jaw_open\n", "no rows"),
    "csv foreign": ("a.csv", "name,price\nbread,2\n", "holds no performance"),
    "csv of points": ("a.csv", "x,y\n1,2\n", "holds no performance"),
    "csv of points in time": ("a.csv", "time,x,y\n0,1,2\n", "holds no performance"),
    "csv of one turn": ("a.csv", "time,roll\n0,1\n", "holds no performance"),
    "csv word": ("a.csv", "time,jaw_open\n0,0\n0.04,wide\n", r'line 3, column "jaw_open".*"wide"'),
    "csv nan": ("a.csv", "time,jaw_open\n0,nan\n", r'line 2, column "jaw_open"'),
    "csv cut row": ("a.csv", "time,jaw_open,yaw\n0,0,0\n0.04,0.\n", "line 3.*2 cells"),
    "csv twice": ("a.csv", "jaw_open,jaw_open\n0,0\n", "twice"),
    "csv time back": ("a.csv", "time,jaw_open\n1,0\n0.5,0\n", "does not rise at frame 1"),
    "csv time jump": ("a.csv", "time,jaw_open\n0,0\n0.04,0\n0.08,0\n99999,0\n", "jumps from 0.08 to 99999"),
    "csv too fast": ("a.csv", "time,jaw_open\n0,0\n0.0001,0\n", "1000 frames per second"),
    "csv emotion": ("a.csv", "time,jaw_open,emotion\n0,0,sad\n0.04,0,meh\n", 'line 3, column "emotion".*meh'),
    "csv level": ("a.csv", "time,jaw_open,emotion,level\n0,0,sad,2.5\n", "line 2.*2.5"),
    "live link timecode": ("a.csv", arkit_csv("noon,52,0,0,0,0,0"), 'line 2, column "Timecode".*"noon"'),
    "live link word": ("a.csv", arkit_csv("00:00:00:01,52,0,0,x,0,0"), 'line 2, column "JawOpen"'),
    "live link cut": ("a.csv", arkit_csv("00:00:00:01,52,0,0,0.1"), "line 2.*cells"),
    "live link no face": ("a.csv", arkit_csv("00:00:00:01,0"), "no row holds"),
    "openface no face": ("a.csv", "success,AU01_r,AU02_r,AU04_r\n0,0,0,0\n", "no face was found"),
    "openface word": ("a.csv", "success,AU01_r,AU02_r,AU04_r\n1,0,x,0\n", "AU02_r"),
    "text emotion": ("a.txt", "0 happy\n1 bored 2\n", "line 2.*bored.*use one of"),
    "text level": ("a.txt", "0 happy 9\n", "line 1.*level"),
    "text line": ("a.txt", "0 happy 2\nthen sad\n", r"line 2.*\"then sad\""),
    "text commas": ("a.txt", "0 happy 2\nglad, 1.5  # so\n", r"line 2.*\"glad, 1.5  # so\" is not"),
    "text end": ("a.txt", "2 1 happy 2\n", "line 1.*ends at 1"),
    "text comments only": ("a.txt", "# nothing\n\n", "no emotion"),
    "text prose": ("a.txt", "Once upon a time.", "line 1"),
    "text for ever": ("a.txt", "0 999999 sad\n", "three hours"),
    "srt no tags": ("a.srt", "1\n00:00:00,000 --> 00:00:01,000\nHi\n", r"\[happy 2\]"),
    "srt backwards": ("a.srt", "1\n00:00:02,000 --> 00:00:01,000\n[sad]\n", "line 2.*ends before"),
    "srt time": ("a.srt", "1\n00:..00 --> 00:00:01,000\n[sad]\n", "line 2.*not a cue time"),
    "srt nothing": ("a.srt", "hello\n", "emotion tag"),
    "list cut": ("a.txt", "The AU sequence for each frame of audio is: [[[0, 0.12], [11", "not complete"),
    "list unit 24": ("a.txt", "The AU sequence for each frame of audio is: [[[24, 0.1]]]", "unit 24"),
    "list triple": ("a.txt", "[[[1, 2, 3]]]", "pair"),
    "list word": ("a.txt", '[[[1, "x"]]]', '"x" is not'),
    "list empty": ("a.txt", "[]", "no frames"),
    "a2f fps": ("a.json", '{"exportFps": 0, "facsNames": ["jawOpen"], "weightMat": [[0]]}', "frame rate is 0"),
    "a2f names": ("a.json", '{"exportFps": 30, "facsNames": ["pose1"], "weightMat": [[0]]}', "ARKit name"),
    "a2f no names": ("a.json", '{"exportFps": 30, "weightMat": [[0]]}', "facsNames"),
    "a2f width": ("a.json", '{"exportFps": 30, "facsNames": ["jawOpen"], "weightMat": [[0, 1]]}', "2 numbers where 1"),
    "rhubarb shape": ("a.json", '{"mouthCues": [{"start": 0, "end": 1, "value": "Q"}]}', '"Q"'),
    "rhubarb time": ("a.json", '{"mouthCues": [{"start": 0, "value": "A"}]}', "mouthCues.end"),
    "rhubarb line": ("a.tsv", "0.00\tX\n0.1 ?\n", "line 2"),
    "rhubarb xml cut": ("a.xml", "<rhubarbResult><mouthCues><mouthCue", "ends in the middle"),
    "rhubarb none": ("a.json", '{"mouthCues": []}', "no mouth cues"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_file_gives_one_sentence_with_its_name(tmp_path, case):
    name, text, words = BAD[case]
    (tmp_path / name).write_text(text)
    with pytest.raises(AUHeadError, match=words) as caught:
        load(tmp_path / name)
    message = str(caught.value)
    assert message.startswith(name) and "\n" not in message and message.endswith(".") and len(message) < 400


def test_missing_folder_and_binary(tmp_path):
    with pytest.raises(AUHeadError, match="does not exist"):
        load(tmp_path / "none.json")
    with pytest.raises(AUHeadError, match="cannot be read"):
        load(tmp_path)
    (tmp_path / "a.json").write_bytes(bytes(range(256)) * 10)
    with pytest.raises(AUHeadError, match="a.json: this is not a text file"):
        load(tmp_path / "a.json")
    with pytest.raises(AUHeadError, match="does not exist"):
        load_emotion_script(tmp_path / "none.txt")


def test_no_damage_to_a_file_raises_anything_but_a_sentence(tmp_path):
    table = np.random.default_rng(0).uniform(0, 0.5, (3, 40))
    sequence = AUSequence.from_table(table, spans=(Span(0, 0.12, "sad"),))
    rng = np.random.default_rng(1)
    for name, format in (("a.json", "json"), ("a.csv", "csv"), ("b.csv", "live_link"), ("a.txt", "emotion_text")):
        whole = save(sequence, tmp_path / name, format).read_bytes()
        for trial in range(60):
            damaged = bytearray(whole[: rng.integers(1, len(whole))] if trial % 2 else whole)
            for place in rng.integers(0, len(damaged), 0 if trial % 4 == 1 else 3):
                damaged[place] = rng.choice(list(b'0a,.[]{}":-\n \xff'))
            (tmp_path / name).write_bytes(bytes(damaged))
            try:
                load(tmp_path / name)
            except AUHeadError as error:
                assert "\n" not in str(error)


def test_a_failed_write_leaves_nothing(tmp_path, monkeypatch):
    sequence = AUSequence.zeros(3)
    target = save(sequence, tmp_path / "a.json")
    before = target.read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    for place in (target, tmp_path / "new" / "a.json"):
        with pytest.raises(AUHeadError, match="No space left"):
            save(AUSequence.zeros(9), place)
    assert target.read_bytes() == before and [path.name for path in tmp_path.iterdir()] == ["a.json"]


def test_a_folder_in_the_way_and_unknown_formats(tmp_path):
    (tmp_path / "a.json").mkdir()
    with pytest.raises(AUHeadError, match="Cannot write"):
        save(AUSequence.zeros(3), tmp_path / "a.json")
    with pytest.raises(AUHeadError, match="use .json"):
        save(AUSequence.zeros(3), tmp_path / "a.mp4")
    with pytest.raises(AUHeadError, match='"srt" cannot be written'):
        save(AUSequence.zeros(3), tmp_path / "a.srt", "srt")
    with pytest.raises(AUHeadError, match="Subtitles with emotion tags can only be read"):
        save(AUSequence.zeros(3), tmp_path / "a.srt")
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]
