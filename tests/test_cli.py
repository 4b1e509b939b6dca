"""The command line as a person meets it: results, one-line errors, and nothing half-written."""

import math
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import av
import numpy as np
import pytest
import torch
from PIL import Image
from scipy.io import wavfile

from auhead_models import cli_commands, cli_progress
from auhead_models.au import AUSequence, Span, emotion_track
from auhead_models.au.formats import load, save
from auhead_models.cli import main
from auhead_models.diffusion.guidance import Guidance
from auhead_models.diffusion.running import SamplerSettings
from auhead_models.video import VideoReader

SMALL = ("--size", "64")


@pytest.fixture(autouse=True)
def no_progress(monkeypatch):
    """However slow the machine is."""
    monkeypatch.setattr(cli_progress, "REPORT_SECONDS", math.inf)


@pytest.fixture
def files(tmp_path, portrait_picture):
    """A folder with good and bad inputs."""
    folder = tmp_path / "in"
    folder.mkdir()
    portrait_picture.save(folder / "portrait.png")
    portrait_picture.rotate(180).crop((150, 300, 200, 350)).save(folder / "faceless.png")
    (folder / "text.png").write_text("not a picture")
    (folder / "cut.png").write_bytes((folder / "portrait.png").read_bytes()[:20000])
    (folder / "text.wav").write_text("not a sound")
    wavfile.write(folder / "empty.wav", 16000, np.zeros(0, np.int16))
    wavfile.write(folder / "short.wav", 16000, np.zeros(1600, np.int16))
    (folder / "broken.json").write_text('{"fps": 25, ')
    (folder / "foreign.json").write_text('{"weather": "rain"}')
    (folder / "table.csv").write_text("day,rain\n1,2\n")
    save(AUSequence.zeros(3), folder / "still.json")
    (folder / "wrong.json").write_text((folder / "still.json").read_text().replace("[0.0, ", "[", 1))
    (folder / "script.txt").write_text("0.0 hungry 2\n")
    (folder / "happy.txt").write_text("0.0 happy 2\n")
    (folder / "maps").mkdir()
    (folder / "maps" / "00007.png").write_text("from before")
    (folder / "folder.png").mkdir()
    return folder


def run(capsys, *arguments) -> tuple[int, list[str]]:
    code = main([str(argument) for argument in arguments])
    return code, capsys.readouterr().err.splitlines()


