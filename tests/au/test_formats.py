import json
import logging

import numpy as np
import pytest

from auhead_models.au import AUSequence, Span, expression, space
from auhead_models.au.arkit import ARKIT_INDEX, ARKIT_NAMES
from auhead_models.au.formats import FORMATS, is_emotion_script, load, load_emotion_script, save
from auhead_models.errors import AUHeadError

LOWER = np.array([unit.minimum for unit in space.COLUMNS])
UPPER = np.array([unit.maximum for unit in space.COLUMNS])
RATES = [1, 5, 12.5, 24, 25, 30000 / 1001, 30, 59.94, 60, 120]


def performance(fps=25.0, frames=60, seed=0):
    table = np.random.default_rng(seed).uniform(LOWER, UPPER, (frames, 40))
    spans = (Span(0, 12 / fps, "happy", 1), Span(12 / fps, 40 / fps, "sad", 3))
    return AUSequence.from_table(table, fps, spans, "test")


def write(folder, name, text):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("fps", RATES)
@pytest.mark.parametrize("suffix", ["json", "csv"])
def test_own_files_come_back(tmp_path, suffix, fps):
    sequence = performance(fps)
    back = load(save(sequence, tmp_path / f"a.{suffix}"))
    assert np.abs(back.table - sequence.table).max() <= 1e-6
    assert back.fps == pytest.approx(fps, rel=2e-6)
    assert [(span.emotion, span.level) for span in back.spans] == [("happy", 1), ("sad", 3)]
    assert np.allclose([(span.start, span.end) for span in back.spans], [(s.start, s.end) for s in sequence.spans])


def test_json_keeps_frame_rate_source_and_spans_exactly(tmp_path):
    sequence = performance(23.123456789)
    back = load(save(sequence, tmp_path / "a.json"))
    assert (back.fps, back.source, back.spans) == (sequence.fps, "test", sequence.spans)


def test_json_ignores_what_it_does_not_know_and_fills_what_is_missing(tmp_path):
    data = {"version": 1, "fps": 30, "mood": "?", "columns": {"values": ["jaw_open", "ears"]}, "values": [[0.5, 9.0]]}
    sequence = load(write(tmp_path, "a.json", json.dumps(data)))
    assert sequence["jaw_open"][0] == 0.5 and sequence.table.sum() == 0.5 and sequence.fps == 30


def test_csv_of_few_columns_by_hand(tmp_path):
    sequence = load(write(tmp_path, "a.csv", "time,jaw_open,notes,emotion\n0,0.1,x,Joy\n0.5,0.2,,joy\n1.0,0.3,,\n"))
    assert sequence.fps == 2 and np.allclose(sequence["jaw_open"], [0.1, 0.2, 0.3])
    assert sequence.spans == (Span(0, 1, "happy", 2),)
    assert load(write(tmp_path, "b.csv", "jaw_open;yaw\n0,5;0,1\n")).table.sum() == pytest.approx(0.6)


def test_csv_of_head_motion_alone(tmp_path):
    sequence = load(write(tmp_path, "a.csv", "time,yaw,x\n0,0.1,0\n0.04,0.2,0\n"))
    assert sequence["yaw"].tolist() == pytest.approx([0.1, 0.2])


def test_csv_with_uneven_times_is_interpolated(tmp_path):
    rows = "".join(f"{t},{t}\n" for t in (0.0, 0.04, 0.08, 0.2, 0.24, 0.28, 0.32))
    sequence = load(write(tmp_path, "a.csv", "time,jaw_open\n" + rows))
    assert sequence.fps == 25 and np.allclose(sequence["jaw_open"], np.arange(9) * 0.04, atol=1e-6)


@pytest.mark.parametrize("fps", RATES)
def test_live_link_comes_back(tmp_path, fps):
    table = np.random.default_rng(0).uniform(0, 0.49, (80, 40))
    lost = {name: 0.0 for name in ("lips_together", "x", "y", "zoom")}
    sequence = AUSequence.from_table(table, fps).gain(lost).gain({"gaze": -1.0, "pose": -0.8})
    back = load(save(sequence, tmp_path / "a.csv", "live_link"))
    assert back.fps == pytest.approx(fps, rel=2e-6) and len(back) == 80
    assert np.abs(back.table - sequence.table).max() <= 1e-6


