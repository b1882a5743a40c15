"""What a row of samples says: a record's latency, as `ablate` summarises it. No torch here."""

import math
import statistics
from typing import Any


def percentile(ordered: list[float], fraction: float) -> float:
    """Linear between the two nearest ranks."""
    at = fraction * (len(ordered) - 1)
    low = math.floor(at)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (at - low) * (ordered[high] - ordered[low])


def summarise(samples: list[float], calls: int = 1) -> dict[str, Any]:
    """Of seconds, in the order taken; `calls` were averaged in each."""
    ordered = sorted(samples)
    summary: dict[str, Any] = {
        "n": len(samples), "mean": statistics.fmean(samples), "std": statistics.pstdev(samples),
        "median": percentile(ordered, 0.5), "min": ordered[0], "p05": percentile(ordered, 0.05),
        "p95": percentile(ordered, 0.95)}
    if calls > 1:
        summary["calls"] = calls
    return {**summary, "samples": samples}


def extent(resolution: Any) -> tuple[int, int]:
    """Height and width of 64, [64, 48] or {"height": 64, "width": 48}."""
    if isinstance(resolution, dict):
        return resolution["height"], resolution["width"]
    return (resolution, resolution) if isinstance(resolution, int) else tuple(resolution)