BAD_COMMANDS = {
    "no such portrait": "animate nobody.png short.wav -o out.mp4",
    "portrait is a folder": "animate folder.png short.wav -o out.mp4",
    "portrait is text": "animate text.png short.wav -o out.mp4",
    "portrait is cut short": "animate cut.png short.wav -o out.mp4",
    "portrait without a face": "animate faceless.png short.wav -o out.mp4",
    "second of one face": "animate portrait.png short.wav -o out.mp4 --face-index 1",
    "no such sound": "animate portrait.png nothing.wav -o out.mp4",
    "sound is a folder": "animate portrait.png folder.png -o out.mp4",
    "sound is text": "animate portrait.png text.wav -o out.mp4",
    "sound is a picture": "animate portrait.png portrait.png -o out.mp4",
    "sound of no length": "animate portrait.png empty.wav -o out.mp4",
    "nothing to say": "animate portrait.png -o out.mp4",
    "output is an input": "animate portrait.png short.wav -o portrait.png",
    "output is a folder": "animate portrait.png short.wav -o folder.png",
    "output below a file": "animate portrait.png short.wav -o text.png/out.mp4",
    "output of unknown kind": "animate portrait.png short.wav -o out.docx",
    "unknown emotion": "animate portrait.png short.wav -o out.mp4 --emotion hungry",
    "unknown emotion in a script": "animate portrait.png short.wav -o out.mp4 --emotion-script script.txt",
    "a script in an AU file's place": "animate portrait.png short.wav -o out.mp4 --au happy.txt",
    "a script and an emotion": "animate portrait.png short.wav -o out.mp4 --emotion-script happy.txt --emotion sad",
    "a script and a level": "audio-to-au short.wav -o out.json --emotion-script happy.txt --level 1",
    "a level of no emotion": "audio-to-au short.wav -o out.json --level 3",
    "a longer side of nothing": "animate portrait.png short.wav -o out.mp4 --max-side 128",
    "portrait and speech swapped": "animate short.wav portrait.png -o out.mp4",
    "portrait and AU file swapped": "facemap still.json portrait.png -o out.mp4",
    "no such script": "animate portrait.png short.wav -o out.mp4 --emotion-script nothing.txt",
    "level 4": "animate portrait.png short.wav -o out.mp4 --emotion happy --level 4",
    "fps 0": "animate portrait.png short.wav -o out.mp4 --fps 0",
    "fps 121": "animate portrait.png short.wav -o out.mp4 --fps 121",
    "fps that is no number": "animate portrait.png short.wav -o out.mp4 --fps nan",
    "size 3": "animate portrait.png short.wav -o out.mp4 --size 3",
    "relax 2": "animate portrait.png short.wav -o out.mp4 --relax 2",
    "unknown renderer": "animate portrait.png short.wav -o out.mp4 --renderer oil",
    "steps of no diffusion": "animate portrait.png short.wav -o out.mp4 --steps 3",
    "no such model": "animate portrait.png short.wav -o out.mp4 --renderer diffusion --model nothing.safetensors",
    "model is a sound": "animate portrait.png short.wav -o out.mp4 --renderer diffusion --model short.wav",
    "public model without files": "animate portrait.png short.wav -o out.mp4 --renderer diffusion --model sd15",
    "steps 0": "animate portrait.png short.wav -o out.mp4 --renderer diffusion --steps 0",
    "guidance 0": "animate portrait.png short.wav -o out.mp4 --renderer diffusion --guidance 0",
    "unknown option": "animate portrait.png short.wav -o out.mp4 --colour red",
    "an AU file and an emotion": "animate portrait.png -o out.mp4 --au still.json --emotion neutral",
    "an AU file and a seed": "animate portrait.png short.wav -o out.mp4 --au still.json --seed 0",
    "an AU file and a strength": "animate portrait.png -o out.mp4 --au still.json --head-motion 1",
    "an AU file and a script": "animate portrait.png -o out.mp4 --au still.json --emotion-script script.txt",
    "unknown device": "animate portrait.png short.wav -o out.mp4 --device abacus",
    "no output named": "animate portrait.png short.wav",
    "unknown command": "dance portrait.png",
    "broken AU file": "animate portrait.png short.wav -o out.mp4 --au broken.json",
    "foreign AU file": "facemap portrait.png foreign.json -o out.mp4",
    "wrong number of units": "facemap portrait.png wrong.json -o out.mp4",
    "FaceMaps into a file's place": "facemap portrait.png still.json -o text.png/maps",
    "FaceMaps of unknown style": "facemap portrait.png still.json -o out.mp4 --style oil",
    "AU file of unknown kind": "audio-to-au short.wav -o out.xyz",
    "AU output is the input": "convert still.json still.json",
    "FaceMaps among older ones": "facemap portrait.png still.json -o maps",
    "subtitles as output": "convert still.json out.srt",
    "emotions of a video": "video-to-au nothing.mp4 -o out.txt",
    "foreign table": "convert table.csv out.json",
    "neutral frame beyond the end": "convert still.json out.json --neutral 3",
    "video is text": "video-to-au text.wav -o out.json",
    "video is a sound": "video-to-au short.wav -o out.json",
    "no such video": "video-to-au nothing.mp4 -o out.json",
}


@pytest.mark.parametrize("command", BAD_COMMANDS.values(), ids=BAD_COMMANDS)
def test_a_mistake_gets_one_sentence_and_leaves_nothing(files, capsys, monkeypatch, command):
    monkeypatch.chdir(files)
    before = {path: path.stat().st_mtime_ns for path in files.rglob("*")}
    code, lines = run(capsys, *command.split())
    assert code == 2
    assert len(lines) == 1 and lines[0].startswith("auhead: "), lines
    assert "Traceback" not in lines[0] and len(lines[0]) > 30
    assert {path: path.stat().st_mtime_ns for path in files.rglob("*")} == before


def frames_and_tags(path: Path) -> tuple[int, dict[str, str]]:
    with av.open(str(path)) as container:
        assert container.streams.audio, "no sound"
        return container.streams.video[0].frames, container.metadata


