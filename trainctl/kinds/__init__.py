"""Job kinds: what turns a checked spec into the one request that creates its job.

A kind is a value of type `Kind` in a module of this package, beside a schema of the same name in `trainctl.spec`.
Modules are found by looking, so that a new kind is one file and one schema; names with a leading underscore are
parts that several kinds share.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from trainctl.catalog import Call, LocalCode, Stamp, Target
    from trainctl.spec.document import Spec
    from trainctl.spec.rules import Rule


def no_local_code(spec: Spec) -> LocalCode | None:  # noqa: ARG001 - the answer of every kind whose code is elsewhere
    """None: the spec names no code on this machine."""
    return None


def no_notes(fields: Mapping[str, Any]) -> tuple[str, ...]:  # noqa: ARG001 - the answer of kinds that say it all
    """Nothing: the request says all there is to know."""
    return ()


@dataclass(frozen=True, slots=True)
class Kind:
    """One sort of job.

    `name` is the word after `kind:` and the name of its schema; `command` the words that lead to its own commands
    (empty for raw REST bodies, which the general commands take); `build` is pure: the same spec, target and stamp
    give the same call. `notes` says in words what people would have to work out from the fields.
    """

    name: str
    summary: str
    build: Callable[[Spec, Target, Stamp], Call]
    rules: tuple[Rule, ...] = ()
    command: tuple[str, ...] = ()
    code: Callable[[Spec], LocalCode | None] = no_local_code
    notes: Callable[[Mapping[str, Any]], tuple[str, ...]] = no_notes


@cache
def kinds() -> Mapping[str, Kind]:
    """Every kind by name, in the order of the modules' names."""
    modules = sorted(info.name for info in iter_modules(__path__) if not info.name.startswith("_"))
    found = (kind for name in modules for kind in import_module(f"{__name__}.{name}").KINDS)
    return {kind.name: kind for kind in found}
