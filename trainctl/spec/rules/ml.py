"""The rules of `ml-training`, `ml-prediction` and the raw kind `ml-job`: their own, and those that hold everywhere."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from trainctl.spec.ml_reading import BODY_VIEW, SPEC_VIEW
from trainctl.spec.rules import (
    code,
    ml_code,
    ml_jobs,
    ml_machines,
    ml_prediction,
    ml_runtime,
    names,
    networks,
    places,
    study,
    trials,
)
from trainctl.spec.rules.rule import Where

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trainctl.spec.ml_reading import MlView
    from trainctl.spec.rules.rule import Fields, Finding, Rule


def _key_of_region(fields: Fields, where: Where) -> Iterator[Finding]:
    region = ml_machines.training(fields).get("region")
    return places.KMS_KEY.check(fields, Where(where.project, region if isinstance(region, str) else where.location))


_LABELS = (names.LABEL_FORM, names.LABEL_COUNT, names.LABEL_RESERVED)
_SHARED = (
    replace(places.KMS_KEY, check=_key_of_region),
    networks.NETWORK,
    networks.NETWORK_PROJECT,
    networks.SERVICE_ACCOUNT,
    code.PACKAGE_FORM,
    code.MODULE_FORM,
    code.ARGS_LENGTH,
    study.STUDY_NAME,
    study.PARAMETER_FIELDS,
    study.PARAMETER_VALUES,
    study.PARAMETER_ORDER,
    study.PARAMETER_BOUNDS,
    study.PARAMETER_SCALE,
    study.GRID_DOUBLE,
    trials.TRIAL_COUNT,
    trials.FAILED_COUNT,
)
"""Rules of other kinds about fields that these jobs have too."""
_TRAINING = (*ml_machines.RULES, *ml_code.RULES, *ml_runtime.RULES, *ml_jobs.TUNING)


def _through(view: MlView, *rules: Rule) -> tuple[Rule, ...]:
    return tuple(replace(rule, view=view, reads=()) for rule in rules)


TRAINING: tuple[Rule, ...] = (
    *_LABELS,
    *ml_jobs.GENERAL,
    *_TRAINING,
    *_through(SPEC_VIEW, *_SHARED),
)
PREDICTION: tuple[Rule, ...] = (*_LABELS, *ml_jobs.GENERAL, *ml_prediction.RULES)
RAW: tuple[Rule, ...] = (
    *_through(BODY_VIEW, ml_jobs.INPUT, *_LABELS, *ml_jobs.GENERAL, *_TRAINING, *ml_prediction.RULES, *_SHARED),
)