def test_an_au_file_names_the_options_it_does_without(files, capsys, monkeypatch):
    monkeypatch.chdir(files)
    command = "animate portrait.png -o out.mp4 --au still.json --level 3 --head-motion 0"
    _, (line,) = run(capsys, *command.split())
    assert "still.json" in line and "--level, --head-motion;" in line


SENTENCES = {  # what a person reads who got one word wrong
    "animate short.wav portrait.png -o out.mp4": "did you swap the portrait and the speech?",
    "facemap still.json portrait.png -o out.mp4": "did you swap the portrait and the AU file?",
    "animate text.png short.wav -o out.mp4": "its content is none",
    "animate portrait.png short.wav -o out.mp4 --au happy.txt": "give it with --emotion-script instead of --au",
    "audio-to-au short.wav -o out.json --emotion-script happy.txt --emotion sad --level 1": "--emotion and --level",
    "audio-to-au short.wav -o out.json --emotion hapy": 'auhead: --emotion: "hapy" is unknown; did you mean happy?',
    "audio-to-au short.wav -o out.json --level high": 'auhead: --level: "high" is unknown; use 1, 2 or 3 (see',
    "audio-to-au short.wav -o out.json --gaze 3": '"3" is not a number from 0 to 2 (',
    "animate portrait.png short.wav -o out.mp4 --fps 0": '"0" is not a number from 1 to 120 (',
    "animate portrait.png short.wav -o out.mp4 --size 6.5": '"6.5" is not a whole number from 64 to 2048 (',
    "convert still.json out.srt": "can only be read",
    "facemap portrait.png still.json -o maps": "maps already holds numbered pictures (00007.png ...)",
}


@pytest.mark.parametrize("command", SENTENCES)
def test_the_sentence_helps(files, capsys, monkeypatch, command):
    monkeypatch.chdir(files)
    code, (line,) = run(capsys, *command.split())
    assert code == 2 and SENTENCES[command] in line


def test_the_program_alone_shows_its_help(capsys):
    assert main([]) == 0
    assert "audio-to-au" in capsys.readouterr().out


@pytest.mark.parametrize("emotion", ["sad", "SAD", "Sadness", "unhappy"])
def test_emotions_are_read_in_any_case_and_by_other_names(tmp_path, capsys, short_speech_path, emotion):
    out = tmp_path / "au.json"
    assert run(capsys, "audio-to-au", short_speech_path, "-o", out, "--emotion", emotion) == (0, [])
    assert [span.emotion for span in load(out).spans] == ["sad"]


def test_choices_are_read_in_any_spelling(tmp_path, capsys, portrait_path):
    save(AUSequence.zeros(2), tmp_path / "still.json")
    command = ["animate", portrait_path, "--au", tmp_path / "still.json", "-o", tmp_path / "still.mp4"]
    assert run(capsys, *command, "--renderer", "Warp") == (0, [])
    command = ["facemap", portrait_path, tmp_path / "still.json", "-o", tmp_path / "map.mp4", *SMALL]
    assert run(capsys, *command, "--style", "AU-Heatmap", "--device", "CPU") == (0, [])
    command = ["video-to-au", tmp_path / "still.mp4", "-o", tmp_path / "au.csv"]
    assert run(capsys, *command, "--neutral", "First-Frame", "--format", "Live Link") == (0, [])


def test_a_diffusion_model_draws(tmp_path, capsys, portrait_path):
    pytest.importorskip("diffusers")
    from toys import REFINER

    from auhead_models.diffusion.refined_warp import RefinerModel
    from auhead_models.diffusion.refiner import Refiner
    from auhead_models.diffusion.refiner_files import save_refiner

    save_refiner(RefinerModel("toy", Refiner(REFINER)), tmp_path / "toy.safetensors", REFINER, {})
    save(AUSequence.zeros(3).with_columns({"jaw_open": 0.6}), tmp_path / "open.json")
    command = ["animate", portrait_path, "--au", tmp_path / "open.json", "-o", tmp_path / "open.mp4", *SMALL]
    drawing = ["--renderer", "diffusion", "--model", tmp_path / "toy.safetensors", "--au-guidance", 1.5, "--steps", 1]
    assert run(capsys, *command, *drawing) == (0, [])
    with VideoReader(tmp_path / "open.mp4") as video:
        assert len(list(video)) == 3


