"""Which jobs a list is to show: said to the service where it understands, and checked here in any case."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import timedelta
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from trainctl.catalog import COLLECTION_KINDS, ML_JOBS, ML_KINDS, TASK_KINDS, VERTEX
from trainctl.errors import UsageError
from trainctl.jobs import view
from trainctl.phases import STATES, Phase
from trainctl.shapes import is_job
from trainctl.spec.values import parse_duration
from trainctl.wire import parse_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from trainctl.catalog import Collection
    from trainctl.jobs import Job

_RAW_KINDS = {
    "custom-job": "customJobs",
    "training-pipeline": "trainingPipelines",
    "hyperparameter-tuning-job": "hyperparameterTuningJobs",
    "ml-job": "jobs",
    "automl-model": "operations",
}
KINDS: Mapping[str, Mapping[str, str]] = {
    **{
        kind: {
            **{collection: "" for collection, own in COLLECTION_KINDS.items() if own == kind},
            "trainingPipelines": f"*{task.rstrip('_')}*",
        }
        for task, kind in sorted(TASK_KINDS.items(), key=lambda row: row[1].startswith("automl"))
    },
    **{kind: {collection: ""} for kind, collection in _RAW_KINDS.items()},
    **{kind: {collection: ""} for collection, kind in COLLECTION_KINDS.items() if kind not in TASK_KINDS.values()},
    **{kind: {ML_JOBS.id: kind} for kind in ML_KINDS.values()},
}
"""Where the jobs of a kind are: collections, and what tells them apart there: training task definitions, inputs."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Conditions that a job must all meet; an empty one is met by every job.

    `names` are display names, or patterns with `*`; a label of None need only exist. `filter` is in Google's syntax
    and is checked by the service alone.
    """

    phases: frozenset[Phase] = frozenset()
    kinds: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    labels: Mapping[str, str | None] = field(default_factory=dict)
    since: datetime | None = None
    filter: str = ""

    def collections(self, known: Sequence[Collection]) -> list[Collection]:
        """Those of `known` that can hold a job of the kinds and in the states asked for."""
        return [each for each in known if self._has_kinds(each) and self._has_states(each)]

    def _has_kinds(self, collection: Collection) -> bool:
        return not self.kinds or any(collection.id in KINDS[kind] for kind in self.kinds)

    def _has_states(self, collection: Collection) -> bool:
        return (
            not self.phases
            or Phase.UNKNOWN in self.phases
            or not self.phases.isdisjoint(STATES[collection.states].values())
        )

    def expression(self, collection: Collection) -> str:
        """The conditions in Google's filter syntax, as far as it has words for them."""
        if collection.service is not VERTEX:
            return self.filter  # their own syntaxes have few words, and no document has them all
        terms = [
            _state_term(self.phases, STATES[collection.states]),
            _any(_definitions(self.kinds, collection.id)),
            _any(_name_terms(self.names)),
            *_label_terms(self.labels),
            f'create_time>="{self.since:%Y-%m-%dT%H:%M:%SZ}"' if self.since else "",
            f"({self.filter})" if self.filter else "",
        ]
        given = [term for term in terms if term]
        return self.filter if given == [f"({self.filter})"] else " AND ".join(given)

    def leaves_out(self, collection: Collection) -> bool:
        """Whether jobs of a page may be left out here, because the service has no words for a condition."""
        told = collection.service is VERTEX and (not self.names or bool(_name_terms(self.names)))
        return not told and self != Selection(filter=self.filter)

    def take(self, page: Iterable[Mapping[str, Any]], collection: Collection) -> list[Job]:
        """The jobs among the resources of a page that meet every condition but `filter`."""
        jobs = (view(each, collection) for each in page if is_job(each, collection))
        return [job for job in jobs if self.admits(job)]

    def admits(self, job: Job) -> bool:
        """Whether the job meets every condition but `filter`."""
        return (
            (not self.phases or job.phase in self.phases)
            and (not self.kinds or any(_is_of(job, kind) for kind in self.kinds))
            and (not self.names or any(fnmatchcase(job.display_name, name) for name in self.names))
            and all(
                key in job.labels and (value is None or job.labels[key] == value) for key, value in self.labels.items()
            )
            and (self.since is None or (job.create_time is not None and job.create_time >= self.since))
        )


