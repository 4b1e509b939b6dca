"""The public files that the model `sd15` is made of: where they come from and where they belong.

Sizes and SHA-256 are those that the hub's own pages show for each file.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ..errors import AUHeadError

HUB = "https://huggingface.co"
OWN_FOLDER = "auhead"  # in ComfyUI's models/
_LICENCE = "Apache-2.0, on top of Stable Diffusion 1.5 (CreativeML OpenRAIL-M)"

Folders = Mapping[str, Iterable[str | Path]]


@dataclass(frozen=True)
class BundleFile:
    """One file of a bundle.

    part: what it is, of `identify.PARTS` · repository, source: where it lies on the hub · size: bytes · folder: of
    ComfyUI's models/ · name: below that folder, where a download goes · known: further places that are looked into, in
    this order, as (folder, name).
    """

    part: str
    repository: str
    source: str
    size: int
    sha256: str
    licence: str
    folder: str
    name: str
    known: tuple[tuple[str, str], ...] = ()
    revision: str = "main"

    @property
    def url(self) -> str:
        return f"{HUB}/{self.repository}/resolve/{self.revision}/{self.source}"

    @property
    def place(self) -> str:
        """Where a person puts it."""
        return f"models/{self.folder}/{self.name}"

    def path(self, folders: Folders) -> Path:
        """Where a download of it goes: into the first place of its folder."""
        return Path(next(iter(folders[self.folder])), self.name)


def _aniportrait(part: str, source: str, size: int, sha256: str) -> BundleFile:
    name = f"aniportrait/{source}"
    converted = (OWN_FOLDER, name.replace(".pth", ".safetensors"))
    return BundleFile(part, "ZJYang/AniPortrait", source, size, sha256, _LICENCE, OWN_FOLDER, name, (converted,))


SD15_FILES = (
    _aniportrait(
        "unet",
        "denoising_unet.pth",
        3438374981,
        "ddc4990e0d33dd5393190e8609fd7b32bfc0b5c386763624a3bff8038e0c054c",
    ),
    _aniportrait(
        "motion",
        "motion_module.pth",
        1817900817,
        "954aee616a81f143e0316d210445d1933cca05a397c760661b7046738c4c1f06",
    ),
    _aniportrait(
        "reference_net",
        "reference_unet.pth",
        3438324501,
        "2e3603f7d44917ca3330a4a4be81b9578b308e9b9e3398fd6b8a1c4c86c474bd",
    ),
    _aniportrait(
        "guider",
        "pose_guider.pth",
        670182863,
        "b6e8a6c72efcbb4ed49421baeb2c218b6047e94f5f0c90b554748019f757e64f",
    ),
    BundleFile(
        part="vae",
        repository="stabilityai/sd-vae-ft-mse",
        source="diffusion_pytorch_model.safetensors",
        size=334643276,
        sha256="a1d993488569e928462932c8c38a0760b874d166399b14414135bd9c42df5815",
        licence="MIT",
        folder="vae",
        name="sd-vae-ft-mse.safetensors",
        known=(
            ("vae", "vae-ft-mse-840000-ema-pruned.safetensors"),
            ("vae", "vae-ft-mse-840000-ema-pruned.ckpt"),
            (OWN_FOLDER, "aniportrait/sd-vae-ft-mse/diffusion_pytorch_model.safetensors"),
            (OWN_FOLDER, "aniportrait/sd-vae-ft-mse/diffusion_pytorch_model.bin"),
        ),
    ),
    BundleFile(
        part="image_encoder",
        repository="lambdalabs/sd-image-variations-diffusers",
        source="image_encoder/pytorch_model.bin",
        size=1215993967,
        sha256="89d2aa29b5fdf64f3ad4f45fb4227ea98bc45156bbae673b85be1af7783dbabb",
        licence="CreativeML OpenRAIL-M",
        folder="clip_vision",
        name="sd-image-variations.bin",
        known=(
            ("clip_vision", "sd-image-variations.safetensors"),
            (OWN_FOLDER, "aniportrait/image_encoder/model.safetensors"),
            (OWN_FOLDER, "aniportrait/image_encoder/pytorch_model.bin"),
            ("clip_vision", "clip-vit-large-patch14.safetensors"),
            ("clip_vision", "clip-vit-large-patch14.bin"),
            ("clip_vision", "clip_vision_vit_l.safetensors"),
        ),
    ),
)


class MissingFilesError(AUHeadError):
    """Files of a bundle that are in none of the folders."""

    __module__ = AUHeadError.__module__

    def __init__(self, missing: Iterable[BundleFile]):
        super().__init__(missing_sentence(missing))


@dataclass(frozen=True)
class Found:
    """files: by part · missing: what is nowhere, in the order of the bundle."""

    files: Mapping[str, Path]
    missing: tuple[BundleFile, ...]


def model_folders(models: str | Path) -> dict[str, list[Path]]:
    """ComfyUI's folders of the bundle's files below one models/ folder, for use without ComfyUI."""
    return {folder: [Path(models, folder)] for folder in sorted({file.folder for file in SD15_FILES})}


def find_bundle(folders: Folders, bundle: Iterable[BundleFile] = SD15_FILES) -> Found:
    """Which files of a bundle there are. folders: the places of each of ComfyUI's model folders by its name.

    A file is looked for under its names in each place, and in the folders right below.
    """
    files, missing = {}, []
    for file in bundle:
        names = ((file.folder, file.name), *file.known)
        path = next(filter(None, (_look(folders.get(folder, ()), name) for folder, name in names)), None)
        if path is None:
            missing.append(file)
        else:
            files[file.part] = path
    return Found(files, tuple(missing))


def missing_sentence(missing: Iterable[BundleFile]) -> str:
    """What to get from where, and where it belongs."""
    missing = list(missing)
    count = "the file" if len(missing) == 1 else f"the {len(missing)} files"
    total = readable_size(sum(file.size for file in missing))
    sources: dict[tuple[str, str], list[str]] = {}
    for file in missing:
        folder, _, name = file.place.rpartition("/")
        target = f"into {folder}" if name == file.source else f"as {file.place}"
        sources.setdefault((file.repository, target), []).append(file.source)
    hub = HUB.removeprefix("https://")
    each = "; ".join(
        f"{', '.join(names)} from {hub}/{repository} {target}" for (repository, target), names in sources.items()
    )
    return f"Get {count} that the model sd15 lacks ({total}): {each}."


def readable_size(size: int) -> str:
    """1.8 GB, 670 MB: in powers of ten, as the hub's pages and file managers count."""
    return f"{size / 1e9:.1f} GB" if size >= 999_500_000 else f"{size / 1e6:.0f} MB"


def _look(places: Iterable[str | Path], name: str) -> Path | None:
    for place in map(Path, places):
        if (place / name).is_file():
            return place / name
        if found := sorted(path for path in place.glob(f"*/{name}") if path.is_file()):
            return found[0]
    return None
