"""The two quantiles that intervals need, so that reading a run asks for no SciPy."""

import math
from functools import cache
from statistics import NormalDist


def normal_quantile(p: float) -> float:
    return NormalDist().inv_cdf(p)


@cache
def student_quantile(p: float, freedom: float) -> float:
    """x with P(T <= x) = p for p < 1/2, by bisection: the lower tail falls as x does."""
    low, high = -1.0, 0.0
    while _lower_tail(low, freedom) > p:
        low, high = 2 * low, low
    while True:
        middle = (low + high) / 2
        if middle in (low, high):
            return middle
        if _lower_tail(middle, freedom) > p:
            high = middle
        else:
            low = middle


def _lower_tail(t: float, freedom: float) -> float:
    square = t * t
    return _incomplete_beta(freedom / 2, 0.5, freedom / (freedom + square), square / (freedom + square)) / 2


def _incomplete_beta(a: float, b: float, x: float, y: float) -> float:
    """Regularised; `y` is 1 - x."""
    if x <= 0 or y <= 0:
        return 0.0 if x <= 0 else 1.0
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log(y))
    if x < (a + 1) / (a + b + 2):
        return front * _beta_fraction(a, b, x) / a
    return 1 - front * _beta_fraction(b, a, y) / b


def _beta_fraction(a: float, b: float, x: float) -> float:
    """Lentz's continued fraction; converges quickly for x < (a + 1) / (a + b + 2)."""
    c, d = 1.0, 1 / (1 - (a + b) * x / (a + 1))
    fraction = d
    for m in range(1, 1000):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for term in (even, odd):
            d = 1 / (1 + term * d)
            c = 1 + term / c
            fraction *= c * d
        if abs(c * d - 1) < 1e-16:
            break
    return fraction