def _state_term(phases: frozenset[Phase], states: Mapping[str, Phase]) -> str:
    """The wanted states; where unknown ones are wanted too, all but the unwanted ones."""
    if Phase.UNKNOWN in phases:
        return " AND ".join(f'state!="{raw}"' for raw, phase in states.items() if phase not in phases)
    return _any(f'state="{raw}"' for raw, phase in states.items() if phase in phases)


def _any(terms: Iterable[str]) -> str:
    given = list(terms)
    return f"({' OR '.join(given)})" if len(given) > 1 else "".join(given)


def _definitions(kinds: Iterable[str], collection: str) -> list[str]:
    """Nothing when one of the kinds takes the whole collection."""
    patterns = [KINDS[kind][collection] for kind in kinds if collection in KINDS[kind]]
    return [] if "" in patterns else [f'training_task_definition:"{pattern}"' for pattern in patterns]


def _name_terms(names: Iterable[str]) -> list[str]:
    """Nothing when one of the patterns says more than the service's only wildcard can."""
    if any(set(name) & set("?[") for name in names):
        return []
    return [f"display_name{':' if '*' in name else '='}{json.dumps(name, ensure_ascii=False)}" for name in names]


def _label_terms(labels: Mapping[str, str | None]) -> list[str]:
    """Values in quotes: one may be empty, which without them is no filter at all."""
    return [
        f"labels.{key}:*" if value is None else f"labels.{key}={json.dumps(value)}" for key, value in labels.items()
    ]


def _is_of(job: Job, kind: str) -> bool:
    return kind == job.kind or KINDS[kind].get(job.collection.id) == ""


def read_phases(words: Iterable[str]) -> frozenset[Phase]:
    """Phases by their words in any case, as raw states, or `active` and `ended` for all of a sort."""
    found: set[Phase] = set()
    for word in (part.strip() for text in words for part in text.split(",")):
        name = word.upper().removeprefix("JOB_STATE_").removeprefix("PIPELINE_STATE_")
        if name in ("ACTIVE", "ENDED"):
            found |= {phase for phase in Phase if phase.ended == (name == "ENDED")}
        elif name in Phase.__members__:
            found.add(Phase[name])
        elif phases := {table.get(f"{start}{name}") for start, table in _TABLES} - {None}:
            found |= {phase for phase in phases if phase}
        else:
            known = ", ".join(phase.value for phase in Phase)
            raise UsageError(
                f"`--state {word}` is no state", hint=f"states are {known}, and `active`, `ended` for all of a sort"
            )
    return frozenset(found)


_TABLES = (("JOB_STATE_", STATES["job"]), ("PIPELINE_STATE_", STATES["pipeline"]), ("", STATES["ml"]))


def read_kinds(words: Iterable[str]) -> tuple[str, ...]:
    """Kinds of jobs, `ml` and `automl` standing for all whose names begin so. Raises UsageError for others."""
    found: list[str] = []
    for word in (part.strip() for text in words for part in text.split(",")):
        family = [kind for kind in KINDS if kind == word] or [kind for kind in KINDS if kind.startswith(f"{word}-")]
        if not family:
            raise UsageError(f"`--kind {word}` is no kind of job", hint=f"kinds are {', '.join(KINDS)}")
        found += family
    return tuple(found)


def read_labels(words: Iterable[str]) -> dict[str, str | None]:
    """`key=value`, or `key` alone for any value.

    Raises UsageError for a text without a key, which would be met by every job: in a script, a variable was not set.
    """
    found: dict[str, str | None] = {}
    for text in words:
        for key, equals, value in (part.strip().partition("=") for part in text.split(",")):
            if not key:
                raise UsageError(f"`--label {text}` names no label", hint="write `--label KEY` or `--label KEY=VALUE`")
            found[key] = value if equals else None
    return found


def read_since(text: str | None, now: datetime) -> datetime | None:
    """A time (RFC 3339, or a day), or how long before `now` as in `2h`, `7d`."""
    if text is None:
        return None
    if moment := parse_time(text):
        return moment
    try:
        return now - timedelta(seconds=parse_duration(text))
    except (ValueError, OverflowError) as error:
        raise UsageError(
            f"`--since {text}` is no time", hint="write `2h`, `7d`, `2026-11-21` or a whole RFC 3339 time"
        ) from error
