"""AUSequence: a performance in time, and the edits that turn one into another.

Shapes: values [T, 24], extra [T, 10], pose [T, 6], float32, T ≥ 1 (see space.py for units and ranges). Frame i covers
the time from i / fps to (i + 1) / fps, and resampling takes its value to stand in the middle of it. No edit changes
its input.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from scipy.ndimage import gaussian_filter1d

from ..errors import AUHeadError
from . import space

FPS = 25.0  # what every consumer resamples to
MIX_MODES = ("blend", "add", "max", "replace")

_WIDTHS = (len(space.UNITS), len(space.EXTRAS), len(space.POSE))
_SPLITS = (_WIDTHS[0], _WIDTHS[0] + _WIDTHS[1])
_LOWER = np.array([unit.minimum for unit in space.COLUMNS], np.float32)
_UPPER = np.array([unit.maximum for unit in space.COLUMNS], np.float32)
_SIGNED = np.concatenate(space.region_mask(("gaze", "pose")))
# Short closures: averaged over a longer frame they would no longer close.
_CLOSURES = space.column_mask(("eye_closure_left", "eye_closure_right", "lips_together"))


def frame_count(samples: int, sample_rate: int, fps: float = FPS) -> int:
    """Frames for a sound: ceil(samples · fps / sample_rate) in integer arithmetic, before any resampling."""
    rate = Fraction(check_fps(fps)).limit_denominator(1001)
    return -(-int(samples) * rate.numerator // (int(sample_rate) * rate.denominator))


def check_fps(fps: float) -> float:
    """The frame rate as a float; AUHeadError unless it is a number above 0 and at most 1000."""
    try:
        number = float(fps)
    except (TypeError, ValueError):
        number = math.nan
    if not 0 < number <= 1000:
        raise AUHeadError(f"The frame rate is {fps}; use a number of frames per second above 0 and up to 1000.")
    return number


def s_curve(x: np.ndarray) -> np.ndarray:
    """0 below 0, 1 above 1, smooth in between, with no speed and no acceleration at either end."""
    x = np.clip(x, 0.0, 1.0)
    return x * x * x * (x * (x * 6.0 - 15.0) + 10.0)


@dataclass(frozen=True)
class Span:
    """An emotion from `start` to `end` seconds (`end` may be infinite: until the end) at a level from 1 to 3."""

    start: float
    end: float
    emotion: str
    level: int = 2

    def __post_init__(self):
        if not (0 <= self.start < math.inf and self.end > self.start):
            raise AUHeadError(
                f'The emotion "{self.emotion}" lasts from {self.start} to {self.end} s; '
                "let it start at 0 or later and end after its start."
            )
        if self.level not in (1, 2, 3):
            raise AUHeadError(f'The emotion "{self.emotion}" has level {self.level}; use 1, 2 or 3.')


@dataclass(frozen=True, eq=False)
class AUSequence:
    """A performance: `values` [T, 24], `extra` [T, 10], `pose` [T, 6] (read-only float32), emotion spans, source.

    Spans are cut to the sequence's length and sorted. Raises AUHeadError on wrong shapes, NaN, or a bad frame rate.
    """

    values: np.ndarray
    extra: np.ndarray
    pose: np.ndarray
    fps: float = FPS
    spans: tuple[Span, ...] = ()
    source: str = ""

    def __post_init__(self):
        object.__setattr__(self, "fps", check_fps(self.fps))
        for name, width in zip(("values", "extra", "pose"), _WIDTHS):
            try:
                array = np.array(getattr(self, name), np.float32)
            except (TypeError, ValueError) as error:
                raise AUHeadError(f"The {name} of an AU sequence are not all numbers; give [T, {width}].") from error
            if array.ndim != 2 or array.shape[1] != width or not len(array):
                shape = list(array.shape)
                raise AUHeadError(f"The {name} of an AU sequence have shape {shape}; give [T, {width}] with T ≥ 1.")
            if not np.isfinite(array).all():
                frame, column = np.argwhere(~np.isfinite(array))[0]
                units = {"values": space.UNITS, "extra": space.EXTRAS, "pose": space.POSE}[name]
                raise AUHeadError(f"Frame {frame} of an AU sequence has no finite {units[column].id}; give a number.")
            array.flags.writeable = False
            object.__setattr__(self, name, array)
        if not len(self.values) == len(self.extra) == len(self.pose):
            lengths = f"{len(self.values)}, {len(self.extra)} and {len(self.pose)}"
            raise AUHeadError(f"Values, extra and pose of an AU sequence have {lengths} frames; give equally many.")
        cut = (replace(span, end=min(span.end, self.seconds)) for span in self.spans if span.start < self.seconds)
        object.__setattr__(self, "spans", tuple(sorted(cut, key=lambda span: (span.start, span.end))))

    @classmethod
    def zeros(cls, frames: int, fps: float = FPS, source: str = "") -> "AUSequence":
        """The portrait as it is, for so many frames."""
        return cls(*(np.zeros((frames, width), np.float32) for width in _WIDTHS), fps=fps, source=source)

    @classmethod
    def from_table(
        cls, table: np.ndarray, fps: float = FPS, spans: Iterable[Span] = (), source: str = ""
    ) -> "AUSequence":
        """From one array [T, 40]: units, extras and pose side by side (the order of space.COLUMNS)."""
        parts = np.split(np.asarray(table, np.float32), _SPLITS, axis=1)
        return cls(*parts, fps=fps, spans=tuple(spans), source=source)

    @property
    def table(self) -> np.ndarray:
        """Units, extras and pose side by side: a new float32 array [T, 40]."""
        return np.concatenate((self.values, self.extra, self.pose), axis=1)

    @property
    def seconds(self) -> float:
        return len(self.values) / self.fps

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, identifier: str) -> np.ndarray:
        """One column [T] by id, read-only: sequence["jaw_open"], sequence["gaze_x"], sequence["yaw"]."""
        for array, index in (
            (self.values, space.UNIT_INDEX),
            (self.extra, space.EXTRA_INDEX),
            (self.pose, space.POSE_INDEX),
        ):
            if identifier in index:
                return array[:, index[identifier]]
        return space.unit(identifier)  # raises

    def with_columns(self, columns: Mapping[str, np.ndarray | float]) -> "AUSequence":
        """The same performance with these columns (id to [T] or one number) put in."""
        table = self.table
        for identifier, column in columns.items():
            space.unit(identifier)
            table[:, space.COLUMN_INDEX[identifier]] = column
        return self._with(table)

    def resample(self, fps: float = FPS) -> "AUSequence":
        """At another frame rate: linear when it rises, the mean over each new frame when it falls.

        Eye closures and lips_together keep the highest value within the new frame, so that blinks still close.
        """
        if check_fps(fps) == self.fps:
            return self
        table, ratio = self.table.astype(np.float64), self.fps / fps
        frames = max(1, round(len(self) / ratio))
        if ratio <= 1:
            place = np.clip((np.arange(frames) + 0.5) * ratio - 0.5, 0, len(self) - 1)
            below = np.minimum(place.astype(int), max(len(self) - 2, 0))
            above = np.minimum(below + 1, len(self) - 1)
            share = (place - below)[:, None]
            return self._with(table[below] * (1 - share) + table[above] * share, fps=fps)
        edges = np.clip(np.arange(frames + 1) * ratio, 0, len(self))
        total = np.concatenate((np.zeros((1, table.shape[1])), np.cumsum(table, axis=0)))
        whole = np.minimum(edges.astype(int), len(self) - 1)
        integral = total[whole] + (edges - whole)[:, None] * table[whole]
        result = np.diff(integral, axis=0) / np.diff(edges)[:, None]
        for frame, (first, last) in enumerate(zip(edges[:-1], edges[1:])):
            middle = min(math.ceil(first - 0.5), len(self) - 1)  # the first frame whose middle is inside
            result[frame, _CLOSURES] = table[middle : max(math.ceil(last - 0.5), middle + 1), _CLOSURES].max(axis=0)
        return self._with(result, fps=fps)

    def slice(self, start: float = 0.0, end: float | None = None) -> "AUSequence":
        """From `start` to `end` seconds (None: to the end), at least one frame; spans move along."""
        end = self.seconds if end is None else min(end, self.seconds)
        first, last = round(start * self.fps), round(end * self.fps)
        if not 0 <= first < len(self) or last < first:
            raise AUHeadError(
                f"The part from {start:g} to {end:g} s is not inside a performance of {self.seconds:g} s; "
                "choose a part of it."
            )
        last = max(last, first + 1)
        spans = _moved(self.spans, -first / self.fps)
        return self._with(self.table[first:last], spans=spans)

    def frames(self, start: int, stop: int) -> "AUSequence":
        """Frames start..stop by number, without spans: a piece of a performance that is drawn piece by piece."""
        return replace(
            self,
            values=self.values[start:stop],
            extra=self.extra[start:stop],
            pose=self.pose[start:stop],
            spans=(),
        )

    def concat(self, *others: "AUSequence") -> "AUSequence":
        """This performance and then the others, brought to this frame rate."""
        tables, spans, frames = [self.table], list(self.spans), len(self)
        for other in (other.resample(self.fps) for other in others):
            tables.append(other.table)
            spans += _moved(other.spans, frames / self.fps)
            frames += len(other)
        return self._with(np.concatenate(tables), spans=spans)

    def mix(
        self,
        other: "AUSequence",
        weight: float = 1.0,
        region: str | Iterable[str] | None = None,
        mode: str = "blend",
        start: float = 0.0,
        fade: float = 0.0,
    ) -> "AUSequence":
        """Put `other` into this performance from `start` seconds on; it grows when `other` ends later.

        With a this performance, b the other and w the weight, in the chosen regions or columns while b lasts:
        blend (1 - w)·a + w·b; add a + w·b; replace w·b; max: w·b where it is higher, so that zeros of b change nothing
        and b's peaks are reached from a negative a too (gaze and pose: the one that is farther from 0). `fade` seconds
        after b's beginning and before its end pass from a to the mix and back.
        """
        if mode not in MIX_MODES:
            raise AUHeadError(f'"{mode}" is not a way to mix; use one of {", ".join(MIX_MODES)}.')
        if not (math.isfinite(weight) and 0 <= start < math.inf):
            raise AUHeadError(f"A mix has weight {weight} and starts at {start} s; use numbers, and a start from 0 on.")
        other = other.resample(self.fps)
        first = round(start * self.fps)
        last = first + len(other)
        table = self.pad_to(last, "neutral").table
        mask = space.column_mask(region)
        a, b = table[first:last], weight * other.table
        if mode == "blend":
            mixed = a + (b - weight * a)
        elif mode == "add":
            mixed = a + b
        elif mode == "replace":
            mixed = b
        else:
            higher = np.where(b <= 0, a, np.where(a >= 0, np.maximum(a, b), a + b * (1 - a)))
            mixed = np.where(_SIGNED, np.where(np.abs(b) > np.abs(a), b, a), higher)
        if fade > 0:
            edge = np.arange(1, len(other) + 1) / (fade * self.fps + 1)
            mixed = a + s_curve(edge)[:, None] * s_curve(edge[::-1])[:, None] * (mixed - a)
        table[first:last] = np.where(mask, mixed, a)
        spans = (*self.spans, *_moved(other.spans, first / self.fps)) if weight else self.spans
        return self._with(table, spans=spans)

    def gain(self, factor: float | Mapping[str, float]) -> "AUSequence":
        """Everything times one factor, or a mapping from regions and column ids to factors, which multiply."""
        table = self.table
        for selection, number in (factor.items() if isinstance(factor, Mapping) else ((None, factor),)):
            table[:, space.column_mask(selection)] *= number
        return self._with(table)

    def clamp(self) -> "AUSequence":
        """Every column inside its legal range."""
        return self._with(np.clip(self.table, _LOWER, _UPPER))

    def smooth(self, seconds: float, region: str | Iterable[str] | None = None) -> "AUSequence":
        """Gaussian smoothing in time; `seconds` is its standard deviation, 0 changes nothing."""
        if not seconds > 0:
            return self
        table, mask = self.table, space.column_mask(region)
        table[:, mask] = gaussian_filter1d(table[:, mask], seconds * self.fps, axis=0, mode="nearest")
        return self._with(table)

    def mirror(self) -> "AUSequence":
        """Left and right exchanged."""
        return replace(
            self,
            values=self.values[:, space.UNIT_MIRROR] * space.UNIT_MIRROR_SIGN,
            extra=self.extra[:, space.EXTRA_MIRROR] * space.EXTRA_MIRROR_SIGN,
            pose=self.pose[:, space.POSE_MIRROR] * space.POSE_MIRROR_SIGN,
        )

    def fade(self, fade_in: float = 0.0, fade_out: float = 0.0) -> "AUSequence":
        """From neutral at the beginning and back to it at the end, along S-curves of so many seconds."""
        time = np.arange(len(self)) / self.fps
        weight = np.ones(len(self))
        if fade_in > 0:
            weight = weight * s_curve(time / fade_in)
        if fade_out > 0:
            weight = weight * s_curve(time[::-1] / fade_out)
        return self._with(self.table * weight[:, None])

    def pad_to(self, frames: int, mode: str = "hold") -> "AUSequence":
        """At least so many frames: the last one held, or neutral ones; a longer performance stays as it is."""
        if mode not in ("hold", "neutral"):
            raise AUHeadError(f'"{mode}" is not a way to fill frames; use hold or neutral.')
        missing = frames - len(self)
        if missing <= 0:
            return self
        tail = np.repeat(self.table[-1:] if mode == "hold" else np.zeros_like(self.table[-1:]), missing, axis=0)
        return self._with(np.concatenate((self.table, tail)))

    def trim_to(self, frames: int) -> "AUSequence":
        """At most so many frames."""
        return self if frames >= len(self) else self._with(self.table[: max(frames, 1)])

    def _with(self, table: np.ndarray, **changes) -> "AUSequence":
        return AUSequence.from_table(table, **{"fps": self.fps, "spans": self.spans, "source": self.source, **changes})


def _moved(spans: Iterable[Span], seconds: float) -> list[Span]:
    """Spans shifted in time; what falls before 0 is cut off."""
    ends_later = (span for span in spans if span.end + seconds > 0)
    return [replace(span, start=max(span.start + seconds, 0.0), end=span.end + seconds) for span in ends_later]
