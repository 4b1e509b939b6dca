"""Load AUHead: choose the diffusion model and the audio-language model. This version runs neither kind yet."""

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
        return AUHeadError(
            f"This version of AUHead brings no {self.kind} and runs none yet "
            f'("{self.name}" was chosen in Load AUHead); {instead}.'
        )


class Load(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        files = model_files()
        return schema(
            node_id="AUHeadLoad",
            display_name="Load AUHead",
            description="Chooses the diffusion model and the audio-language model. This version brings neither and "
            "runs none yet; speech, presets, edits and AU Warp Render work without this node.",
            search_aliases=["model loader", "checkpoint", "talking head"],
            inputs=[
                io.Combo.Input(
                    "diffusion",
                    options=[*DIFFUSION, *files],
                    default=DIFFUSION[0],
                    tooltip="The video diffusion model for AU Diffusion Sampler. This version has none and cannot "
                    "run one yet, not even a file of yours in models/auhead; use AU Warp Render.",
                ),
                io.Combo.Input(
                    "alm",
                    options=[*ALM, *files],
                    default=ALM[0],
                    tooltip="The audio-language model meant to hear the emotion for Speech → Expression. This version "
                    "has none and cannot run one yet; choose the emotion there yourself.",
                ),
                io.Combo.Input(
                    "precision",
                    options=list(PRECISIONS),
                    default="auto",
                    tooltip="Number format of a model's weights. Does nothing in this version; leave it at auto.",
                ),
                io.Boolean.Input(
                    "download",
                    default=False,
                    tooltip="Whether missing model files may be downloaded. Does nothing in this version, which never "
                    "uses the network; leave it off.",
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
