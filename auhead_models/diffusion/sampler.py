"""The sampler: a portrait performs, drawn by a video diffusion model.

    portrait ─ latents ─ ReferenceNet ─ keys and values (once)
    performance ─ FaceMaps ─ guider ─ features (once a frame)
    noise ─ [ windows × guidance × scheduler ] × steps ─ latents ─ frames

Clips are drawn in segments of some windows each, so memory does not grow with their length.
"""

import logging
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import torch
import torch.nn.functional as F
from torch import nn

from ..au.sequence import AUSequence
from ..errors import AUHeadError
from ..face.deform import FaceDeformer
from ..face.face import Face
from ..face.facemap import draw_facemap
from .attention import Conditions
from .codec import decode, encode, image_token, preview, shrinks
from .guidance import DROPPED, FULL, NEUTRAL, Guidance, region_mask
from .model import FaceDiffusion
from .schedulers import make_scheduler
from .windows import Segment, check_window, segments, windows

logger = logging.getLogger(__name__)

Progress = Callable[..., None]  # (done, total) and, now and then, a rough picture [h, w, 3] of what is being drawn

_CHUNK = 8  # frames encoded or decoded at once
_ACTIVATIONS = 60  # tensors of the size of the first level's that a prediction holds at its peak, measured
_SHRUNK = 8  # latents that the innermost level of the network stands for, along a side


@dataclass(frozen=True)
class SamplerSettings:
    """seed: of the noise · steps · scheduler: one of SCHEDULERS · window, overlap: frames."""

    seed: int = 0
    steps: int = 20
    scheduler: str = "ddim"
    guidance: Guidance = field(default_factory=Guidance)
    window: int = 16
    overlap: int = 4


@dataclass
class Spent:
    """Predictions made so far, counted for one window, and steps."""

    predictions: int = 0
    steps: int = 0

    @property
    def per_step(self) -> float:
        return self.predictions / max(1, self.steps)


