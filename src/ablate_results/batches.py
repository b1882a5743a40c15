"""How samples that follow each other become few values that hardly depend on each other: the arithmetic of
src/ablate/stats/batches.cpp and memory.cpp, whose comments say why."""

import math
from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float64]
Range: TypeAlias = tuple[int, int]

MOST_PIECES = 40
CONDENSED = 1000  # values that a long stream is brought down to
LOOKS_ALLOWANCE = 1.05  # intervals are looked at several times while sampling


class _Memory(NamedTuple):
    """Integrated autocorrelation time and step in samples; correlation of what lies a step apart."""

    time: float = 1.0
    step: float = 1.0
    correlation: float = 0.0


class Batches(NamedTuple):
    """Stretches, the pieces that they are cut into, what intervals from these must be multiplied with, and
    whether there are enough for one."""

    parts: list[Range]
    pieces: list[Range]
    widening: float
    enough: bool


def batches(samples: Array, ends: Sequence[int]) -> Batches:
    parts = _merged(_stretches(samples.size, ends))
    memory = _memory(samples, parts)
    pieces = _independent_pieces(parts, memory)
    one_each = len(pieces) == len(parts) > 1
    widening = 1.0 if one_each else _widening(memory, samples.size / len(pieces))
    enough = one_each or len(pieces) >= (6 if samples.size < 30 else 12)
    if not enough:
        pieces = _independent_pieces(parts, _Memory())
    return Batches(parts, pieces, LOOKS_ALLOWANCE * widening, enough)


def _stretches(count: int, ends: Sequence[int]) -> list[Range]:
    ranges, begin = [], 0
    for end in [*(min(end, count) for end in ends), count]:
        if end > begin:
            ranges.append((begin, end))
            begin = end
    return ranges


def _merged(parts: list[Range]) -> list[Range]:
    if len(parts) <= MOST_PIECES:
        return parts
    return [(parts[begin][0], parts[end - 1][1]) for begin, end in _split((0, len(parts)), MOST_PIECES)]


def _split(whole: Range, parts: int) -> list[Range]:
    begin, size = whole[0], whole[1] - whole[0]
    return [(begin + size * i // parts, begin + size * (i + 1) // parts) for i in range(parts)]


def _independent_pieces(stretches: list[Range], memory: _Memory) -> list[Range]:
    samples = stretches[-1][1] - stretches[0][0]
    size = max(1.0 if memory.time < 1.5 else memory.time, samples / MOST_PIECES)

    def counts() -> list[int]:
        return [int(max(1.0, (end - begin) / size * (1 + 1e-12))) for begin, end in stretches]

    while sum(counts()) > max(MOST_PIECES, len(stretches)):
        size *= 1.1
    return [piece for stretch, count in zip(stretches, counts()) for piece in _split(stretch, count)]


def _widening(memory: _Memory, size: float) -> float:
    """What pieces share with their neighbours, as an autoregressive process of order one would."""
    phi = memory.correlation
    if phi <= 0:
        return 1.0
    long_run, steps = (1 + phi) / (1 - phi), size / memory.step
    edge = 2 * phi * (1 - phi**steps) / (steps * (1 - phi) ** 2)
    return math.sqrt(long_run / (long_run - edge))


def _memory(samples: Array, stretches: list[Range]) -> _Memory:
    if samples.size > 2 * CONDENSED:
        return _condensed_memory(samples, stretches)
    values = _scores(samples, stretches)
    square = _lagged_sum(values, stretches, 0)
    if square == 0 or samples.size < 4:
        return _Memory()
    length = samples.size / len(stretches)
    phi = _cautious(_unbiased(_lagged_sum(values, stretches, 1) / square, length), samples.size)
    time, lag = 1.0, 1  # Sokal's window
    while lag < min(5 * time, length / 3):
        time += 2 * _lagged_sum(values, stretches, lag) / square
        lag += 1
    return _Memory(max(1.0, time, (1 + phi) / (1 - phi)), 1.0, phi)


def _condensed_memory(samples: Array, stretches: list[Range]) -> _Memory:
    pieces: list[Range] = []
    parts: list[Range] = []
    for begin, end in stretches:
        own = _split((begin, end), max(1, (end - begin) * CONDENSED // samples.size))
        parts.append((len(pieces), len(pieces) + len(own)))
        pieces += own
    found = _memory(np.array([_trimmed_mean(samples[begin:end]) for begin, end in pieces]), parts)
    step = samples.size / len(pieces)
    return _Memory(found.time * step, step, found.correlation)


def _scores(samples: Array, stretches: list[Range]) -> Array:
    """Deviations from the stretch's median, drawn in at one and a half standard deviations."""
    parts = [samples[begin:end] for begin, end in stretches]
    deviations = np.concatenate([part - np.median(part) for part in parts])
    limit = 1.5 * 1.4826 * float(np.median(np.abs(deviations)))
    scores: Array = np.sign(deviations) if limit == 0 else np.clip(deviations, -limit, limit)
    for begin, end in stretches:
        scores[begin:end] -= scores[begin:end].mean()
    return scores


def _lagged_sum(values: Array, stretches: list[Range], lag: int) -> float:
    return sum(float(np.dot(values[begin:end - lag], values[begin + lag:end]))
               for begin, end in stretches if begin + lag < end)


def _unbiased(seen: float, length: float) -> float:
    if length < 8:
        return min(max(2 * seen, 0.0), 0.95)
    return min(max((length * seen + 1) / (length - 4), 0.0), 0.99)


def _cautious(correlation: float, samples: int) -> float:
    return min(0.99, correlation + (1 + correlation) * math.sqrt((1 - correlation**2) / samples))


def _trimmed_mean(samples: Array) -> float:
    if samples.size <= 2:
        return float(samples.mean())
    cut = 0.2 * samples.size
    whole = int(cut)
    ordered = np.sort(samples)[whole:samples.size - whole]
    part = 1 - (cut - whole)
    return float((ordered[1:-1].sum() + part * (ordered[0] + ordered[-1])) / (samples.size - 2 * cut))
