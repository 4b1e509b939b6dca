"""The warp, refined: a geometric warp of the portrait whose mouth and eyes a small diffusion model mends.

For every piece of frames the warp is drawn, both regions are cut out of it, the residual is sampled there and added
back. Where nothing moves, and outside the regions, frames stay bit for bit those of the warp.

Guidance (guidance.py) in these terms: the warp itself moves with s_au as far as units allow; the residual alone is
guided, with FaceMap and AU tokens of the neutral performance as u0. The prediction without the portrait still sees the
warp, which s therefore acts upon less than in a model that draws everything.
"""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import ClassVar

import torch

from ..au.sequence import AUSequence
from ..face.deform import FaceDeformer
from ..face.face import Face
from ..face.facemap import draw_facemap
from ..face.warp import WarpRenderer, frames_at_once
from .guidance import AU_REGIONS, DROPPED, FULL, NEUTRAL
from .memory import Batch
from .refiner import FOLD, PIXELS, SCHEDULE, UNKNOWN, Refiner, RegionInputs, unfold
from .regions import MOUTH, REGIONS, Region, add_back, cut, region_mask, region_matrices
from .running import Progress, SamplerSettings, Spent, StepCounter, check_facemaps, check_finite, mover
from .schedulers import start_scheduler

logger = logging.getLogger(__name__)

_HELD = 36  # values for each pixel of the frames drawn together at the peak, measured from 256 to 2048 pixels


@dataclass(eq=False)
class RefinerModel:
    """A refiner and its name, as `FaceDiffusion`. It always computes in fp32.

    guided: whether it learned to do without the portrait; otherwise s counts as 1.
    """

    usual_steps: ClassVar[int] = 1
    usual_guidance: ClassVar[float] = 1.0

    name: str
    network: Refiner
    guided: bool = False

    def networks(self) -> Iterator[torch.nn.Module]:
        yield self.network


