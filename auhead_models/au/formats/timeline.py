"""From the times written in a file to evenly spaced frames."""

import numpy as np

from .text import problem

_RATES = (5, 10, 12, 12.5, 15, 20, 24000 / 1001, 24, 25, 30000 / 1001, 30, 48, 50, 60000 / 1001, 60, 90, 100, 120, 240)
_FILL = 20  # a gap may make a clip this many times longer, not more


def to_uniform(times: np.ndarray, table: np.ndarray, name: str, resolution: float) -> tuple[np.ndarray, float]:
    """(table [T', C], fps) of rows [T, C] at rising times [T] in seconds that are written with this resolution.

    Rows that are evenly spaced stay as they are; others are interpolated linearly. One row alone has 25 fps.
    """
    if len(times) == 1:
        return table, 25.0
    steps = np.diff(times)
    if not (steps > 0).all():
        row = int(np.argmax(steps <= 0)) + 1
        raise problem(name, f"the time does not rise at frame {row} ({times[row]:g} s); sort the rows or remove it.")
    fps = (len(times) - 1) / (times[-1] - times[0])
    even = times[0] + np.arange(len(times)) / fps
    if np.abs(times - even).max() * fps > 0.25:
        fps = 1 / np.median(steps)
    fps = _snap(fps, resolution / (times[-1] - times[0]))
    if not 0 < fps <= 1000:
        raise problem(name, f"its frames are {1 / fps:g} s apart; use at most 1000 frames per second.")
    even = times[0] + np.arange(len(times)) / fps
    if np.abs(times - even).max() * fps <= 0.5:
        return table, fps
    frames = round((times[-1] - times[0]) * fps) + 1
    if frames > _FILL * len(times) + 1000:
        row = int(np.argmax(steps))
        raise problem(name, f"the time jumps from {times[row]:g} to {times[row + 1]:g} s; cut the file there.")
    grid = times[0] + np.arange(frames) / fps
    return np.stack([np.interp(grid, times, column) for column in table.T], axis=1), fps


def _snap(fps: float, tolerance: float) -> float:
    """The usual frame rate that these times mean, or the rate itself in six digits."""
    near = [rate for rate in _RATES if abs(rate - fps) <= max(tolerance, 1e-5) * fps]
    usual = min(near, key=lambda rate: (rate != round(rate), abs(rate - fps)), default=f"{fps:.6g}")
    return float(usual)
