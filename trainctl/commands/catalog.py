"""`catalog`: which machines, accelerators and regions can be asked for, as far as the bundled catalogue knows."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from trainctl.commands import Session
from trainctl.commands.candidates import accelerator_names, machine_types
from trainctl.commands.candidates import regions as known_regions
from trainctl.commands.tree import Branch, Leaf

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from trainctl.reference.machines import Machines

Accelerator = Annotated[
    str | None,
    typer.Option(
        "--accelerator",
        help="Only what goes with it: `T4`, `NVIDIA_L4`",
        metavar="NAME",
        autocompletion=accelerator_names,
        show_default=False,
    ),
]
Machine = Annotated[
    str | None,
    typer.Option(
        "--machine",
        help="Only this machine type, or those whose names begin so: `g2`, `n1-standard-8`",
        metavar="NAME",
        autocompletion=machine_types,
        show_default=False,
    ),
]
Gpus = Annotated[
    int | None,
    typer.Option("--gpus", help="Only machines that can have so many accelerators", metavar="N", min=0),
]
Region = Annotated[
    str | None,
    typer.Option(
        "--region",
        "--location",
        help="Only what this region has",
        metavar="REGION",
        autocompletion=known_regions,
        show_default=False,
    ),
]


def machines(
    session: Session,
    accelerator: Accelerator = None,
    machine: Machine = None,
    gpus: Gpus = None,
    region: Region = None,
) -> None:
    """List machine types for training, with the accelerators each can have.

    With several options, one accelerator has to fit them all. The list is a transcript of Google's pages and ages; what
    it lacks may exist all the same.
    """
    catalogue = load()
    wish = Wish(accelerator, gpus, region)
    rows = (
        {
            "machine_type": name,
            "accelerators": ", ".join(offers(catalogue, name)) or "-",
            "tpu_topologies": ", ".join(catalogue.topologies.get(name, ())) or "-",
        }
        for name in sorted(catalogue.machine_types, key=natural)
        if named(machine, name) and wish.fits(catalogue, name)
    )
    write(session, rows, machine_type=20, accelerators=0, tpu_topologies=16)


@dataclass(frozen=True, slots=True)
class Wish:
    """What the options ask of a machine's accelerators."""

    accelerator: str | None
    count: int | None
    region: str | None

    def fits(self, catalogue: Machines, machine: str) -> bool:
        """Whether the machine can be had so; one without accelerators is everywhere, as far as the catalogue knows."""
        if self.region is not None and self.region not in catalogue.regions:
            return False
        table = catalogue.accelerators.get(machine, {})
        if family := catalogue.tpu_family(machine):
            return self.count is None and self._fits(catalogue, family)
        if self.accelerator is None and not self.count and not catalogue.needs_accelerator(machine):
            return True
        return any(
            self._fits(catalogue, name) for name, counts in table.items() if self.count is None or self.count in counts
        )

    def _fits(self, catalogue: Machines, name: str) -> bool:
        """Whether an accelerator, or a family of TPUs, is the wanted one and where it is wanted."""
        wanted = self.accelerator is None or matches(self.accelerator, name) or self.accelerator == name
        return wanted and (self.region is None or name in catalogue.offers.get(self.region, ()))


def named(wanted: str | None, machine: str) -> bool:
    """Whether a machine type is the one that is wanted, or of that family."""
    return wanted is None or machine == wanted or machine.startswith(f"{wanted.rstrip('-')}-")


def accelerators(session: Session, region: Region = None, machine: Machine = None) -> None:
    """List accelerators, the machine types and the regions that have them for training."""
    catalogue = load()
    names = {name for offered in catalogue.offers.values() for name in offered}
    names |= {name for table in catalogue.accelerators.values() for name in table}
    rows = (
        {
            "accelerator": name,
            "machine_types": ", ".join(machines_with(catalogue, name)) or "-",
            "regions": ", ".join(catalogue.regions_of(name)) or "-",
            "note": catalogue.notes.get(name, "-"),
        }
        for name in sorted(names)
        if (region is None or name in catalogue.offers.get(region, ()))
        and (machine is None or any(named(machine, kind) for kind in machines_with(catalogue, name)))
    )
    write(session, rows, accelerator=24, machine_types=0, regions=20, note=8)


def regions(session: Session, accelerator: Accelerator = None) -> None:
    """List regions for training, with the accelerators each has."""
    catalogue = load()
    rows = (
        {
            "region": name,
            "accelerators": ", ".join(sorted(catalogue.offers.get(name, ()))) or "-",
            "automl_image": "yes" if name in catalogue.automl_image_regions else "no",
        }
        for name in catalogue.regions
        if accelerator is None or any(matches(accelerator, kind) for kind in catalogue.offers.get(name, ()))
    )
    write(session, rows, region=24, automl_image=12, accelerators=0)


def load() -> Machines:
    """The bundled catalogue."""
    from trainctl.reference.machines import load_machines

    return load_machines()


def offers(catalogue: Machines, machine_type: str) -> Iterable[str]:
    """The accelerators of a machine type with their counts: `NVIDIA_TESLA_T4 x1,2,4`."""
    for name, counts in sorted(catalogue.accelerators.get(machine_type, {}).items()):
        yield f"{name} x{','.join(map(str, counts))}"


def machines_with(catalogue: Machines, accelerator: str) -> list[str]:
    """The machine types that can have an accelerator, or that are TPUs of a family."""
    return sorted(
        kind
        for kind in catalogue.machine_types
        if accelerator in catalogue.accelerators.get(kind, ()) or catalogue.tpu_family(kind) == accelerator
    )


def matches(wanted: str, name: str) -> bool:
    """Whether `wanted` is an accelerator's name or the end of it: `T4`, `tesla-t4`."""
    plain = wanted.upper().replace("-", "_")
    return name == plain or name.endswith(f"_{plain}")


def write(session: Session, rows: Iterable[Mapping[str, str]], **widths: int) -> None:
    """Write rows of the catalogue in the form that was asked for; `widths` are the columns and their least widths."""
    from trainctl.render.columns import Column
    from trainctl.render.machine import Subject, write_list

    columns = [Column(name, partial(cell, name), width=width, elastic=width == 0) for name, width in widths.items()]
    subject: Subject[Mapping[str, str]] = Subject(columns, raw=dict, name=partial(cell, next(iter(widths))))
    if not write_list([list(rows)], subject, session.output, console=session.console, now=session.clock.now()):
        session.console.say("nothing in the catalogue fits; without options, the same command lists all of it")


def cell(name: str, row: Mapping[str, str]) -> str:
    """One column of a row."""
    return row[name]


def natural(name: str) -> list[int | str]:
    """A key that sorts `n1-standard-8` before `n1-standard-16`."""
    return [int(part) if part.isdecimal() else part for part in re.split(r"(\d+)", name)]


NODE = Branch(
    "catalog",
    "Machines, accelerators and regions for training",
    (
        Leaf(
            "machines",
            machines,
            (
                "trainctl catalog machines --accelerator L4",
                "trainctl catalog machines --machine n1 --accelerator T4 --gpus 2 -o name",
            ),
            offline=True,
        ),
        Leaf(
            "accelerators",
            accelerators,
            ("trainctl catalog accelerators --region europe-west4", "trainctl catalog accelerators --machine a2"),
            offline=True,
        ),
        Leaf("regions", regions, ("trainctl catalog regions --accelerator H100_80GB -o name",), offline=True),
    ),
    default="machines",
)
