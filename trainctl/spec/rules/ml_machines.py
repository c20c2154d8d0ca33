"""Machines of AI Platform Training: scale tiers, families of machine types, replicas, accelerators."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from trainctl.reference.ai_platform import ACCELERATOR_COUNTS, COMPUTE_MACHINES, LEGACY_MACHINES, ROLES
from trainctl.spec.rules.rule import WARNING, Fields, Finding, Rule, Where
from trainctl.spec.rules.views import number
from trainctl.spec.suggest import listed, suggestion

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from trainctl.spec.problems import PathKey

ML = "AI Platform Training REST reference, "
HEAD = "kind: ml-training\njob_id: example_1\ntraining_input:\n  region: us-central1\n"
IMAGE = f"{HEAD}  master_config: {{image_uri: gcr.io/my-project/trainer}}\n"
CUSTOM = f"{IMAGE}  scale_tier: CUSTOM\n"
"""The beginnings of examples."""
_ACCELERATED = (
    f"{HEAD}  scale_tier: CUSTOM\n  master_type: n1-standard-8\n  master_config:\n    image_uri: gcr.io/p/trainer\n"
)

TPU = "cloud_tpu"
_TPU_CORES = 8


@dataclass(frozen=True, slots=True)
class Role:
    """The replicas of one role: its machine type, their number and configuration as the spec has them."""

    name: str
    machine: str | None
    count: int | None
    config: Mapping[str, Any]

    def at(self, part: str, *inner: str) -> PathKey:
        """Where a part of the role stands, or would stand: `type`, `count`, `config`."""
        return ("training_input", f"{self.name}_{part}", *inner)

    @property
    def accelerator(self) -> tuple[str | None, int]:
        """Type and number of its accelerators."""
        given = self.config.get("accelerator_config") or {}
        kind = given.get("type")
        return (kind if kind != "ACCELERATOR_TYPE_UNSPECIFIED" else None), number(given.get("count"))


def training(fields: Fields) -> Mapping[str, Any]:
    """The training input; empty for a job that predicts."""
    found = fields.get("training_input")
    return found if isinstance(found, dict) else {}


def roles(fields: Fields) -> list[Role]:
    """The four roles, the master first, however little is said of them."""
    given = training(fields)
    return [
        Role(
            name,
            given.get(f"{name}_type"),
            1 if name == "master" else (number(given[f"{name}_count"]) if f"{name}_count" in given else None),
            given.get(f"{name}_config") or {},
        )
        for name in ROLES
    ]


def _custom(fields: Fields, _: Where) -> Iterator[Finding]:
    given = training(fields)
    if given.get("scale_tier") == "CUSTOM" and "master_type" not in given:
        needs = (("training_input", "master_type"),)
        yield Finding(("training_input", "scale_tier"), "scale tier CUSTOM needs `master_type`", needs=needs)


CUSTOM_MASTER = Rule(
    code="ml-custom-master",
    sentence="Scale tier CUSTOM needs `master_type`.",
    cure="add `master_type: n1-standard-4`, or choose another scale tier",
    source=f"{ML}TrainingInput.masterType",
    check=_custom,
    bad=CUSTOM,
    good=f"{CUSTOM}  master_type: n1-standard-4\n",
)


def _tier(fields: Fields, _: Where) -> Iterator[Finding]:
    given = training(fields)
    tier = given.get("scale_tier")
    if not given or tier == "CUSTOM":
        return
    what = f"scale tier {tier}" if tier else "scale tier BASIC, which counts where none is named,"
    for role in roles(fields):
        for part in ("type", "count"):
            name = f"{role.name}_{part}"
            if name in given:
                yield Finding(
                    role.at(part),
                    f"`{name}` goes with scale tier CUSTOM only; {what} chooses the machines",
                    at_key=True,
                )


TIER_MACHINES = Rule(
    code="ml-tier-machines",
    sentence="Machine types and counts go with scale tier CUSTOM; the other tiers choose the machines.",
    cure="write `scale_tier: CUSTOM`, or leave it out",
    source=f"{ML}TrainingInput.masterType, workerCount, parameterServerCount, evaluatorCount",
    check=_tier,
    bad=f"{IMAGE}  scale_tier: STANDARD_1\n  master_type: n1-standard-4\n",
    good=f"{CUSTOM}  master_type: n1-standard-4\n",
)


def _needs_type(fields: Fields, _: Where) -> Iterator[Finding]:
    for role in roles(fields)[1:]:
        if role.count and role.machine is None:
            yield Finding(
                role.at("count"),
                f"`{role.name}_count` needs `{role.name}_type`",
                f"add `{role.name}_type`",
                at_key=True,
                needs=(role.at("type"),),
            )


WORKER_TYPE = Rule(
    code="ml-worker-type",
    sentence="Workers, parameter servers and evaluators that are counted have a machine type.",
    cure="add the type",
    source=f"{ML}TrainingInput.workerType, parameterServerType, evaluatorType",
    check=_needs_type,
    bad=f"{CUSTOM}  master_type: n1-standard-4\n  worker_count: 2\n",
    good=f"{CUSTOM}  master_type: n1-standard-4\n  worker_count: 2\n  worker_type: n1-standard-4\n",
)


def _idle(fields: Fields, _: Where) -> Iterator[Finding]:
    given = training(fields)
    for role in roles(fields)[1:]:
        for part in ("type", "config"):
            if f"{role.name}_{part}" in given and not role.count and given.get("scale_tier") == "CUSTOM":
                hint = f"add `{role.name}_count: 1`, or remove it"
                message = f"`{role.name}_{part}` is for no replica: their count is 0"
                yield Finding(role.at(part), message, hint, at_key=True, needs=(role.at("count"),))


WORKER_COUNT = Rule(
    code="ml-worker-count",
    sentence="A machine type is for replicas that are counted; the counts are 0 when left out.",
    cure="add the count, or remove the type",
    source=f"{ML}TrainingInput.workerCount: the default value is zero",
    check=_idle,
    severity=WARNING,
    bad=f"{CUSTOM}  master_type: n1-standard-4\n  worker_type: n1-standard-4\n",
    good=f"{CUSTOM}  master_type: n1-standard-4\n  worker_type: n1-standard-4\n  worker_count: 1\n",
)


def _family_of(machine: str) -> str:
    if machine == TPU:
        return ""
    return "legacy" if "-" not in machine else "Compute Engine"


def _family(fields: Fields, _: Where) -> Iterator[Finding]:
    named = [role for role in roles(fields) if role.machine and _family_of(role.machine)]
    for role in named[1:]:
        first, own = named[0], _family_of(str(role.machine))
        if own != _family_of(str(first.machine)):
            yield Finding(
                role.at("type"),
                f"`{role.machine}` is a {own} machine type, but `{first.machine}` of the {_word(first)} is none",
                needs=(first.at("type"),),
            )


def _word(role: Role) -> str:
    return role.name.replace("_", " ")


MACHINE_FAMILY = Rule(
    code="ml-machine-family",
    sentence="All machine types of a job are of one family: legacy (`standard`) or Compute Engine (`n1-standard-4`).",
    cure="choose types of one family",
    source=f"{ML}TrainingInput.workerType: must be consistent with the category that masterType uses",
    check=_family,
    bad=f"{CUSTOM}  master_type: n1-standard-4\n  worker_type: standard\n  worker_count: 1\n",
    good=f"{CUSTOM}  master_type: standard\n  worker_type: standard\n  worker_count: 1\n",
)


def _unknown(fields: Fields, _: Where) -> Iterator[Finding]:
    known = (*LEGACY_MACHINES, *COMPUTE_MACHINES)
    for role in roles(fields):
        if role.machine and role.machine not in known:
            yield Finding(
                role.at("type"),
                f"`{role.machine}` is no machine type of AI Platform that we know of",
                suggestion(role.machine, known),
            )


MACHINE_UNKNOWN = Rule(
    code="ml-machine-unknown",
    sentence="Machine types are those of Google's lists for AI Platform.",
    cure="choose a type such as `n1-standard-4` or `standard`",
    source=f"{ML}TrainingInput.masterType; https://cloud.google.com/ai-platform/training/docs/machine-types",
    check=_unknown,
    severity=WARNING,
    bad=f"{CUSTOM}  master_type: n1-standard-5\n",
    good=f"{CUSTOM}  master_type: n1-standard-4\n",
)


def _accelerated(fields: Fields, _: Where) -> Iterator[Finding]:
    for role in roles(fields):
        kind, _count = role.accelerator
        path = role.at("config", "accelerator_config")
        is_tpu = bool(kind and kind.startswith("TPU"))
        if not kind:
            continue
        if is_tpu != (role.machine == TPU):
            wanted = f"`{TPU}`" if is_tpu else "a Compute Engine machine type"
            hint = f"write `{role.name}_type: {TPU if is_tpu else 'n1-standard-8'}`"
            yield Finding(path, f"{kind} needs {wanted} in `{role.name}_type`", hint, needs=(role.at("type"),))
        elif not is_tpu and (role.machine is None or _family_of(role.machine) == "legacy"):
            hint = f"write `{role.name}_type: n1-standard-8`"
            yield Finding(path, f"accelerators need a Compute Engine machine type in `{role.name}_type`", hint)


ACCELERATOR_MACHINE = Rule(
    code="ml-accelerator-machine",
    sentence="Accelerators go with Compute Engine machine types, TPUs with `cloud_tpu`.",
    cure="name the machine type",
    source=f"{ML}TrainingInput.masterConfig, ReplicaConfig.acceleratorConfig",
    check=_accelerated,
    bad=f"{_ACCELERATED}    accelerator_config: {{type: NVIDIA_TESLA_T4, count: 1}}\n".replace(
        "n1-standard-8", "standard"
    ),
    good=f"{_ACCELERATED}    accelerator_config: {{type: NVIDIA_TESLA_T4, count: 1}}\n",
)


def _counts(fields: Fields, _: Where) -> Iterator[Finding]:
    for role in roles(fields):
        given = role.config.get("accelerator_config")
        kind, count = role.accelerator
        path = role.at("config", "accelerator_config")
        if given is None:
            continue
        if not kind or not count:
            missing = "type" if count else "count"
            yield Finding(path, f"the accelerators have no {missing}", f"add `{missing}`", at_key=True)
        elif kind in {"TPU_V2", "TPU_V3"} and count != _TPU_CORES:
            yield Finding((*path, "count"), f"{kind} comes with 8 cores, not {count}", "write `count: 8`")
        elif count not in ACCELERATOR_COUNTS.get(kind, (count,)):
            choices = listed((str(each) for each in ACCELERATOR_COUNTS[kind]), last="or")
            yield Finding((*path, "count"), f"no machine has {count} {kind}", f"they come in {choices}")


ACCELERATOR_COUNT = Rule(
    code="ml-accelerator-count",
    sentence="Accelerators have a type and a number that machines come with.",
    cure="write a number that exists",
    source="https://cloud.google.com/ai-platform/training/docs/using-gpus#compute-engine-machine-types-with-gpu",
    check=_counts,
    bad=f"{_ACCELERATED}    accelerator_config: {{type: NVIDIA_TESLA_T4, count: 3}}\n",
    good=f"{_ACCELERATED}    accelerator_config: {{type: NVIDIA_TESLA_T4, count: 2}}\n",
)

RULES = (
    CUSTOM_MASTER,
    TIER_MACHINES,
    WORKER_TYPE,
    WORKER_COUNT,
    MACHINE_FAMILY,
    MACHINE_UNKNOWN,
    ACCELERATOR_MACHINE,
    ACCELERATOR_COUNT,
)