def warnings(caplog, sequence, path, format=None):
    caplog.clear()
    with caplog.at_level(logging.WARNING):
        save(sequence, path, format)
    return [record.getMessage() for record in caplog.records]


def test_what_live_link_cannot_hold_is_named_in_one_line(tmp_path, caplog):
    path = tmp_path / "a.csv"
    lossless = AUSequence.zeros(4).with_columns({"jaw_open": np.full(4, 0.5), "yaw": np.full(4, 0.2)})
    assert not warnings(caplog, lossless, path, "live_link")
    (line,) = warnings(caplog, lossless.with_columns({"lip_corner_raise_left": np.full(4, -0.5)}), path, "live_link")
    assert line.startswith("a.csv: Live Link Face CSV does not keep lip_corner_raise; ")
    (line,) = warnings(caplog, performance(), path, "live_link")
    assert line.startswith("a.csv: Live Link Face CSV does not keep the emotions, ") and " more; save as .json" in line


def test_what_emotion_text_cannot_hold_is_named_in_one_line(tmp_path, caplog):
    (line,) = warnings(caplog, performance(), tmp_path / "a.txt")
    assert line.startswith("a.txt: ") and "does not keep the motion" in line
    assert not warnings(caplog, load(tmp_path / "a.txt"), tmp_path / "b.txt")
    assert not warnings(caplog, performance(), tmp_path / "a.json")


def live_link(rows, columns="EyeBlinkLeft,EyeBlinkRight,JawOpen,MouthClose,BrowInnerUp,HeadYaw,HeadPitch,HeadRoll"):
    return f"Timecode,BlendShapeCount,{columns}\n" + "".join(row + "\n" for row in rows)


def test_live_link_recording_of_the_app(tmp_path):
    """60 fps timecodes past midnight; a row without a face in the middle; the head in ARKit's axes."""
    rows = []
    for k in range(-30, 30):
        clock = f"23:59:59:{60 + k:02d}.500" if k < 0 else f"00:00:00:{k:02d}.500"
        rows.append(f"{clock},0" if k == 5 else f"{clock},61,0.1,0.2,{(k + 30) / 60},0,0,0.3,0.2,0.1")
    sequence = load(write(tmp_path, "take_iPhone.csv", live_link(rows)))
    assert sequence.fps == 60 and len(sequence) == 60
    assert np.allclose(sequence["jaw_open"], np.arange(60) / 60, atol=1e-6)
    assert np.allclose([sequence[name][0] for name in ("yaw", "pitch", "roll")], [0.3, -0.2, -0.1])


def test_live_link_degrees_are_recognised(tmp_path):
    rows = [f"00:00:00:{k:02d},61,0,0,0,0,0,30,0,0" for k in range(10)]
    assert load(write(tmp_path, "a.csv", live_link(rows)))["yaw"][0] == pytest.approx(np.radians(30))


def test_live_link_eye_angles_where_shapes_are_silent(tmp_path):
    rows = [f"00:00:00:{k:02d},61,0,0,0,0,0,0.225,0.18,0.225,0.18" for k in range(3)]
    columns = "EyeBlinkLeft,EyeBlinkRight,JawOpen,MouthClose,BrowInnerUp"
    columns += ",LeftEyeYaw,LeftEyePitch,RightEyeYaw,RightEyePitch"
    sequence = load(write(tmp_path, "a.csv", live_link(rows, columns)))
    assert np.allclose(sequence["gaze_x"], 0.5) and np.allclose(sequence["gaze_y"], -0.5)


def test_neutral_frame_is_subtracted(tmp_path):
    rows = [f"00:00:00:{k:02d},61,0.2,0.2,{0.1 + k / 10},0,0.3,0.1,0,0" for k in range(4)]
    sequence = load(write(tmp_path, "a.csv", live_link(rows)), neutral=1)
    assert np.allclose(sequence["jaw_open"], [-0.1, 0, 0.1, 0.2], atol=1e-6)
    assert not sequence["yaw"].any() and not sequence["eye_closure_left"].any()
    with pytest.raises(AUHeadError, match="a.csv: there is no frame 4"):
        load(tmp_path / "a.csv", neutral=4)


