import pytest
from auhead_plugin.auhead_models.errors import AUHeadError


@pytest.mark.parametrize("style", ["aniportrait", "mediapipe", "openpose", "au_heatmap"])
def test_one_drawing_a_frame(nodes, face, performance, style):
    (pictures,) = nodes("AUHeadFaceMap", face=face, au=performance, style=style)
    assert pictures.shape == (10, 128, 128, 3)
    assert pictures.flatten(1).amax(1).min() > 0.1 and 0 <= pictures.min() and pictures.max() <= 1


@pytest.mark.parametrize("size", [1, 8, 64, 256])
def test_another_size(nodes, face, performance, size):
    assert nodes("AUHeadFaceMap", face=face, au=performance, size=size)[0].shape == (10, size, size, 3)


def test_performances_of_another_frame_rate_are_drawn_at_25(nodes, face, performance):
    assert len(nodes("AUHeadFaceMap", face=face, au=performance.resample(50.0), size=64)[0]) == 10


def test_an_unknown_style(nodes, face, performance):
    with pytest.raises(AUHeadError, match='There is no FaceMap style "oil"'):
        nodes("AUHeadFaceMap", face=face, au=performance, style="oil")


def test_cancel_stops_the_drawing(nodes, face, performance, cancel_after):
    with pytest.raises(cancel_after(3)):
        nodes("AUHeadFaceMap", face=face, au=performance)
    assert len(nodes("AUHeadFaceMap", face=face, au=performance)[0]) == 10


def test_what_does_not_fit_into_memory_is_refused(nodes, face, performance, memory):
    memory(0.001)
    with pytest.raises(AUHeadError, match="10 frames of 512 x 512 need 0.0 GB of memory for the FaceMaps"):
        nodes("AUHeadFaceMap", face=face, au=performance, size=512)
