"""Loads the bundled networks of the face package."""
from functools import lru_cache
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import nn

from ..errors import AUHeadError
from .blazeface import ShortRangeDetector
from .blazeface_full import FullRangeDetector
from .facemesh import FaceMesh

FACE_LANDMARKS = Path(__file__).parents[1] / "weights" / "face_landmarks.safetensors"
_NETWORKS = {"short_range": ShortRangeDetector, "full_range": FullRangeDetector, "mesh": FaceMesh}


@torch.inference_mode(False)  # what is kept must serve callers with and without gradients
def load_network(name: str, device: torch.device, path: Path = FACE_LANDMARKS) -> nn.Module:
    """A frozen float32 network on a device: "short_range", "full_range" or "mesh".

    Raises AUHeadError where the file of weights is missing, cut short or of another version.
    """
    if not path.is_file():
        raise AUHeadError(f"The weights {path.name} are missing from {path.parent}: install the plugin again.")
    network = _NETWORKS[name]()
    prefix = name + "."
    try:
        with safe_open(path, "pt") as file:
            keys = [key for key in file.keys() if key.startswith(prefix)]
            network.load_state_dict({key.removeprefix(prefix): file.get_tensor(key).float() for key in keys})
    except (SafetensorError, OSError, RuntimeError) as error:
        raise AUHeadError(f"The weights {path} are damaged or cut short: install the plugin again.") from error
    return network.requires_grad_(False).eval().to(device, memory_format=torch.channels_last)


@lru_cache(maxsize=2 * len(_NETWORKS))  # on two devices
def bundled_network(name: str, device: torch.device) -> nn.Module:
    """``load_network`` of the bundled file, kept: the networks are frozen, small (7 MB) and used for every frame."""
    return load_network(name, device)
