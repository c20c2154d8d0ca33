"""How the next trial's values are chosen: one after the other from a grid, at random, or by Bayesian optimization."""

from __future__ import annotations

import threading
import warnings
from typing import TYPE_CHECKING, Any, Protocol

from trainctl.local.tuning.space import grid

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from trainctl.local.tuning.goals import Goal
    from trainctl.local.tuning.space import Parameter, Values

_QUIET = threading.Lock()
"""What is done about warnings holds for all threads: two studies at once would each undo it for the other."""

_BEFORE_MODEL = 5
"""Trials at random before the first that a model suggests: Optuna's own default of 10 is most of a small study."""


class Search(Protocol):
    """Suggests trials and learns from them."""

    def suggest(self) -> tuple[Any, Values] | None:
        """The next values with a token to tell their outcome by; None when there are no more."""

    def learn(self, token: Any, values: Sequence[float] | None) -> None:
        """What a suggested trial reached, by metric; None for one that failed."""

    def recall(self, parameters: Mapping[str, Any], values: Sequence[float] | None) -> Any:
        """Takes in a trial of an earlier process, finished when it has values; the token of one that runs again."""


def make_search(algorithm: str, space: Sequence[Parameter], goals: Sequence[Goal], *, seed: int) -> Search:
    """The search that a StudySpec's algorithm stands for; Bayesian when it names none."""
    if algorithm == "GRID_SEARCH":
        return GridSearch(space)
    return OptunaSearch(space, goals, seed=seed, random=algorithm == "RANDOM_SEARCH")


class GridSearch:
    """Every combination exactly once."""

    def __init__(self, space: Sequence[Parameter]) -> None:
        self._rest = grid(space)
        self._tried: set[frozenset[tuple[str, Any]]] = set()

    def suggest(self) -> tuple[Any, Values] | None:
        """The next combination."""
        return next(((None, values) for values in self._rest if frozenset(values.items()) not in self._tried), None)

    def learn(self, token: Any, values: Sequence[float] | None) -> None:
        """Nothing: a grid does not depend on outcomes."""

    def recall(self, parameters: Mapping[str, Any], values: Sequence[float] | None) -> Any:  # noqa: ARG002
        """Passes over the combination that the trial has had."""
        self._tried.add(frozenset(parameters.items()))


class OptunaSearch:
    """Optuna's tree-structured Parzen estimator, or its random sampler."""

    def __init__(self, space: Sequence[Parameter], goals: Sequence[Goal], *, seed: int, random: bool) -> None:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self._space = space
        with _QUIET, warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            sampler: Any = (
                optuna.samplers.RandomSampler(seed=seed)
                if random
                else optuna.samplers.TPESampler(
                    seed=seed, n_startup_trials=_BEFORE_MODEL, multivariate=True, group=True, constant_liar=True
                )
            )
        maximize, minimize = optuna.study.StudyDirection.MAXIMIZE, optuna.study.StudyDirection.MINIMIZE
        directions = [maximize if goal.is_maximized else minimize for goal in goals]
        self._study = optuna.create_study(sampler=sampler, directions=directions)

    def suggest(self) -> tuple[Any, Values] | None:
        """The next values; there is always one more."""
        trial = self._study.ask()
        values: Values = {}
        _suggest(trial, self._space, values)
        return trial, values

    def learn(self, token: Any, values: Sequence[float] | None) -> None:
        """Tells the study, which suggests better for it."""
        from optuna.trial import TrialState

        if values is None:
            self._study.tell(token, state=TrialState.FAIL)
        else:
            self._study.tell(token, list(values))

    def recall(self, parameters: Mapping[str, Any], values: Sequence[float] | None) -> Any:
        """Suggests that trial's own values once more, and tells what they led to when that is known."""
        self._study.enqueue_trial(dict(_to_internal(self._space, parameters)))
        trial = self._study.ask()
        _suggest(trial, self._space, {})
        if values is not None:
            self._study.tell(trial, list(values))
        return trial


def _suggest(trial: Any, space: Sequence[Parameter], values: Values) -> None:
    for parameter in space:
        value = values[parameter.id] = _suggest_one(trial, parameter)
        _suggest(trial, list(parameter.active(value)), values)


def _suggest_one(trial: Any, parameter: Parameter) -> Any:
    match parameter.kind:
        case "double":
            return parameter.mirror(
                trial.suggest_float(parameter.path, parameter.low, parameter.high, log=parameter.is_log)
            )
        case "integer":
            low, high = int(parameter.low), int(parameter.high)
            return parameter.mirror(trial.suggest_int(parameter.path, low, high, log=parameter.is_log))
        case "discrete":  # by place, which keeps the order of the values
            return parameter.choices[trial.suggest_int(parameter.path, 0, len(parameter.choices) - 1)]
        case _:
            return trial.suggest_categorical(parameter.path, list(parameter.choices))


def _to_internal(space: Sequence[Parameter], values: Mapping[str, Any]) -> Any:
    """The names and values that Optuna knows a trial's parameters by."""
    for parameter in space:
        if parameter.id in values:
            value = values[parameter.id]
            if parameter.kind == "discrete":
                yield parameter.path, parameter.choices.index(value)
            else:
                yield parameter.path, value if parameter.kind == "categorical" else parameter.mirror(value)
            yield from _to_internal(list(parameter.active(value)), values)
