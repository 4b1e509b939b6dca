import pytest
from auhead_plugin.auhead_models.au import formats
from auhead_plugin.auhead_models.errors import AUHeadError


@pytest.mark.parametrize(
    "format, name", [("json", "a_00001.json"), ("csv", "a_00001.csv"), ("live link csv", "a_00001.csv")]
)
def test_a_performance_is_saved_in_every_format(nodes, performance, folders, format, name):
    shown = nodes.output("AUHeadSaveAU", au=performance, filename_prefix="a", format=format).ui
    assert shown == {"files": [{"filename": name, "subfolder": "auhead", "type": "output"}]}
    assert len(formats.load(folders.output / "auhead" / name)) == len(performance)


def test_emotions_alone(nodes, performance, folders):
    nodes("AUHeadSaveAU", au=performance, filename_prefix="a", format="emotions")
    assert "happy 2" in (folders.output / "auhead" / "a_00001.txt").read_text()


def test_nothing_is_overwritten(nodes, performance, folders):
    for _ in range(3):
        nodes("AUHeadSaveAU", au=performance)
    names = sorted(path.name for path in (folders.output / "auhead").iterdir())
    assert names == [f"performance_{number:05}.json" for number in (1, 2, 3)]


def test_a_folder_in_the_prefix(nodes, performance, folders):
    shown = nodes.output("AUHeadSaveAU", au=performance, filename_prefix="day 1/take").ui
    assert shown["files"][0]["subfolder"] == "auhead/day 1"
    assert (folders.output / "auhead" / "day 1" / "take_00001.json").is_file()


@pytest.mark.parametrize("prefix", ["../a", "../../a", "a/../../b", "/a", "", ".", "a/..", "..", "\0"])
def test_prefixes_that_lead_out(nodes, performance, folders, prefix):
    with pytest.raises(AUHeadError, match="does not name a file inside output/auhead|No file can be saved under"):
        nodes("AUHeadSaveAU", au=performance, filename_prefix=prefix)
    assert list(folders.output.rglob("*.json")) == []


def test_a_name_that_is_too_long(nodes, performance):
    with pytest.raises(AUHeadError, match="No file can be saved under|cannot be written"):
        nodes("AUHeadSaveAU", au=performance, filename_prefix="a" * 400)


def test_a_link_that_leads_out(nodes, performance, folders, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (folders.output / "auhead").mkdir()
    (folders.output / "auhead" / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(AUHeadError, match="does not name a file inside output/auhead"):
        nodes("AUHeadSaveAU", au=performance, filename_prefix="link/a")
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_file_where_a_folder_is_meant(nodes, performance, folders):
    (folders.output / "auhead").mkdir()
    (folders.output / "auhead" / "a").touch()
    with pytest.raises(AUHeadError, match='No file can be saved under "a/b"'):
        nodes("AUHeadSaveAU", au=performance, filename_prefix="a/b")


def test_an_output_folder_that_is_a_link_itself(nodes, performance, folders, tmp_path):
    (tmp_path / "disk").mkdir()
    (folders.output / "auhead").symlink_to(tmp_path / "disk")
    shown = nodes.output("AUHeadSaveAU", au=performance, filename_prefix="a").ui
    assert shown["files"][0]["subfolder"] == "auhead" and (tmp_path / "disk" / "a_00001.json").is_file()


def test_an_unknown_format(nodes, performance):
    with pytest.raises(AUHeadError, match='The input format is "fbx"'):
        nodes("AUHeadSaveAU", au=performance, format="fbx")
