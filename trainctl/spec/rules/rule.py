"""What a rule is, and what it finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from trainctl.catalog import SUBMISSION_LABEL
from trainctl.spec.problems import PathKey, Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from trainctl.spec.reading import RestView

Fields: TypeAlias = "Mapping[str, Any]"


@dataclass(frozen=True, slots=True)
class Where:
    """What is known of the place a job goes to; None where only the credentials or nobody knows.

    `labels` are those that trainctl will add to its own.
    """

    project: str | None = None
    location: str | None = None
    labels: frozenset[str] = frozenset({SUBMISSION_LABEL})


@dataclass(frozen=True, slots=True)
class Finding:
    """One breach of a rule: the canonical path of the value (or, with `at_key`, of its key), a sentence, a cure.

    Without a hint the rule's own cure is shown. `needs` are the paths of other values that the judgement rests on.
    """

    path: PathKey
    message: str
    hint: str | None = None
    at_key: bool = False
    needs: tuple[PathKey, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: its code, what it says, how to comply, where it comes from, and the function that finds breaches.

    `check` sees a document's sound fields in canonical spelling. `reads` names the top-level fields without which
    it cannot judge: when one of them is malformed, the rule is not asked. `bad` and `good` are specs in YAML. With a
    `view`, the rule reads a REST body through it.
    """

    code: str
    sentence: str
    cure: str
    source: str
    check: Callable[[Fields, Where], Iterator[Finding]]
    bad: str
    good: str
    severity: Severity = Severity.ERROR
    reads: tuple[str, ...] = ()
    view: RestView | None = None


def by_schema(_: Fields, __: Where) -> Iterator[Finding]:
    """For rules that the schema itself enforces, under `x-code`: nothing is left to find."""
    return iter(())


WARNING = Severity.WARNING
HEAD = "kind: custom\ndisplay_name: example\n"
IMAGE = f"{HEAD}container_uri: us-docker.pkg.dev/my-project/images/trainer:1\n"
"""The beginning of most examples: a container, which is the shortest code source."""

STUDY = (
    f"{IMAGE.replace('custom', 'hptune')}max_trial_count: 8\nparallel_trial_count: 2\n"  # without metric and parameters
)
TUNING = f"{STUDY}metric_spec: {{accuracy: maximize}}\n"
"""The beginning of tuning examples, which end with their parameters."""

T4 = f"{IMAGE}machine_type: n1-standard-8\naccelerator_type: NVIDIA_TESLA_T4\n"

SDK = "google-cloud-aiplatform 1.77.0"
REST = "Vertex AI REST reference, "
CATALOGUE = "https://cloud.google.com/vertex-ai/docs/training/configure-compute"
"""What sources begin with."""
