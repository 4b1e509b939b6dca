import pytest
from auhead_plugin.auhead_models.errors import AUHeadError


def test_a_preset_lasts_as_long_as_asked(nodes):
    (au,) = nodes("AUHeadPreset", preset="wink_left", seconds=1.2)
    assert len(au) == 30 and au["eye_closure_left"].max() > 0.9


def test_every_preset_on_the_list_plays(nodes):
    options = next(entry.options for entry in nodes.schema("AUHeadPreset").inputs if entry.id == "preset")
    for name in options:
        assert len(nodes("AUHeadPreset", preset=name, seconds=1.0, loop=True)[0]) == 25


def test_an_unknown_preset(nodes):
    with pytest.raises(AUHeadError, match='"yodel" is not a preset'):
        nodes("AUHeadPreset", preset="yodel")