class DiffusionRenderer:
    """Renders one face with one model. Build once per portrait; `render` yields frame after frame.

    place: brings networks to `device` before they are used; by default it moves them there for good. Raises
    AUHeadError for settings that the model cannot serve.
    """

    def __init__(
        self,
        model: FaceDiffusion,
        face: Face,
        settings: SamplerSettings | None = None,
        device: torch.device | str = "cpu",
        place: Callable[..., None] | None = None,
    ):
        self.model, self.face, self.settings = model, face, settings or SamplerSettings()
        self.device = torch.device(device)
        self._place = place or mover(self.device)
        if self.settings.steps < 1:
            raise AUHeadError(f"{self.settings.steps} steps were asked for; use 1 or more.")
        check_window(self.settings.window, self.settings.overlap, model.unet.config.motion_max_seq_length)
        grain = shrinks(model.vae) * _SHRUNK
        self._drawn = face.resized(math.ceil(face.size / grain) * grain)
        self._latent_side = self._drawn.size // shrinks(model.vae)
        self._deform = FaceDeformer(self._drawn)
        self._rows = len((DROPPED, FULL, NEUTRAL))  # predicted together; halved when memory runs out
        self._chunk = _CHUNK
        self.spent = Spent()

    @property
    def memory(self) -> int:
        """Bytes that the predictions of one step need beside the networks, roughly."""
        unet, guidance = self.model.unet, self.settings.guidance
        rows = min(self._rows, 1 + (guidance.scale != 1) + (guidance.au_scale > 1))
        first_level = self._latent_side**2 * unet.config.block_out_channels[0] * unet.dtype.itemsize
        return _ACTIVATIONS * rows * self.settings.window * first_level

    @torch.inference_mode()
    def _read_portrait(self) -> tuple[dict, torch.Tensor]:
        """Keys and values of the portrait by layer, and its image token [1, 1, D]."""
        model, crop = self.model, self._drawn.crop
        if model.image_encoder is None:
            token = torch.zeros(1, 1, model.unet.config.cross_attention_dim)
        else:
            self._place(model.image_encoder)
            token = image_token(model.image_encoder, crop)
        self._place(model.vae)
        latents = encode(model.vae, crop[None])
        self._place(model.reference_net, model.unet)
        token = token.to(self.device, model.unet.dtype)
        known = model.reference_net.read(latents.to(self.device, model.reference_net.dtype), token, model.unet)
        return known, token

    def render(
        self,
        performance: AUSequence,
        progress: Progress | None = None,
        facemaps: torch.Tensor | None = None,
    ) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """Yield (frame [S, S, 3], mask [S, S]) for every frame of the performance.

        progress is called after each step of each window. facemaps [T, H, W, 3]: drawings of one's own
        instead of those of the performance. Raises AUHeadError when their number differs from the frames'.
        """
        frames, settings = len(performance), self.settings
        check_facemaps(facemaps, frames)
        parts = list(segments(frames, settings.window, settings.overlap))
        total = settings.steps * sum(len(windows(len(part), settings.window, settings.overlap)) for part in parts)
        report = counted(progress, total)
        noise = torch.Generator().manual_seed(settings.seed)
        known, token = self._read_portrait()
        carried: list[torch.Tensor] = []
        for part in parts:
            piece = frames_of(performance, part)
            own = None if facemaps is None else facemaps[part.start : part.stop]
            latents, carried = self._denoise(part, piece, own, known, token, noise, carried, report)
            yield from self._decode(latents[:, :, part.known :])
        logger.info("%.2f predictions per step and window", self.spent.per_step)

    @torch.inference_mode()
    def _denoise(
        self,
        part: Segment,
        performance: AUSequence,
        facemaps: torch.Tensor | None,
        known: dict,
        token: torch.Tensor,
        noise: torch.Generator,
        carried: list[torch.Tensor],
        report: Callable[..., None],
    ) -> tuple[torch.Tensor, list[torch.Tensor]]:
        """Latents [1, C, F, h, w] of a segment, and those of its last frames at every step."""
        settings, side = self.settings, self._latent_side
        shown = self._shown(performance, facemaps)
        self._place(self.model.unet, memory=self.memory)
        scheduler = make_scheduler(settings.scheduler, self.model.architecture.scheduler)
        scheduler.set_timesteps(settings.steps, device=self.device)
        channels = self.model.unet.config.in_channels
        fresh = torch.randn(len(part) - part.known, channels, side, side, generator=noise)
        latents = fresh.transpose(0, 1)[None].to(self.device) * scheduler.init_noise_sigma
        if part.known:
            latents = torch.cat([carried[0], latents], 2)
        tail: list[torch.Tensor] = []
        ranges = windows(len(part), settings.window, settings.overlap)
        picture = None
        for index, time in enumerate(scheduler.timesteps):
            if part.known:
                latents[:, :, : part.known] = carried[index]
            tail.append(latents[:, :, len(part) - settings.overlap :].clone())
            names = settings.guidance.predictions(index, settings.steps)
            given = scheduler.scale_model_input(latents, time)
            predicted = {name: torch.zeros_like(latents) for name in names}
            times = torch.zeros(len(part), device=self.device)
            for start, stop in ranges:
                rows = self._predict(given[:, :, start:stop], time, names, shown.part(start, stop), known, token)
                for name, row in zip(names, rows):
                    predicted[name][:, :, start:stop] += row
                times[start:stop] += 1
                self.spent.predictions += len(names)
                self.spent.steps += 1
                report(picture)
            times = times[:, None, None]
            predicted = {name: total / times for name, total in predicted.items()}
            result = settings.guidance.combine(predicted, shown.mask)
            stepped = scheduler.step(result, time, latents)
            latents = stepped.prev_sample
            clean = getattr(stepped, "pred_original_sample", latents)  # not all schedulers tell
            picture = preview(clean[0, :, len(part) // 2])
        if part.known:
            latents[:, :, : part.known] = carried[-1]
        tail.append(latents[:, :, len(part) - settings.overlap :].clone())
        return latents, tail

    def _predict(
        self,
        latents: torch.Tensor,
        time: torch.Tensor,
        names: tuple[str, ...],
        shown: "_Shown",
        known: dict,
        token: torch.Tensor,
    ) -> list[torch.Tensor]:
        """The named predictions [C, F, h, w] of one window, as many at once as memory allows."""
        rows: list[torch.Tensor] = []
        while len(rows) < len(names):
            batch = names[len(rows) : len(rows) + self._rows]
            try:
                rows += self._predict_rows(latents, time, batch, shown, known, token).float()
            except torch.cuda.OutOfMemoryError as error:
                self._rows = _halved(self._rows, error, "a shorter window or a smaller face")
        return rows

    def _predict_rows(
        self,
        latents: torch.Tensor,
        time: torch.Tensor,
        names: tuple[str, ...],
        shown: "_Shown",
        known: dict,
        token: torch.Tensor,
    ) -> torch.Tensor:
        unet, frames = self.model.unet, latents.shape[2]
        features = [
            torch.cat([shown.features[name != NEUTRAL][level] for name in names]).to(self.device, unet.dtype)
            for level in range(self.model.guider.levels)
        ]
        au = None
        if shown.au is not None:
            au = torch.cat([shown.au[name != NEUTRAL] for name in names]).to(self.device, unet.dtype)
        tokens = torch.cat([torch.zeros_like(token) if name == DROPPED else token for name in names])
        return unet(
            latents.expand(len(names), -1, -1, -1, -1).to(unet.dtype),
            time,
            tokens.repeat_interleave(frames, 0),
            features,
            Conditions(known, unreferenced=names.count(DROPPED) * frames, au=au),
        )

    def _shown(self, performance: AUSequence, facemaps: torch.Tensor | None) -> "_Shown":
        """What the network sees of a performance, with and, where guidance needs it, without expression."""
        guidance = self.settings.guidance
        both = {True: guidance.performed(performance)}
        if guidance.au_scale > 1:
            both[False] = guidance.neutral(performance)
        self._place(self.model.guider, *([self.model.au_tokens] if self.model.au_tokens else []))
        features, au = {}, {}
        for full, each in both.items():
            points = self._deform(each).points
            drawn = facemaps if full and facemaps is not None else None
            features[full] = self._features(points, drawn)
            if self.model.au_tokens is not None:
                values = torch.tensor(each.values, device=self.device)
                au[full] = self.model.au_tokens(values, self.face.own.to(self.device))
            if full:
                side = (self._latent_side, self._latent_side)
                mask = region_mask(points, guidance.region, self._drawn.size, side).transpose(0, 1)[None]
        return _Shown(features, au or None, mask.to(self.device))

    def _features(self, points: torch.Tensor, drawn: torch.Tensor | None) -> list[torch.Tensor]:
        """The guider's features of all frames, kept on the CPU."""
        guider, size = self.model.guider, self._drawn.size
        dtype = next(guider.parameters()).dtype
        pieces = []
        for start in range(0, len(points), _CHUNK):
            stop = start + _CHUNK
            if drawn is None:
                maps = draw_facemap(points[start:stop], size).movedim(-1, 1)
            else:
                maps = F.interpolate(drawn[start:stop, ..., :3].movedim(-1, 1), (size, size), mode="area")
            pieces.append([feature.cpu() for feature in guider(maps.to(self.device, dtype))])
        return [torch.cat(level) for level in zip(*pieces)]

    @torch.inference_mode()
    def _decoded(self, latents: torch.Tensor) -> torch.Tensor:
        pictures = decode(self.model.vae, latents).to("cpu")
        if self._drawn.size == self.face.size:
            return pictures
        side = (self.face.size, self.face.size)
        return F.interpolate(pictures.movedim(-1, 1), side, mode="bicubic", antialias=True).clamp(0, 1).movedim(1, -1)

    def _decode(self, latents: torch.Tensor) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        self._place(self.model.vae)
        latents = latents[0].transpose(0, 1)
        start = 0
        while start < len(latents):
            try:
                pictures = self._decoded(latents[start : start + self._chunk])
            except torch.cuda.OutOfMemoryError as error:
                self._chunk = _halved(self._chunk, error, "a smaller face")
                continue
            for picture in pictures:
                yield picture, self.face.mask
            start += len(pictures)


@dataclass(frozen=True, eq=False)
class _Shown:
    """features [F, C_i, h_i, w_i] and AU tokens [F, 24, D] of the performance (True) and of its neutral form (False);
    mask [1, 1, F, h, w] of the guided region."""

    features: dict[bool, list[torch.Tensor]]
    au: dict[bool, torch.Tensor] | None
    mask: torch.Tensor

    def part(self, start: int, stop: int) -> "_Shown":
        features = {full: [level[start:stop] for level in levels] for full, levels in self.features.items()}
        au = None if self.au is None else {full: tokens[start:stop] for full, tokens in self.au.items()}
        return replace(self, features=features, au=au)


def _halved(count: int, error: torch.cuda.OutOfMemoryError, remedy: str) -> int:
    if count == 1:
        raise AUHeadError(f"The graphics card has too little memory for this model; use {remedy}.") from error
    torch.cuda.empty_cache()
    logger.warning("Memory ran out; going on with smaller batches.")
    return count // 2


def mover(device: torch.device) -> Callable[..., None]:
    """What brings networks to a device where nobody else manages them."""

    def place(*networks: nn.Module, memory: int = 0) -> None:
        for network in networks:
            network.to(device)

    return place


def check_facemaps(facemaps: torch.Tensor | None, frames: int) -> None:
    """Raises AUHeadError when there are FaceMaps, but not one for each frame."""
    if facemaps is not None and len(facemaps) != frames:
        raise AUHeadError(
            f"There are {len(facemaps)} FaceMaps for a performance of {frames} frames; give one for each frame."
        )


def frames_of(performance: AUSequence, part: Segment) -> AUSequence:
    """A part of a performance; its spans are left behind."""
    return replace(
        performance,
        values=performance.values[part.start : part.stop],
        extra=performance.extra[part.start : part.stop],
        pose=performance.pose[part.start : part.stop],
        spans=(),
    )


def counted(progress: Progress | None, total: int) -> Callable[..., None]:
    """A callback that counts its own calls for `progress`, and hands a picture on."""
    done = 0

    def report(*picture: torch.Tensor | None) -> None:
        nonlocal done
        done += 1
        if progress is not None:
            progress(done, total, *picture)

    return report
