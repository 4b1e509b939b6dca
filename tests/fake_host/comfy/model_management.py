"""Cancelling, how much memory is free, and where networks are."""

import torch


class InterruptProcessingException(BaseException):
    """What a cancelled run raises."""


_interrupted = False


def interrupt_current_processing(value: bool = True) -> None:
    global _interrupted
    _interrupted = value


def throw_exception_if_processing_interrupted() -> None:
    global _interrupted
    if _interrupted:
        _interrupted = False
        raise InterruptProcessingException


def get_free_memory(dev: torch.device) -> int:
    """Bytes; tests that are about memory put their own number here."""
    return 64 * 2**30


def get_torch_device() -> torch.device:
    return torch.device("cpu")


def unet_offload_device() -> torch.device:
    return torch.device("cpu")


_loaded: list = []


def load_models_gpu(models: list, memory_required: int = 0, force_full_load: bool = False) -> None:
    for patcher in models:
        if patcher in _loaded:
            _loaded.remove(patcher)
            patcher.detach(unpatch_all=False)
        patcher.partially_load(patcher.load_device)
        _loaded.append(patcher)


def unload_all_models() -> None:
    while _loaded:
        _loaded.pop().detach()
