"""How well answers fit what was meant: emotions, and Action Units at 5 frames per second.

`score(answers, truths)` takes one answer per truth; None stands for one that could not be read, which counts as no
emotion and is left out of all numbers about units. Where an answer has another number of frames, the frames that both
have are compared.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...au.emotions import EMOTIONS
from ...au.space import UNITS
from ..codec import FPS, Utterance

ACTIVE = 0.1  # from here on a unit counts as moving, in F1 and in "MAE of active units"
STILL = 0.01  # standard deviation below which correlation says nothing about a unit


@dataclass(frozen=True, eq=False)
class Scores:
    """NaN (or NaN in an array) where there is nothing to measure.

    parsed: part of the answers that could be read · frame_error: mean difference of the frame counts · recall: of the
    emotions, mean over those that occur (UAR) · accuracy: of the emotions · level_accuracy · confusion [8, 9]: rows are
    the emotions that were meant, columns those that were answered, and last "no answer" · f1, precision, found [24]:
    of units above ACTIVE, `found` is their recall · mae: over all units · active_mae: over those that were meant to
    move · correlation, concordance [24]: Pearson's and Lin's coefficients · velocity: mean error of the change, in
    units per second · author: `author_scores`.
    """

    clips: int
    parsed: float
    frame_error: float
    recall: float
    accuracy: float
    level_accuracy: float
    confusion: np.ndarray
    f1: np.ndarray
    precision: np.ndarray
    found: np.ndarray
    mae: float
    active_mae: float
    correlation: np.ndarray
    concordance: np.ndarray
    velocity: float
    author: dict[str, float]

    def as_json(self) -> dict:
        """Plain numbers and lists, None for NaN; numbers of units under their ids."""
        unit_numbers = ("f1", "precision", "found", "correlation", "concordance")
        plain = {}
        for name, value in vars(self).items():
            if name in unit_numbers:
                plain[name] = {unit.id: _plain(number) for unit, number in zip(UNITS, value)}
            elif name == "confusion":
                columns = (*EMOTIONS, "no answer")
                plain[name] = {meant: dict(zip(columns, row.tolist())) for meant, row in zip(EMOTIONS, value)}
            else:
                plain[name] = {k: _plain(v) for k, v in value.items()} if isinstance(value, dict) else _plain(value)
        return plain


def _plain(number: float) -> float | int | None:
    if isinstance(number, int):
        return number
    return round(float(number), 5) if np.isfinite(number) else None


def score(answers: Sequence[Utterance | None], truths: Sequence[Utterance]) -> Scores:
    """Scores of one answer (None: not readable) for each truth."""
    read = [(answer, truth) for answer, truth in zip(answers, truths, strict=True) if answer is not None]
    confusion = np.zeros((len(EMOTIONS), len(EMOTIONS) + 1), int)
    for answer, truth in zip(answers, truths):
        column = len(EMOTIONS) if answer is None else EMOTIONS.index(answer.emotion)
        confusion[EMOTIONS.index(truth.emotion), column] += 1
    pairs = [_common(answer.values, truth.values) for answer, truth in read]
    given = np.concatenate([pair[0] for pair in pairs]) if pairs else np.zeros((0, len(UNITS)))
    meant = np.concatenate([pair[1] for pair in pairs]) if pairs else np.zeros((0, len(UNITS)))
    speed = [np.abs(np.diff(pair[0], axis=0) - np.diff(pair[1], axis=0)) * FPS for pair in pairs]
    occurs = confusion.sum(1) > 0
    right = np.diag(confusion)
    f1, precision, found = _detection(given >= ACTIVE, meant >= ACTIVE)
    correlation, concordance = _agreement(given, meant)
    error = np.abs(given - meant)
    return Scores(
        clips=len(truths),
        parsed=_mean([answer is not None for answer in answers]),
        frame_error=_mean([abs(len(answer) - len(truth)) for answer, truth in read]),
        recall=_mean(right[occurs] / confusion[occurs].sum(1)),
        accuracy=_mean(
            [answer is not None and answer.emotion == truth.emotion for answer, truth in zip(answers, truths)]
        ),
        level_accuracy=_mean([answer.level == truth.level for answer, truth in read]),
        confusion=confusion,
        f1=f1,
        precision=precision,
        found=found,
        mae=_mean(error),
        active_mae=_mean(error[meant >= ACTIVE]),
        correlation=correlation,
        concordance=concordance,
        velocity=_mean(np.concatenate(speed)) if speed else np.nan,
        author=author_scores(answers, truths),
    )


def _common(given: np.ndarray, meant: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    frames = min(len(given), len(meant))
    return given[:frames], meant[:frames]


def _mean(numbers) -> float:
    numbers = np.asarray(numbers, float)
    return float(numbers.mean()) if numbers.size else float("nan")


def _detection(given: np.ndarray, meant: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """F1, precision and recall [24] of booleans [n, 24]; NaN for units that neither move nor are meant to."""
    hits, called, wanted = (given & meant).sum(0), given.sum(0), meant.sum(0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return 2 * hits / (called + wanted), hits / called, hits / wanted


def _agreement(given: np.ndarray, meant: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pearson's r and Lin's concordance [24]; NaN where the truth stands still, 0 where only the answer does."""
    if not len(given):
        return np.full(len(UNITS), np.nan), np.full(len(UNITS), np.nan)
    spread, wanted = given.std(0), meant.std(0)
    together = ((given - given.mean(0)) * (meant - meant.mean(0))).mean(0)
    still = wanted < STILL
    r = np.where(still, np.nan, together / np.maximum(spread * wanted, 1e-12) * (spread > 1e-6))
    apart = spread**2 + wanted**2 + (given.mean(0) - meant.mean(0)) ** 2
    return r, np.where(still, np.nan, 2 * together / np.maximum(apart, 1e-12))


def author_scores(answers: Sequence[Utterance | None], truths: Sequence[Utterance]) -> dict[str, float]:
    """The numbers of the first author's public `calculate_au_loss.py` (laura990501/Qwen-AU-finetune), for comparison.

    They are kind to a model, so nothing is tuned on them: only the first frame of a clip is read; "accuracy" and
    "recall" are the same; "test accuracy" is a precision; the MAE looks at the units of the truth alone, so that false
    alarms cost nothing, and a missed unit counts as 0; a clip without units gives 0. Values have two decimals.
    """
    rows = []
    for answer, truth in zip(answers, truths):
        given, meant = (_listed(each) for each in (answer, truth))
        hits = len(given.keys() & meant.keys())
        recall = hits / len(meant) if meant else 0.0
        precision = hits / len(given) if given else 0.0
        error = sum(abs(value - given.get(unit, 0.0)) for unit, value in meant.items())
        rows.append((recall, recall, precision, error / len(meant) if meant else 0.0))
    means = np.mean(rows, axis=0) if rows else [float("nan")] * 4
    return dict(zip(("accuracy", "recall", "test_accuracy", "mae"), map(float, means)))


def _listed(utterance: Utterance | None) -> dict[int, float]:
    """The units of the first frame as the author's list has them."""
    first = [] if utterance is None else utterance.values[0]
    rounded = ((unit, round(float(value), 2)) for unit, value in enumerate(first))
    return {unit: value for unit, value in rounded if value}
