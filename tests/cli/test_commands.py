"""The command line as a person meets it: what the commands make."""

import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image
from scipy.io import wavfile

from auhead_models import cli_progress
from auhead_models.au import AUSequence, Span, emotion_track
from auhead_models.au.formats import load, save
from auhead_models.cli import main

SMALL = ("--size", "64")


def frames_and_tags(path: Path) -> tuple[int, dict[str, str]]:
    with av.open(str(path)) as container:
        assert container.streams.audio, "no sound"
        return container.streams.video[0].frames, container.metadata


def test_the_program_alone_shows_its_help(capsys):
    assert main([]) == 0
    assert "audio-to-au" in capsys.readouterr().out


@pytest.mark.parametrize("emotion", ["sad", "SAD", "Sadness", "unhappy"])
def test_emotions_are_read_in_any_case_and_by_other_names(tmp_path, run, short_speech_path, emotion):
    out = tmp_path / "au.json"
    assert run("audio-to-au", short_speech_path, "-o", out, "--emotion", emotion) == (0, [])
    assert [span.emotion for span in load(out).spans] == ["sad"]


def test_choices_are_read_in_any_spelling(tmp_path, run, portrait_path):
    save(AUSequence.zeros(2), tmp_path / "still.json")
    command = ["animate", portrait_path, "--au", tmp_path / "still.json", "-o", tmp_path / "still.mp4"]
    assert run(*command, "--renderer", "Warp") == (0, [])
    command = ["facemap", portrait_path, tmp_path / "still.json", "-o", tmp_path / "map.mp4", *SMALL]
    assert run(*command, "--style", "AU-Heatmap", "--device", "CPU") == (0, [])
    command = ["video-to-au", tmp_path / "still.mp4", "-o", tmp_path / "au.csv"]
    assert run(*command, "--neutral", "First-Frame", "--format", "Live Link") == (0, [])


def test_progress_is_a_line_now_and_then_where_no_bar_can_be_drawn(tmp_path, run, monkeypatch, portrait_path):
    monkeypatch.setattr(cli_progress, "REPORT_SECONDS", 0.0)
    save(AUSequence.zeros(3), tmp_path / "still.json")
    command = ["facemap", portrait_path, tmp_path / "still.json", "-o", tmp_path / "map.mp4", *SMALL]
    assert run(*command) == (0, [f"auhead: {count} of 3 frames" for count in (1, 2, 3)])


def test_commands_run_outside_the_main_thread(tmp_path, short_speech_path):
    codes = []
    command = ["audio-to-au", str(short_speech_path), "-o", str(tmp_path / "au.json")]
    thread = threading.Thread(target=lambda: codes.append(main(command)))
    thread.start()
    thread.join()
    assert codes == [0] and (tmp_path / "au.json").exists()


def test_a_command_leaves_the_signals_as_they_were(run):
    before = signal.getsignal(signal.SIGTERM)
    run("dance")
    assert signal.getsignal(signal.SIGTERM) is before


@pytest.mark.parametrize("option", ["", "--paste-back --max-side 128", "--emotion happy --level 3", "--relax 1"])
def test_animate(tmp_path, run, portrait_path, short_speech_path, option):
    out = tmp_path / "new" / "out.mp4"
    code, lines = run("animate", portrait_path, short_speech_path, "-o", out, *SMALL, *option.split())
    assert (code, lines) == (0, [])
    count, tags = frames_and_tags(out)
    assert count == 8 and tags["comment"].startswith("AI-generated")
    assert [path.name for path in out.parent.iterdir()] == ["out.mp4"]


@pytest.mark.parametrize("fps, count", [(1, 1), (120, 38)])
def test_slowest_and_fastest_video(tmp_path, run, portrait_path, short_speech_path, fps, count):
    out = tmp_path / "out.mp4"
    assert run("animate", portrait_path, short_speech_path, "-o", out, *SMALL, "--fps", fps)[0] == 0
    assert frames_and_tags(out)[0] == count


def _palette(picture):
    return picture.convert("P", palette=Image.Palette.ADAPTIVE)


def _see_through(picture):
    picture = picture.convert("RGBA")
    picture.putalpha(Image.linear_gradient("L").resize(picture.size))
    return picture


def _sixteen_bit(picture):
    return Image.fromarray(np.asarray(picture.convert("L")).astype(np.uint16) * 257)


PICTURES = {
    "grey": lambda picture: picture.convert("L"),
    "16-bit": _sixteen_bit,
    "palette": _palette,
    "transparent": _see_through,
    "4K": lambda picture: picture.resize((3840, 3840)),
    "small face": lambda picture: picture.resize((128, 128)),
    "two faces": lambda picture: Image.fromarray(np.concatenate([np.asarray(picture)] * 2, axis=1)),
}


