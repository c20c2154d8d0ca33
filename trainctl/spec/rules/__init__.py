"""What Google's documents state and no schema can say: rules, each a small function beside its words."""

from __future__ import annotations

from trainctl.spec.rules import (
    accelerators,
    automl,
    budgets,
    code,
    datasets,
    disks,
    environment,
    garden,
    general,
    machine,
    models,
    mounts,
    names,
    networks,
    places,
    pools,
    raw,
    reduction,
    scheduling,
    study,
    trials,
)
from trainctl.spec.rules.rule import Finding, Rule, Where

__all__ = [
    "ALL_RULES",
    "AUTOML_IMAGE_RULES",
    "AUTOML_VIDEO_RULES",
    "CUSTOM_RULES",
    "GENERAL_RULES",
    "HPTUNE_RULES",
    "RAW_RULES",
    "STUDY_RULES",
    "Finding",
    "Rule",
    "Where",
    "find",
]

CUSTOM_RULES: tuple[Rule, ...] = (
    *code.RULES,
    *pools.RULES,
    *reduction.RULES,
    *mounts.RULES,
    *machine.RULES,
    *accelerators.RULES,
    *disks.RULES,
    *environment.RULES,
    *scheduling.RULES,
    *names.RULES,
    *places.RULES,
    *networks.RULES,
    *datasets.RULES,
    *models.RULES,
)
"""The rules of kind `custom`."""

STUDY_RULES = study.STUDY_RULES
"""The rules of every spec with metrics and parameters."""

HPTUNE_RULES: tuple[Rule, ...] = (*CUSTOM_RULES, *STUDY_RULES, *trials.RULES)
"""The rules of kind `hptune`."""

_AUTOML = (*names.GENERAL, *names.MODEL, *places.GENERAL, models.MODEL_TWICE)
_IMAGE = (*automl.OWN, *budgets.RULES, *garden.RULES)
AUTOML_IMAGE_RULES: tuple[Rule, ...] = (*_IMAGE, *datasets.SPLITS, *STUDY_RULES, *_AUTOML)
"""The rules of kind `automl-image`."""

AUTOML_VIDEO_RULES: tuple[Rule, ...] = (*automl.VIDEO, *_AUTOML)
"""The rules of kind `automl-video`."""

RAW_RULES = raw.RAW_RULES
"""The rules of each kind that is a REST body."""

ALL_RULES = (*HPTUNE_RULES, *_IMAGE, automl.VIDEO_DEPRECATED, raw.SPLIT_UNION)
"""Every rule about certain kinds, whichever use it."""
GENERAL_RULES = general.RULES
"""What holds for any spec and is enforced while it is read: words only."""


def find(code: str) -> Rule | None:
    """The rule with this code, those that the loader and the schemas enforce among them."""
    return next((rule for rule in (*ALL_RULES, *general.RULES) if rule.code == code), None)
