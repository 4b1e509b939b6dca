"""What holds a network that ComfyUI moves between devices."""

import torch


class ModelPatcher:
    def __init__(self, model: torch.nn.Module, load_device: torch.device, offload_device: torch.device):
        self.model, self.load_device, self.offload_device = model, load_device, offload_device
        if not hasattr(model, "device"):
            model.device = offload_device
