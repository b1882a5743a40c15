"""A stream's median with its interval, by the rules of docs/statistics.md ("A level").

The same arithmetic as src/ablate/stats (batches, memory, level, pool); a file of levels that both are held
against keeps the two in step.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from ablate_results.batches import LOOKS_ALLOWANCE, Array, Batches, batches
from ablate_results.quantiles import normal_quantile, student_quantile


class Level(NamedTuple):
    """Ends are infinite where there are too few samples to say anything."""

    value: float
    low: float
    high: float


def level(samples: ArrayLike, ends: Sequence[int] = (), confidence: float = 0.95) -> Level:
    """The median, its interval from ranks, widened for autocorrelation and for how stretches differ.

    `ends`: indices behind the last sample of each stretch that is independent of the others (a layout).
    """
    values = np.asarray(samples, dtype=np.float64)
    if values.size == 0:
        return Level(math.nan, -math.inf, math.inf)
    middle = float(np.median(values))
    sides = np.where(values > middle, 1.0, np.where(values < middle, 0.0, 0.5))
    half = _half_width(batches(values, ends), sides, confidence)
    if half >= 0.5:
        return Level(middle, -math.inf, math.inf)
    ordered = np.sort(values)
    rank = int(values.size * (0.5 - half))
    return Level(middle, float(ordered[rank]), float(ordered[values.size - 1 - rank]))


def pooled_level(samples: ArrayLike, ends: Sequence[int], process_ends: Sequence[int],
                 confidence: float = 0.95) -> Level:
    """The same over several processes: the mean of the logarithms of their levels, with Student's t from how
    they differ, never less than their own intervals say."""
    values = np.asarray(samples, dtype=np.float64)
    if len(process_ends) < 2:
        return level(values, ends, confidence)
    levels, begin = [], 0
    for end in process_ends:
        within = [each - begin for each in ends if begin < each <= end]
        levels.append(level(values[begin:end], within, confidence))
        begin = end
    return _pool(levels, confidence)


def _pool(levels: list[Level], confidence: float) -> Level:
    def log(value: float) -> float:
        return math.log(value) if value > 0 else -math.inf

    tail = (1 - confidence) / 2
    centres = np.array([log(each.value) for each in levels])
    errors = np.array([(log(each.high) - log(each.low)) / 2 / -normal_quantile(tail) for each in levels])
    own = errors[np.isfinite(errors)] ** 2
    variance = max(float(centres.var(ddof=1)), float(own.mean()) if own.size else 0.0)
    half = -student_quantile(tail, len(levels) - 1) * math.sqrt(variance / len(levels))
    centre = float(centres.mean())
    return Level(math.exp(centre), math.exp(centre - half), math.exp(centre + half))


def _half_width(cut: Batches, sides: Array, confidence: float) -> float:
    """How far the part of samples above the true median may be from a half."""
    tail = (1 - confidence) / 2
    values = np.array([sides[begin:end].mean() for begin, end in cut.pieces])
    error, freedom = _between_stretches(cut, values)
    if freedom > 0:
        return -student_quantile(tail, freedom) * error
    if not cut.enough:
        return 1.0
    reach = -student_quantile(tail, values.size - 1) * cut.widening
    return reach * math.sqrt(_variance(values) / values.size)


def _between_stretches(cut: Batches, values: Array) -> tuple[float, int]:
    """Standard error from how stretches differ; freedom 0 where the pieces within them explain that."""
    count = len(cut.parts)
    if count < 2:
        return 0.0, 0
    begins = np.array([begin for begin, _ in cut.pieces])
    own = [values[(begins >= begin) & (begins < end)] for begin, end in cut.parts]
    within = cut.widening**2 * sum(_variance(each) / each.size for each in own) / count
    between = _variance(np.array([each.mean() for each in own]))
    if between <= within:
        return 0.0, 0
    return LOOKS_ALLOWANCE * math.sqrt(between / count), count - 1


def _variance(values: Array) -> float:
    return float(values.var(ddof=1)) if values.size > 1 else 0.0
