"""Load AUHead: choose the diffusion model and the audio-language model. Each is loaded when a node first uses it."""

from dataclasses import dataclass

from ..auhead_models.errors import AUHeadError
from .host import ALMType, ModelType, io, model_files, schema

DIFFUSION = ("tiny", "sd15")  # the presets of DESIGN; a file in models/auhead is listed after them
ALM = ("tiny", "qwen2-audio-7b-instruct", "qwen2.5-omni-7b")
PRECISIONS = ("auto", "fp32", "fp16", "bf16")


@dataclass(frozen=True)
class ModelChoice:
    """What the user chose. name: a preset or a file in models/auhead; download: whether it may be fetched."""

    kind: str
    name: str
    precision: str
    download: bool

    def missing(self, instead: str) -> AUHeadError:
        """The error of a node that needs the model; `instead` says what works without it."""
        return AUHeadError(f'This version of AUHead cannot run {self.kind}s yet ("{self.name}"); {instead}.')


class Load(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        files = model_files()
        return schema(
            node_id="AUHeadLoad",
            display_name="Load AUHead",
            description="Chooses the models of AUHead. Nothing is loaded or downloaded until a node uses it.",
            search_aliases=["model loader", "checkpoint", "talking head"],
            inputs=[
                io.Combo.Input(
                    "diffusion",
                    options=[*DIFFUSION, *files],
                    default=DIFFUSION[0],
                    tooltip="The video diffusion model of AU Diffusion Sampler. Choose sd15 for more detail and "
                    "patience, tiny for speed, or a file of yours in models/auhead.",
                ),
                io.Combo.Input(
                    "alm",
                    options=[*ALM, *files],
                    default=ALM[0],
                    tooltip="The audio-language model that hears the emotion for Speech → Expression. Choose a larger "
                    "one than tiny when it mishears and you have a graphics card.",
                ),
                io.Combo.Input(
                    "precision",
                    options=list(PRECISIONS),
                    default="auto",
                    tooltip="Number format of the weights. Leave it at auto; choose fp32 when pictures come out black.",
                ),
                io.Boolean.Input(
                    "download",
                    default=False,
                    tooltip="Switch on once to let missing files be downloaded into models/auhead. Off, nothing uses "
                    "the network.",
                ),
            ],
            outputs=[ModelType.Output(display_name="model"), ALMType.Output(display_name="alm")],
        )

    @classmethod
    def execute(cls, diffusion: str, alm: str, precision: str, download: bool) -> io.NodeOutput:
        return io.NodeOutput(
            ModelChoice("diffusion model", diffusion, precision, download),
            ModelChoice("audio-language model", alm, precision, download),
        )
