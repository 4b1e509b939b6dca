"""What is learnt: to take noise out of a window of frames, under its FaceMaps, Action Units and portrait.

v- or noise prediction on the model's own schedule, noise offset 0.05, min-SNR weights with gamma 5 (Hang et al., arXiv
2303.09556); the portrait, and the sound with it, is dropped now and then for classifier-free guidance, and the Action
Units are made neutral for AU guidance.
"""

from dataclasses import dataclass

import torch
from diffusers import DDPMScheduler
from torch import nn

from ...face.facemap import draw_facemap
from ..attention import Conditions
from ..face_masks import face_mask, speaking_mask
from ..model import FaceDiffusion
from .clips import TrainingClip

NOISE_OFFSET = 0.05
MIN_SNR_GAMMA = 5.0
PORTRAIT_DROPPED, UNITS_DROPPED = 0.1, 0.1
_SCHEDULE = (
    "num_train_timesteps", "beta_start", "beta_end", "beta_schedule", "prediction_type", "rescale_betas_zero_snr",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Window:
    """latents [1, C, F, h, w] · portrait [1, C, h, w] · image_token [1, 1, D] · facemaps [F, 3, H, W] 0..1 · values
    [F, 24] · own [24] · heard [F, 5, width] · au_region, audio_region [F, 1, h, w], where tokens act."""

    latents: torch.Tensor
    portrait: torch.Tensor
    image_token: torch.Tensor
    facemaps: torch.Tensor
    values: torch.Tensor
    own: torch.Tensor
    heard: torch.Tensor
    au_region: torch.Tensor
    audio_region: torch.Tensor


def cut_window(clip: TrainingClip, start: int, frames: int) -> Window:
    """Frames start..start+frames of a clip, with the clip's portrait."""
    part = slice(start, start + frames)
    points, side = clip.landmarks[part], tuple(clip.latents.shape[-2:])
    return Window(
        latents=clip.latents[part].float().transpose(0, 1)[None],
        portrait=clip.latents[clip.portrait][None].float(),
        image_token=clip.image_token,
        facemaps=draw_facemap(points, clip.size).movedim(-1, 1),
        values=clip.values[part],
        own=clip.own,
        heard=clip.heard[part],
        au_region=face_mask(points, clip.size, side),
        audio_region=speaking_mask(points, clip.size, side),
    )


def min_snr_weight(snr: torch.Tensor, velocity: bool) -> torch.Tensor:
    """min(SNR, gamma) / SNR for noise prediction. For v-prediction SNR + 1 takes the place of SNR, as is usual where
    the schedule ends in pure noise: its last steps, in which the layout is decided, would weigh nothing otherwise."""
    snr = snr + 1 if velocity else snr.clamp(min=1e-8)
    return snr.clamp(max=MIN_SNR_GAMMA) / snr


class Objective(nn.Module):
    """The networks of a model as one module whose output is the loss of a window."""

    def __init__(self, model: FaceDiffusion):
        super().__init__()
        self.unet, self.reference_net, self.guider = model.unet, model.reference_net, model.guider
        self.au_tokens, self.audio_tokens = model.au_tokens, model.audio_tokens
        training = {name: value for name, value in model.architecture.scheduler.items() if name in _SCHEDULE}
        self.scheduler = DDPMScheduler(**training)

    def train(self, mode: bool = True) -> "Objective":
        """Training mode, but for the guider's batch normalisation: windows of one clip would spoil its statistics."""
        super().train(mode)
        self.guider.eval()
        return self

    def forward(self, window: Window, generator: torch.Generator) -> torch.Tensor:
        latents = window.latents
        noise = torch.randn(latents.shape, generator=generator).to(latents)
        noise += NOISE_OFFSET * torch.randn((*latents.shape[:3], 1, 1), generator=generator).to(latents)
        steps = self.scheduler.config.num_train_timesteps
        time = torch.randint(0, steps, (1,), generator=generator).to(latents.device)
        drop_portrait, drop_units = torch.rand(2, generator=generator).tolist()
        noisy = self.scheduler.add_noise(latents, noise, time)
        predicted = self.predict(
            noisy, time[0], window, drop_portrait < PORTRAIT_DROPPED, drop_units < UNITS_DROPPED
        )
        velocity = self.scheduler.config.prediction_type == "v_prediction"
        target = self.scheduler.get_velocity(latents, noise, time) if velocity else noise
        kept = self.scheduler.alphas_cumprod.to(time.device)[time[0]]
        snr = kept / (1 - kept).clamp(min=1e-8)
        return min_snr_weight(snr, velocity) * (predicted - target).square().mean()

    def predict(
        self,
        noisy: torch.Tensor,
        time: torch.Tensor,
        window: Window,
        drop_portrait: bool = False,
        drop_units: bool = False,
    ) -> torch.Tensor:
        """The network's answer to noisy latents [1, C, F, h, w]."""
        frames = noisy.shape[2]
        known = {}
        token = window.image_token
        if drop_portrait:
            token = torch.zeros_like(token)
        else:
            known = self.reference_net.read(window.portrait, token, self.unet)
        au = None
        if self.au_tokens is not None:
            au = self.au_tokens(torch.zeros_like(window.values) if drop_units else window.values, window.own)
        audio = None
        if self.audio_tokens is not None:
            audio = self.audio_tokens(window.heard)
            audio = torch.zeros_like(audio) if drop_portrait else audio
        conditions = Conditions(
            known, au=au, audio=audio, au_region=window.au_region, audio_region=window.audio_region
        )
        return self.unet(noisy, time, token.repeat_interleave(frames, 0), self.guider(window.facemaps), conditions)
