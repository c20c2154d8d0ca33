"""Machine types against the catalogue: warnings all, since a catalogue ages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trainctl.reference.machines import load_machines
from trainctl.spec.rules.accelerators import accelerator
from trainctl.spec.rules.rule import CATALOGUE, IMAGE, T4, WARNING, Fields, Finding, Rule, Where
from trainctl.spec.rules.views import machines, number
from trainctl.spec.suggest import listed, suggestion

if TYPE_CHECKING:
    from collections.abc import Iterator

_TPU = f"{IMAGE}machine_type: ct5lp-hightpu-4t\n"
_A100 = f"{IMAGE}machine_type: a2-highgpu-1g\naccelerator_type: NVIDIA_TESLA_A100\naccelerator_count: 1\n"


def _unknown_machine(fields: Fields, _: Where) -> Iterator[Finding]:
    catalogue = load_machines()
    names = [(machine.at("machine_type"), machine.machine_type) for machine in machines(fields)]
    names.append((("reduction_server_machine_type",), fields.get("reduction_server_machine_type")))
    for path, name in names:
        if name and name not in catalogue.machine_types:
            hint = suggestion(name, catalogue.machine_types)
            yield Finding(path, f"`{name}` is no machine type for training that we know of", hint)


MACHINE_UNKNOWN = Rule(
    code="machine-unknown",
    sentence="Training runs on the machine types of Google's list.",
    cure="`trainctl catalog machines` lists those known",
    source=CATALOGUE,
    check=_unknown_machine,
    severity=WARNING,
    bad=f"{IMAGE}machine_type: n1-standard-5\n",
    good=f"{IMAGE}machine_type: n1-standard-8\n",
)


def _fit(fields: Fields, _: Where) -> Iterator[Finding]:
    catalogue = load_machines()
    for machine in machines(fields):
        name, kind = machine.machine_type, accelerator(machine)
        if not name or name not in catalogue.machine_types:
            continue
        allowed = catalogue.accelerators.get(name, {})
        if kind and kind not in allowed:
            known = f"it has {listed(allowed)}" if allowed else "it has no accelerators"
            yield Finding(machine.at("accelerator_type"), f"`{name}` has no {kind}", known)
        elif kind and (count := number(machine.values.get("accelerator_count"))) and count not in allowed[kind]:
            counts = listed((str(number) for number in allowed[kind]), last="or")
            yield Finding(machine.at("accelerator_count"), f"`{name}` has no {count} × {kind}", f"it has {counts}")
        elif not kind and catalogue.needs_accelerator(name):
            kinds = next(iter(allowed))
            hint = f"add `accelerator_type: {kinds}` and `accelerator_count: {allowed[kinds][0]}`"
            message = f"`{name}` comes with accelerators, but none is named"
            yield Finding(machine.at("machine_type"), message, hint, needs=(machine.at("accelerator_type"),))


MACHINE_ACCELERATOR = Rule(
    code="machine-accelerator",
    sentence="Each machine type has accelerators of certain types in certain counts.",
    cure="`trainctl catalog machines` lists what fits",
    source=CATALOGUE,
    check=_fit,
    severity=WARNING,
    bad=f"{IMAGE}machine_type: e2-standard-4\naccelerator_type: NVIDIA_TESLA_T4\naccelerator_count: 1\n",
    good=f"{T4}accelerator_count: 4\n",
)


def _offer(fields: Fields, where: Where) -> Iterator[Finding]:
    catalogue = load_machines()
    if where.location not in catalogue.regions or catalogue.offers.get(where.location) is None:
        return
    offered, listed_only = catalogue.offers[where.location], catalogue.listed.get(where.location, frozenset())
    for machine in machines(fields):
        family = catalogue.tpu_family(machine.machine_type or "")
        wanted, place = (family, "machine_type") if family else (accelerator(machine), "accelerator_type")
        if wanted and wanted not in offered and catalogue.regions_of(wanted):
            elsewhere = "it is in " + listed(catalogue.regions_of(wanted), most=6)
            more = " for training, only for predictions" if wanted in listed_only else ""
            yield Finding(machine.at(place), f"{where.location} has no {wanted}{more}", elsewhere)


MACHINE_REGION = Rule(
    code="machine-region",
    sentence="Each region has certain accelerators for training.",
    cure="`trainctl catalog accelerators` lists what is where",
    source="https://cloud.google.com/vertex-ai/docs/general/locations#accelerators",
    check=_offer,
    severity=WARNING,
    bad=f"location: europe-west6\n{_A100}",
    good=f"location: us-central1\n{_A100}",
)


def _topology(fields: Fields, _: Where) -> Iterator[Finding]:
    catalogue = load_machines()
    for machine in machines(fields):
        name, topology = machine.machine_type or "", machine.values.get("tpu_topology")
        known = catalogue.topologies.get(name)
        if topology and known is None and name in catalogue.machine_types:
            yield Finding(
                machine.at("tpu_topology"),
                f"`{name}` is no TPU machine, `tpu_topology` means nothing to it",
                "remove it",
            )
        elif known and not topology:
            yield Finding(
                machine.at("machine_type"),
                f"`{name}` needs `tpu_topology`",
                f"write {listed(known, most=12, last='or')}",
            )
        elif known and topology not in known:
            yield Finding(
                machine.at("tpu_topology"),
                f"`{name}` has no topology `{topology}`",
                f"write {listed(known, most=12, last='or')}",
            )


TPU_TOPOLOGY = Rule(
    code="tpu-topology",
    sentence="TPU machines (`ct5lp-`, `ct6e-`, `tpu7x-`) have a topology, one of those that the machine type has.",
    cure="choose a topology of the machine type",
    source=CATALOGUE,
    check=_topology,
    severity=WARNING,
    bad=f"{_TPU}tpu_topology: 3x3\n",
    good=f"{_TPU}tpu_topology: 2x2\n",
)


def _tpu_replicas(fields: Fields, _: Where) -> Iterator[Finding]:
    for machine in machines(fields):
        replicas = number(machine.values.get("replica_count"), 1)
        if replicas > 1 and (machine.machine_type or "") in load_machines().topologies:
            yield Finding(machine.at("replica_count"), f"a TPU slice is one replica, not {replicas}")


TPU_REPLICAS = Rule(
    code="tpu-replicas",
    sentence="A TPU slice counts as one replica: its topology says how many machines it has.",
    cure="write 1, and choose a larger `tpu_topology`",
    source=CATALOGUE,
    check=_tpu_replicas,
    severity=WARNING,
    bad=f"{_TPU}tpu_topology: 2x2\nreplica_count: 2\n",
    good=f"{_TPU}tpu_topology: 2x2\n",
)


RULES = (MACHINE_UNKNOWN, MACHINE_ACCELERATOR, MACHINE_REGION, TPU_TOPOLOGY, TPU_REPLICAS)
