"""A portrait and a sound become frames; FaceMaps and the way back from a video follow the same performance."""

import pytest
import torch
import torch.nn.functional as F

from auhead_models.au import AUSequence
from auhead_models.errors import AUHeadError
from auhead_models.face.crop import limit_side, paste_mask
from auhead_models.face.face import find_face
from auhead_models.pipeline import animate, choose_device, draw, draw_facemaps, video_to_au
from auhead_models.speech import SpeechOptions, load_audio


@pytest.fixture(scope="module")
def face(portrait):
    return find_face(portrait, size=192)


@pytest.fixture(scope="module")
def smile() -> AUSequence:
    still = AUSequence.zeros(12)
    ramp = torch.linspace(0, 1, 12).numpy()
    return still.with_columns({"lip_corner_raise_left": ramp, "lip_corner_raise_right": ramp, "jaw_open": 0.5 * ramp})


def test_portrait_and_speech_become_frames(portrait, short_speech_path):
    audio = load_audio(short_speech_path)
    clip = animate(portrait, audio, SpeechOptions(), seed=1, size=128)
    frames = list(clip.frames)
    assert clip.count == len(frames) == audio.frames == 8
    assert (clip.width, clip.height, clip.fps) == (128, 128, 25)
    assert all(frame.shape == (128, 128, 3) and 0 <= frame.min() and frame.max() <= 1 for frame in frames)


def test_same_seed_same_frames(portrait, short_speech_path):
    audio = load_audio(short_speech_path)
    first, second = (list(animate(portrait, audio, seed=3, size=96).frames) for _ in range(2))
    assert all(torch.equal(a, b) for a, b in zip(first, second))


@pytest.mark.parametrize("fps, count", [(1, 1), (12.5, 4), (120, 38)])
def test_other_frame_rates_keep_the_duration(portrait, short_speech_path, fps, count):
    clip = animate(portrait, load_audio(short_speech_path), size=64, fps=fps)
    assert clip.fps == fps and clip.count == count == len(list(clip.frames))


def test_whole_picture_changes_only_the_face(face, portrait, smile):
    clip = draw(face, smile, whole_picture=True)
    last = list(clip.frames)[-1]
    assert last.shape == portrait.shape == (clip.height, clip.width, 3)
    outside = paste_mask(portrait.shape[:2], face.crop_matrix, face.mask) == 0
    assert outside.float().mean() > 0.05 and torch.equal(last[outside], portrait[outside])
    assert not torch.equal(last, portrait)


@pytest.mark.parametrize("max_side, size", [(1280, 787), (700, 482), (200, 256)])
def test_a_large_picture_at_rest_keeps_its_sharpness(portrait, max_side, size):
    planes = F.interpolate(portrait.movedim(-1, 0)[None], (760, 760), mode="bicubic", antialias=True).clamp(0, 1)
    picture = F.pad(planes, (301, 83, 57, 0), mode="replicate")[0].movedim(0, -1)
    face = find_face(picture).in_picture(max_side)
    assert face.size == size
    (still,) = draw(face, AUSequence.zeros(1), whole_picture=True, max_side=max_side).frames
    expected = limit_side(picture, max_side)
    assert still.shape == expected.shape
    inside = paste_mask(still.shape[:2], face.crop_matrix, face.mask) == 1
    decibels = -10 * (still - expected)[inside].square().mean().log10()
    assert decibels > (60 if size > 256 else 35)  # a crop enlarged to be drawn well cannot be pasted exactly


def test_whole_picture_is_limited_in_size(face, smile):
    clip = draw(face, smile, whole_picture=True, max_side=200)
    assert next(clip.frames).shape == (clip.height, clip.width, 3) == (200, 200, 3)


@pytest.mark.parametrize("style", ["aniportrait", "mediapipe", "openpose", "au_heatmap"])
def test_facemaps(face, smile, style):
    clip = draw_facemaps(face, smile, style, size=160)
    frames = list(clip.frames)
    assert len(frames) == clip.count == 12 and frames[0].shape == (160, 160, 3)
    assert not torch.equal(frames[0], frames[-1]), "the smile is not drawn"


def test_facemaps_of_long_clips_are_complete(face):
    assert len(list(draw_facemaps(face, AUSequence.zeros(61)).frames)) == 61


def test_video_to_au_reads_the_smile_back(face, smile):
    frames = list(draw(face, smile).frames)
    frames[5] = torch.zeros_like(frames[5])  # a frame without a face is carried over
    found = video_to_au(frames, 25.0, neutral="first frame")
    assert len(found) == 12
    assert found["lip_corner_raise_left"][-1] > 0.4 and found["lip_corner_raise_left"][0] < 0.1
    assert found["jaw_open"][-1] > 0.2


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_cuda_draws_what_the_cpu_draws(face, smile):
    for there, here in zip(draw(face, smile, device="cuda").frames, draw(face, smile, device="cpu").frames):
        assert there.is_cuda and (there.cpu() - here).abs().mean() < 1e-3
    frames = list(draw(face, smile, device="cuda").frames)
    frames[5] = torch.zeros_like(frames[5])
    assert len(video_to_au(frames, 25.0, device="cuda")) == 12


@pytest.mark.skipif(torch.cuda.is_available(), reason="needs a machine without CUDA")
def test_without_cuda_auto_is_the_cpu():
    assert choose_device("auto") == choose_device("cpu") == torch.device("cpu")
    with pytest.raises(AUHeadError, match="no CUDA device"):
        choose_device("cuda")


def test_errors_are_sentences(face, smile, short_speech_path):
    with pytest.raises(AUHeadError, match="No face"):
        animate(torch.full((256, 256, 3), 0.5), load_audio(short_speech_path))
    with pytest.raises(AUHeadError, match="renderer"):
        draw(face, smile, renderer="oil")
    with pytest.raises(AUHeadError, match="no frames"):
        video_to_au([], 25.0)
    with pytest.raises(AUHeadError, match="face"):
        video_to_au([torch.zeros(64, 64, 3)] * 3, 25.0)
