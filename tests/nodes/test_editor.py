import json

import pytest
from auhead_plugin.auhead_models.errors import AUHeadError


def test_without_edits_a_performance_passes_through(nodes, performance):
    assert nodes("AUHeadEditor", au=performance)[0] is performance


def test_edits_change_it(nodes, performance):
    edits = json.dumps({"version": 1, "keys": {"jaw_open": [[0, 0.25]]}, "mutes": ["pose"]})
    edited = nodes("AUHeadEditor", au=performance, edits=edits)[0]
    assert len(edited) == len(performance)
    assert edited["jaw_open"] == pytest.approx((performance["jaw_open"] + 0.25).clip(0, 1))
    assert not edited.pose.any()


def test_without_a_performance_the_sound_or_the_seconds_set_the_length(nodes, sample):
    assert len(nodes("AUHeadEditor", audio=sample[1], seconds=9.0)[0]) == 10
    assert len(nodes("AUHeadEditor", seconds=2.0)[0]) == 50
    assert len(nodes("AUHeadEditor", seconds=0.04)[0]) == 1


def test_face_and_sound_beside_a_performance_change_nothing(nodes, performance, face, sample):
    assert nodes("AUHeadEditor", au=performance, face=face, audio=sample[1])[0] is performance


@pytest.mark.parametrize(
    "edits, sentence",
    [
        ("{", "Line 1, column 2 of the edits cannot be read"),
        ("[]", "not what AU Editor writes"),
        ('{"version": 2}', r"A newer AUHead wrote these edits \(version 2\); update AUHead"),
        ('{"keys": {"left_ear": [[0, 1]]}}', '"left_ear" is not a column'),
        ('{"keys": {"jaw_open": [[0, "wide"]]}}', r"keys.jaw_open\[0\]"),
        ('{"keys": {"jaw_open": [[0, NaN]]}}', r"keys.jaw_open\[0\]"),
    ],
)
def test_edits_that_cannot_be_used(nodes, performance, edits, sentence):
    with pytest.raises(AUHeadError, match=sentence):
        nodes("AUHeadEditor", au=performance, edits=edits)
