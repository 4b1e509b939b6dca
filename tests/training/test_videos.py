import pytest

from auhead_models.errors import AUHeadError
from auhead_models.training.videos import at_rate, find_videos, fingerprint


def test_frames_come_at_the_rate_of_the_model():
    assert list(at_rate(range(6), 50.0)) == [0, 2, 4]
    assert list(at_rate(range(3), 12.5)) == [0, 0, 1, 1, 2, 2]
    assert list(at_rate(range(4), 25.0)) == [0, 1, 2, 3]


def test_videos_are_found_below_and_in_order(tmp_path):
    for name in ("b.mp4", "a/c.MOV", "a/notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert find_videos(tmp_path) == [tmp_path / "a/c.MOV", tmp_path / "b.mp4"]
    for nowhere in (tmp_path / "b.mp4", tmp_path / "no"):
        with pytest.raises(AUHeadError, match="no video"):
            find_videos(nowhere)


def test_what_is_made_again_when_a_file_changes(tmp_path):
    file = tmp_path / "a.wav"
    file.write_text("one")
    before = fingerprint(file, of=64)
    assert fingerprint(file, of=64) == before != fingerprint(file, of=128)
    file.write_text("three")
    assert fingerprint(file, of=64) != before
