import base64
import json

import numpy as np
import pytest
import torch
from auhead_plugin.auhead_models.errors import AUHeadError
from auhead_plugin.auhead_models.speech import load_audio


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


def shown(nodes, **given):
    """What the editor in the browser is told of a run, as it comes out of JSON."""
    return json.loads(json.dumps(nodes.output("AUHeadEditor", **given).ui["auhead_editor"]))[0]


def test_the_browser_is_told_of_the_performance_beneath_the_edits(nodes, performance):
    told = shown(nodes, au=performance, edits='{"keys": {"jaw_open": [[0, 0.5]]}}')["performance"]
    assert (told["frames"], told["fps"]) == (len(performance), performance.fps)
    assert [span["emotion"] for span in told["spans"]] == [span.emotion for span in performance.spans]
    moving = {name for name in told["columns"] if performance[name].any()}
    assert moving == told["columns"].keys() and "jaw_open" in moving
    for name, column in told["columns"].items():
        steps = np.frombuffer(base64.b64decode(column["data"]), "<i2")
        assert steps * column["scale"] / 32767 == pytest.approx(performance[name], abs=3e-5)


def test_the_browser_is_told_of_the_voice_and_where_to_hear_it(nodes, performance, sample, folders):
    told = shown(nodes, au=performance, audio=sample[1])
    peaks = np.frombuffer(base64.b64decode(told["peaks"]["data"]), np.uint8)
    assert len(peaks) == 40 and peaks.max() == 255 and told["peaks"]["rate"] == 100
    place = folders.temp / told["sound"]["subfolder"] / told["sound"]["filename"]
    heard = load_audio(place)
    assert told["sound"]["type"] == "temp" and heard.seconds == pytest.approx(0.4, abs=1e-3)
    written = place.stat().st_mtime_ns
    assert shown(nodes, audio=sample[1])["sound"] == told["sound"] and place.stat().st_mtime_ns == written


def test_the_browser_is_told_of_the_face(nodes, performance, face):
    assert shown(nodes, au=performance)["portrait"] is None and "sound" not in shown(nodes, au=performance)
    portrait = shown(nodes, au=performance, face=face)["portrait"]
    assert len(json.dumps(portrait)) <= 120_000 and portrait["crop"].startswith("data:image/")


def test_a_voice_of_several_channels_and_a_silent_one(nodes, folders):
    rng = np.random.default_rng(1)
    for samples in (rng.uniform(-1, 1, (2, 4801)), np.zeros((1, 3)), np.full((1, 50_000), np.nan)):
        sound = {"waveform": waveform_of(samples), "sample_rate": 48_000}
        told = shown(nodes, seconds=1.0, audio=sound)
        place = folders.temp / "auhead" / told["sound"]["filename"]
        assert load_audio(place).seconds == pytest.approx(samples.shape[1] / 48_000, abs=1e-4)


def waveform_of(samples):
    return torch.from_numpy(samples.astype(np.float32))[None]


def test_a_single_frame_and_a_still_one(nodes):
    told = shown(nodes, seconds=0.04)["performance"]
    assert told == {"fps": 25.0, "frames": 1, "columns": {}, "spans": []}
