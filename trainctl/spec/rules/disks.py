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
_SPECIFIC = f"{IMAGE}reservation_affinity_type: SPECIFIC_RESERVATION\nreservation_affinity_key: {_BY_NAME}\n"


def _reservation(fields: Fields, _: Where) -> Iterator[Finding]:
    for machine in machines(fields):
        kind = machine.values.get("reservation_affinity_type")
        given = [name for name in ("key", "values") if machine.values.get(name)]
        if kind == "SPECIFIC_RESERVATION" and len(given) < 2:
            missing = next(name for name in ("key", "values") if name not in given)
            name = machine.at(missing)[-1]
            yield Finding(
                machine.at("reservation_affinity_type"), f"SPECIFIC_RESERVATION needs `{name}`", f"add `{name}`"
            )
        elif kind != "SPECIFIC_RESERVATION":
            for name in given:
                key = machine.at(name)[-1]
                yield Finding(machine.at(name), f"`{key}` has no effect without SPECIFIC_RESERVATION", at_key=True)


RESERVATION_AFFINITY = Rule(
    code="reservation-affinity",
    sentence="A specific reservation is named by key and values; other affinities have neither.",
    cure="write `SPECIFIC_RESERVATION` as the type, or remove it",
    source=f"{REST}ReservationAffinity; {SDK} sends null for a missing key",
    check=_reservation,
    bad=f"{IMAGE}reservation_affinity_type: SPECIFIC_RESERVATION\n",
    good=f"{_SPECIFIC}reservation_affinity_values: [projects/my-project/zones/us-central1-a/reservations/mine]\n",
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
    bad=f"{_SPECIFIC}reservation_affinity_values: [mine]\n",
    good=f"{_SPECIFIC}reservation_affinity_values: [projects/my-project/zones/us-central1-a/reservations/mine]\n",
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

RULES = (RESERVATION_AFFINITY, RESERVATION_NAME, DISK_SIZE, DISK_TYPE, DISK_MACHINE)
