"""Boot disks and reservations."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from trainctl.reference.machines import load_machines
from trainctl.spec.rules.rule import CATALOGUE, IMAGE, REST, SDK, WARNING, Fields, Finding, Rule, Where, by_schema
from trainctl.spec.rules.views import machines

if TYPE_CHECKING:
    from collections.abc import Iterator

_BY_NAME = "compute.googleapis.com/reservation-name"
_RESERVATION = re.compile(r"projects/[^/\s]+/zones/[^/\s]+/reservations/[^/\s]+(?:/.+)?")
_SPECIFIC = "SPECIFIC_RESERVATION"
_KEYED = f"{IMAGE}reservation_affinity_type: {_SPECIFIC}\nreservation_affinity_key: {_BY_NAME}\n"


def _reservation(fields: Fields, _: Where) -> Iterator[Finding]:
    for machine in machines(fields):
        given = [name for name in ("key", "values") if machine.values.get(name)]
        if machine.values.get("reservation_affinity_type") == _SPECIFIC and len(given) < 2:
            missing = next(name for name in ("key", "values") if name not in given)
            name = machine.at(missing)[-1]
            path = machine.at("reservation_affinity_type")
            yield Finding(path, f"{_SPECIFIC} needs `{name}`", f"add `{name}`", needs=(machine.at(missing),))


RESERVATION_AFFINITY = Rule(
    code="reservation-affinity",
    sentence="A specific reservation is named by key and values.",
    cure="add the key and the values of the reservation",
    source=f"{REST}ReservationAffinity; {SDK} sends null for a missing key",
    check=_reservation,
    bad=f"{IMAGE}reservation_affinity_type: SPECIFIC_RESERVATION\n",
    good=f"{_KEYED}reservation_affinity_values: [projects/my-project/zones/us-central1-a/reservations/mine]\n",
)


def _reservation_names(fields: Fields, _: Where) -> Iterator[Finding]:
    for machine in machines(fields):
        if machine.values.get("key") == _BY_NAME:
            for index, name in enumerate(machine.values.get("values") or ()):
                if not _RESERVATION.fullmatch(name):
                    yield Finding((*machine.at("values"), index), f"`{name}` is no full name of a reservation")


RESERVATION_NAME = Rule(
    code="reservation-name",
    sentence="A reservation has its full name: `projects/PROJECT/zones/ZONE/reservations/NAME`.",
    cure="write `projects/PROJECT/zones/ZONE/reservations/NAME`",
    source=f"{SDK}: reservation_affinity_values; {REST}ReservationAffinity.values",
    check=_reservation_names,
    severity=WARNING,
    bad=f"{_KEYED}reservation_affinity_values: [mine]\n",
    good=f"{_KEYED}reservation_affinity_values: [projects/my-project/zones/us-central1-a/reservations/mine]\n",
)


def _unused(fields: Fields, _: Where) -> Iterator[Finding]:
    for machine in machines(fields):
        kind = machine.values.get("reservation_affinity_type")
        for name in ("key", "values"):
            if machine.values.get(name) and kind != _SPECIFIC:
                message = f"`{machine.at(name)[-1]}` has no effect without {_SPECIFIC}"
                yield Finding(machine.at(name), message, at_key=True, needs=(machine.at("reservation_affinity_type"),))


RESERVATION_UNUSED = Rule(
    code="reservation-unused",
    sentence="Only a specific reservation is named by key and values.",
    cure="write `SPECIFIC_RESERVATION` as the type, or remove it",
    source=f"{SDK}: it drops them silently with other types",
    check=_unused,
    severity=WARNING,
    bad=f"{IMAGE}reservation_affinity_type: ANY_RESERVATION\nreservation_affinity_key: my-key\n",
    good=f"{IMAGE}reservation_affinity_type: ANY_RESERVATION\n",
)

DISK_SIZE = Rule(
    code="disk-size",
    sentence="A boot disk has 100 to 64 000 GB.",
    cure="write a size between 100 and 64000",
    source=f"{SDK}: boot_disk_size_gb",
    check=by_schema,
    bad=f"{IMAGE}boot_disk_size_gb: 10\n",
    good=f"{IMAGE}boot_disk_size_gb: 200\n",
)
DISK_TYPE = Rule(
    code="disk-type",
    sentence="A boot disk is of type `pd-ssd`, `pd-standard` or `hyperdisk-balanced`.",
    cure="choose one of these",
    source=f"{REST}DiskSpec.bootDiskType",
    check=by_schema,
    bad=f"{IMAGE}boot_disk_type: pd-sdd\n",
    good=f"{IMAGE}boot_disk_type: pd-standard\n",
)


def _disk_fit(fields: Fields, _: Where) -> Iterator[Finding]:
    catalogue = load_machines()
    for machine in machines(fields):
        name, disk = machine.machine_type or "", machine.values.get("boot_disk_type")
        wanted = catalogue.disks.get(name)
        if disk and wanted and disk != wanted:
            yield Finding(
                machine.at("boot_disk_type"), f"`{name}` boots from `{wanted}`, not `{disk}`", f"write `{wanted}`"
            )
        elif disk == "hyperdisk-balanced" and not wanted and name in catalogue.machine_types:
            yield Finding(machine.at("boot_disk_type"), f"`{name}` does not boot from `{disk}`", "write `pd-ssd`")


DISK_MACHINE = Rule(
    code="disk-machine",
    sentence="a3-ultragpu and a4 machines boot from `hyperdisk-balanced`, all others from persistent disks.",
    cure="choose the disk type of the machine",
    source=CATALOGUE,
    check=_disk_fit,
    severity=WARNING,
    bad=f"{IMAGE}boot_disk_type: hyperdisk-balanced\n",
    good=f"{IMAGE}boot_disk_type: pd-ssd\n",
)

RULES = (RESERVATION_AFFINITY, RESERVATION_UNUSED, RESERVATION_NAME, DISK_SIZE, DISK_TYPE, DISK_MACHINE)
