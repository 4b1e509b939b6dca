"""What the sampler's network is shown: the portrait, once, and the performance of every frame."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F

from ..au.sequence import AUSequence
from ..face.deform import FaceDeformer
from ..face.face import Face
from ..face.facemap import draw_facemap
from .attention import Conditions, KeysValues
from .codec import ENCODED, encode, image_token, shrinks
from .face_masks import face_mask, speaking_mask
from .guidance import DROPPED, NEUTRAL, guided_region
from .model import FaceDiffusion
from .running import SamplerSettings
from .windows import windows

_CHUNK = 8  # FaceMaps drawn and read at once


@dataclass(frozen=True, eq=False)
class Portrait:
    """known: keys and values [1, L, C] by layer · image_token [1, 1, D]."""

    known: dict[str, KeysValues]
    image_token: torch.Tensor


@dataclass(frozen=True, eq=False)
class Shown:
    """What F frames show, where the network is and in its number format.

    features [F, C_i, h_i, w_i] and AU tokens [F, 24, D] of the performance (True) and of its neutral form (False) ·
    audio tokens [F, 5, D'] · au_region, audio_region [F, 1, h, w]: where the tokens act · mask [1, 1, F, h, w] of the
    guided region.
    """

    features: dict[bool, list[torch.Tensor]]
    au: dict[bool, torch.Tensor] | None
    audio: torch.Tensor | None
    au_region: torch.Tensor
    audio_region: torch.Tensor
    mask: torch.Tensor

    def part(self, start: int, stop: int) -> "Shown":
        part = slice(start, stop)
        return Shown(
            {full: [level[part] for level in levels] for full, levels in self.features.items()},
            None if self.au is None else {full: tokens[part] for full, tokens in self.au.items()},
            None if self.audio is None else self.audio[part],
            self.au_region[part],
            self.audio_region[part],
            self.mask[:, :, part],
        )

    def rows(self, names: tuple[str, ...], portrait: Portrait) -> tuple[list[torch.Tensor], Conditions]:
        """FaceMap features, and everything that is attended to, of the named predictions, one below the other."""
        levels = range(len(self.features[True]))
        features = [torch.cat([self.features[name != NEUTRAL][level] for name in names]) for level in levels]
        conditions = Conditions(portrait.known, unreferenced=names.count(DROPPED) * len(self.au_region))
        if self.au is not None:
            tokens = torch.cat([self.au[name != NEUTRAL] for name in names])
            conditions = replace(conditions, au=tokens, au_region=self.au_region.repeat(len(names), 1, 1, 1))
        if self.audio is not None:
            tokens = torch.cat([torch.zeros_like(self.audio) if name == DROPPED else self.audio for name in names])
            conditions = replace(conditions, audio=tokens, audio_region=self.audio_region.repeat(len(names), 1, 1, 1))
        return features, conditions


class Conditioner:
    """Prepares it for one face, model and settings; arguments as in `DiffusionRenderer`."""

    def __init__(
        self,
        model: FaceDiffusion,
        face: Face,
        settings: SamplerSettings,
        device: torch.device,
        place: Callable[..., None],
    ):
        self._model, self._face, self._settings = model, face, settings
        self._device, self._place = device, place
        self._deform = FaceDeformer(face)

    @torch.inference_mode()
    def read_portrait(self, moment: Callable[[], None]) -> Portrait:
        """moment: called after each part of the work; it may raise to stop."""
        model, crop = self._model, self._face.crop
        if model.image_encoder is None:
            token = torch.zeros(1, 1, model.unet.config.cross_attention_dim)
        else:
            self._place(model.image_encoder)
            token = image_token(model.image_encoder, crop)
            moment()
        self._place(model.vae, memory=ENCODED * self._face.size**2 * model.vae.dtype.itemsize)
        latents = encode(model.vae, crop[None])
        moment()
        self._place(model.reference_net, model.unet)
        token = token.to(self._device, model.unet.dtype)
        latents = latents.to(self._device, model.reference_net.dtype)
        return Portrait(model.reference_net.read(latents, token, model.unet), token)

    @torch.inference_mode()
    def show(
        self,
        performance: AUSequence,
        facemaps: torch.Tensor | None,
        heard: torch.Tensor | None,
        moment: Callable[[], None],
    ) -> Shown:
        """A part of a performance, with and, where guidance needs it, without its expression.

        facemaps [F, H, W, 3]: drawings of one's own, which guidance leaves as they are. heard [F, 5, width]: of
        `heard_around`, for a model that listens. moment: as above.
        """
        model, guidance = self._model, self._settings.guidance
        both = {True: guidance.performed(performance)}
        if guidance.au_scale > 1:
            both[False] = guidance.neutral(performance)
        tokens = [network for network in (model.au_tokens, model.audio_tokens) if network is not None]
        self._place(model.guider, *tokens)
        moved = {full: self._deform(each) for full, each in both.items()}
        if facemaps is None:
            features = {full: self._features(face.points, None, moment) for full, face in moved.items()}
        else:  # one drawing for both: a neutral one of ours would differ in more than the expression
            features = dict.fromkeys(both, self._features(moved[True].points, facemaps, moment))
        au = audio = None
        if model.au_tokens is not None:
            own = self._face.own.to(self._device)
            au = {full: self._there(model.au_tokens(face.change.to(self._device), own)) for full, face in moved.items()}
        if heard is not None:
            audio = self._there(model.audio_tokens(heard.to(self._device)))
        points, size = moved[True].points, self._face.size
        side = (size // shrinks(model.vae),) * 2
        mask = guided_region(points, guidance.region, size, side).transpose(0, 1)[None].to(self._device)
        regions = (self._there(where(points, size, side)) for where in (face_mask, speaking_mask))
        return Shown(features, au, audio, *regions, mask)

    def _there(self, tensor: torch.Tensor) -> torch.Tensor:
        return tensor.to(self._device, self._model.unet.dtype)

    def _features(
        self, points: torch.Tensor, drawn: torch.Tensor | None, moment: Callable[[], None]
    ) -> list[torch.Tensor]:
        """The guider's features of all frames.

        A guider that takes the statistics of its batch sees as many frames at once as a window has, those before the
        last few once more, or all of a clip that is shorter: for clips of one window and less this is what the
        reference computes, which reads the frames of each window anew.
        """
        guider, size, frames = self._model.guider, self._face.size, len(points)
        dtype = next(guider.parameters()).dtype
        chunks = [(start, start + _CHUNK) for start in range(0, frames, _CHUNK)]
        if guider.batch_statistics:
            chunks = windows(frames, self._settings.window, 0)
        pieces, done = [], 0
        for start, stop in chunks:
            if drawn is None:
                maps = draw_facemap(points[start:stop], size).movedim(-1, 1)
            else:
                maps = F.interpolate(drawn[start:stop, ..., :3].movedim(-1, 1), (size, size), mode="area")
            pieces.append([self._there(feature[done - start :]) for feature in guider(maps.to(self._device, dtype))])
            done = stop
            moment()
        return [torch.cat(level) for level in zip(*pieces)]
