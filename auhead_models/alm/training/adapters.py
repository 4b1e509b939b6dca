"""What learns in a large model: low-rank adapters (LoRA, Hu et al., arXiv 2106.09685) and the rows of the AU tokens.

    LORA/adapter_config.json, adapter_model.safetensors   as peft writes and reads them
    LORA/auhead.json                                      for which model it is, and how it came about

Adapters are in all linear layers of the language model and in the projector between ear and language. The ear itself
stays as it is. The rows of the AU tokens, in the embeddings and, where it has its own, in the output layer, are whole.
"""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import nn

from ...errors import AUHeadError
from ...files import whole_file
from ..backends.backend import LANGUAGE_LAYERS, Backend

NEEDS_PEFT = "Training needs the Python package peft; install it with pip install peft."
ROWS = "trainable_tokens"  # in the names of the weights that are rows of tokens
_PROJECTORS = r"multi_modal_projector\.linear|audio_tower\.proj"  # of Qwen2-Audio, of Qwen2.5-Omni
ABOUT = "auhead.json"
VERSION = 1


def need_peft() -> None:
    """Raises AUHeadError without the package peft."""
    try:
        import peft  # noqa: F401
    except ImportError as error:
        raise AUHeadError(NEEDS_PEFT) from error


def add_adapters(backend: Backend, rank: int, alpha: int, dropout: float, seed: int = 0):
    """Put adapters into the network of a backend, in place, and teach it the AU tokens; returns peft's model around it.

    The adapters change nothing at first. Afterwards they, and the rows, are all that learns. Raises AUHeadError without
    the package peft.
    """
    need_peft()
    from peft import LoraConfig, get_peft_model

    vocabulary, network = backend.teach_tokens(), backend.network
    names = {id(module): name for name, module in network.named_modules()}
    layers = [network.get_input_embeddings(), network.get_output_embeddings()]
    if layers[0].weight is layers[1].weight:
        tied = [f"{names[id(layer)]}.weight" for layer in layers]
        network._tied_weights_keys = {tied[1]: tied[0]}  # peft asks for it, and Qwen2-Audio does not tell
        layers.pop()
    rows = {names[id(layer)].rpartition(".")[2]: list(vocabulary.all_ids) for layer in layers}
    config = LoraConfig(
        r=rank,
        lora_alpha=alpha,
        lora_dropout=dropout,
        target_modules=rf"({LANGUAGE_LAYERS})|.*({_PROJECTORS})$",
        trainable_token_indices=rows,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = get_peft_model(network, config)
    for weight in model.parameters():
        if weight.requires_grad:  # small steps would be lost in 16 bits
            weight.data = weight.data.float()
    config.base_model_name_or_path = backend.name
    return model


def save_adapters(model, folder: Path, about: Mapping[str, object]) -> None:
    """Write a LoRA folder, in place of an older one, whole or not at all.

    about: for which model it is and how it came about; plain values.
    """
    partial, older = folder.with_name(f".{folder.name}.partial"), folder.with_name(f".{folder.name}.older")
    for path in (partial, older):
        shutil.rmtree(path, ignore_errors=True)
    try:
        model.save_pretrained(partial, safe_serialization=True, save_embedding_layers=False)
        (partial / "README.md").unlink(missing_ok=True)  # peft's form, not filled in
        with whole_file(partial / ABOUT) as file:
            file.write_text(json.dumps({"version": VERSION, **about}, indent=1), encoding="utf-8")
        if folder.exists():
            folder.rename(older)
        partial.rename(folder)
    except OSError as error:
        raise AUHeadError(
            f"Cannot write {folder} ({error.strerror or error}); check the place and its space."
        ) from error
    finally:
        for path in (partial, older):
            shutil.rmtree(path, ignore_errors=True)


def learning_groups(module: nn.Module, rate: float) -> list[dict[str, object]]:
    """Parameters that learn, for an optimizer: rows of tokens begin as rough guesses and learn faster than adapters."""
    groups = {"adapters": [], "rows": [], "head": []}
    for name, weight in module.named_parameters():
        if weight.requires_grad:
            kind = "rows" if ROWS in name else "head" if name.startswith("units_head") else "adapters"
            groups[kind].append(weight)
    faster = {"adapters": 1.0, "rows": 5.0, "head": 10.0}
    return [{"params": weights, "lr": rate * faster[kind]} for kind, weights in groups.items() if weights]
