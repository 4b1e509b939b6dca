"""The sampler: a portrait performs, drawn by a video diffusion model.

    portrait ─ latents ─ ReferenceNet ─ keys and values (once)
    performance ─ FaceMaps ─ guider ─ features, AU tokens, audio tokens (once a frame)
    noise ─ [ windows × guidance × scheduler ] × steps ─ latents ─ frames

Clips are drawn in segments of some windows each, so memory does not grow with their length.
"""

import logging
import math
from collections.abc import Callable, Iterator
from functools import partial

import torch
import torch.nn.functional as F

from ..au.sequence import AUSequence
from ..errors import AUHeadError
from ..face.face import Face
from ..hearing import rows_of_frames
from .codec import DECODED, decode, preview, shrinks
from .conditioning import Conditioner, Portrait, Shown
from .guidance import DROPPED, FULL, NEUTRAL
from .memory import Batch
from .model import FaceDiffusion
from .running import Progress, SamplerSettings, Spent, StepCounter, check_facemaps, check_finite, mover
from .schedulers import start_scheduler
from .tokens import heard_around
from .windows import Segment, check_window, segments, windows

logger = logging.getLogger(__name__)

_CHUNK = 2  # frames decoded at once
_ACTIVATIONS = 60  # tensors of the size of the first level's that a prediction holds at its peak, measured
_SHRUNK = 8  # latents that the innermost level of the network stands for, along a side


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
        check_window(self.settings.window, self.settings.overlap, model.unet.config.motion_max_seq_length)
        grain = shrinks(model.vae) * _SHRUNK
        self._drawn = face.resized(math.ceil(face.size / grain) * grain)
        self._latent_side = self._drawn.size // shrinks(model.vae)
        self._conditioner = Conditioner(model, self._drawn, self.settings, self.device, self._place)
        training, steps = model.architecture.scheduler, self.settings.steps
        self._start = partial(start_scheduler, self.settings.scheduler, training, steps, self.device)
        self._start()  # settings that it cannot serve are told before any work
        self._rows = Batch(len((DROPPED, FULL, NEUTRAL)), "a shorter window or a smaller face")
        self._chunk = Batch(_CHUNK, "a smaller face")
        self.spent = Spent()

    @property
    def memory(self) -> int:
        """Bytes that the predictions of one step need beside the networks, roughly."""
        unet, guidance = self.model.unet, self.settings.guidance
        rows = min(self._rows.size, 1 + (guidance.scale != 1) + (guidance.au_scale > 1))
        first_level = self._latent_side**2 * unet.config.block_out_channels[0] * unet.dtype.itemsize
        return _ACTIVATIONS * rows * self.settings.window * first_level

    @property
    def _decoding(self) -> int:
        """Bytes that decoding a chunk of frames needs, roughly."""
        return DECODED * self._chunk.size * self._drawn.size**2 * self.model.vae.dtype.itemsize

    def render(
        self,
        performance: AUSequence,
        progress: Progress | None = None,
        facemaps: torch.Tensor | None = None,
        audio: torch.Tensor | None = None,
    ) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """Yield (frame [S, S, 3], mask [S, S]) for every frame of the performance.

        progress is called after each step of each window and, so that it may cancel by raising, after whatever else
        takes long. facemaps [T, H, W, 3]: drawings of one's own instead of those of the performance. audio [N, width]:
        the features of a sound that `Architecture.audio` names, 25 rows a second up to the last frame (`hearing.hear`),
        for a model that listens; without, it hears silence. Raises AUHeadError when there is not a FaceMap for each
        frame, or sound for all of them.
        """
        frames, settings = len(performance), self.settings
        check_facemaps(facemaps, frames)
        if facemaps is not None:
            self._check_own_facemaps(facemaps)
        rows = rows_of_frames(frames, performance.fps)
        heard = self._heard(audio, rows)
        parts = list(segments(frames, settings.window, settings.overlap))
        total = settings.steps * sum(len(windows(len(part), settings.window, settings.overlap)) for part in parts)
        counter = StepCounter(progress, total)
        noise = torch.Generator().manual_seed(settings.seed)
        portrait = self._conditioner.read_portrait(counter.moment)
        carried: list[torch.Tensor] = []
        for part in parts:
            piece = performance.frames(part.start, part.stop)
            own = None if facemaps is None else facemaps[part.start : part.stop]
            around = None if heard is None else heard[rows[part.start : part.stop]]
            latents, carried = self._denoise(  # what is shown takes room, and is let go before the frames are decoded
                part, self._conditioner.show(piece, own, around, counter.moment), portrait, noise, carried, counter
            )
            yield from self._decode(latents[:, :, part.known :], counter)
        logger.info("%.2f predictions per step and window", self.spent.per_step)

    def _check_own_facemaps(self, facemaps: torch.Tensor) -> None:
        height, width = facemaps.shape[1:3]
        if height != width:
            raise AUHeadError(f"The FaceMaps are {width} x {height}; this model needs square ones, as the face's crop.")
        if self.model.au_tokens is None and self.settings.guidance.au_scale != 1:
            raise AUHeadError(
                f"The model {self.model.name} reads Action Units from the FaceMaps alone, so AU guidance cannot change "
                "FaceMaps of your own; set it to 1, or leave the FaceMaps out."
            )

    def _heard(self, audio: torch.Tensor | None, rows: torch.Tensor) -> torch.Tensor | None:
        """What is heard around each row of the features [N, 5, width]; None for a model that does not listen.

        rows [T]: those of the frames. The neighbours are rows, not frames: in seconds the same whatever the frame rate.
        """
        if self.model.audio_tokens is None or audio is None:
            return None
        width = self.model.architecture.audio["width"]
        needed = (int(rows[-1]) + 1, width)
        if audio.shape != needed:
            raise AUHeadError(
                f"The audio features are {list(audio.shape)}; for {len(rows)} frames the model {self.model.name} needs "
                f"{list(needed)}, 25 rows a second."
            )
        return heard_around(audio)

    @torch.inference_mode()
    def _denoise(
        self,
        part: Segment,
        shown: Shown,
        portrait: Portrait,
        noise: torch.Generator,
        carried: list[torch.Tensor],
        counter: StepCounter,
    ) -> tuple[torch.Tensor, list[torch.Tensor]]:
        """Latents [1, C, F, h, w] of a segment, and those of its last frames at every step."""
        settings, side = self.settings, self._latent_side
        self._place(self.model.unet, memory=self.memory)
        scheduler = self._start()
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
                rows = self._predict(given[:, :, start:stop], time, names, shown.part(start, stop), portrait)
                for name, row in zip(names, rows):
                    predicted[name][:, :, start:stop] += row
                times[start:stop] += 1
                self.spent.predictions += len(names)
                self.spent.steps += 1
                counter.step(picture)
            times = times[:, None, None]
            predicted = {name: total / times for name, total in predicted.items()}
            result = settings.guidance.combine(predicted, shown.mask)
            stepped = scheduler.step(result, time, latents)
            latents = stepped.prev_sample
            check_finite(latents, self.model.name)
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
        shown: Shown,
        portrait: Portrait,
    ) -> list[torch.Tensor]:
        """The named predictions [C, F, h, w] of one window, as many at once as memory allows."""

        def predict(start: int, stop: int) -> torch.Tensor:
            return self._predict_rows(latents, time, names[start:stop], shown, portrait).float()

        return [row for rows in self._rows.over(len(names), predict) for row in rows]

    def _predict_rows(
        self,
        latents: torch.Tensor,
        time: torch.Tensor,
        names: tuple[str, ...],
        shown: Shown,
        portrait: Portrait,
    ) -> torch.Tensor:
        unet, frames = self.model.unet, latents.shape[2]
        features, conditions = shown.rows(names, portrait)
        token = portrait.image_token
        tokens = torch.cat([torch.zeros_like(token) if name == DROPPED else token for name in names])
        return unet(
            latents.expand(len(names), -1, -1, -1, -1).to(unet.dtype),
            time,
            tokens.repeat_interleave(frames, 0),
            features,
            conditions,
        )

    @torch.inference_mode()
    def _decoded(self, latents: torch.Tensor) -> torch.Tensor:
        pictures = decode(self.model.vae, latents).to("cpu")
        if self._drawn.size == self.face.size:
            return pictures
        side = (self.face.size, self.face.size)
        return F.interpolate(pictures.movedim(-1, 1), side, mode="bicubic", antialias=True).clamp(0, 1).movedim(1, -1)

    def _decode(self, latents: torch.Tensor, counter: StepCounter) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        self._place(self.model.vae, memory=self._decoding)
        latents = latents[0].transpose(0, 1)
        for pictures in self._chunk.over(len(latents), lambda start, stop: self._decoded(latents[start:stop])):
            counter.moment()
            for picture in pictures:
                yield picture, self.face.mask
