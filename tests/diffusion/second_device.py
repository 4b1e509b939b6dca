"""A make-believe second device: what a graphics card would refuse, tensors on two devices in one step, shows in tests.

Its tensors say that they are on the device "meta", and compute on the CPU all the same, so results can be compared. As
on a card, a single number may come from anywhere, and copies may cross.
"""

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten, tree_map

THERE = torch.device("meta")
_CROSSING = ("aten::_to_copy", "aten::copy_")


class _Held(torch.Tensor):
    @staticmethod
    def __new__(cls, held: torch.Tensor):
        strides, offset = held.stride(), held.storage_offset()
        return torch.Tensor._make_wrapper_subclass(
            cls, held.shape, strides=strides, storage_offset=offset, dtype=held.dtype, device=THERE
        )

    def __init__(self, held: torch.Tensor):
        self.held = held

    @classmethod
    def __torch_dispatch__(cls, func, types, args=(), kwargs=None):
        return _run(func, args, kwargs or {})


class SecondDevice(TorchDispatchMode):
    """Within it, `device="meta"` makes tensors of the second device."""

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        return _run(func, args, kwargs or {})


def bring(*networks: torch.nn.Module, memory: int = 0) -> None:
    """Move networks to the second device, as the `place` of a renderer."""
    for module in (module for network in networks for module in network.modules()):
        for name, weight in module._parameters.items():
            if weight is not None and not isinstance(weight.data, _Held):
                module._parameters[name] = torch.nn.Parameter(_Held(weight.data), requires_grad=False)
        for name, buffer in module._buffers.items():
            if buffer is not None and not isinstance(buffer, _Held):
                module._buffers[name] = _Held(buffer)


def _run(func, args, kwargs):
    with SecondDevice():
        parts = func.decompose(*args, **kwargs)
    if parts is not NotImplemented:
        return parts
    tensors = [each for each in tree_flatten((args, kwargs))[0] if isinstance(each, torch.Tensor)]
    there = any(isinstance(each, _Held) for each in tensors)
    here = [tuple(each.shape) for each in tensors if not isinstance(each, _Held) and each.dim()]
    operation = func.name().split(".")[0]
    if there and here and operation not in _CROSSING:
        raise RuntimeError(f"{operation} got tensors of both devices, those of the CPU of sizes {here}")
    if kwargs.get("device") is not None:
        there = torch.device(kwargs["device"]) == THERE
        kwargs = {**kwargs, "device": torch.device("cpu")}
    given, named = tree_map(_held, args), tree_map(_held, kwargs)
    result = func(*given, **named)
    if args and isinstance(args[0], torch.Tensor) and result is given[0]:  # in place
        return args[0]
    return tree_map(lambda each: _Held(each) if isinstance(each, torch.Tensor) else each, result) if there else result


def _held(each):
    return each.held if isinstance(each, _Held) else each
