"""Models from files: public weights, one file a part, and our own format, everything in one file.

In our own (own_files.py), names begin with the part they belong to (``unet.``, ``reference_net.``, ``guider.``,
``vae.``, ``image_encoder.``, ``au_tokens.``, ``audio_tokens.``), and the header holds the architecture.

Networks are made without memory of their own and take over the tensors of the file: a model is never held twice.
"""

import inspect
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, replace
from functools import cache
from pathlib import Path
from typing import Any

import torch
from diffusers import AutoencoderKL, AutoencoderTiny
from torch import nn

from ..errors import AUHeadError
from .guider import FaceMapGuider
from .identify import PARTS, misfit, wrong_kind
from .keymaps import TEMPORAL, adapter_keys, image_encoder_keys, reference_keys, unet_keys, vae_keys
from .model import FaceDiffusion
from .own_files import misdescribed, read_header, write_own
from .presets import ANIMATEDIFF_SCHEDULER, CLIP_VIT_L, SD15, TAESD, Architecture
from .schedulers import check_training
from .tokens import AudioTokens, AUTokens
from .unet import FaceUNet, ReferenceNet
from .weight_files import WeightFile, read_weights, shapes_of, weight_dtype

VAES = {kind.__name__: kind for kind in (AutoencoderKL, AutoencoderTiny)}
_TITLES = {**PARTS, "au_tokens": "Action Unit tokens", "audio_tokens": "audio tokens"}
_NAMED = {"reference_net": reference_keys, "guider": dict, "vae": vae_keys, "image_encoder": image_encoder_keys}


def load_bundle(
    files: Mapping[str, str | Path | None],
    precision: str = "auto",
    device: str | torch.device = "cpu",
    architecture: Architecture = SD15,
    name: str = "sd15",
) -> FaceDiffusion:
    """A model from public files; its networks lie on the CPU. device: where it will compute.

    files: by part, as in `identify.PARTS`: AniPortrait's, or a UNet (or a whole checkpoint) of Stable Diffusion 1.5
    with a motion module of AnimateDiff. Left out may be: reference_net, which the UNet then is, too; motion and vae,
    when the UNet's file holds them; image_encoder. Raises AUHeadError for a file that is damaged, of another kind, or
    does not fit.
    """
    paths = {part: Path(path) for part, path in files.items() if path is not None}
    if "unet" not in paths:
        raise AUHeadError("The model has no file for its denoising network; name one.")
    dtype = weight_dtype(precision, device)
    if "reference_net" not in paths:
        architecture = replace(architecture, scheduler=ANIMATEDIFF_SCHEDULER)
    sources = _sources(paths, architecture.unet.get("motion", True))
    unet, architecture = _bundled_unet(sources, architecture, dtype)
    if sources["vae"].kind.id == "taesd":
        architecture = replace(architecture, vae=TAESD)
    networks = {}
    for part, names in _NAMED.items():
        if part in sources:  # let go of each file when its numbers are taken
            file = sources.pop(part)
            network = _without_memory(_builders(architecture)[part])
            networks[part] = _filled(network, names(file.weights), dtype, file, part)
    return FaceDiffusion(name, architecture, unet=unet, **networks)


def load_model(path: str | Path, precision: str = "auto", device: str | torch.device = "cpu") -> FaceDiffusion:
    """A model from a file of our own format; its networks lie on the CPU. device: where it will compute.

    Raises AUHeadError for a file that is damaged, of another kind, or of a newer version.
    """
    dtype = weight_dtype(precision, device)
    header = _header(path)
    file = read_weights(path)
    architecture = header["architecture"]
    weights: dict[str, dict[str, torch.Tensor]] = {}
    for name, tensor in file.weights.items():
        part, _, inner = name.partition(".")
        weights.setdefault(part, {})[inner] = tensor
    builders = _builders(architecture)
    if missing := builders.keys() - weights.keys():
        raise AUHeadError(f"{path} lacks the weights of the {_listed(missing)}; take another copy of it.")
    if unknown := weights.keys() - builders.keys():
        raise AUHeadError(
            f"{path} holds parts that AUHead does not know ({', '.join(sorted(unknown))}); update AUHead."
        )
    networks = {}
    for part, given in weights.items():
        try:
            network = _without_memory(builders[part])
        except ImportError:
            raise  # tells of the installation, not of the file
        except Exception as error:  # nonsense fails anywhere in diffusers or transformers, with kinds of their own, too
            raise misdescribed(path) from error
        networks[part] = _filled(network, given, dtype, file, part)
    return FaceDiffusion(header["name"], architecture, **networks)


