"""Likelihood ratios of simple alternatives against a null rate, in logarithms: nothing overflows at 10^7 records."""

import math
from collections.abc import Sequence
from functools import cache


@cache
def steps(null: float, alternatives: tuple[float, ...]) -> tuple[tuple[float, float], ...]:
    """Per alternative q: the log-likelihood ratio of one event, and of one non-event, against the null rate."""
    return tuple((math.log(q / null), math.log1p(-q) - math.log1p(-null)) for q in alternatives)


def log_mean_exp(logs: Sequence[float]) -> float:
    """log(mean(exp(x))) of at least one x."""
    peak = max(logs)
    return peak + math.log(sum(math.exp(each - peak) for each in logs) / len(logs))


def log_mixture(*, events: int, others: int, null: float, alternatives: tuple[float, ...]) -> float:
    """log E of `events` among `events + others`, where E(k, n) = mean over q of (q/p)^k ((1−q)/(1−p))^(n−k).

    E is a mixture test martingale under the null rate p: looking at it after every record costs nothing, for the
    chance that it ever reaches 20 is at most 1/20 (Ville 1939; Robbins 1970).
    """
    return log_mean_exp([events * hit + others * miss for hit, miss in steps(null, alternatives)])
