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

import torch

from ..au import space
from ..au.sequence import AUSequence
from ..errors import AUHeadError
from .face_masks import SPEAKING, moved_mask

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
KEPT = (*SPEAKING, *space.both_sides("eye_closure"))


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
    """M: where the guided units of a region move the driven face; arguments as in `moved_mask`."""
    mask = space.column_mask(AU_REGIONS[region]) & ~space.column_mask(KEPT)
    units = tuple(name for name, chosen in zip(space.COLUMN_IDS, mask, strict=True) if chosen)
    return moved_mask(points, units, source_size, size)
