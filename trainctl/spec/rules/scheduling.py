"""How long a job runs and waits, and how its machines are obtained."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trainctl.spec.rules.rule import IMAGE, REST, WARNING, Fields, Finding, Rule, Where
from trainctl.spec.values import LONGEST_DURATION, parse_duration

if TYPE_CHECKING:
    from collections.abc import Iterator

_POSITIVE = ("timeout", "model_serving_container_deployment_timeout")
_DEPRECATED = {"ON_DEMAND": "STANDARD", "LOW_COST": "SPOT"}
_DEPLOYMENT = "model_serving_container_deployment_timeout"
_LONGEST_DEPLOYMENT = 7200
_SERVE = f"{IMAGE}model_serving_container_image_uri: us-docker.pkg.dev/my-project/images/server:1\n"


def _seconds(value: float | str) -> float:
    """Seconds; REST bodies may write a sign, which `parse_duration` does not read."""
    return -1 if isinstance(value, str) and value.startswith("-") else parse_duration(value)


def _positive(fields: Fields, _: Where) -> Iterator[Finding]:
    for name in (*_POSITIVE, "max_wait_duration"):
        seconds = _seconds(fields[name]) if name in fields else 1
        if seconds <= 0 and name in _POSITIVE:
            yield Finding((name,), f"`{name}` must be longer than 0 seconds")
        elif seconds > LONGEST_DURATION:
            yield Finding((name,), f"`{name}` is longer than 10 000 years")


DURATION = Rule(
    code="duration",
    sentence="A duration is a positive number of seconds, or text such as `90s`, `45m`, `1h30m`, `7d`.",
    cure="write seconds, or text such as `1h30m`",
    source=f"{REST}Scheduling.timeout",
    check=_positive,
    bad=f"{IMAGE}timeout: -5\n",
    good=f"{IMAGE}timeout: 1h30m\n",
)


def _deployment(fields: Fields, _: Where) -> Iterator[Finding]:
    if _DEPLOYMENT in fields and _seconds(fields[_DEPLOYMENT]) > _LONGEST_DEPLOYMENT:
        yield Finding((_DEPLOYMENT,), f"`{_DEPLOYMENT}` is longer than 2 hours")


DEPLOYMENT_TIMEOUT = Rule(
    code="deployment-timeout",
    sentence="A deployment may take at most 2 hours.",
    cure="write at most `2h`",
    source=f"{REST}ModelContainerSpec.deploymentTimeout",
    check=_deployment,
    bad=f"{_SERVE}{_DEPLOYMENT}: 3h\n",
    good=f"{_SERVE}{_DEPLOYMENT}: 30m\n",
)


def _strategy(fields: Fields, _: Where) -> Iterator[Finding]:
    strategy = fields.get("scheduling_strategy")
    if strategy in _DEPRECATED:
        yield Finding(("scheduling_strategy",), f"{strategy} is deprecated", f"write {_DEPRECATED[strategy]}")


STRATEGY_DEPRECATED = Rule(
    code="strategy-deprecated",
    sentence="The strategies ON_DEMAND and LOW_COST are now called STANDARD and SPOT.",
    cure="write STANDARD or SPOT",
    source=f"{REST}Scheduling.strategy",
    check=_strategy,
    severity=WARNING,
    bad=f"{IMAGE}scheduling_strategy: LOW_COST\n",
    good=f"{IMAGE}scheduling_strategy: SPOT\n",
)


def _wait(fields: Fields, _: Where) -> Iterator[Finding]:
    if "max_wait_duration" in fields and fields.get("scheduling_strategy") != "FLEX_START":
        yield Finding(("max_wait_duration",), "`max_wait_duration` has no effect without FLEX_START", at_key=True)


STRATEGY_WAIT = Rule(
    code="strategy-wait",
    sentence="Only jobs with strategy FLEX_START wait for machines.",
    cure="add `scheduling_strategy: FLEX_START`, or remove it",
    source=f"{REST}Scheduling.maxWaitDuration",
    check=_wait,
    severity=WARNING,
    bad=f"{IMAGE}max_wait_duration: 1h\n",
    good=f"{IMAGE}max_wait_duration: 1h\nscheduling_strategy: FLEX_START\n",
)


def _retries(fields: Fields, _: Where) -> Iterator[Finding]:
    if fields.get("disable_retries") and fields.get("restart_job_on_worker_restart"):
        yield Finding(
            ("restart_job_on_worker_restart",),
            "`disable_retries` overrides `restart_job_on_worker_restart`",
            at_key=True,
        )


RETRIES = Rule(
    code="retries",
    sentence="`disable_retries` sets `restart_job_on_worker_restart` to false.",
    cure="keep one of them",
    source=f"{REST}Scheduling.disableRetries",
    check=_retries,
    severity=WARNING,
    bad=f"{IMAGE}disable_retries: true\nrestart_job_on_worker_restart: true\n",
    good=f"{IMAGE}disable_retries: true\n",
)

RULES = (DURATION, DEPLOYMENT_TIMEOUT, STRATEGY_DEPRECATED, STRATEGY_WAIT, RETRIES)
