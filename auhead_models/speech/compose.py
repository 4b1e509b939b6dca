"""The layers of a performance put together, in this order:

1. the expression, its mouth yielding to speech: units × (1 - share · envelope), then a little asymmetry
2. the articulation on top of it; while the lower lip touches the teeth, the expression does not open the mouth
3. blinks where they close the lids further than the expression does; what blinked in the expression itself is dropped
4. gaze and head
5. lips_together last: where the lips meet, nothing pulls them apart
6. the mouth eased, so that it opens and shuts over several frames
7. every column cut to its range

Each layer is an AUSequence of its own at 25 fps with zeros wherever it has nothing to say.
"""

import numpy as np
from scipy.ndimage import grey_erosion, median_filter

from ..au import space
from ..au.emotions import yield_shares
from ..au.sequence import AUSequence
from .articulation import Articulation
from .randomness import layer_generator

_PUCKER_TAKES = 0.6  # of raised and stretched corners, at full pucker
_CLOSED_LIPS_STOP = {"jaw_open": 0.5, "upper_lip_raise": 1.0, "lower_lip_depress": 1.0}
_TOUCHED = 0.35  # lower_lip_suck at which the lip is at the teeth, and no emotion draws it away
_LAZIEST = 0.25  # strength of articulation down to which lips still close
_QUICKEST = 0.25  # change of the mouth's opening, of pucker and of stretch in one frame
_BLINK_FRAMES = 23  # an eye closure shorter than half of this is a blink, a longer one a look

_ASYMMETRY = 0.08
_LAG = (1, 2)  # frames by which one side may follow the other


_SHARES = yield_shares()
_LIPS = space.COLUMN_INDEX["lips_together"]
_TEETH = space.COLUMN_INDEX["lower_lip_suck"]
_OPENING = [space.COLUMN_INDEX[name] for name in ("jaw_open", "lower_lip_depress")]
_LIDS = [space.COLUMN_INDEX[f"eye_closure_{side}"] for side in ("left", "right")]
_WIDE = [space.COLUMN_INDEX[f"upper_lid_raise_{side}"] for side in ("left", "right")]
_CORNERS = [space.COLUMN_INDEX[i] for n in ("lip_corner_raise", "lip_corner_stretch") for i in space.both_sides(n)]


def compose(
    expression: AUSequence,
    articulation: Articulation,
    blinks: AUSequence,
    gaze: AUSequence,
    head: AUSequence,
    strength: float = 1.0,
) -> AUSequence:
    """One performance out of its layers, all of the same length; `strength` scales the articulation (0..2).

    The result keeps the expression's spans. Lips that meet do so in a lazy mouth too, and no longer in a lively one.
    """
    speech = strength * articulation.sequence.table
    speech[:, _LIPS] = articulation.sequence["lips_together"] * min(strength / _LAZIEST, 1.0)
    envelope = min(strength, 1.0) * articulation.envelope
    table = expression.table * (1 - envelope[:, None] * _SHARES)
    table[:, _OPENING] *= 1 - np.clip(speech[:, [_TEETH]] / _TOUCHED, 0, 1)
    lips = np.maximum(table[:, _LIPS], speech[:, _LIPS])
    table[:, _CORNERS] *= 1 - _PUCKER_TAKES * np.clip(speech[:, [space.COLUMN_INDEX["lip_pucker"]]], 0, 1)
    table += speech
    held = median_filter(table[:, _LIDS], size=(_BLINK_FRAMES, 1), mode="nearest")
    blink = blinks.table[:, _LIDS]
    table[:, _LIDS] = np.maximum(held, blink)
    table[:, _WIDE] *= 1 - blink
    table += gaze.table + head.table
    lips = np.clip(lips, 0, 1)
    table[:, _LIPS] = lips
    for name, share in _CLOSED_LIPS_STOP.items():
        table[:, space.COLUMN_INDEX[name]] *= 1 - share * lips
    composed = AUSequence.from_table(table, expression.fps, expression.spans, "speech").clamp()
    return eased(composed, _QUICKEST * max(strength, 1.0))


def eased(sequence: AUSequence, quickest: float = _QUICKEST) -> AUSequence:
    """The sequence with its mouth nowhere faster than `quickest` a frame: opening (jaw_open where the lips are apart),
    pucker and stretch are lowered to the largest tracks below them that are slow enough. Closed lips stay closed."""
    reach = np.arange(-4, 5)
    columns = {}
    for name in ("lip_pucker", *space.both_sides("lip_corner_stretch")):
        columns[name] = grey_erosion(sequence[name], structure=-quickest * np.abs(reach), mode="nearest")
    apart = 1 - sequence["lips_together"]
    opening = sequence["jaw_open"] * apart
    slow = grey_erosion(opening, structure=-quickest * np.abs(reach), mode="nearest")
    columns["jaw_open"] = np.where(opening > slow, slow / np.maximum(apart, 1e-6), sequence["jaw_open"])
    return sequence.with_columns(columns)


def with_asymmetry(expression: AUSequence, seed: int) -> AUSequence:
    """Left and right a little apart, as in a living face: up to ±8 % in strength, and in each region one side follows
    the other by one or two frames."""
    rng = layer_generator(seed, "asymmetry")
    table = expression.table
    for region in space.REGIONS:
        late, lag = rng.choice(("left", "right")), int(rng.choice(_LAG))
        for unit in (unit for unit in space.COLUMNS if unit.region == region and unit.side):
            column = space.COLUMN_INDEX[unit.id]
            factor = 1 + rng.uniform(-_ASYMMETRY, _ASYMMETRY)
            if unit.side == late and len(table) > lag:
                table[lag:, column], table[:lag, column] = table[:-lag, column].copy(), table[0, column]
            table[:, column] *= factor
    return AUSequence.from_table(table, expression.fps, expression.spans, expression.source)
