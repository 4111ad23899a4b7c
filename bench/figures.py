"""Measured figures with their confidence intervals and goals."""

import math
import os
import random
import statistics
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

RESAMPLES = 2000
MORE_IS_BETTER = ("/s", "points")  # units
Interval = tuple[float, float]


@dataclass(frozen=True)
class Sample:
    """Values in rounds; samples of the same round were measured together. `quantile` is the figure."""

    rounds: Sequence[Sequence[float]]
    unit: str = "s"
    quantile: float = 0.5

    @property
    def values(self) -> list[float]:
        return [value for values in self.rounds for value in values]

    @property
    def figure(self) -> float:
        return at(self.quantile, self.values)

    @property
    def interval(self) -> Interval:
        """The 95 % bootstrap interval of the figure."""
        values, chance = self.values, random.Random(1)
        return _middle_95(at(self.quantile, chance.choices(values, k=len(values))) for _ in range(RESAMPLES))

    def __str__(self) -> str:
        _unit, scale = shown_in(self.figure, self.unit)
        low, high = (digits(end * scale) for end in self.interval)
        return words(self.figure, self.unit) + (f" ({low} to {high})" if low != high else "")

    def json(self) -> dict[str, Any]:
        return {
            "figure": round(self.figure, 5),
            "unit": self.unit,
            "quantile": self.quantile,
            "interval_95": [round(end, 5) for end in self.interval],
            "rounds": [[round(value, 5) for value in values] for values in self.rounds],
        }


def times_faster(ours: Sample, peer: Sample) -> tuple[float, Interval]:
    """How many times faster we are than the peer."""
    return _ratio(ours, peer) if ours.unit in MORE_IS_BETTER else _ratio(peer, ours)


def _ratio(above: Sample, below: Sample) -> tuple[float, Interval]:
    """The ratio with its 95 % bootstrap interval over rounds. A sample of fewer rounds is repeated in the others."""
    rounds = range(max(len(above.rounds), len(below.rounds)))
    pairs = [(above.rounds[n % len(above.rounds)], below.rounds[n % len(below.rounds)]) for n in rounds]
    chance = random.Random(1)
    ratios = []
    for _ in range(RESAMPLES):
        over, under = zip(*chance.choices(pairs, k=len(pairs)), strict=True)
        ratios.append(at(above.quantile, [*chain(*over)]) / at(below.quantile, [*chain(*under)]))
    return above.figure / below.figure, _middle_95(ratios)


@dataclass(frozen=True)
class Goal:
    """One of: a limit of our own figure; how many times faster than each peer we are to be; how many times as
    much as the first peer ours may be, which then is ourselves with less to do."""

    at_most: float | None = None
    at_least: float | None = None
    times: float | None = None
    growth: float | None = None


@dataclass(frozen=True)
class Row:
    part: str
    measure: str
    ours: Sample
    peers: dict[str, Sample] = field(default_factory=dict)
    goal: Goal | None = None
    detail: dict[str, Any] = field(default_factory=dict)

    @property
    def ratios(self) -> dict[str, tuple[float, Interval]]:
        same_kind = {name: peer for name, peer in self.peers.items() if peer.unit == self.ours.unit}
        compare = _ratio if self.goal and self.goal.growth else times_faster
        return {name: compare(self.ours, peer) for name, peer in same_kind.items()}

    @property
    def holds(self) -> bool | None:
        """A ratio holds when its whole interval does; None when there is no goal."""
        if self.goal is None:
            return None
        if self.goal.at_most is not None:
            return self.ours.figure <= self.goal.at_most
        if self.goal.at_least is not None:
            return self.ours.figure >= self.goal.at_least
        if self.goal.growth is not None:
            _figure, (_low, high) = next(iter(self.ratios.values()))
            return high <= self.goal.growth
        least = self.goal.times or 1
        return all(low >= least for _ratio, (low, _high) in self.ratios.values())

    @property
    def goal_words(self) -> str:
        if self.goal is None:
            return ""
        if self.goal.at_most is not None:
            return f"<= {words(self.goal.at_most, self.ours.unit)}"
        if self.goal.at_least is not None:
            return f">= {words(self.goal.at_least, self.ours.unit)}"
        if self.goal.growth is not None:
            return f"<= {self.goal.growth:g}x"
        return f">= {self.goal.times:g}x"

    def json(self) -> dict[str, Any]:
        return {
            "part": self.part,
            "measure": self.measure,
            "ours": self.ours.json(),
            "peers": {name: peer.json() for name, peer in self.peers.items()},
            "ratios": {
                name: {"figure": round(ratio, 2), "interval_95": [round(low, 2), round(high, 2)]}
                for name, (ratio, (low, high)) in self.ratios.items()
            },
            "goal": self.goal_words or None,
            "holds": self.holds,
            **({"detail": self.detail} if self.detail else {}),
        }


