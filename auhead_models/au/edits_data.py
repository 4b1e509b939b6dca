"""The edits of a performance as data; edits.py says what they mean and applies them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

EDITS_VERSION = 1
INTERPOLATIONS = ("smooth", "linear", "step")
FADE = 0.2  # seconds at the borders of a replaced range


@dataclass(frozen=True)
class Key:
    """The curve has this value at `time` seconds; the interpolation leads from here to the next key."""

    time: float
    value: float
    interpolation: str = "smooth"


Curves = Mapping[str, tuple[Key, ...]]  # column id to keys in the order of time


@dataclass(frozen=True)
class Replacement:
    """From `start` to `end` seconds (infinite: to the end) these curves stand in place of everything beneath them."""

    start: float
    end: float
    keys: Curves
    fade: float = FADE
    other: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class EmotionSpan:
    """An emotion to be added; `end` None lasts until the next span, the last one to the end."""

    start: float
    end: float | None
    emotion: str
    level: int = 2
    other: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class TimedPreset:
    """A preset (one of presets.PRESETS) to be added `weight` times from `start` on, for so many seconds."""

    name: str
    start: float
    seconds: float = 2.0
    level: int = 2
    weight: float = 1.0
    other: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Smoothing:
    """Gaussian smoothing with a standard deviation in seconds; `regions` None: all but eyes and lips_together."""

    seconds: float
    regions: tuple[str, ...] | None = None
    other: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Edits:
    """All edits of one performance; `other` holds what the JSON says beyond them, at every level of it.

    With `replace_spans` the spans stand in place of the emotions that the performance came in with.

    parse_edits checks what it reads; whoever builds edits in code answers for ids and finite numbers.
    """

    keys: Curves = field(default_factory=dict)
    replace: tuple[Replacement, ...] = ()
    gains: Mapping[str, float] = field(default_factory=dict)
    offsets: Mapping[str, float] = field(default_factory=dict)
    mutes: tuple[str, ...] = ()
    spans: tuple[EmotionSpan, ...] = ()
    replace_spans: bool = False
    presets: tuple[TimedPreset, ...] = ()
    blink_rate: float = 1.0
    smoothing: tuple[Smoothing, ...] = ()
    other: Mapping[str, object] = field(default_factory=dict)