def save_model(model: FaceDiffusion, path: str | Path, card: Mapping[str, Any] | None = None) -> Path:
    """Write a model in our own format, whole or not at all. card: plain values that `read_card` gives back."""
    path = Path(path)
    if path.suffix.lower() != ".safetensors":
        raise AUHeadError(f"A model is saved as a .safetensors file; give {path} that ending.")
    architecture = replace(
        model.architecture, vae=_vae_options(model.vae), image_encoder=_image_encoder_options(model.image_encoder)
    )
    parts = {part: getattr(model, part) for part in _builders(architecture)}
    weights = {
        f"{part}.{name}": tensor for part, network in parts.items() for name, tensor in network.state_dict().items()
    }
    write_own(path, weights, model.name, card or {}, architecture=asdict(architecture))
    return path


def read_card(path: str | Path) -> dict[str, Any]:
    """What the makers of a model in our own format tell of it, and its name, without reading its weights."""
    header = _header(path)
    return {"name": header["name"], **header["card"]}


def _header(path: str | Path) -> dict[str, Any]:
    """The header of a file of ours, its architecture as an `Architecture`."""
    header = read_header(path)
    if not header:
        kind = read_weights(path).kind
        use = "; it is one part of a model and needs the others" if kind.parts else "; choose another file"
        raise AUHeadError(f"{path} is no model that AUHead saved: it looks like {kind.title}{use}.")
    try:
        architecture = Architecture(**_tupled(header["architecture"]))
        if not all(isinstance(options, dict) for options in vars(architecture).values()):
            raise TypeError("an architecture is made of dictionaries")
        check_training(architecture.scheduler)
    except (KeyError, TypeError, ValueError) as error:
        raise misdescribed(path) from error
    return {**header, "architecture": architecture}


def _listed(parts: Iterable[str]) -> str:
    return " and the ".join(_TITLES[part] for part in _TITLES if part in parts)


def _tupled(value: Any) -> Any:
    """JSON knows no tuples, and the configurations of networks no lists."""
    if isinstance(value, dict):
        return {name: _tupled(inner) for name, inner in value.items()}
    return tuple(map(_tupled, value)) if isinstance(value, list) else value


def _builders(architecture: Architecture) -> dict[str, Callable[[], nn.Module]]:
    """How to make each part that a model of this architecture has."""
    builders = {
        "unet": lambda: FaceUNet(**architecture.unet),
        "reference_net": lambda: ReferenceNet(**architecture.reference),
        "guider": lambda: FaceMapGuider(**architecture.guider),
        "vae": lambda: _vae(**architecture.vae),
    }
    if architecture.image_encoder:
        builders["image_encoder"] = lambda: _image_encoder(**architecture.image_encoder)
    if au_dim := architecture.unet.get("au_dim"):
        builders["au_tokens"] = lambda: AUTokens(au_dim)
    if audio_dim := architecture.unet.get("audio_dim"):
        builders["audio_tokens"] = lambda: AudioTokens(architecture.audio["width"], audio_dim)
    return builders


def _vae(_class_name: str, **options) -> AutoencoderKL | AutoencoderTiny:
    vae = VAES[_class_name](**options)
    if not 0 < vae.config.scaling_factor < math.inf:
        raise ValueError(f"latents are scaled by {vae.config.scaling_factor}")
    return vae


def _vae_options(vae: AutoencoderKL | AutoencoderTiny) -> dict[str, Any]:
    known = inspect.signature(type(vae)).parameters  # AutoencoderTiny's config names more than it takes
    options = {name: value for name, value in vae.config.items() if name in known}
    return {"_class_name": type(vae).__name__, **options}