def test_every_widget_of_the_sampler_has_an_option(tmp_path, capsys, monkeypatch, portrait_path):
    """What is not on the command line keeps the sampler's own default; steps are told while a segment is drawn."""
    pytest.importorskip("diffusers")
    from auhead_models.diffusion import catalogue

    made = []

    class Renderer:
        def render(self, performance, progress, audio):
            assert audio is None
            for step in (1, 2):
                progress(step, 2)
            yield from [(torch.zeros(64, 64, 3), None)] * len(performance)

    monkeypatch.setattr(catalogue, "open_model", lambda *_: catalogue.RefinerModel("stand-in", None))
    monkeypatch.setattr(catalogue, "make_renderer", lambda _, __, settings, *___: made.append(settings) or Renderer())
    monkeypatch.setattr(cli_progress, "REPORT_SECONDS", 0.0)
    save(AUSequence.zeros(2), tmp_path / "still.json")
    command = ["animate", portrait_path, "--au", tmp_path / "still.json", "-o", tmp_path / "still.mp4", *SMALL]
    told = run(capsys, *command, "--renderer", "diffusion")
    assert told == (0, ["auhead: 1 of 2 steps", "auhead: 2 of 2 steps"])
    options = {"guidance-start": 0.2, "guidance-end": 0.9, "guidance-rescale": 0.5, "window": 8, "overlap": 2}
    words = [word for name, value in options.items() for word in (f"--{name}", value)]
    assert run(capsys, *command, "--renderer", "diffusion", *words)[0] == 0
    usual, asked = made
    assert usual == SamplerSettings(steps=1, guidance=Guidance(1.0))
    guidance = Guidance(1.0, start=0.2, end=0.9, rescale=0.5)
    assert asked == SamplerSettings(steps=1, guidance=guidance, window=8, overlap=2)
    code, (line,) = run(capsys, *command, "--window", 8)
    assert code == 2 and "knows no --window" in line


def test_guidance_that_is_none_is_told_before_anything_is_read(tmp_path, capsys):
    command = ["animate", tmp_path / "gone.png", tmp_path / "gone.wav", "-o", tmp_path / "out.mp4"]
    words = ["--renderer", "diffusion", "--guidance-start", 0.8, "--guidance-end", 0.2]
    code, (line,) = run(capsys, *command, *words)
    assert code == 2 and "from 0.8 to 0.2 of the steps is no interval" in line


def test_models_is_the_folder_of_the_audio_language_model_too(tmp_path, capsys, portrait_path, short_speech_path):
    command = ["animate", portrait_path, short_speech_path, "-o", tmp_path / "out.mp4", "--models", tmp_path, *SMALL]
    code, (line,) = run(capsys, *command, "--alm", "gone")
    assert code == 2 and 'no audio-language model "gone"' in line
    code, (line,) = run(capsys, *command)
    assert code == 2 and "knows no --models" in line


def test_progress_is_a_line_now_and_then_where_no_bar_can_be_drawn(tmp_path, capsys, monkeypatch, portrait_path):
    monkeypatch.setattr(cli_progress, "REPORT_SECONDS", 0.0)
    save(AUSequence.zeros(3), tmp_path / "still.json")
    command = ["facemap", portrait_path, tmp_path / "still.json", "-o", tmp_path / "map.mp4", *SMALL]
    assert run(capsys, *command) == (0, [f"auhead: {count} of 3 frames" for count in (1, 2, 3)])


@pytest.mark.skipif(torch.cuda.is_available(), reason="needs a machine without CUDA")
def test_a_missing_graphics_card_is_a_sentence(tmp_path, capsys, portrait_path, short_speech_path):
    command = ["animate", portrait_path, short_speech_path, "-o", tmp_path / "out.mp4", "--device", "cuda"]
    code, (line,) = run(capsys, *command)
    assert code == 2 and "no CUDA device" in line and not list(tmp_path.iterdir())


