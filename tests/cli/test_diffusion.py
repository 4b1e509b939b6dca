"""Drawing with a diffusion model from the command line."""

import pytest

pytest.importorskip("diffusers")

import torch  # noqa: E402
from toys import REFINER  # noqa: E402

from auhead_models import cli_progress  # noqa: E402
from auhead_models.au import AUSequence  # noqa: E402
from auhead_models.au.formats import save  # noqa: E402
from auhead_models.diffusion import catalogue  # noqa: E402
from auhead_models.diffusion.guidance import Guidance  # noqa: E402
from auhead_models.diffusion.refined_warp import RefinerModel  # noqa: E402
from auhead_models.diffusion.refiner import Refiner  # noqa: E402
from auhead_models.diffusion.refiner_files import save_refiner  # noqa: E402
from auhead_models.diffusion.running import SamplerSettings  # noqa: E402
from auhead_models.video import VideoReader  # noqa: E402

SMALL = ("--size", "64")


def test_a_diffusion_model_draws(tmp_path, run, portrait_path):
    save_refiner(RefinerModel("toy", Refiner(REFINER)), tmp_path / "toy.safetensors", REFINER, {})
    save(AUSequence.zeros(3).with_columns({"jaw_open": 0.6}), tmp_path / "open.json")
    command = ["animate", portrait_path, "--au", tmp_path / "open.json", "-o", tmp_path / "open.mp4", *SMALL]
    drawing = ["--renderer", "diffusion", "--model", tmp_path / "toy.safetensors", "--au-guidance", 1.5, "--steps", 1]
    assert run(*command, *drawing) == (0, [])
    with VideoReader(tmp_path / "open.mp4") as video:
        assert len(list(video)) == 3


def test_every_widget_of_the_sampler_has_an_option(tmp_path, run, monkeypatch, portrait_path):
    """What is not on the command line keeps the sampler's own default; steps are told while a segment is drawn."""
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
    told = run(*command, "--renderer", "diffusion")
    assert told == (0, ["auhead: 1 of 2 steps", "auhead: 2 of 2 steps"])
    options = {"guidance-start": 0.2, "guidance-end": 0.9, "guidance-rescale": 0.5, "window": 8, "overlap": 2}
    words = [word for name, value in options.items() for word in (f"--{name}", value)]
    assert run(*command, "--renderer", "diffusion", *words)[0] == 0
    usual, asked = made
    assert usual == SamplerSettings(steps=1, guidance=Guidance(1.0))
    guidance = Guidance(1.0, start=0.2, end=0.9, rescale=0.5)
    assert asked == SamplerSettings(steps=1, guidance=guidance, window=8, overlap=2)
    code, (line,) = run(*command, "--window", 8)
    assert code == 2 and "knows no --window" in line