def table(rows: Sequence[Row]) -> str:
    """The rows as aligned text, one line for each peer."""
    lines: list[tuple[str, ...]] = [("part", "measure", "ours", "beside us", "ratio", "goal", "holds")]
    for row in rows:
        holds = {None: "", True: "yes", False: "NO"}[row.holds]
        beside = []
        for name, peer in row.peers.items():
            ratio = ""
            if name in row.ratios:
                figure, (low, high) = row.ratios[name]
                ratio = f"{figure:.3g}x ({low:.3g} to {high:.3g})"
            beside.append((f"{words(peer.figure, peer.unit)}  {name}", ratio))
        for n, (peer_words, ratio) in enumerate(beside or [("", "")]):
            ours = (row.part, row.measure, str(row.ours)) if n == 0 else ("", "", "")
            lines.append((*ours, peer_words, ratio, *((row.goal_words, holds) if n == 0 else ("", ""))))
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    lines.insert(1, tuple("-" * width for width in widths))
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def words(value: float, unit: str) -> str:
    shown, scale = shown_in(value, unit)
    return f"{digits(value * scale)} {shown}".rstrip()


def digits(value: float) -> str:
    """Three of them; a number that has more before its point is not written with an exponent."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def shown_in(value: float, unit: str) -> tuple[str, float]:
    """The most readable unit of a value, and its factor."""
    return ("ms", 1000) if unit == "s" and value < 1 else (unit, 1)


def at(quantile: float, values: Sequence[float]) -> float:
    """The median, or another quantile by nearest rank."""
    if quantile == 0.5:
        return statistics.median(values)
    return sorted(values)[math.ceil(quantile * len(values)) - 1]


class Noise:
    """How much the speed of the machine varies: the same work, timed between the parts."""

    def __init__(self) -> None:
        self.times: list[float] = []

    def listen(self, repeats: int = 40) -> None:
        for _ in range(repeats):
            began = time.perf_counter()
            sum(n * n for n in range(40_000))
            self.times.append(time.perf_counter() - began)

    def json(self) -> dict[str, Any]:
        middle = statistics.median(self.times)
        return {
            "fixed_work_seconds": round(middle, 6),
            "p95_above_median": round(at(0.95, self.times) / middle - 1, 3),
            "slowest_above_median": round(max(self.times) / middle - 1, 3),
            "load_average": [round(load, 2) for load in os.getloadavg()],
            "cores": os.cpu_count(),
        }

    def __str__(self) -> str:
        found = self.json()
        return (
            f"Noise: work that always takes the same took {found['p95_above_median']:.0%} longer than usual in one of "
            f"twenty cases and {found['slowest_above_median']:.0%} at worst; load {found['load_average'][0]} "
            f"on {found['cores']} cores"
        )


def _middle_95(figures: Iterable[float]) -> Interval:
    ordered = sorted(figures)
    return at(0.025, ordered), at(0.975, ordered)
