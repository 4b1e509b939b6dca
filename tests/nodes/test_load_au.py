import math
import os

import pytest
from auhead_plugin.auhead_models.au import formats
from auhead_plugin.auhead_models.errors import AUHeadError


def _options(nodes) -> list[str]:
    return nodes.schema("AUHeadLoadAU").inputs[0].options


@pytest.fixture
def saved(performance, folders, tmp_path):
    """Performances in both folders, and one outside of them."""
    for place in (folders.input / "auhead" / "mine", folders.output / "auhead"):
        place.mkdir(parents=True)
        formats.save(performance, place / "a.json")
    formats.save(performance, folders.input / "secret.json")
    formats.save(performance, tmp_path / "secret.json")


def test_files_of_both_folders_are_listed_and_loaded(nodes, performance, saved):
    assert _options(nodes) == ["mine/a.json", "a.json [output]"]
    for choice in _options(nodes):
        (au,) = nodes("AUHeadLoadAU", file=choice)
        assert au.table == pytest.approx(performance.table, abs=1e-4)


def test_what_was_saved_can_be_chosen(nodes, performance):
    nodes("AUHeadSaveAU", au=performance, filename_prefix="day/take")
    assert _options(nodes) == ["day/take_00001.json [output]"]


def test_without_a_file_the_list_says_what_to_do(nodes):
    assert _options(nodes) == ["put a file into input/auhead"]
    with pytest.raises(AUHeadError, match="There is no performance to load yet"):
        nodes("AUHeadLoadAU")


@pytest.mark.parametrize(
    "choice",
    ["../secret.json", "../../secret.json", "mine/../../secret.json", "../secret.json [output]", "nothing.json", "mine",
     "", "\0", "a" * 5000, " [output]"],
)  # fmt: skip
def test_files_outside_the_folders_and_files_that_are_not_there(nodes, saved, choice):
    with pytest.raises(AUHeadError, match="There is no performance"):
        nodes("AUHeadLoadAU", file=choice)


def test_an_absolute_path(nodes, saved, tmp_path):
    for path in (tmp_path / "secret.json", tmp_path / "input" / "secret.json"):
        with pytest.raises(AUHeadError, match="There is no performance"):
            nodes("AUHeadLoadAU", file=str(path))


def test_a_link_that_leads_out_is_neither_listed_nor_read(nodes, saved, folders, tmp_path):
    (folders.input / "auhead" / "link.json").symlink_to(tmp_path / "secret.json")
    (folders.input / "auhead" / "far").symlink_to(tmp_path)
    assert _options(nodes) == ["mine/a.json", "a.json [output]"]
    for choice in ("link.json", "far/secret.json"):
        with pytest.raises(AUHeadError, match="There is no performance"):
            nodes("AUHeadLoadAU", file=choice)


def test_a_file_that_is_no_performance(nodes, folders):
    (folders.input / "auhead").mkdir()
    (folders.input / "auhead" / "a.json").write_text("{}")
    with pytest.raises(AUHeadError, match="a.json"):
        nodes("AUHeadLoadAU", file="a.json")


def test_the_node_runs_again_only_when_the_file_changed(nodes, saved, folders):
    node = nodes.node("AUHeadLoadAU")
    first = node.fingerprint_inputs(file="mine/a.json")
    assert node.fingerprint_inputs(file="mine/a.json") == first
    os.utime(folders.input / "auhead" / "mine" / "a.json", ns=(1, 1))
    assert node.fingerprint_inputs(file="mine/a.json") != first


def test_a_fingerprint_never_raises(nodes):
    node = nodes.node("AUHeadLoadAU")
    assert node.fingerprint_inputs(file="../secret.json") == "../secret.json"
    assert math.isnan(node.fingerprint_inputs(file=None))
