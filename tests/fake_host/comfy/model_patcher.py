"""What holds a network that ComfyUI moves between devices."""

import torch


class ModelPatcher:
    def __init__(self, model: torch.nn.Module, load_device: torch.device, offload_device: torch.device, size: int = 0):
        self.model, self.load_device, self.offload_device, self.size = model, load_device, offload_device, size
        if not hasattr(model, "device"):
            model.device = offload_device

    def partially_load(self, device_to: torch.device, extra_memory: int = 0) -> int:
        self.model.to(device_to)
        return 0

    def detach(self, unpatch_all: bool = True) -> torch.nn.Module:
        return self.model.to(self.offload_device) if unpatch_all else self.model
