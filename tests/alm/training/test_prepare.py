"""Recordings become a dataset: what is kept, what is left out with which sentence, and that nothing is done twice."""

import numpy as np
import pytest
import torch
from scipy.io import wavfile

from auhead_models.alm.training import prepare as preparing
from auhead_models.alm.training.dataset import read_dataset
from auhead_models.alm.training.prepare import prepare
from auhead_models.alm.training.recordings import find_recordings, read_manifest
from auhead_models.au import AUSequence
from auhead_models.au.formats import save
from auhead_models.au.space import UNIT_INDEX
from auhead_models.cli import main
from auhead_models.errors import AUHeadError
from auhead_models.face.face import find_face
from auhead_models.face.warp import WarpRenderer
from auhead_models.speech import Audio
from auhead_models.video import VideoWriter

JAW = UNIT_INDEX["jaw_open"]


def sound(path, seconds, rate=16000):
    time = np.arange(round(seconds * rate)) / rate
    wavfile.write(path, rate, (8000 * np.sin(2 * np.pi * 220 * time)).astype(np.int16))


@pytest.fixture
def listed(tmp_path):
    """A CSV file of two good recordings of one person and seven bad rows."""
    folder = tmp_path / "in"
    folder.mkdir()
    sound(folder / "calm.wav", 2.0)
    sound(folder / "angry.wav", 1.5, 22050)
    sound(folder / "long.wav", 3.0)
    wavfile.write(folder / "silent.wav", 16000, np.zeros(16000, np.int16))
    (folder / "text.wav").write_text("no sound")
    save(AUSequence.zeros(50).with_columns({"jaw_open": 0.2}), folder / "calm.json")
    save(AUSequence.zeros(38).with_columns({"jaw_open": 0.6, "brow_lower_left": 0.5}), folder / "angry.csv")
    save(AUSequence.zeros(25), folder / "second.json")
    (folder / "clips.csv").write_text(
        "audio,au,emotion,level,person\n"
        "calm.wav,calm.json,neutral,1,Anna\n"
        "angry.wav,angry.csv,anger,3,Anna\n"
        "nowhere.wav,calm.json,happy,1,\n"
        "calm.wav,nowhere.json,happy,1,\n"
        "long.wav,calm.json,sad,2,\n"
        "silent.wav,second.json,sad,2,\n"
        "text.wav,second.json,sad,2,\n"
        "calm.wav,calm.json,hungry,2,\n"
        "calm.wav,calm.json,happy,7,\n"
    )
    return folder / "clips.csv"


def test_a_list_becomes_a_dataset(listed, tmp_path):
    recordings, left_out = read_manifest(listed)
    dataset = prepare(recordings, tmp_path / "out", left_out)
    reasons = {each.name: each.reason for each in dataset.left_out}
    assert "no recording" in reasons["nowhere.wav"] and "text.wav" in reasons["text.wav"]
    assert "lasts 3.00 s and has Action Units of 2.00 s" in reasons["long.wav"]
    assert reasons["silent.wav"] == "its sound is silent"
    assert "hungry" in reasons["calm.wav (line 9)"] and '"7"' in reasons["calm.wav (line 10)"]
    assert [str(each) for each in dataset.left_out if "nowhere.json" in each.reason]

    kept = read_dataset(tmp_path / "out")
    assert [entry.name for entry in kept.entries] == ["calm.wav", "angry.wav"] and kept.left_out == dataset.left_out
    calm, angry = kept[0], kept[1]
    assert len(calm.speech) == 32000 and len(calm.utterance) == 10 and len(angry.utterance) == 8
    assert (angry.utterance.emotion, angry.utterance.level) == ("angry", 3)
    assert np.abs(calm.utterance.values).max() == 0  # Anna's jaw always hangs a little
    assert np.allclose(angry.utterance.values[:, JAW], 0.4, atol=1e-3)


def test_what_is_there_is_not_made_again(listed, tmp_path, monkeypatch):
    recordings, _ = read_manifest(listed)
    prepare(recordings, tmp_path / "out")
    read = []
    before = preparing._read
    monkeypatch.setattr(
        preparing, "_read", lambda recording, device: read.append(recording.name) or before(recording, device)
    )
    prepare(recordings[:2], tmp_path / "out")
    assert read == []
    save(AUSequence.zeros(50).with_columns({"jaw_open": 0.9}), listed.parent / "calm.json")
    assert len(prepare(recordings[:2], tmp_path / "out")) == 2 and read == ["calm.wav"]


