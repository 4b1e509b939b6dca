"""What several tests share. One CPU thread keeps timings and last digits steady."""

import torch

torch.set_num_threads(1)
