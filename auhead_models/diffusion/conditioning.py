"""What the sampler's network is shown: the portrait, once, and the performance of every frame."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F

from ..au.sequence import AUSequence
from ..face.deform import FaceDeformer
from ..face.face import Face
from ..face.facemap import draw_facemap
from .attention import KeysValues
from .codec import encode, image_token, shrinks
from .guidance import NEUTRAL, Guidance, guided_region
from .model import FaceDiffusion

_CHUNK = 8  # FaceMaps drawn and read at once


@dataclass(frozen=True, eq=False)
class Portrait:
    """known: keys and values [1, L, C] by layer · image_token [1, 1, D]."""

    known: dict[str, KeysValues]
    image_token: torch.Tensor


@dataclass(frozen=True, eq=False)
class Shown:
    """features [F, C_i, h_i, w_i] and AU tokens [F, 24, D] of the performance (True) and of its neutral form (False);
    mask [1, 1, F, h, w] of the guided region."""

    features: dict[bool, list[torch.Tensor]]
    au: dict[bool, torch.Tensor] | None
    mask: torch.Tensor

    def part(self, start: int, stop: int) -> "Shown":
        features = {full: [level[start:stop] for level in levels] for full, levels in self.features.items()}
        au = None if self.au is None else {full: tokens[start:stop] for full, tokens in self.au.items()}
        return replace(self, features=features, au=au)

    def rows(
        self, names: tuple[str, ...], device: torch.device, dtype: torch.dtype
    ) -> tuple[list[torch.Tensor], torch.Tensor | None]:
        """Features and AU tokens of the named predictions, one below the other, where the network is."""
        levels = range(len(self.features[True]))
        features = [torch.cat([self.features[name != NEUTRAL][level] for name in names]) for level in levels]
        features = [level.to(device, dtype) for level in features]
        if self.au is None:
            return features, None
        return features, torch.cat([self.au[name != NEUTRAL] for name in names]).to(device, dtype)


class Conditioner:
    """Prepares it for one face, model and guidance; arguments as in `DiffusionRenderer`."""

    def __init__(
        self, model: FaceDiffusion, face: Face, guidance: Guidance, device: torch.device, place: Callable[..., None]
    ):
        self._model, self._face, self._guidance = model, face, guidance
        self._device, self._place = device, place
        self._deform = FaceDeformer(face)

    @torch.inference_mode()
    def read_portrait(self) -> Portrait:
        model, crop = self._model, self._face.crop
        if model.image_encoder is None:
            token = torch.zeros(1, 1, model.unet.config.cross_attention_dim)
        else:
            self._place(model.image_encoder)
            token = image_token(model.image_encoder, crop)
        self._place(model.vae)
        latents = encode(model.vae, crop[None])
        self._place(model.reference_net, model.unet)
        token = token.to(self._device, model.unet.dtype)
        latents = latents.to(self._device, model.reference_net.dtype)
        return Portrait(model.reference_net.read(latents, token, model.unet), token)

    @torch.inference_mode()
    def show(self, performance: AUSequence, facemaps: torch.Tensor | None) -> Shown:
        """A part of a performance, with and, where guidance needs it, without its expression.

        facemaps [F, H, W, 3]: drawings of one's own, which guidance leaves as they are.
        """
        model, guidance = self._model, self._guidance
        both = {True: guidance.performed(performance)}
        if guidance.au_scale > 1:
            both[False] = guidance.neutral(performance)
        self._place(model.guider, *([] if model.au_tokens is None else [model.au_tokens]))
        moved = {full: self._deform(each) for full, each in both.items()}
        if facemaps is None:
            features = {full: self._features(face.points, None) for full, face in moved.items()}
        else:  # one drawing for both: a neutral one of ours would differ in more than the expression
            features = dict.fromkeys(both, self._features(moved[True].points, facemaps))
        au = None
        if model.au_tokens is not None:
            own = self._face.own.to(self._device)
            au = {full: model.au_tokens(face.change.to(self._device), own) for full, face in moved.items()}
        side = self._face.size // shrinks(model.vae)
        mask = guided_region(moved[True].points, guidance.region, self._face.size, (side, side))
        return Shown(features, au, mask.transpose(0, 1)[None].to(self._device))

    def _features(self, points: torch.Tensor, drawn: torch.Tensor | None) -> list[torch.Tensor]:
        """The guider's features of all frames, kept on the CPU."""
        guider, size = self._model.guider, self._face.size
        dtype = next(guider.parameters()).dtype
        pieces = []
        for start in range(0, len(points), _CHUNK):
            stop = start + _CHUNK
            if drawn is None:
                maps = draw_facemap(points[start:stop], size).movedim(-1, 1)
            else:
                maps = F.interpolate(drawn[start:stop, ..., :3].movedim(-1, 1), (size, size), mode="area")
            pieces.append([feature.cpu() for feature in guider(maps.to(self._device, dtype))])
        return [torch.cat(level) for level in zip(*pieces)]
