"""AUHead Example: the bundled portraits and speech, so that a template runs on a fresh install."""

from pathlib import Path

from .. import auhead_models
from ..auhead_models.image import load_image
from ..auhead_models.speech import load_audio
from .host import from_audio, io, one_of, schema

ASSETS = Path(auhead_models.__file__).parent / "assets"
SAMPLES = {
    "Grace Hopper (photograph)": "portrait.png",
    "rendered head": "head.png",
    "another rendered head": "head_2.png",
}


class Example(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return schema(
            node_id="AUHeadExample",
            display_name="AUHead Example",
            description="A bundled portrait and six seconds of speech, free to use, for a first try.",
            search_aliases=["sample", "demo", "portrait", "talking head"],
            inputs=[
                io.Combo.Input(
                    "sample",
                    options=list(SAMPLES),
                    default=next(iter(SAMPLES)),
                    tooltip="Which portrait to use; the speech is the same. Change it to see a face without glasses.",
                ),
            ],
            outputs=[io.Image.Output(display_name="image"), io.Audio.Output(display_name="audio")],
        )

    @classmethod
    def execute(cls, sample: str) -> io.NodeOutput:
        picture, _ = load_image(ASSETS / SAMPLES[one_of(sample, SAMPLES, "sample")])
        return io.NodeOutput(picture[None], from_audio(load_audio(ASSETS / "speech.wav")))
