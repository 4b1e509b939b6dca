import logging
import tracemalloc

import av
import numpy as np
import pytest
from scipy.io import wavfile
from scipy.signal import resample_poly

from auhead_models.errors import AUHeadError
from auhead_models.speech import Audio, load_audio, to_speech
from auhead_models.speech import audio as module

TONE = 440.0


def tone(rate: int, seconds: float = 1.0, channels: int = 1, level: float = 0.3) -> np.ndarray:
    time = np.arange(round(rate * seconds)) / rate
    return np.tile(level * np.sin(2 * np.pi * TONE * time), (channels, 1)).astype(np.float32)


def write(path, samples: np.ndarray, rate: int, codec: str, layout: str, form: str = "fltp"):
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate, layout=layout)
        stream.format = form
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples), "fltp", layout)
        frame.sample_rate, frame.pts = rate, 0
        resampler = av.AudioResampler(form, layout, rate, frame_size=stream.codec_context.frame_size or 1024)
        for part in resampler.resample(frame) + resampler.resample(None):
            container.mux(stream.encode(part))
        container.mux(stream.encode(None))
    return path


@pytest.mark.parametrize(
    ("name", "rate", "codec", "layout", "form", "channels"),
    [
        ("a.wav", 8000, "pcm_s16le", "mono", "s16", 1),
        ("b.wav", 96000, "pcm_s24le", "stereo", "s32", 2),
        ("c.flac", 44100, "flac", "stereo", "s16", 2),
        ("d.wav", 48000, "pcm_s16le", "5.1", "s16", 6),
        ("e.mp3", 44100, "mp3", "stereo", "fltp", 2),
        ("f.ogg", 48000, "libopus", "stereo", "flt", 2),
        ("g.mp4", 48000, "aac", "mono", "fltp", 1),
    ],
)
def test_any_file_keeps_its_rate_and_channels(tmp_path, name, rate, codec, layout, form, channels):
    audio = load_audio(write(tmp_path / name, tone(rate, channels=channels), rate, codec, layout, form))
    assert audio.sample_rate == rate
    assert len(audio.samples) == channels
    assert audio.seconds == pytest.approx(1.0, abs=0.06)  # lossy codecs pad by a frame
    middle = audio.samples[:, rate // 4 : -rate // 4]
    assert np.abs(middle).max() == pytest.approx(0.3, abs=0.05)
    speech = to_speech(audio)
    assert len(speech) == -(-audio.samples.shape[1] * 16000 // rate)
    assert np.abs(np.fft.rfft(speech)).argmax() / len(speech) * 16000 == pytest.approx(TONE, abs=2)


def test_exact_samples_of_a_wav(tmp_path):
    samples = np.random.default_rng(0).integers(-32768, 32767, 12345).astype(np.int16)
    wavfile.write(tmp_path / "noise.wav", 22050, samples)
    audio = load_audio(tmp_path / "noise.wav")
    assert np.array_equal(np.round(audio.samples[0] * 32768).astype(np.int16), samples)


def test_a_file_that_gives_no_sound_is_one_sentence(tmp_path):
    silent_video = tmp_path / "picture.mp4"
    with av.open(str(silent_video), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width = stream.height = 32
        frame = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), "rgb24")
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    (tmp_path / "broken.wav").write_bytes(b"RIFF\0\0\0\0 nothing of the kind")
    (tmp_path / "empty.mp3").write_bytes(b"")
    wavfile.write(tmp_path / "nothing.wav", 16000, np.zeros(0, np.int16))
    for name in ("picture.mp4", "broken.wav", "empty.mp3", "nothing.wav", "missing.wav", ""):
        with pytest.raises(AUHeadError) as error:
            load_audio(tmp_path / name)
        assert str(tmp_path) in str(error.value)
        assert "\n" not in str(error.value)


def test_a_file_that_breaks_off_gives_what_there_is(tmp_path):
    path = write(tmp_path / "whole.flac", tone(16000, 4.0), 16000, "flac", "mono", "s16")
    cut = tmp_path / "cut.flac"
    cut.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert 0.5 < load_audio(cut).seconds < 4.0


def test_shapes_and_rates_that_are_no_sound():
    for samples, rate in [(np.zeros(0), 16000), (np.zeros((2, 0)), 16000), (np.zeros((1, 2, 3)), 16000)]:
        with pytest.raises(AUHeadError):
            Audio(samples, rate)
    for rate in (0, -1, 100, 10_000_000):
        with pytest.raises(AUHeadError):
            Audio(np.zeros(10), rate)
    assert Audio(np.zeros(10), 16000).samples.shape == (1, 10)


def test_frames_come_from_the_samples_given():
    assert Audio(np.zeros(16000), 16000).frames == 25
    assert Audio(np.zeros(16001), 16000).frames == 26
    assert Audio(np.zeros(1), 96000).frames == 1
    assert Audio(np.zeros(44100 * 7 + 1764), 44100).frames == 176
    assert Audio(np.zeros(11025 * 3), 11025).frames == 75


def test_broken_numbers_become_silence_with_a_warning(caplog):
    samples = tone(16000)
    samples[0, 100:200], samples[0, 5], samples[0, 7] = np.nan, np.inf, -np.inf
    with caplog.at_level(logging.WARNING):
        speech = to_speech(Audio(samples, 16000))
    assert "102" in caplog.text
    assert np.isfinite(speech).all()
    assert np.abs(speech).max() < 1.0


def test_level_and_offset_do_not_matter():
    samples = tone(16000, 2.0) * np.linspace(0.2, 1, 32000, dtype=np.float32)
    reference = to_speech(Audio(samples, 16000))
    for factor, offset in ((0.01, 0.0), (3.0, 0.5), (1e4, 0.0)):
        assert np.allclose(to_speech(Audio(samples * factor + offset, 16000)), reference, atol=2e-3)
    assert np.percentile(np.abs(reference), 99) == pytest.approx(0.14, abs=0.04)
    assert not to_speech(Audio(np.zeros(1000), 16000)).any()
    assert not to_speech(Audio(np.full(1000, 0.7), 16000)).any()


def test_channels_that_cancel_are_not_averaged():
    left = tone(16000)
    speech = to_speech(Audio(np.concatenate((left, -left)), 16000))
    assert np.abs(speech).max() > 0.1


@pytest.mark.parametrize("rate", [8000, 11025, 22050, 44100, 48000, 96000])
def test_torchaudio_and_scipy_agree(rate):
    torchaudio = pytest.importorskip("torchaudio", exc_type=Exception)
    import torch

    samples = tone(rate) + 0.5 * tone(rate) ** 3
    ours = resample_poly(samples[0], 16000, rate)
    theirs = torchaudio.functional.resample(torch.from_numpy(samples[0]), rate, 16000).numpy()
    assert len(ours) == len(theirs)
    assert np.abs(ours - theirs)[200:-200].max() < 0.01


def test_scipy_alone_resamples(monkeypatch):
    monkeypatch.setattr(module, "_torchaudio_resample", None)
    for rate in (8000, 11025, 44101, 96000):
        low = module.resample(tone(rate)[0], rate, 16000)
        assert np.abs(low[500:-500]).max() == pytest.approx(0.3, abs=0.01)


def test_ten_minutes_need_bounded_memory():
    audio = Audio(np.zeros((2, 600 * 44100), np.float32), 44100)
    audio.samples[:, ::1000] = 0.1
    tracemalloc.start()
    speech = to_speech(audio)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(speech) == 600 * 16000
    assert peak < 2.5 * audio.samples.nbytes
