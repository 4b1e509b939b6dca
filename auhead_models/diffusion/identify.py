"""What a file of weights probably is, from the names and shapes in it, and where it would belong.

Names cannot tell the UNet of Stable Diffusion 1.5 from one that was trained further, such as AniPortrait's.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import AUHeadError

PARTS = {
    "unet": "denoising network",
    "motion": "motion module",
    "reference_net": "ReferenceNet",
    "guider": "FaceMap guider",
    "vae": "VAE",
    "image_encoder": "CLIP image encoder",
}
METADATA_KEY = "auhead"  # of our own files
_LISTED = 3  # names in a sentence

Shapes = Mapping[str, tuple[int, ...]]


@dataclass(frozen=True)
class Kind:
    """A kind of file.

    title: what it is called in a sentence · parts: what AUHead can take from it · names: patterns that must all be
    found, each in some name · absent: patterns that must not be · shapes: sizes by pattern of a name, None for any,
    several for one of them.
    """

    id: str
    title: str
    parts: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    shapes: Mapping[str, tuple[int | tuple[int, ...] | None, ...]] = field(default_factory=dict)

    def fits(self, listed: str, shapes: Shapes) -> bool:
        """listed: all names, one a line."""
        return (
            all(re.search(pattern, listed, re.MULTILINE) for pattern in self.names)
            and not any(re.search(pattern, listed, re.MULTILINE) for pattern in self.absent)
            and all(self._sized(pattern, size, shapes) for pattern, size in self.shapes.items())
        )

    @staticmethod
    def _sized(pattern: str, size: tuple[int | tuple[int, ...] | None, ...], shapes: Shapes) -> bool:
        found = next((shape for name, shape in shapes.items() if re.search(pattern, name)), ())
        return len(found) == len(size) and all(_allows(want, got) for want, got in zip(size, found))


OWN = Kind("auhead", "a model of AUHead in one file")
UNKNOWN = Kind("unknown", "nothing that AUHead knows")
_CROSS = r"attn2\.to_k\.weight$"  # [channels, channels of a text token]
_PATCHES = r"vision_model\.embeddings\.patch_embedding\.weight$"
_LDM = r"^(model\.diffusion_model\.)?input_blocks\.0\.0\.weight$"
_SD_UNET = (
    r"^down_blocks\.0\.resnets\.0\.conv1\.weight$",
    r"^mid_block\.attentions\.0\.",
    r"^time_embedding\.linear_1\.",
)
_VAE = (r"^encoder\.down_blocks\.0\.resnets", r"^decoder\.up_blocks\.")
_LDM_VAE = (r"^(first_stage_model\.)?encoder\.down\.0\.block", r"^(first_stage_model\.)?decoder\.up\.0\.block")
KINDS = (
    Kind("lora", "a LoRA", names=(r"lora_(up|down|A|B)\b|lora\.(up|down)\.|^lora_(unet|te)",)),
    Kind("ip_adapter", "an IP-Adapter", names=(r"^ip_adapter\.|^image_proj\.|to_k_ip",)),
    Kind(
        "controlnet",
        "a ControlNet",
        names=(r"^(control_model\.)?(zero_convs|input_hint_block)\.|^controlnet_(down|mid)_block|^controlnet_cond_",),
    ),
    Kind("hallo", "Hallo's net.pth", names=(r"^denoising_unet\.", r"^(audioproj|face_locator|imageproj)\.")),
    Kind("flux", "a Flux model", names=(r"double_blocks\.0\.img_attn|single_transformer_blocks\.0\.",)),
    Kind("sd3", "a Stable Diffusion 3 model", names=(r"joint_blocks\.0\.|transformer_blocks\.0\.attn\.add_q_proj",)),
    Kind("dit", "a video or image transformer", names=(r"^(model\.diffusion_model\.)?blocks\.0\.(self_attn|attn)\.",)),
    Kind("svd", "a Stable Video Diffusion model", names=(r"time_stack|temporal_transformer_blocks",)),
    Kind(
        "sdxl",
        "a Stable Diffusion XL model",
        names=(r"^add_embedding\.|^conditioner\.embedders|^(model\.diffusion_model\.)?label_emb\.",),
    ),
    Kind(
        "sdxl_motion",
        "a motion module for Stable Diffusion XL",
        names=(r"^(module\.)?down_blocks\.2\.motion_modules\.", r"^(module\.)?up_blocks\.2\.motion_modules\."),
        absent=(r"down_blocks\.3\.motion_modules\.", r"^conv_in\."),
    ),
    Kind(
        "sd2",
        "a Stable Diffusion 2 model",
        names=(f"{_LDM}|{_SD_UNET[0]}",),
        shapes={_CROSS: (None, 1024)},
    ),
    Kind(
        "inpainting",
        "a Stable Diffusion model for inpainting or editing",
        names=(f"{_LDM}|{_SD_UNET[0]}",),
        shapes={r"^conv_in\.weight$|^(model\.diffusion_model\.)?input_blocks\.0\.0\.weight$": (None, (8, 9), 3, 3)},
    ),
    Kind(
        "sd15_checkpoint",
        "a whole Stable Diffusion 1.5 checkpoint",
        ("unet", "reference_net", "vae"),
        (r"^model\.diffusion_model\.input_blocks\.0\.0\.weight$", *_LDM_VAE),
    ),
    Kind(
        "sd15_ldm_unet",
        "a Stable Diffusion 1.5 UNet in the names of its own code",
        ("unet", "reference_net"),
        (_LDM, r"output_blocks\.0\.0\.in_layers", r"middle_block\.1\."),
    ),
    Kind(
        "motion_unet",
        "a Stable Diffusion 1.5 UNet with a motion module",
        ("unet", "motion"),
        (*_SD_UNET, r"^conv_in\.", r"motion_modules\.0\."),
    ),
    Kind(
        "sd15_unet",
        "a Stable Diffusion 1.5 UNet, such as AniPortrait's denoising_unet.pth",
        ("unet", "reference_net"),
        (*_SD_UNET, r"^conv_in\.", r"^conv_out\."),
    ),
    Kind(
        "reference_net",
        "a ReferenceNet, such as AniPortrait's reference_unet.pth",
        ("reference_net",),
        (*_SD_UNET, r"^conv_in\."),
    ),
    Kind(
        "motion",
        "a motion module of AnimateDiff, such as AniPortrait's motion_module.pth",
        ("motion",),
        (r"motion_modules\.0\.temporal_transformer\.",),
    ),
    Kind(
        "motion_adapter",
        "a motion module in diffusers' layout (MotionAdapter)",
        ("motion",),
        (r"motion_modules\.0\.transformer_blocks\.0\.attn1\.",),
    ),
    Kind(
        "guider",
        "AniPortrait's pose_guider.pth",
        ("guider",),
        (r"^conv_layers\.0\.weight$", r"^conv_layers_1\.0\.weight$", r"^final_proj\.weight$"),
    ),
    Kind(
        "single_guider",
        "a pose guider or face locator of another model (AnimateAnyone, EchoMimic), with one level instead of five",
        names=(r"^conv_in\.weight$", r"^blocks\.0\.weight$", r"^conv_out\.weight$"),
    ),
    Kind(
        "wide_vae",
        "a VAE with 16 channels (Flux, Stable Diffusion 3)",
        names=(r"^(first_stage_model\.)?decoder\.conv_in\.weight$",),
        shapes={r"^(first_stage_model\.)?decoder\.conv_in\.weight$": (None, 16, 3, 3)},
    ),
    Kind("vae", "a Stable Diffusion VAE", ("vae",), _VAE),
    Kind("ldm_vae", "a Stable Diffusion VAE in the names of its own code", ("vae",), _LDM_VAE),
    Kind("taesd", "TAESD, the tiny VAE", ("vae",), (r"^encoder\.layers\.0\.weight$", r"^decoder\.layers\.0\.weight$")),
    Kind(
        "half_taesd",
        "half of TAESD in its first layout; take the one for diffusers",
        names=(r"^[01]\.weight$", r"^3\.conv\.0\.weight$"),
    ),
    Kind("clip_h", "the image encoder of CLIP ViT-H", names=(_PATCHES,), shapes={_PATCHES: (1280, 3, 14, 14)}),
    Kind("clip_g", "the image encoder of CLIP ViT-bigG", names=(_PATCHES,), shapes={_PATCHES: (1664, 3, 14, 14)}),
    Kind("siglip", "a SigLIP image encoder", names=(_PATCHES,), absent=(r"embeddings\.class_embedding$",)),
    Kind("image_encoder", "a CLIP image encoder", ("image_encoder",), (_PATCHES, r"^visual_projection\.weight$")),
    Kind("blind_image_encoder", "a CLIP image encoder without its projection", names=(_PATCHES,)),
    Kind("open_clip", "an OpenCLIP model", names=(r"visual\.transformer\.resblocks\.0\.",)),
    Kind("text_encoder", "a text encoder", names=(r"text_model\.encoder\.layers\.0\.|^shared\.weight$",)),
    Kind(
        "wav2vec",
        "a wav2vec 2.0 speech encoder, or a network on top of one",
        names=(r"feature_extractor\.conv_layers",),
    ),
)


def identify(shapes: Shapes, metadata: Mapping[str, str] | None = None) -> Kind:
    """The kind of a file with weights of these names and shapes; `UNKNOWN` when there is none."""
    if METADATA_KEY in (metadata or {}):
        return OWN
    listed = "\n".join(shapes)
    return next((kind for kind in KINDS if kind.fits(listed, shapes)), UNKNOWN)


def wrong_kind(path: Path, part: str, kind: Kind) -> AUHeadError:
    """The error for a file that cannot be the part it was given as."""
    if kind is OWN:
        where = "which is loaded by itself"
    elif kind.parts:
        where = f"which belongs in the place of the {' or the '.join(PARTS[part] for part in kind.parts)}"
    else:
        where = "which AUHead does not use" if kind is not UNKNOWN else "check that it is the right file"
    joint = ":" if kind is UNKNOWN else ","
    return AUHeadError(f"{path} cannot be the {PARTS[part]}: it looks like {kind.title}{joint} {where}.")


def misfit(path: Path, part: str, given: Shapes, wanted: Shapes, kind: Kind) -> AUHeadError | None:
    """The error for weights whose names or shapes do not fit a network; None when all do."""
    missing = [name for name in wanted if name not in given]
    unexpected = [name for name in given if name not in wanted]
    reshaped = [
        f"{name} is {_size(given[name])} instead of {_size(shape)}"
        for name, shape in wanted.items()
        if name in given and tuple(given[name]) != tuple(shape)
    ]
    told = [
        _counted(missing, "weight is missing", "weights are missing"),
        _counted(unexpected, "is unexpected", "are unexpected"),
        _counted(reshaped, "has another shape", "have another shape"),
    ]
    if not any(told):
        return None
    faults = ", ".join(filter(None, told))
    guess = f"it looks like {kind.title}, perhaps of another version or damaged"
    if kind is OWN:
        guess = "another version of AUHead saved it, probably; update AUHead, or take another copy of the file"
    return AUHeadError(f"{path} does not fit the {PARTS.get(part, part)}: {faults}; {guess}.")


def _allows(wanted: int | tuple[int, ...] | None, given: int) -> bool:
    return wanted is None or given == wanted or (isinstance(wanted, tuple) and given in wanted)


def _counted(items: list[str], one: str, many: str) -> str:
    if not items:
        return ""
    more = ", …" if len(items) > _LISTED else ""
    return f"{len(items)} {one if len(items) == 1 else many} ({', '.join(items[:_LISTED])}{more})"


def _size(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape)) or "a number"