def test_timed_emotion_text(tmp_path):
    text = "# script\n\n0.0 Happy 2\n1.5 - 2.5 sad   # softly\n0:03 anger 3 // loud\n00:00:05.5 joy\n"
    path = write(tmp_path, "a.txt", text)
    assert load_emotion_script(path) == (
        Span(0, 1.5, "happy", 2),
        Span(1.5, 2.5, "sad", 2),
        Span(3, 5.5, "angry", 3),
        Span(5.5, float("inf"), "happy", 2),
    )
    sequence = load(path)
    assert sequence.seconds == pytest.approx(8.52) and sequence.spans[-1].end == 8.5
    assert np.allclose(sequence.table[30][:24], expression("happy")[0], atol=1e-6)


def test_emotion_text_comes_back(tmp_path):
    sequence = performance(29.97)
    spans = load_emotion_script(save(sequence, tmp_path / "a.txt"))
    assert np.allclose([(s.start, s.end) for s in spans], [(s.start, s.end) for s in sequence.spans], atol=1e-6)
    with pytest.raises(AUHeadError, match="no emotions"):
        save(AUSequence.zeros(3), tmp_path / "b.txt")
    assert not (tmp_path / "b.txt").exists()


def test_emotions_of_any_saved_performance_are_a_script(tmp_path):
    assert load_emotion_script(save(performance(), tmp_path / "a.json")) == performance().spans
    with pytest.raises(AUHeadError, match="no emotions"):
        load_emotion_script(save(AUSequence.zeros(3), tmp_path / "b.json"))


def test_subtitles_with_tags(tmp_path):
    text = (
        "1\n00:00:00,000 --> 00:00:02,000\n[happy 3] Hello there!\n\n"
        "2\n00:00:02,500 --> 00:00:04,000\n[Music] {joy 3}\nlovely day\n\n"
        "3\n00:00:10,000 --> 00:00:12,000\nwell (sad) then\n\n4\n00:00:13,000 --> 00:00:14,000\nno tag\n"
    )
    happy, sad = load_emotion_script(write(tmp_path, "a.srt", text))
    assert (happy.start, happy.end, happy.emotion, happy.level) == (0, 4.0, "happy", 3)
    assert 10.5 < sad.start < 11.5 and (sad.end, sad.emotion, sad.level) == (12.0, "sad", 2)
    text = "1\n00:00:00,000 --> 00:00:02,000\n(Happy) <i>Hello</i> <SAD 3> you\n"
    happy, sad = load_emotion_script(write(tmp_path, "b.srt", text))
    assert (happy.emotion, happy.level, sad.emotion, sad.level) == ("happy", 2, "sad", 3)
    vtt = "WEBVTT\n\n00:01.000 --> 00:02.000\n[fear]No!\n"
    assert load_emotion_script(write(tmp_path, "a.vtt", vtt)) == (Span(1, 2, "fear", 2),)


@pytest.mark.parametrize(
    "text",
    [
        "The AU sequence for each frame of audio is: [[[0, 0.12], [11, 0.1]], [], [[8, 1]]]",
        "Sure! The AU sequence for each frame of audio is: [[(0, .12), (11, .1)], [], [(8, 1)]]",
        "[[[0, 0.12], [11, 0.1]], [], [[8, 1.0]]]",
    ],
)
def test_author_list(tmp_path, text):
    sequence = load(write(tmp_path, "a.txt", text))
    assert sequence.fps == 5 and len(sequence) == 3 and not sequence.table[1].any()
    assert sequence.values[0, 0] == pytest.approx(0.12) and sequence.values[0, 11] == pytest.approx(0.1)
    assert sequence["jaw_open"][2] == 1


def audio2face():
    names = [*ARKIT_NAMES, "unknownPose"]
    weights = np.zeros((4, 53))
    weights[:, ARKIT_INDEX["jawOpen"]] = [0, 0.2, 0.4, 0.6]
    return {"exportFps": 30.0, "numPoses": 53, "numFrames": 4, "facsNames": names, "weightMat": weights.tolist()}


def test_audio2face(tmp_path):
    sequence = load(write(tmp_path, "a.json", json.dumps(audio2face())))
    assert sequence.fps == 30 and np.allclose(sequence["jaw_open"], [0, 0.2, 0.4, 0.6])


