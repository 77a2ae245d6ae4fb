"""The figures of several runs as one: each number is the median of the runs."""

import statistics
from collections.abc import Mapping, Sequence
from typing import Any, Final

from bench.harness.rounds import spread

_DIGITS: Final = 3


def medians(runs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """All runs have the same names. What is not a number is that of the first run."""
    return {name: _median([run[name] for run in runs]) for name in runs[0]}


def spreads(runs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Median, least and most of each number, by the names that `medians` has."""
    return {
        name: spreads([run[name] for run in runs])
        if isinstance(value, Mapping)
        else spread((run[name] for run in runs), _DIGITS)
        for name, value in runs[0].items()
        if isinstance(value, Mapping) or _is_number(value)
    }


def _median(values: Sequence[Any]) -> Any:
    first = values[0]
    if isinstance(first, bool):
        return all(values)
    if isinstance(first, Mapping):
        return medians(values)
    return round(statistics.median(values), _DIGITS) if _is_number(first) else first


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
