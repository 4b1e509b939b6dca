from pathlib import PurePath

import pytest

from auhead_models.alm.training.names import read_name
from auhead_models.errors import AUHeadError


@pytest.mark.parametrize(
    ("path", "feeling"),
    [
        ("MEAD/M003/video/front/angry/level_2/001.mp4", ("angry", 2, "M003")),
        ("W009_left_30_disgusted_level_3_004.mp4", ("disgusted", 3, "W009")),
        ("MEAD/M003/video/front/neutral/level_1/001.mp4", ("neutral", 1, "M003")),
        ("CREMA-D/1001_DFA_ANG_HI.flv", ("angry", 3, "1001")),
        ("1091_WSI_SAD_XX.flv", ("sad", 2, "1091")),
        ("Actor_12/01-01-06-02-01-02-12.mp4", ("fear", 3, "12")),
        ("01-01-02-01-01-01-03.mp4", ("neutral", 2, "03")),
        ("Anna/happiness/take 7.mov", ("happy", 2, "")),
        ("happy/sad ending.mp4", ("sad", 2, "")),
    ],
)
def test_names_of_the_usual_data_sets_are_understood(path, feeling):
    assert read_name(PurePath(path)) == feeling


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("interviews/012.mp4", "tells no emotion"),
        ("from happy to sad.mp4", "two emotions, happy and sad"),
        ("angry/level_4/001.mp4", "levels are 1, 2 and 3"),
        ("01-02-06-02-01-02-12.mp4", "sung"),
        ("happyend/001.mp4", "tells no emotion"),
    ],
)
def test_names_that_do_not_tell_are_refused(path, sentence):
    with pytest.raises(AUHeadError, match=sentence):
        read_name(PurePath(path))