class RefinedWarpRenderer:
    """Renders one face with one model; `render` as in `DiffusionRenderer`. Windows play no part: frames stand alone."""

    def __init__(
        self,
        model: RefinerModel,
        face: Face,
        settings: SamplerSettings,
        device: torch.device | str = "cpu",
        place: Callable[..., None] | None = None,
    ):
        if settings.guidance.scale != 1 and not model.guided:
            logger.info("The model %s is drawn with a guidance of 1; it knows no other.", model.name)
            settings = replace(settings, guidance=replace(settings.guidance, scale=1.0))
        self.model, self.face, self.settings = model, face, settings
        self.device = torch.device(device)
        self._place = place or mover(self.device)
        self._deform = FaceDeformer(face, device)
        self._warp = WarpRenderer(face, device, self._deform)
        self._crop = face.crop.to(self.device)
        self._still = face.landmarks.to(self.device)
        self._own = face.own.to(self.device)
        self._start = partial(start_scheduler, settings.scheduler, SCHEDULE, settings.steps, self.device)
        self._start()  # settings that it cannot serve are told before any work
        self._frames = Batch(frames_at_once(face.size), "a smaller face")
        self.spent = Spent()
        noise = torch.Generator().manual_seed(settings.seed)
        # The same for all frames: what it adds stays where it is on the face.
        self._noise = {
            region.name: torch.randn(1, PIXELS, region.height // FOLD, region.width // FOLD, generator=noise)
            for region in REGIONS
        }

    @property
    def memory(self) -> int:
        """Bytes that drawing needs beside the network, roughly."""
        return _HELD * self._frames.size * self.face.size**2 * torch.float32.itemsize

    def render(
        self,
        performance: AUSequence,
        progress: Progress | None = None,
        facemaps: torch.Tensor | None = None,
        audio: torch.Tensor | None = None,
    ) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """Yield (frame [S, S, 3], mask [S, S]) for every frame of the performance. A refiner hears no audio."""
        frames = len(performance)
        check_facemaps(facemaps, frames)
        each = 1 + len(REGIONS) * self.settings.steps  # of every frame
        counter = StepCounter(progress, frames * each)
        self._place(self.model.network, memory=self.memory)

        def draw(start: int, stop: int) -> tuple[torch.Tensor, torch.Tensor]:
            counter.done = start * each  # once more from here, when memory ran out
            own = None if facemaps is None else facemaps[start:stop]
            drawn, masks = self._piece(performance.frames(start, stop), own, counter)
            counter.step(drawn[-1].cpu(), stop - start)
            return drawn, masks

        for drawn, masks in self._frames.over(frames, draw):
            yield from zip(drawn, masks, strict=True)
        logger.info("%.2f predictions per step and region", self.spent.per_step)

    @torch.inference_mode()
    def _piece(
        self, performance: AUSequence, facemaps: torch.Tensor | None, counter: StepCounter
    ) -> tuple[torch.Tensor, torch.Tensor]:
        guidance = self.settings.guidance
        shown = guidance.strengthened(performance)
        moved = self._deform(shown)
        points = moved.points
        frames, masks = self._warp.render_piece(shown)
        drawn = draw_facemap(points, self.face.size) if facemaps is None else facemaps[..., :3].to(frames)
        calm = self._deform(guidance.neutral(performance)) if guidance.au_scale > 1 else None
        drawn_calm = drawn  # FaceMaps of one's own stay as they are
        if calm is not None and facemaps is None:
            drawn_calm = draw_facemap(calm.points, self.face.size)
        for region in REGIONS:
            matrices = region_matrices(points, region)
            mask = region_mask(points, matrices, region, self._still)
            moving = mask.flatten(1).any(1)
            if not bool(moving.any()):
                counter.step(steps=self.settings.steps * len(frames))
                continue
            there = matrices[moving]
            warp = _planes(frames[moving], there, region)
            portrait = _planes(self._crop[None], region_matrices(self._still[None], region), region)
            given = RegionInputs(
                warp=warp,
                portrait=portrait.expand_as(warp),
                facemap=_planes(drawn[moving], _on(drawn, there, self.face.size), region),
                mask=mask[moving, None],
                values=moved.change[moving],
                own=self._own.expand(len(warp), -1),
            )
            neutral = None
            if calm is not None and _concerns(guidance.region, region):
                facemap = _planes(drawn_calm[moving], _on(drawn_calm, there, self.face.size), region)
                neutral = replace(given, facemap=facemap, values=calm.change[moving])
            tell = partial(counter.step, steps=len(frames))
            residual = self._sample(given, neutral, region, tell).movedim(1, -1)
            frames[moving] = add_back(frames[moving], residual, mask[moving], there)
        return frames, masks

    def _sample(
        self, given: RegionInputs, neutral: RegionInputs | None, region: Region, report: Callable[[], None]
    ) -> torch.Tensor:
        """The residual [N, 3, h, w] of one region."""
        settings, network = self.settings, self.model.network
        scheduler = self._start()
        count = len(given.warp)
        sample = self._noise[region.name].to(self.device) * scheduler.init_noise_sigma
        sample = sample.expand(count, -1, -1, -1)
        alone = replace(given, portrait=torch.full_like(given.portrait, UNKNOWN["portrait"]))
        told = {FULL: given, NEUTRAL: neutral, DROPPED: alone}
        for index, time in enumerate(scheduler.timesteps):
            names = settings.guidance.predictions(index, settings.steps)
            if neutral is None:
                names = tuple(name for name in names if name != NEUTRAL)
            seen = scheduler.scale_model_input(sample, time)
            predicted = {name: network(seen, time, told[name]) for name in names}
            predicted = {name: each.transpose(0, 1)[None] for name, each in predicted.items()}
            result = settings.guidance.combine(predicted)[0].transpose(0, 1)
            sample = scheduler.step(result, time, sample, return_dict=False)[0]
            self.spent.predictions += len(names)
            self.spent.steps += 1
            report()
        check_finite(sample, self.model.name)
        return unfold(sample)


def _planes(pictures: torch.Tensor, matrices: torch.Tensor, region: Region) -> torch.Tensor:
    return cut(pictures, matrices, region.size).movedim(-1, 1)


def _on(pictures: torch.Tensor, matrices: torch.Tensor, size: int) -> torch.Tensor:
    """Matrices to frame pixels of sides `size` as matrices to pixels of pictures [T, H, W, 3]."""
    height, width = pictures.shape[1:3]
    return matrices * matrices.new_tensor([width / size, height / size])[:, None]


def _concerns(au_region: str, region: Region) -> bool:
    parts = AU_REGIONS[au_region]
    return "mouth" in parts if region is MOUTH else not {"eyes", "brows"}.isdisjoint(parts)
