"""The named pipelines, and the choice among them by cross-validation within a budget."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from trainctl.local.automl.trainer.data import say
from trainctl.local.automl.trainer.features import FEATURES, extract

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDS = 3
PATIENCE = 4
"""Pipelines without an improvement after which the choice is taken as made."""

PERFECT = 0.9995
CONVERGED, SPENT = "MODEL_CONVERGED", "BUDGET_REACHED"
NAMES = tuple(f"{feature}+{model}" for feature in FEATURES for model in ("linear", "trees"))


@dataclass(frozen=True, slots=True)
class Choice:
    """The best pipeline's name and its score, every score by name, and why the choice ended."""

    name: str
    score: float
    scores: dict[str, float]
    reason: str


def measure(name: str, images: Any, hints: Any = None) -> Any:
    """The features that a pipeline reads; `hints`, what an earlier model says of the images, go beside them."""
    import numpy as np

    rows = extract(name.partition("+")[0], images)
    return rows if hints is None else np.concatenate([rows, hints], axis=1)


def make_model(name: str, *, multi_label: bool) -> Any:
    """The untrained estimator of a pipeline, which gives probabilities."""
    from sklearn.ensemble import ExtraTreesClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.multiclass import OneVsRestClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    if name.endswith("+trees"):
        forest = ExtraTreesClassifier(300, min_samples_leaf=2, random_state=0, n_jobs=1)
        return OneVsRestClassifier(forest) if multi_label else forest
    linear = LogisticRegression(C=0.1, max_iter=500)
    return make_pipeline(StandardScaler(), OneVsRestClassifier(linear) if multi_label else linear)


def choose(
    names: tuple[str, ...], rows_of: Any, targets: Any, *, seconds: float, patient: bool, multi_label: bool
) -> Choice:
    """Scores pipelines one after the other until they no longer improve (unless `patient`) or the time is over.

    `rows_of` gives the features of a pipeline by its name. At least one pipeline is scored.
    """
    began, stale = time.monotonic(), 0
    scores: dict[str, float] = {}
    for name in names:
        if scores and time.monotonic() - began > seconds:
            return _best(scores, SPENT)
        score = cross_validate(
            make_model(name, multi_label=multi_label), rows_of(name), targets, multi_label=multi_label
        )
        stale = 0 if not scores or score > max(scores.values()) else stale + 1
        scores[name] = score
        say(f"{name}: {score:.4f} in cross-validation")
        if not patient and (score >= PERFECT or stale >= PATIENCE):
            break
    return _best(scores, CONVERGED)


def cross_validate(model: Any, rows: Any, targets: Any, *, multi_label: bool) -> float:
    """The mean score over the folds: accuracy, or F1 over all labels where an image has several."""
    import numpy as np
    from sklearn.base import clone
    from sklearn.metrics import accuracy_score, f1_score

    results = []
    for train, test in _folds(targets, multi_label=multi_label):
        fitted = clone(model).fit(rows[train], targets[train])
        guesses = fitted.predict(rows[test])
        if multi_label:
            results.append(f1_score(targets[test], guesses, average="micro", zero_division=0.0))
        else:
            results.append(accuracy_score(targets[test], guesses))
    return float(np.mean(results))


def _folds(targets: Any, *, multi_label: bool) -> Iterator[tuple[Any, Any]]:
    import numpy as np
    from sklearn.model_selection import KFold, StratifiedKFold

    rarest = len(targets) if multi_label else int(np.bincount(targets).min())
    if rarest >= 2 and multi_label:
        yield from KFold(min(FOLDS, rarest), shuffle=True, random_state=0).split(targets)
    elif rarest >= 2:
        yield from StratifiedKFold(min(FOLDS, rarest), shuffle=True, random_state=0).split(targets, targets)
    else:
        everything = np.arange(len(targets))
        yield everything, everything


def _best(scores: dict[str, float], reason: str) -> Choice:
    name = max(scores, key=lambda each: scores[each])
    return Choice(name, scores[name], scores, reason)