@pytest.mark.parametrize("change", PICTURES.values(), ids=PICTURES)
def test_portraits_of_any_kind(tmp_path, run, portrait_picture, short_speech_path, change):
    change(portrait_picture).save(tmp_path / "portrait.png", compress_level=1)
    out = tmp_path / "out.mp4"
    assert run("animate", tmp_path / "portrait.png", short_speech_path, "-o", out, *SMALL)[0] == 0
    assert frames_and_tags(out)[0] == 8


SOUNDS = {  # rate, channels, what the samples hold
    "silent": (16000, 1, "silence"),
    "one sample": (16000, 1, "sample"),
    "8 kHz": (8000, 1, "noise"),
    "96 kHz stereo": (96000, 2, "noise"),
    "5.1": (48000, 6, "noise"),
    "NaN": (16000, 1, "nan"),
}


@pytest.mark.parametrize("kind", SOUNDS.values(), ids=SOUNDS)
def test_sounds_of_any_kind(tmp_path, run, portrait_path, kind):
    rate, channels, content = kind
    samples = np.random.default_rng(0).normal(0, 0.1, (round(0.2 * rate), channels)).astype(np.float32)
    if content == "silence":
        samples[:] = 0
    if content == "sample":
        samples = samples[:1]
    if content == "nan":
        samples[::7] = np.nan
    wavfile.write(tmp_path / "sound.wav", rate, samples)
    out = tmp_path / "out.mp4"
    assert run("animate", portrait_path, tmp_path / "sound.wav", "-o", out, *SMALL)[0] == 0
    assert frames_and_tags(out)[0] == (1 if content == "sample" else 5)


def test_performance_of_a_file_decides_the_length(tmp_path, run, portrait_path, short_speech_path):
    save(AUSequence.zeros(20), tmp_path / "still.json")
    for speech in ([short_speech_path], []):
        out = tmp_path / f"{len(speech)}.mp4"
        arguments = ["animate", portrait_path, *speech, "-o", out, "--au", tmp_path / "still.json", *SMALL]
        assert run(*arguments) == (0, [])
        with av.open(str(out)) as container:
            assert container.streams.video[0].frames == 20
            assert len(container.streams.audio) == len(speech)


def test_facemap_as_video_and_as_pictures(tmp_path, run, portrait_path):
    save(AUSequence.zeros(4), tmp_path / "still.json")
    for out in ("map.mp4", "maps"):
        command = ["facemap", portrait_path, tmp_path / "still.json", "-o", tmp_path / out, *SMALL]
        assert run(*command, "--style", "openpose") == (0, [])
    assert sorted(path.name for path in (tmp_path / "maps").iterdir()) == [f"{index:05d}.png" for index in range(4)]
    assert Image.open(tmp_path / "maps" / "00000.png").size == (64, 64)


def test_audio_to_au_and_convert(tmp_path, run, short_speech_path):
    au, table = tmp_path / "au.json", tmp_path / "au.csv"
    assert run("audio-to-au", short_speech_path, "-o", au, "--emotion", "sad") == (0, [])
    assert run("convert", au, table) == (0, [])
    first, second = load(au), load(table)
    assert len(first) == 8 and [span.emotion for span in first.spans] == ["sad"]
    np.testing.assert_allclose(first.table, second.table, atol=1e-6)


def test_video_to_au(tmp_path, run, portrait_path):
    save(emotion_track([Span(0.2, 2, "happy", 2)], 25), tmp_path / "happy.json")
    video = tmp_path / "happy.mp4"
    command = ["animate", portrait_path, "-o", video, "--au", tmp_path / "happy.json", "--size", "256"]
    assert run(*command) == (0, [])
    assert run("video-to-au", video, "-o", tmp_path / "found.json", "--neutral", "first frame") == (0, [])
    found = load(tmp_path / "found.json")
    assert len(found) == 25 and found["lip_corner_raise_left"][-1] > 0.3


STOPS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


def _hear_signals():
    """Scripts and nohup start their children deaf to some."""
    for stop in STOPS:
        signal.signal(stop, signal.SIG_DFL)


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
@pytest.mark.parametrize("stop", STOPS)
def test_stopping_leaves_nothing(tmp_path, portrait_path, stop):
    save(AUSequence.zeros(3000), tmp_path / "long.json")
    command = ["animate", portrait_path, "-o", tmp_path / "out" / "clip.mp4", "--au", tmp_path / "long.json"]
    process = subprocess.Popen(
        [sys.executable, "-m", "auhead_models.cli", *map(str, command)],
        cwd=Path(__file__).resolve().parents[2],
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=_hear_signals,
    )
    try:
        deadline = time.monotonic() + 60
        while not list(tmp_path.glob("out/.*")) and time.monotonic() < deadline:
            time.sleep(0.1)
        process.send_signal(stop)
        _, errors = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130 and errors.splitlines()[-1] == "auhead: stopped"
    assert [path.name for path in tmp_path.iterdir()] == ["long.json"]
