import pytest
import torch
from auhead_plugin.auhead_models.errors import AUHeadError


@pytest.fixture(scope="module")
def video(sample) -> torch.Tensor:
    """The bundled portrait three times."""
    return sample[0].expand(3, -1, -1, -1)


@pytest.mark.parametrize("neutral", ["auto", "first frame"])
def test_a_still_video_is_a_still_performance(nodes, video, neutral):
    (au,) = nodes("AUHeadVideoToAU", frames=video, fps=30.0, neutral=neutral)
    assert len(au) == 3 and au.fps == 30.0 and abs(au.table).max() < 0.2


def test_alpha_is_left_aside(nodes, video):
    frames = torch.cat([video, torch.ones(3, 512, 512, 1)], -1)
    assert len(nodes("AUHeadVideoToAU", frames=frames)[0]) == 3


def test_the_landmarks_of_comfyui(nodes, video, points, core_landmarks):
    landmarks = core_landmarks([[points], [], [points]], (512, 512))
    (au,) = nodes("AUHeadVideoToAU", frames=video, landmarks=landmarks)
    assert len(au) == 3 and abs(au.table).max() < 0.2


@pytest.mark.parametrize("fps", [0.0, -1.0, float("nan")])
def test_a_frame_rate_of_nothing(nodes, video, fps):
    with pytest.raises(AUHeadError, match="The input fps is .*; give the frames per second"):
        nodes("AUHeadVideoToAU", frames=video, fps=fps)


def test_a_frame_rate_without_end(nodes, video):
    with pytest.raises(AUHeadError, match="The frame rate is inf"):
        nodes("AUHeadVideoToAU", frames=video[:1], fps=float("inf"))


def test_a_video_without_a_face(nodes):
    with pytest.raises(AUHeadError, match="No frame of the video holds a face"):
        nodes("AUHeadVideoToAU", frames=torch.full((2, 128, 128, 3), 0.5))


def test_a_video_without_frames(nodes, video):
    with pytest.raises(AUHeadError, match="The video holds no frames"):
        nodes("AUHeadVideoToAU", frames=video[:0])


def test_landmarks_of_another_video(nodes, video, points, core_landmarks):
    with pytest.raises(AUHeadError, match="belong to 2 pictures, but the input frames holds 3"):
        nodes("AUHeadVideoToAU", frames=video, landmarks=core_landmarks([[points]] * 2, (512, 512)))


def test_cancel_stops_the_watching(nodes, video, cancel_after):
    with pytest.raises(cancel_after(2)):
        nodes("AUHeadVideoToAU", frames=video)
    assert len(nodes("AUHeadVideoToAU", frames=video)[0]) == 3