def test_openface(tmp_path):
    header = "frame, face_id, timestamp, confidence, success, gaze_angle_x, gaze_angle_y, pose_Rx, pose_Ry, pose_Rz"
    header += ", AU01_r, AU12_r, AU26_r, AU45_r, AU12_c\n"
    rows = ""
    for k in range(6):
        ok = 0 if k == 2 else 1
        rows += f"{k + 1}, 0, {k / 30:.3f}, 0.98, {ok}, 0.1, 0.05, 0.1, -0.1, 0.2, 1.0, {k if ok else 99}, 0, 5, 1\n"
        rows += f"{k + 1}, 1, {k / 30:.3f}, 0.98, 1, 0, 0, 0, 0, 0, 5, 5, 5, 5, 1\n"
    sequence = load(write(tmp_path, "a.csv", header + rows))
    assert sequence.fps == 30 and len(sequence) == 6
    assert np.allclose(sequence["lip_corner_raise_left"], np.arange(6) / 5, atol=1e-2)
    assert np.allclose(sequence["inner_brow_raise"], 0.2) and np.allclose(sequence["eye_closure_right"], 1)
    assert np.allclose([sequence[name][0] for name in ("yaw", "pitch", "roll")], [0.1, -0.1, 0.2])
    assert np.allclose(sequence["gaze_x"], 0, atol=1e-6)  # looks where the head points


RHUBARB = {
    "a.tsv": "0.00\tX\n0.20\tA\n0.30\tD\n0.90\tF\n1.20\tX\n",
    "a.json": json.dumps(
        {
            "metadata": {"duration": 1.24},
            "mouthCues": [
                {"start": 0.0, "end": 0.2, "value": "X"},
                {"start": 0.2, "end": 0.3, "value": "A"},
                {"start": 0.3, "end": 0.9, "value": "D"},
                {"start": 0.9, "end": 1.2, "value": "F"},
                {"start": 1.2, "end": 1.24, "value": "X"},
            ],
        }
    ),
    "a.xml": '<?xml version="1.0"?>\n<rhubarbResult><mouthCues><mouthCue start="0.00" end="0.20">X</mouthCue>\n'
    '<mouthCue start="0.20" end="0.30">A</mouthCue><mouthCue start="0.30" end="0.90">D</mouthCue>'
    '<mouthCue start="0.90" end="1.20">F</mouthCue><mouthCue start="1.20" end="1.24">X</mouthCue>'
    "</mouthCues></rhubarbResult>",
}


@pytest.mark.parametrize("name", RHUBARB)
def test_rhubarb(tmp_path, name):
    sequence = load(write(tmp_path, name, RHUBARB[name]))
    assert sequence.fps == 25 and len(sequence) == 31
    assert sequence["lips_together"][5:7].max() == 1 and not sequence["lips_together"][8:].any()
    assert sequence["jaw_open"][14] == pytest.approx(0.6, abs=0.02) and sequence["lip_pucker"][26] > 0.6
    assert np.abs(np.diff(sequence["jaw_open"])).max() < 0.4


def test_values_out_of_range_are_clipped_with_one_warning(tmp_path, caplog):
    with caplog.at_level(logging.WARNING):
        sequence = load(write(tmp_path, "a.csv", "time,jaw_open,tongue_out\n0,3,-1\n0.04,0.5,0.5\n"))
    assert sequence["jaw_open"][0] == 1 and sequence["tongue_out"][0] == 0
    (record,) = caplog.records
    assert record.getMessage().startswith("a.csv: 2 values are out of range and were clipped, the first is jaw_open = ")


def test_content_decides_not_the_suffix(tmp_path):
    path = save(performance(), tmp_path / "a.json").rename(tmp_path / "a.csv")
    assert np.abs(load(path).table - performance().table).max() <= 1e-6


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "latin-1"])
def test_encodings_and_line_ends(tmp_path, encoding):
    path = tmp_path / "a.txt"
    path.write_bytes("# café\r\n0 happy\r\n2 sad 1\r\n".encode(encoding))
    assert [span.emotion for span in load_emotion_script(path)] == ["happy", "sad"]


def test_a_file_of_emotions_alone_is_told_from_a_performance(tmp_path):
    assert is_emotion_script(save(performance(), tmp_path / "a.txt"))
    assert not is_emotion_script(save(performance(), tmp_path / "a.json"))


def test_every_format_has_a_reader_and_four_a_writer():
    assert {name for name, format in FORMATS.items() if format.write} == {"json", "csv", "live_link", "emotion_text"}
    assert len(FORMATS) == 9
