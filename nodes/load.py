"""Load AUHead: choose the diffusion model and the audio-language model. Each is loaded when a node first uses it."""

from dataclasses import dataclass
from functools import cached_property

from ..auhead_models.diffusion.presets import MODELS
from ..auhead_models.diffusion.weight_files import PRECISIONS
from ..auhead_models.errors import AUHeadError
from ..auhead_models.pipeline import NEEDS_DIFFUSERS
from .host import ALMType, HeldNetworks, ModelType, io, model_files, model_folders, model_path, progress, schema

# A file in models/auhead is listed after the known models.
ALM = ("tiny", "qwen2-audio-7b-instruct", "qwen2.5-omni-7b")


@dataclass(frozen=True)
class DiffusionChoice:
    """The diffusion model that the user chose. name: a preset or a file in models/auhead; download: whether missing
    files may be fetched.

    ComfyUI keeps this object as long as the inputs of the node stay, and with it what was loaded.
    """

    name: str
    precision: str
    download: bool

    @cached_property
    def opened(self) -> tuple[object, HeldNetworks]:
        """The model, and its networks in ComfyUI's care. Raises AUHeadError when it cannot be loaded."""
        try:
            from ..auhead_models.diffusion import catalogue  # takes seconds to import, and only the sampler needs it
        except ImportError as error:
            raise AUHeadError(NEEDS_DIFFUSERS) from error
        name = self.name if self.name in MODELS else model_path(self.name)
        device = HeldNetworks.home()
        report = progress(1) if self.download else None
        try:
            model = catalogue.open_model(name, model_folders(), self.precision, device, self.download, report)
        except catalogue.MissingFilesError as error:
            hint = "Switch download on in Load AUHead and run again, or do it by hand."
            raise AUHeadError(f"{hint} {error}") from error
        return model, HeldNetworks(model.networks())

    def get_models(self) -> list:
        """What ComfyUI asks for to know the weights that its cache of results holds."""
        return self.opened[1].patchers() if "opened" in vars(self) else []

    @property
    def patcher(self):
        """The largest of them, for versions that ask for one."""
        return next(iter(self.get_models()), None)


@dataclass(frozen=True)
class ALMChoice:
    """The audio-language model that the user chose, as `DiffusionChoice`."""

    name: str
    precision: str
    download: bool

    def missing(self, instead: str) -> AUHeadError:
        """The error of a node that needs the model; `instead` says what works without it."""
        return AUHeadError(
            "This version of AUHead brings no audio-language model and runs none yet "
            f'("{self.name}" was chosen in Load AUHead); {instead}.'
        )


class Load(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        files = model_files()
        return schema(
            node_id="AUHeadLoad",
            display_name="Load AUHead",
            description="Chooses the models of AUHead. Nothing is loaded or downloaded until a node uses it; speech, "
            "presets, edits and AU Warp Render work without this node.",
            search_aliases=["model loader", "checkpoint", "talking head"],
            inputs=[
                io.Combo.Input(
                    "diffusion",
                    options=[*MODELS, *files],
                    default=MODELS[0],
                    tooltip="The diffusion model for AU Diffusion Sampler. tiny is bundled and mends the warp on any "
                    "machine; choose sd15 for a graphics card and 11 GB of files, or a file in models/auhead.",
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
                    tooltip="Number format of the diffusion model's weights. Leave it at auto; choose fp32 when "
                    "pictures come out black.",
                ),
                io.Boolean.Input(
                    "download",
                    default=False,
                    tooltip="Switch on once to let missing files of sd15 be downloaded into ComfyUI's models folders. "
                    "Off, nothing uses the network.",
                ),
            ],
            outputs=[ModelType.Output(display_name="model"), ALMType.Output(display_name="alm")],
        )

    @classmethod
    def execute(cls, diffusion: str, alm: str, precision: str, download: bool) -> io.NodeOutput:
        return io.NodeOutput(
            DiffusionChoice(diffusion, precision, download),
            ALMChoice(alm, precision, download),
        )
