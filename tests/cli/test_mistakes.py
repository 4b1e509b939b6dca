"""A mistake on the command line gets one sentence that helps, and nothing is left half-written."""

import numpy as np
import pytest
import torch
from scipy.io import wavfile

from auhead_models import cli_commands
from auhead_models.au import AUSequence
from auhead_models.au.formats import save

SMALL = ("--size", "64")


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
def test_a_mistake_gets_one_sentence_and_leaves_nothing(files, run, monkeypatch, command):
    monkeypatch.chdir(files)
    before = {path: path.stat().st_mtime_ns for path in files.rglob("*")}
    code, lines = run(*command.split())
    assert code == 2
    assert len(lines) == 1 and lines[0].startswith("auhead: "), lines
    assert "Traceback" not in lines[0] and len(lines[0]) > 30
    assert {path: path.stat().st_mtime_ns for path in files.rglob("*")} == before


def test_an_au_file_names_the_options_it_does_without(files, run, monkeypatch):
    monkeypatch.chdir(files)
    command = "animate portrait.png -o out.mp4 --au still.json --level 3 --head-motion 0"
    _, (line,) = run(*command.split())
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
def test_the_sentence_helps(files, run, monkeypatch, command):
    monkeypatch.chdir(files)
    code, (line,) = run(*command.split())
    assert code == 2 and SENTENCES[command] in line


@pytest.mark.skipif(torch.cuda.is_available(), reason="needs a machine without CUDA")
def test_a_missing_graphics_card_is_a_sentence(tmp_path, run, portrait_path, short_speech_path):
    command = ["animate", portrait_path, short_speech_path, "-o", tmp_path / "out.mp4", "--device", "cuda"]
    code, (line,) = run(*command)
    assert code == 2 and "no CUDA device" in line and not list(tmp_path.iterdir())


def test_a_demo_without_its_samples_asks_to_install_again(tmp_path, run, monkeypatch):
    monkeypatch.setattr(cli_commands, "ASSETS", tmp_path)
    code, (line,) = run("demo", "-o", tmp_path / "demo")
    assert code == 2 and "portrait.png is missing" in line and "install AUHead again" in line
    assert not (tmp_path / "demo").exists()


def test_models_is_the_folder_of_the_audio_language_model_too(tmp_path, run, portrait_path, short_speech_path):
    command = ["animate", portrait_path, short_speech_path, "-o", tmp_path / "out.mp4", "--models", tmp_path, *SMALL]
    code, (line,) = run(*command, "--alm", "gone")
    assert code == 2 and 'no audio-language model "gone"' in line
    code, (line,) = run(*command)
    assert code == 2 and "knows no --models" in line


def test_guidance_that_is_none_is_told_before_anything_is_read(tmp_path, run):
    command = ["animate", tmp_path / "gone.png", tmp_path / "gone.wav", "-o", tmp_path / "out.mp4"]
    words = ["--renderer", "diffusion", "--guidance-start", 0.8, "--guidance-end", 0.2]
    code, (line,) = run(*command, *words)
    assert code == 2 and "from 0.8 to 0.2 of the steps is no interval" in line
