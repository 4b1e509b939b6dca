"""Writes any file of weights that is known as safetensors, which loads faster and cannot run code."""

from collections.abc import Callable, Mapping
from pathlib import Path

import torch

from ..errors import AUHeadError
from .identify import UNKNOWN, Kind
from .keymaps import adapter_keys, image_encoder_keys, unet_keys, vae_keys
from .weight_files import read_weights, write_weights

NAMES = ("original", "diffusers")  # of the weights in the new file
_TO_DIFFUSERS: dict[str, Callable[[Mapping[str, torch.Tensor]], dict[str, torch.Tensor]]] = {
    "sd15_unet": unet_keys,
    "sd15_ldm_unet": unet_keys,
    "motion_unet": unet_keys,
    "reference_net": unet_keys,
    "motion": adapter_keys,
    "motion_adapter": adapter_keys,
    "vae": vae_keys,
    "ldm_vae": vae_keys,
    "taesd": dict,
    "image_encoder": image_encoder_keys,
}


def convert_weights(path: str | Path, output: str | Path, names: str = NAMES[0]) -> Kind:
    """Write the weights of a file as safetensors, whole or not at all; returns what they are.

    names: of NAMES, those of the file or those of the network in diffusers that it belongs to. Raises AUHeadError.
    """
    output = Path(output)
    if output.suffix.lower() != ".safetensors":
        raise AUHeadError(f"Weights are written as .safetensors; give {output} that ending.")
    file = read_weights(path)
    kind, weights = file.kind, file.weights
    if kind is UNKNOWN:
        first = ", ".join(list(weights)[:3])
        raise AUHeadError(f"{path} holds weights ({first}, …), but of no model that AUHead knows; check the file.")
    if names != NAMES[0]:
        if kind.id not in _TO_DIFFUSERS:
            what = "which has no one network in diffusers; convert it with the names it has"
            raise AUHeadError(f"{path} is {kind.title}, {what}.")
        weights = _TO_DIFFUSERS[kind.id](weights)
    write_weights(output, _apart(weights), {"format": "pt", **file.metadata})
    return kind


def _apart(weights: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Tensors that share no memory, as the format demands."""
    seen, apart = set(), {}
    for name, tensor in weights.items():
        apart[name] = tensor.clone() if tensor.data_ptr() in seen else tensor
        seen.add(tensor.data_ptr())
    return apart
