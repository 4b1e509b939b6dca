"""Files are written whole or not at all, and impossible places are refused before any work."""

import pytest

from auhead_models.errors import AUHeadError
from auhead_models.files import check_input, check_output, check_output_folder, whole_file


def test_a_file_takes_its_name_at_the_end(tmp_path):
    with whole_file(tmp_path / "new" / "clip.mp4") as partial:
        partial.write_text("all of it")
        assert partial.suffix == ".mp4" and not (tmp_path / "new" / "clip.mp4").exists()
    assert (tmp_path / "new" / "clip.mp4").read_text() == "all of it"
    assert len(list((tmp_path / "new").iterdir())) == 1


def test_a_failure_takes_its_folders_away_and_no_others(tmp_path):
    (tmp_path / "older").mkdir()
    (tmp_path / "used").mkdir()
    for place in ("older/clip.mp4", "new/deeper/clip.mp4"):
        with pytest.raises(KeyboardInterrupt), whole_file(tmp_path / place):
            raise KeyboardInterrupt
    with pytest.raises(KeyboardInterrupt), whole_file(tmp_path / "used" / "new" / "clip.mp4"):
        (tmp_path / "used" / "new" / "other.txt").write_text("another program's")
        raise KeyboardInterrupt
    assert sorted(path.name for path in tmp_path.iterdir()) == ["older", "used"]
    assert (tmp_path / "used" / "new" / "other.txt").exists()


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_an_error_keeps_the_older_file(tmp_path, error):
    (tmp_path / "clip.mp4").write_text("older")
    with pytest.raises(error), whole_file(tmp_path / "clip.mp4") as partial:
        partial.write_text("half of")
        raise error
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("clip.mp4", "older")]


def test_a_full_disk_is_a_sentence(tmp_path):
    with pytest.raises(AUHeadError, match="No space left"), whole_file(tmp_path / "clip.mp4"):
        raise OSError(28, "No space left on device")


def test_inputs(tmp_path):
    (tmp_path / "sound.wav").write_text("")
    assert check_input(tmp_path / "sound.wav", "sound") == tmp_path / "sound.wav"
    with pytest.raises(AUHeadError, match="There is no sound at"):
        check_input(tmp_path / "none.wav", "sound")
    with pytest.raises(AUHeadError, match="is a folder"):
        check_input(tmp_path, "sound")


def test_outputs(tmp_path):
    (tmp_path / "portrait.png").write_text("")
    assert check_output(tmp_path / "a" / "b" / "clip.mp4", tmp_path / "portrait.png").name == "clip.mp4"
    assert not (tmp_path / "a").exists(), "looking must not leave a folder behind"
    assert check_output_folder("relative")
    with pytest.raises(AUHeadError, match="also an input"):
        check_output(tmp_path / "portrait.png", None, tmp_path / "portrait.png")
    with pytest.raises(AUHeadError, match="is a folder"):
        check_output(tmp_path)
    with pytest.raises(AUHeadError, match="is a file"):
        check_output(tmp_path / "portrait.png" / "clip.mp4")
