"""`python -m tests.benchmarks.searches`: the engine's Bayesian search beside its random one, over several seeds.

The function is Branin's, whose least value is 0.397887; what counts is the best of so many trials. Exit code 1 unless
the Bayesian search is better in the median and for most of the seeds.
"""

from __future__ import annotations

import argparse
import math
import statistics
import sys
from typing import Any

from trainctl.local.tuning.goals import Goal
from trainctl.local.tuning.search import make_search
from trainctl.local.tuning.space import read_space

LEAST = 0.397887
SPACE = [
    {"parameterId": "x", "doubleValueSpec": {"minValue": -5, "maxValue": 10}},
    {"parameterId": "y", "doubleValueSpec": {"minValue": 0, "maxValue": 15}},
]


def branin(x: float, y: float) -> float:
    """A smooth function of two variables with three equal minima."""
    bowl = (y - 5.1 / (4 * math.pi**2) * x**2 + 5 / math.pi * x - 6) ** 2
    return bowl + 10 * (1 - 1 / (8 * math.pi)) * math.cos(x) + 10


def best_of(algorithm: str, seed: int, trials: int) -> float:
    """How far from the minimum the best trial of a search ends."""
    goal = Goal("value", is_maximized=False)
    search = make_search(algorithm, read_space({"parameters": SPACE}), [goal], seed=seed)
    best = math.inf
    for _ in range(trials):
        suggestion: tuple[Any, dict[str, Any]] | None = search.suggest()
        if suggestion is None:
            break
        token, values = suggestion
        value = branin(values["x"], values["y"])
        search.learn(token, [value])
        best = min(best, value)
    return best - LEAST


def main() -> int:
    """Run both searches for every seed and write a table."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.searches", description=__doc__)
    parser.add_argument("--seeds", type=int, default=15)
    parser.add_argument("--trials", type=int, default=40)
    options = parser.parse_args()
    pairs = [
        (best_of("", seed, options.trials), best_of("RANDOM_SEARCH", seed, options.trials))
        for seed in range(options.seeds)
    ]
    print(f"distance to the minimum after {options.trials} trials\n\nseed  Bayesian    random")
    for seed, (bayesian, random) in enumerate(pairs):
        print(f"{seed:4}  {bayesian:8.4f}  {random:8.4f}")
    medians = [statistics.median(column) for column in zip(*pairs, strict=True)]
    wins = sum(bayesian < random for bayesian, random in pairs)
    print(f"\nmedian {medians[0]:.4f} and {medians[1]:.4f}; Bayesian is better for {wins} of {len(pairs)} seeds")
    return 0 if medians[0] < medians[1] and wins > len(pairs) / 2 else 1


if __name__ == "__main__":
    sys.exit(main())
