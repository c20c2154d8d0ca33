"""The rules of every spec that trains with the user's own code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trainctl.spec.rules import (
    accelerators,
    code,
    datasets,
    disks,
    environment,
    machine,
    models,
    mounts,
    names,
    networks,
    places,
    pools,
    reduction,
    scheduling,
)

if TYPE_CHECKING:
    from trainctl.spec.rules.rule import Rule

RULES: tuple[Rule, ...] = (
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
