"""Opens model folders in the layout of the Hugging Face hub, and LoRA folders on top of them."""

import logging
from pathlib import Path

import torch
from torch import nn
from transformers import AutoTokenizer, WhisperFeatureExtractor

from ...errors import AUHeadError
from ..models import FIXED_PLACE, NEEDS_TRANSFORMERS
from .backend import Backend
from .qwen2_5_omni import Qwen25Omni
from .qwen2_audio import Qwen2Audio

_KINDS = {"qwen2_audio": Qwen2Audio, "qwen2_5_omni": Qwen25Omni}
_NUMBERS = {"auto": torch.bfloat16, "fp32": torch.float32, "fp16": torch.float16, "bf16": torch.bfloat16}
_WINDOW = 28.0  # seconds; the encoder's 30 less room for a cut at a pause
_LORA_WEIGHTS = "adapter_model.safetensors"
_UNUSED = ("visual",)  # eyes
_log = logging.getLogger(__name__)


def open_folder(folder: Path, kind: str, precision: str = "auto", device: str | torch.device = "cpu") -> Backend:
    """A model from a folder; kind: as `models.kind_of` tells. Nothing in the folder is run: no code, no pickles.

    Raises AUHeadError when files are missing or damaged.
    """
    backend = _KINDS[kind]
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
        extractor = WhisperFeatureExtractor.from_pretrained(folder, local_files_only=True)
        network, loading = backend.network_class.from_pretrained(
            folder,
            local_files_only=True,
            use_safetensors=True,
            output_loading_info=True,
            **_numbers(precision, device),
        )
    except (OSError, ValueError, RuntimeError, KeyError, ImportError) as error:
        _log.debug("%s", folder, exc_info=True)
        reason = str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__
        raise AUHeadError(
            f"The model in {folder} cannot be opened ({reason}); download its folder again, with all files."
        ) from error
    except TypeError as error:  # an argument that an older version does not know
        raise AUHeadError(NEEDS_TRANSFORMERS) from error
    missing = sorted(name for name in loading["missing_keys"] if not any(part in name for part in _UNUSED))
    if missing:
        raise AUHeadError(
            f"The model in {folder} lacks {len(missing)} weights, {missing[0]} among them; download its folder again."
        )
    _drop_unused(network)
    opened = backend(folder.name, network, tokenizer, extractor)
    opened.fixed_place = precision in FIXED_PLACE
    opened.window = min(_WINDOW, float(extractor.chunk_length))
    return opened


def open_lora(lora: Path, backend: Backend, precision: str = "auto") -> Backend:
    """A LoRA folder of `auhead train alm` on the model it was trained on, opened in `precision`, which it changes for
    good.

    Raises AUHeadError when the LoRA is incomplete or belongs to another model, and without the package peft.
    """
    if not (lora / _LORA_WEIGHTS).is_file():  # peft would take a pickle, or ask the hub
        raise AUHeadError(f"The LoRA {lora.name} lacks {_LORA_WEIGHTS}; copy its folder again, with all files.")
    try:
        from peft import PeftModel
        from peft.utils import load_peft_weights
    except ImportError as error:
        raise AUHeadError(f"The LoRA {lora.name} needs the Python package peft: pip install peft.") from error
    backend.teach_tokens()
    foreign = AUHeadError(
        f"The LoRA {lora.name} belongs to another model than {backend.name}; choose the one that it was trained on."
    )
    try:
        model = PeftModel.from_pretrained(backend.network, lora, is_trainable=False)
        given = load_peft_weights(str(lora), device="cpu")
    except (RuntimeError, ValueError, KeyError, OSError) as error:
        raise foreign from error
    known = {_plain(name): weight.shape for name, weight in model.state_dict().items()}
    if not given or any(known.get(_plain(name)) != weight.shape for name, weight in given.items()):
        raise foreign
    backend.network = (model if precision in FIXED_PLACE else model.merge_and_unload()).eval()
    backend.name = lora.name
    return backend


def _plain(name: str) -> str:
    """The name of a weight without that of the adapter, which peft puts in when it loads one."""
    return name.replace(".default", "")


def _numbers(precision: str, device: str | torch.device) -> dict:
    """Arguments of from_pretrained for a number format."""
    if precision not in FIXED_PLACE:
        return {"dtype": _NUMBERS[precision]}
    try:
        import accelerate  # noqa: F401
        import bitsandbytes  # noqa: F401
        from transformers import BitsAndBytesConfig
    except ImportError as error:
        raise AUHeadError(
            f"The precision {precision} needs the Python packages bitsandbytes and accelerate; install them with pip "
            "install bitsandbytes accelerate, or choose bf16."
        ) from error
    four = {"load_in_4bit": True, "bnb_4bit_quant_type": "nf4", "bnb_4bit_compute_dtype": torch.bfloat16}
    chosen = BitsAndBytesConfig(**(four if precision == "4bit" else {"load_in_8bit": True}))
    return {"dtype": torch.bfloat16, "quantization_config": chosen, "device_map": {"": str(device)}}


def _drop_unused(network: nn.Module) -> None:
    """Free what a listener does not need."""
    inner = getattr(network, "model", network)
    for part in _UNUSED:
        for owner in (network, inner):
            if isinstance(getattr(owner, part, None), nn.Module):
                setattr(owner, part, None)
