"""Stand-ins for the networks of a model: they compute next to nothing and keep what they were shown.

What comes out of the sampler can then be told in advance, in milliseconds. Latents are means of 8 x 8 pixels.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from types import SimpleNamespace

import torch
import torch.nn.functional as F
from diffusers import DDIMScheduler
from diffusers.configuration_utils import FrozenDict
from torch import nn

from auhead_models.diffusion.attention import KeysValues
from auhead_models.diffusion.model import FaceDiffusion
from auhead_models.diffusion.presets import SD15

CELL = 8  # pixels that one latent stands for, along a side
SCALING = 0.5  # of latents


@dataclass(frozen=True, eq=False)
class Seen:
    """One call of the network, B predictions of F frames.

    sample [B, C, F, h, w] · image_token [B, F, 1, 3] · facemap [B, F, 3, h, w], the first feature · au [B, F, 24, 2],
    change and own · dropped: how many predictions did not see the portrait · audio [B, F, 5, width] · au_region,
    audio_region [B, F, 1, h, w].
    """

    sample: torch.Tensor
    time: int
    image_token: torch.Tensor
    facemap: torch.Tensor
    au: torch.Tensor | None
    reference: dict[str, KeysValues]
    dropped: int
    audio: torch.Tensor | None = None
    au_region: torch.Tensor | None = None
    audio_region: torch.Tensor | None = None


Answer = Callable[[Seen], torch.Tensor]


class Network(nn.Module):
    """In place of a `FaceUNet`: answers with `answer`, and keeps what it saw in `seen`."""

    dtype = torch.float32
    config = FrozenDict(in_channels=4, block_out_channels=(16,), cross_attention_dim=3, motion_max_seq_length=32)

    def __init__(self, answer: Answer):
        super().__init__()
        self.answer = answer
        self.seen: list[Seen] = []

    def forward(self, sample, timestep, image_token, facemap, conditions):
        rows = (len(sample), sample.shape[2])
        told = {name: getattr(conditions, name) for name in ("au", "audio", "au_region", "audio_region")}
        seen = Seen(
            sample.clone(),
            int(timestep),
            image_token.unflatten(0, rows),
            facemap[0].unflatten(0, rows),
            reference=conditions.reference,
            dropped=conditions.unreferenced // rows[1],
            **{name: None if each is None else each.unflatten(0, rows) for name, each in told.items()},
        )
        assert facemap[1].shape[0] == len(image_token) and conditions.unreferenced % rows[1] == 0
        self.seen.append(seen)
        return self.answer(seen)


class ReferenceNet(nn.Module):
    """What the portrait gives to read is its latents and its token."""

    dtype = torch.float32

    def read(self, latents, image_token, unet):
        return {"layer": (latents, image_token)}


class Guider(nn.Module):
    """Features of a FaceMap are its means."""

    batch_statistics = False

    def __init__(self):
        super().__init__()
        self.nothing = nn.Parameter(torch.zeros(1))

    def forward(self, facemaps):
        return [F.avg_pool2d(facemaps, CELL), F.avg_pool2d(facemaps, 2 * CELL)]


class Tokens(nn.Module):
    """Tokens are what they tell: [N, 24, 2], the change of each unit and what the portrait has of it."""

    def forward(self, values, own):
        return torch.stack([values, own.expand_as(values)], -1)


class Listening(nn.Module):
    """Tokens are what is heard."""

    def forward(self, heard):
        return heard


class ImageEncoder(nn.Module):
    """The token of a picture is its mean colour."""

    device, dtype = torch.device("cpu"), torch.float32

    def forward(self, planes):
        return SimpleNamespace(image_embeds=planes.mean((2, 3)))


class Autoencoder(nn.Module):
    """Latents are the colours of cells, -1..1, and an empty fourth channel."""

    device, dtype = torch.device("cpu"), torch.float32
    config = FrozenDict(decoder_block_out_channels=(1, 1, 1, 1), scaling_factor=SCALING)

    def encode(self, planes):
        return SimpleNamespace(latents=F.pad(F.avg_pool2d(planes, CELL), (0, 0, 0, 0, 0, 1)))

    def decode(self, latents, return_dict):
        return (F.interpolate(latents[:, :3], scale_factor=CELL),)


def stand_in_model(
    answer: Answer, training: dict | None = None, tokens: bool = True, hears: int = 0
) -> FaceDiffusion:
    """A model whose network gives `answer`. training: of the scheduler, SD 1.5's v-prediction by default · hears: width
    of the audio features of one that listens."""
    audio = {"features": "log-mel", "width": hears} if hears else {}
    architecture = replace(SD15, scheduler=training or SD15.scheduler, audio=audio)
    networks = (Network(answer), ReferenceNet(), Guider(), Autoencoder(), ImageEncoder())
    au_tokens, audio_tokens = Tokens() if tokens else None, Listening() if hears else None
    return FaceDiffusion("stand-in", architecture, *networks, au_tokens, audio_tokens)


def knows(clean: Answer, training: dict | None = None) -> Answer:
    """The answer of a network that knows the clean latents: v or noise, exactly, of whatever it is shown."""
    training = training or SD15.scheduler
    velocity = training["prediction_type"] == "v_prediction"

    def answer(seen: Seen) -> torch.Tensor:
        target = clean(seen)
        noise = noise_in(seen, target, training)
        if not velocity:
            return noise
        kept, noisy = parts_at(seen.time, training)
        return kept * noise - noisy * target

    return answer


def noise_in(seen: Seen, target: torch.Tensor, training: dict) -> torch.Tensor:
    """The noise in a sample whose clean latents are `target`."""
    kept, noisy = parts_at(seen.time, training)
    return (seen.sample - kept * target) / noisy


def parts_at(time: int, training: dict) -> tuple[torch.Tensor, torch.Tensor]:
    """How much of the picture and of the noise is in a sample at a time."""
    kept = DDIMScheduler(**training).alphas_cumprod[time]
    return kept.sqrt(), (1 - kept).sqrt()


def as_facemap(seen: Seen) -> torch.Tensor:
    """Clean latents that look like the FaceMap."""
    return F.pad((2 * seen.facemap - 1) * SCALING, (0, 0, 0, 0, 0, 1)).transpose(1, 2)


def as_told(seen: Seen) -> torch.Tensor:
    """Clean latents of one colour per frame: grey, lighter by the AUs and by the portrait's token."""
    level = 0.1 * seen.au[..., 0].sum(2) + 0.1 * seen.image_token.mean((2, 3))
    return level[:, None, :, None, None].expand_as(seen.sample)


def mixed(seen: Seen) -> torch.Tensor:
    """A prediction in which each frame depends on all others of its window."""
    return seen.sample.mean(2, keepdim=True) - 0.5 * seen.sample
