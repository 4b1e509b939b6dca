"""Load AUHead: choose the diffusion model and the audio-language model. Each is loaded when a node first uses it."""

from dataclasses import dataclass
from functools import cached_property

from ..auhead_models.alm.models import FIXED_PLACE, TINY, open_alm
from ..auhead_models.alm.models import PRECISIONS as ALM_PRECISIONS
from ..auhead_models.alm.models import names as alm_names
from ..auhead_models.diffusion.presets import MODELS
from ..auhead_models.diffusion.weight_files import PRECISIONS
from ..auhead_models.errors import AUHeadError
from ..auhead_models.pipeline import NEEDS_DIFFUSERS
from .host import (
    ALMType,
    DisposableNetwork,
    HeldNetworks,
    ModelType,
    io,
    language_model_folders,
    model_files,
    model_folders,
    model_path,
    one_of,
    progress,
    schema,
)


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
    """The audio-language model that the user chose. name: one of `models.names`; kept and opened as a
    `DiffusionChoice` is."""

    name: str
    precision: str

    @cached_property
    def opened(self) -> tuple[object, HeldNetworks | DisposableNetwork]:
        """The model, and its network in ComfyUI's care. Raises AUHeadError when it cannot be opened."""
        if self.precision in FIXED_PLACE and self.name != TINY:
            DisposableNetwork.make_room()
        backend = open_alm(self.name, language_model_folders(), self.precision, HeldNetworks.home())
        if not backend.fixed_place:
            return backend, HeldNetworks([backend.network])
        size = sum(weight.nbytes for weight in backend.network.parameters())
        return backend, DisposableNetwork(backend.network, size, self._give_up)

    def _give_up(self) -> None:
        """Forget what was opened; but what ComfyUI held of it must outlive the call in which ComfyUI unloads it."""
        vars(self)["given_up"] = vars(self).pop("opened")[1]

    def get_models(self) -> list:
        """As `DiffusionChoice.get_models`."""
        return self.opened[1].patchers() if "opened" in vars(self) else []

    @property
    def patcher(self):
        """As `DiffusionChoice.patcher`."""
        return next(iter(self.get_models()), None)


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
                    options=alm_names(language_model_folders()),
                    default=TINY,
                    tooltip="The audio-language model for Speech → Expression. tiny is bundled, runs anywhere and "
                    "knows little; the others are large folders, LoRA folders too, that you put into models/auhead.",
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
                io.Combo.Input(
                    "alm_precision",
                    options=list(ALM_PRECISIONS),
                    default="auto",
                    optional=True,
                    tooltip="Number format of a large audio-language model. auto is bf16 (17 GB); choose 8bit or 4bit "
                    "for a smaller graphics card, which needs the package bitsandbytes.",
                ),
            ],
            outputs=[ModelType.Output(display_name="model"), ALMType.Output(display_name="alm")],
        )

    @classmethod
    def execute(
        cls, diffusion: str, alm: str, precision: str, download: bool, alm_precision: str | None = None
    ) -> io.NodeOutput:
        number = one_of(alm_precision or ALM_PRECISIONS[0], ALM_PRECISIONS, "alm_precision")
        return io.NodeOutput(DiffusionChoice(diffusion, precision, download), ALMChoice(alm, number))
