"""AU disentanglement guidance: how strongly the Action Units act, without touching who the person is.

With e(r, a, u) the prediction under portrait r, audio a and performance u = (AU tokens, FaceMap), u0 the performance
without its expression (same pose, same articulation), ∅ a condition dropped, s the guidance scale, s_au the AU scale
and M a soft mask of the region:

    s_au ≤ 1:  u ← u0 + s_au·(u - u0) on the region's units, then  e = e(∅,∅,u) + s·[e(r,a,u) - e(∅,∅,u)]
    s_au > 1:  the same e, plus (s_au - 1)·M⊙[e(r,a,u) - e(r,a,u0)]

The weights of the predictions sum to 1, so it is the same for noise and for v-prediction. At s_au = 1 it is plain
classifier-free guidance (Ho & Salimans, arXiv 2207.12598); the second line is that of MagicFace (2501.02260) and
InstructPix2Pix (2211.09800) with a neutral face as the empty condition. Guidance acts in an interval of the steps
(Kynkäänniemi et al., 2404.07724) and may be rescaled (Lin et al., 2305.08891, equations 15 and 16).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import torch
import torch.nn.functional as F

from ..au import space
from ..au.sequence import AUSequence
from ..errors import AUHeadError
from ..face.canonical import load_geometry
from ..face.curves import smoothstep
from ..face.raster import rasterize
from ..face.topology import MESH_POINTS

FULL, DROPPED, NEUTRAL = "full", "dropped", "neutral"  # e(r,a,u), e(∅,∅,u), e(r,a,u0)

AU_REGIONS = {
    "all": ("eyes", "brows", "mouth", "jaw", "nose", "cheeks"),
    "upper face": ("eyes", "brows"),
    "lower face": ("mouth", "jaw", "nose", "cheeks"),
    "mouth": ("mouth", "jaw"),
    "eyes": ("eyes",),
    "brows": ("brows",),
}
# What speech and blinks move. u0 keeps it, or the guided face would lose its lip-sync and blink harder.
_SPEAKING = (
    "jaw_open", "jaw_thrust", "lower_lip_slide", "upper_lip_suck", "lower_lip_suck", "upper_lip_raise",
    "lower_lip_depress", "lip_pucker", "lip_press", "lips_together", "tongue_out", "eye_closure",
)  # fmt: skip
KEPT = tuple(identifier for name in _SPEAKING for identifier in space.both_sides(name))

_REACH_SEEN, _REACH_FULL = 0.05, 0.25  # part of a unit's largest shift from which skin belongs to its region, wholly
_GROW = 0.06  # of the face's width, by which a region is dilated


@dataclass(frozen=True)
class Guidance:
    """How predictions are combined.

    scale: s, 1 and more · au_scale: s_au, 0 and more · region: one of AU_REGIONS · start, end: the part of the steps,
    0..1, in which guidance acts · rescale: 0..1, how far the contrast that guidance adds is taken back.
    """

    scale: float = 3.5
    au_scale: float = 1.0
    region: str = "all"
    start: float = 0.1
    end: float = 0.6
    rescale: float = 0.0

    def __post_init__(self):
        if self.region not in AU_REGIONS:
            raise AUHeadError(f'There is no AU region "{self.region}"; choose one of {", ".join(AU_REGIONS)}.')
        if not (1 <= self.scale < math.inf and 0 <= self.au_scale < math.inf and 0 <= self.rescale <= 1):
            raise AUHeadError(
                f"The guidance is {self.scale:g}, the AU guidance {self.au_scale:g} and the rescale {self.rescale:g}; "
                "the first starts at 1 (0 stands for what suits the model), the second at 0, the third is 0 to 1."
            )
        if not 0 <= self.start <= self.end <= 1:
            raise AUHeadError(
                f"Guidance from {self.start:g} to {self.end:g} of the steps is no interval; use 0 to 1, the start "
                "before the end."
            )

    def predictions(self, step: int, steps: int) -> tuple[str, ...]:
        """Which predictions step number `step` of `steps` needs, those without the portrait first.

        At least one step is guided, unless the interval is empty.
        """
        first = min(math.ceil(self.start * steps - 1e-6), steps - 1)
        guided = self.start < self.end and first <= step < max(first + 1, self.end * steps - 1e-6)
        dropped = (DROPPED,) if guided and self.scale != 1 else ()
        neutral = (NEUTRAL,) if guided and self.au_scale > 1 else ()
        return (*dropped, FULL, *neutral)

    def combine(self, predicted: Mapping[str, torch.Tensor], mask: torch.Tensor | float = 1.0) -> torch.Tensor:
        """One prediction [1, C, F, h, w] out of those that `predictions` named; mask M [1, 1, F, h, w] or a number."""
        full = result = predicted[FULL]
        if DROPPED in predicted:
            result = predicted[DROPPED] + self.scale * (full - predicted[DROPPED])
        if NEUTRAL in predicted:
            result = result + (self.au_scale - 1) * mask * (full - predicted[NEUTRAL])
        if self.rescale and result is not full:
            each = (1, 3, 4)  # of every frame
            calm = result * (full.std(each, keepdim=True) / result.std(each, keepdim=True))
            result = self.rescale * calm + (1 - self.rescale) * result
        return result

    def performed(self, performance: AUSequence) -> AUSequence:
        """u: the performance as the network is shown it, weakened where s_au is below 1."""
        return _with_expression(performance, min(self.au_scale, 1.0), self.region)

    def neutral(self, performance: AUSequence) -> AUSequence:
        """u0: the performance without the expression of the region."""
        return _with_expression(performance, 0.0, self.region)

    def strengthened(self, performance: AUSequence) -> AUSequence:
        """u0 + s_au·(u - u0) for any s_au, above 1 cut to what units allow: what a warp shows of it."""
        strong = _with_expression(performance, self.au_scale, self.region)
        return strong.clamp() if self.au_scale > 1 else strong


def _with_expression(performance: AUSequence, strength: float, region: str) -> AUSequence:
    if strength == 1:
        return performance
    changed = space.column_mask(AU_REGIONS[region]) & ~space.column_mask(KEPT)
    ids = [identifier for identifier, change in zip(space.COLUMN_IDS, changed, strict=True) if change]
    return performance.gain(dict.fromkeys(ids, strength))


def guided_region(points: torch.Tensor, region: str, source_size: int, size: tuple[int, int]) -> torch.Tensor:
    """M: where the units of a region move the driven face, dilated and soft.

    points [T, 478, 2 or 3], pixels of a picture with sides source_size; size (h, w) of the latents. [T, 1, h, w], 0..1.
    """
    height, width = size
    scale = points.new_tensor([width / source_size, height / source_size])
    mesh = points[:, :MESH_POINTS, :2] * scale
    reach = _reach(region).to(points)[None, :, None].expand(len(points), -1, -1)
    triangles = load_geometry().triangles.to(points.device)
    mask = rasterize(mesh, triangles, reach, height, width)[0].movedim(-1, 1)
    face = float((mesh[..., 0].amax(1) - mesh[..., 0].amin(1)).mean())
    grow = max(1, round(_GROW * face))
    mask = F.max_pool2d(mask, 2 * grow + 1, 1, grow)
    return F.avg_pool2d(mask, 2 * grow + 1, 1, grow, count_include_pad=False)


@lru_cache(maxsize=len(AU_REGIONS))
def _reach(region: str) -> torch.Tensor:
    """How far the units of a region move each of the 468 points, 0..1."""
    geometry = load_geometry()
    mask = space.column_mask(AU_REGIONS[region]) & ~space.column_mask(KEPT)
    names = [name for name, chosen in zip(space.COLUMN_IDS, mask, strict=True) if chosen and name in geometry.fields]
    moved = torch.stack([geometry.fields[name] for name in names]).norm(dim=-1)
    return smoothstep(moved / moved.amax(1, keepdim=True), _REACH_SEEN, _REACH_FULL).amax(0)