def _image_encoder(**options) -> nn.Module:
    from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection  # slow, and not needed by every model

    return CLIPVisionModelWithProjection(CLIPVisionConfig(**options))


def _image_encoder_options(image_encoder: nn.Module | None) -> dict[str, Any]:
    return {} if image_encoder is None else {name: getattr(image_encoder.config, name) for name in CLIP_VIT_L}


def _sources(paths: Mapping[str, Path], moving: bool) -> dict[str, WeightFile]:
    """The file that each part is taken from, by part. moving: whether the model has a motion module."""
    read = cache(read_weights)
    of_unet = read(paths["unet"]).kind
    needed = [part for part in PARTS if part != "image_encoder" and (moving or part != "motion")]
    sources = {}
    for part in dict.fromkeys([*needed, *paths]):
        if part not in paths and part not in of_unet.parts:
            holder = f"{paths['unet']} holds none"
            raise AUHeadError(f"The model has no {PARTS[part]}: {holder}, so a file of it is needed, too.")
        sources[part] = file = read(paths.get(part, paths["unet"]))
        if part not in file.kind.parts:
            raise wrong_kind(file.path, part, file.kind)
    if "reference_net" not in paths:  # tensors of its own, in case they are trained
        sources["reference_net"] = read_weights(paths["unet"])
    return sources


def _bundled_unet(
    sources: dict[str, WeightFile], architecture: Architecture, dtype: torch.dtype
) -> tuple[FaceUNet, Architecture]:
    """The network of one or two files, which leave `sources`, and the architecture that the motion module asks for."""
    files = {part: sources.pop(part) for part in ("unet", "motion") if part in sources}
    spatial = {name: given for name, given in unet_keys(files["unet"].weights).items() if TEMPORAL not in name}
    temporal = adapter_keys(files["motion"].weights) if "motion" in files else {}
    if temporal:
        lengths = [tensor.shape[1] for name, tensor in temporal.items() if name.endswith(".pos_embed.pe")]
        shape = {
            "motion_max_seq_length": min(lengths, default=architecture.unet.get("motion_max_seq_length", 32)),
            "use_motion_mid_block": any(name.startswith("mid_block.") for name in temporal),
        }
        architecture = replace(architecture, unet={**architecture.unet, **shape})
    unet = _without_memory(_builders(architecture)["unet"])
    wanted = shapes_of(unet.state_dict())
    for part, file in files.items():
        asked = {name: shape for name, shape in wanted.items() if (TEMPORAL in name) == (part == "motion")}
        _check(temporal if part == "motion" else spatial, asked, file, part)
    unet.load_state_dict(_cast({**spatial, **temporal}, dtype), assign=True)
    return unet.eval(), architecture


def _filled(
    network: nn.Module,
    weights: Mapping[str, torch.Tensor],
    dtype: torch.dtype,
    file: WeightFile,
    part: str,
) -> nn.Module:
    """A network with the tensors of a file as its own."""
    if part == "vae" and dtype == torch.float16:
        dtype = torch.float32  # its values leave the range of fp16 now and then, and the picture is black
    _check(weights, shapes_of(network.state_dict()), file, part)
    network.load_state_dict(_cast(weights, dtype), assign=True)
    for module in network.modules():
        positions = getattr(module, "position_ids", None)  # of CLIP, in no file
        if positions is not None:
            module.position_ids = torch.arange(positions.shape[-1]).expand(positions.shape)
    return network.eval()


def _without_memory(build: Callable[[], nn.Module]) -> nn.Module:
    with torch.device("meta"):
        return build()


def _check(
    weights: Mapping[str, torch.Tensor], wanted: Mapping[str, tuple[int, ...]], file: WeightFile, part: str
) -> None:
    if error := misfit(file.path, part, shapes_of(weights), wanted, file.kind):
        raise error


def _cast(weights: Mapping[str, torch.Tensor], dtype: torch.dtype) -> dict[str, torch.Tensor]:
    """Counters stay whole numbers."""
    return {name: given.to(dtype) if given.is_floating_point() else given for name, given in weights.items()}
