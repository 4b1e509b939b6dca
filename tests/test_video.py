"""Videos go out whole or not at all, keep colours and length, and come back in."""

import wave
from types import SimpleNamespace

import av
import numpy as np
import pytest
import torch

from auhead_models.errors import AUHeadError
from auhead_models.video import VideoReader, VideoWriter


def gradient(height: int, width: int, level: float = 0.5) -> torch.Tensor:
    y, x = torch.meshgrid(torch.linspace(0, 1, height), torch.linspace(0, 1, width), indexing="ij")
    return torch.stack([x, y, torch.full_like(x, level)], dim=-1)


def tone(seconds: float, rate: int, channels: int) -> SimpleNamespace:
    curve = 0.5 * np.sin(2 * np.pi * 440 * np.arange(round(seconds * rate)) / rate)
    return SimpleNamespace(samples=np.tile(curve.astype(np.float32), (channels, 1)), sample_rate=rate)


def write(path, frames=30, fps=25, size=(64, 48), audio=None):
    height, width = size
    with VideoWriter(path, fps, width, height, audio) as video:
        for index in range(frames):
            video.write(gradient(height, width, index / frames))
    return path


def sound(path) -> tuple[np.ndarray, int]:
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        parts = [frame.to_ndarray() for frame in container.decode(stream)]
        return np.concatenate(parts, axis=1)[:, : round(stream.duration * stream.time_base * stream.rate)], stream.rate


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv"])
def test_frames_survive(tmp_path, suffix):
    path = write(tmp_path / f"clip{suffix}")
    with VideoReader(path) as video:
        frames = list(video)
        assert video.fps == 25 and len(frames) == video.frames == 30
    error = (frames[15] - gradient(64, 48, 0.5)).abs()
    assert error.mean() < 0.015, "colours shifted"
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv"])
def test_metadata_says_ai_generated(tmp_path, suffix):
    with av.open(str(write(tmp_path / f"clip{suffix}"))) as container:
        tags = {key.lower(): value for key, value in container.metadata.items()}
    assert tags["comment"].startswith("AI-generated")


def test_moov_comes_first_so_that_browsers_can_stream(tmp_path):
    data = write(tmp_path / "clip.mp4").read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


@pytest.mark.parametrize("fps", [1, 23.976, 29.97, 120])
def test_frame_rates(tmp_path, fps):
    with VideoReader(write(tmp_path / "clip.mp4", frames=6, fps=fps)) as video:
        assert video.fps == pytest.approx(fps, rel=1e-3)
        assert len(list(video)) == 6


def test_odd_sizes_are_padded_by_one_pixel(tmp_path):
    with VideoReader(write(tmp_path / "clip.mp4", frames=2, size=(33, 51))) as video:
        assert next(iter(video)).shape == (34, 52, 3)


@pytest.mark.parametrize("rate", [8000, 16000, 44100, 96000])
@pytest.mark.parametrize("channels", [1, 2, 3, 6])
def test_sound_of_any_kind_keeps_its_pace(tmp_path, rate, channels):
    samples, out_rate = sound(write(tmp_path / "clip.mp4", audio=tone(1.2, rate, channels)))
    assert out_rate == (rate if rate == 44100 else 48000)
    assert samples.shape[0] == (2 if channels in (2, 6) else 1)
    assert samples.shape[1] == pytest.approx(1.2 * out_rate, abs=2)
    spectrum = np.abs(np.fft.rfft(samples[0]))
    assert spectrum.argmax() * out_rate / samples.shape[1] == pytest.approx(440, abs=1)


def test_short_sound_is_padded_and_long_sound_is_cut(tmp_path):
    samples, rate = sound(write(tmp_path / "short.mp4", audio=tone(0.6, 48000, 1)))
    assert samples.shape[1] == pytest.approx(1.2 * rate, abs=2)
    assert np.abs(samples[0, : rate // 2]).max() > 0.3 and np.abs(samples[0, -rate // 2 :]).max() < 0.01
    samples, rate = sound(write(tmp_path / "long.mp4", audio=tone(9.0, 48000, 1)))
    assert samples.shape[1] == pytest.approx(1.2 * rate, abs=2)


def test_broken_samples_do_not_stop_the_video(tmp_path):
    audio = tone(1.2, 48000, 1)
    audio.samples[0, 100:200] = np.nan
    audio.samples[0, 300] = np.inf
    samples, _ = sound(write(tmp_path / "clip.mp4", audio=audio))
    assert np.isfinite(samples).all()


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_nothing_is_left_after_an_error(tmp_path, error):
    (tmp_path / "clip.mp4").write_text("an older file")
    with pytest.raises(error), VideoWriter(tmp_path / "clip.mp4", 25, 48, 64) as video:
        video.write(gradient(64, 48))
        raise error
    assert [entry.name for entry in tmp_path.iterdir()] == ["clip.mp4"]
    assert (tmp_path / "clip.mp4").read_text() == "an older file"


def test_writer_refuses_what_it_cannot_write(tmp_path):
    with pytest.raises(AUHeadError, match="kind of video"):
        VideoWriter(tmp_path / "clip.doc", 25, 48, 64)
    for fps in (0, 121, float("nan")):
        with pytest.raises(AUHeadError, match="frames per second"):
            VideoWriter(tmp_path / "clip.mp4", fps, 48, 64)
    (tmp_path / "file").write_text("")
    with pytest.raises(AUHeadError, match="Cannot write"):
        write(tmp_path / "file" / "clip.mp4")


def test_reader_refuses_what_is_no_video(tmp_path):
    with pytest.raises(AUHeadError, match="no video at"):
        VideoReader(tmp_path / "missing.mp4")
    (tmp_path / "text.mp4").write_text("not a video")
    with pytest.raises(AUHeadError, match="Cannot read"):
        VideoReader(tmp_path / "text.mp4")
    (tmp_path / "stub.mp4").write_bytes(write(tmp_path / "clip.mp4").read_bytes()[:200])
    with pytest.raises(AUHeadError, match="stub.mp4"):
        VideoReader(tmp_path / "stub.mp4")
    with pytest.raises(AUHeadError, match="holds no video"):
        VideoReader(sound_only(tmp_path / "sound.wav"))


def sound_only(path):
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 16000, 0, "NONE", ""))
        file.writeframes(bytes(3200))
    return path