def test_a_demo_without_its_samples_asks_to_install_again(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(cli_commands, "ASSETS", tmp_path)
    code, (line,) = run(capsys, "demo", "-o", tmp_path / "demo")
    assert code == 2 and "portrait.png is missing" in line and "install AUHead again" in line
    assert not (tmp_path / "demo").exists()


def test_commands_run_outside_the_main_thread(tmp_path, short_speech_path):
    codes = []
    command = ["audio-to-au", str(short_speech_path), "-o", str(tmp_path / "au.json")]
    thread = threading.Thread(target=lambda: codes.append(main(command)))
    thread.start()
    thread.join()
    assert codes == [0] and (tmp_path / "au.json").exists()


def test_a_command_leaves_the_signals_as_they_were(capsys):
    before = signal.getsignal(signal.SIGTERM)
    run(capsys, "dance")
    assert signal.getsignal(signal.SIGTERM) is before


@pytest.mark.parametrize("option", ["", "--paste-back --max-side 128", "--emotion happy --level 3", "--relax 1"])
def test_animate(tmp_path, capsys, portrait_path, short_speech_path, option):
    out = tmp_path / "new" / "out.mp4"
    code, lines = run(capsys, "animate", portrait_path, short_speech_path, "-o", out, *SMALL, *option.split())
    assert (code, lines) == (0, [])
    count, tags = frames_and_tags(out)
    assert count == 8 and tags["comment"].startswith("AI-generated")
    assert [path.name for path in out.parent.iterdir()] == ["out.mp4"]


@pytest.mark.parametrize("fps, count", [(1, 1), (120, 38)])
def test_slowest_and_fastest_video(tmp_path, capsys, portrait_path, short_speech_path, fps, count):
    out = tmp_path / "out.mp4"
    assert run(capsys, "animate", portrait_path, short_speech_path, "-o", out, *SMALL, "--fps", fps)[0] == 0
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
def test_portraits_of_any_kind(tmp_path, capsys, portrait_picture, short_speech_path, change):
    change(portrait_picture).save(tmp_path / "portrait.png", compress_level=1)
    out = tmp_path / "out.mp4"
    assert run(capsys, "animate", tmp_path / "portrait.png", short_speech_path, "-o", out, *SMALL)[0] == 0
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
def test_sounds_of_any_kind(tmp_path, capsys, portrait_path, kind):
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
    assert run(capsys, "animate", portrait_path, tmp_path / "sound.wav", "-o", out, *SMALL)[0] == 0
    assert frames_and_tags(out)[0] == (1 if content == "sample" else 5)


def test_performance_of_a_file_decides_the_length(tmp_path, capsys, portrait_path, short_speech_path):
    save(AUSequence.zeros(20), tmp_path / "still.json")
    for speech in ([short_speech_path], []):
        out = tmp_path / f"{len(speech)}.mp4"
        arguments = ["animate", portrait_path, *speech, "-o", out, "--au", tmp_path / "still.json", *SMALL]
        assert run(capsys, *arguments) == (0, [])
        with av.open(str(out)) as container:
            assert container.streams.video[0].frames == 20
            assert len(container.streams.audio) == len(speech)


def test_facemap_as_video_and_as_pictures(tmp_path, capsys, portrait_path):
    save(AUSequence.zeros(4), tmp_path / "still.json")
    for out in ("map.mp4", "maps"):
        command = ["facemap", portrait_path, tmp_path / "still.json", "-o", tmp_path / out, *SMALL]
        assert run(capsys, *command, "--style", "openpose") == (0, [])
    assert sorted(path.name for path in (tmp_path / "maps").iterdir()) == [f"{index:05d}.png" for index in range(4)]
    assert Image.open(tmp_path / "maps" / "00000.png").size == (64, 64)


def test_audio_to_au_and_convert(tmp_path, capsys, short_speech_path):
    au, table = tmp_path / "au.json", tmp_path / "au.csv"
    assert run(capsys, "audio-to-au", short_speech_path, "-o", au, "--emotion", "sad") == (0, [])
    assert run(capsys, "convert", au, table) == (0, [])
    first, second = load(au), load(table)
    assert len(first) == 8 and [span.emotion for span in first.spans] == ["sad"]
    np.testing.assert_allclose(first.table, second.table, atol=1e-6)


def test_video_to_au(tmp_path, capsys, portrait_path):
    save(emotion_track([Span(0.2, 2, "happy", 2)], 25), tmp_path / "happy.json")
    video = tmp_path / "happy.mp4"
    command = ["animate", portrait_path, "-o", video, "--au", tmp_path / "happy.json", "--size", "256"]
    assert run(capsys, *command) == (0, [])
    assert run(capsys, "video-to-au", video, "-o", tmp_path / "found.json", "--neutral", "first frame") == (0, [])
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
        cwd=Path(__file__).resolve().parents[1],
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