def test_a_stopped_run_leaves_whole_clips_and_goes_on(listed, tmp_path, monkeypatch):
    recordings, _ = read_manifest(listed)
    before = preparing._read

    def stopped(recording, device):
        if recording.name == "angry.wav":
            raise KeyboardInterrupt
        return before(recording, device)

    monkeypatch.setattr(preparing, "_read", stopped)
    with pytest.raises(KeyboardInterrupt):
        prepare(recordings[:2], tmp_path / "out")
    assert len(list((tmp_path / "out").rglob("*.*"))) == 2 and not list((tmp_path / "out").rglob("*partial*"))
    with pytest.raises(AUHeadError, match="auhead prepare"):
        read_dataset(tmp_path / "out")
    monkeypatch.setattr(preparing, "_read", before)
    assert len(prepare(recordings[:2], tmp_path / "out")) == 2


def test_a_folder_of_videos_becomes_a_dataset(portrait, tmp_path):
    """The face opens its mouth in the second half; one video shows no face."""
    videos = tmp_path / "videos" / "happy"
    videos.mkdir(parents=True)
    face = find_face(portrait, size=160)
    opening = AUSequence.zeros(12).with_columns({"jaw_open": np.repeat([0.0, 0.8], 6)})
    voice = Audio(np.sin(np.arange(16000 * 12 // 25) * 0.1).astype(np.float32) * 0.3, 16000)
    with VideoWriter(videos / "M003_level_3.mp4", 25.0, 160, 160, voice) as video:
        for frame, _ in WarpRenderer(face).render(opening):
            video.write(frame)
    with VideoWriter(videos / "wall.mp4", 25.0, 160, 160, voice) as video:
        for _ in range(12):
            video.write(torch.full((160, 160, 3), 0.5))
    (videos.parent / "plain.mp4").write_bytes((videos / "wall.mp4").read_bytes())
    dataset = prepare(*_given(find_recordings(tmp_path / "videos"), tmp_path / "out"))
    assert {each.name: each.reason for each in dataset.left_out}["happy/wall.mp4"] == "12 of its 12 frames show no face"
    assert "tells no emotion" in {each.name: each.reason for each in dataset.left_out}["plain.mp4"]
    (clip,) = dataset
    assert (clip.utterance.emotion, clip.utterance.level, clip.person) == ("happy", 3, "M003")
    jaw = clip.utterance.values[:, JAW]
    assert jaw[0] < 0.1 and jaw[-1] > 0.3


def _given(found, output):
    recordings, left_out = found
    return recordings, output, left_out


def test_persons_are_on_one_side_of_a_split(listed, tmp_path):
    rows = [
        f"{name}.wav,{name}.{kind},happy,2,{person}"
        for person in "ABCDE"
        for name, kind in (("calm", "json"), ("angry", "csv"))
    ]
    listed.write_text("\n".join(["audio,au,emotion,level,person", *rows]))
    dataset = prepare(read_manifest(listed)[0], tmp_path / "out")
    learnt, checked = dataset.split(0.2)
    assert len(checked) == 2 and len(learnt) == 8
    assert not {entry.person for entry in learnt.entries} & {entry.person for entry in checked.entries}
    assert len(dataset.split(0)[1]) == 0 and len(dataset.split(1)[0]) == 2


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("day,rain\n1,2\n", "lists no recordings"),
        ("audio,au,emotion\nno.wav,no.json,happy\n", "None of the 1 recordings"),
        ("audio,emotion\ncalm.wav,happy\n", "needs both audio and au"),
    ],
)
def test_a_list_that_is_of_no_use_is_told(listed, tmp_path, text, sentence):
    listed.write_text(text)
    with pytest.raises(AUHeadError, match=sentence):
        recordings, left_out = read_manifest(listed)
        prepare(recordings, tmp_path / "out", left_out)
    assert not (tmp_path / "out").exists()


def test_a_dataset_that_is_damaged_is_told(listed, tmp_path):
    prepare(read_manifest(listed)[0][:2], tmp_path / "out")
    next((tmp_path / "out" / "clips").glob("calm*.wav")).unlink()
    with pytest.raises(AUHeadError, match="lacks 1 of its 2 clips"):
        read_dataset(tmp_path / "out")
    (tmp_path / "out" / "manifest.json").write_text("{")
    with pytest.raises(AUHeadError, match="damaged"):
        read_dataset(tmp_path / "out")


def test_the_command_prepares(listed, tmp_path, capsys):
    assert main(["prepare", "--manifest", str(listed), "-o", str(tmp_path / "out")]) == 0
    said = capsys.readouterr()
    assert "2 clips" in said.out and "nowhere.wav is left out: There is no recording" in said.err
    assert main(["prepare", "-o", str(tmp_path / "out")]) == 2
    assert main(["prepare", str(tmp_path), "--manifest", str(listed), "-o", str(tmp_path / "out")]) == 2
