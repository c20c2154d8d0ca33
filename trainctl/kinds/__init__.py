"""Job kinds: what turns a checked spec into the one request that creates its job.

A kind is a value of type `Kind` in a module of this package, beside a schema of the same name in `trainctl.spec`.
Modules are found by looking, so that a new kind is one file and one schema; names with a leading underscore are
parts that several kinds share. A command that knows its kind asks `find_kind`, which leaves the other modules alone;
rules are imported when a spec is checked.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any

from trainctl.catalog import VERTEX

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from trainctl.catalog import Call, Collection, LocalCode, Service, Stamp, Target
    from trainctl.spec.document import Spec
    from trainctl.spec.rules import Rule


def no_local_code(spec: Spec) -> LocalCode | None:  # noqa: ARG001 - the answer of every kind whose code is elsewhere
    """None: the spec names no code on this machine."""
    return None


def no_rules() -> tuple[Rule, ...]:
    """None: the schema says all that holds."""
    return ()


def no_notes(fields: Mapping[str, Any]) -> tuple[str, ...]:  # noqa: ARG001 - the answer of kinds that say it all
    """Nothing: the request says all there is to know."""
    return ()


def no_recovery(collection: Collection, body: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:  # noqa: ARG001
    """None: no spec of the kind is looked for behind a request."""
    return ()


@dataclass(frozen=True, slots=True)
class Kind:
    """One sort of job.

    `name` is the word after `kind:` and the name of its schema; `command` the words that lead to its own commands
    (empty for raw REST bodies, which the general commands take); `service` is whose jobs it makes. `build` is pure: the
    same spec, target and stamp give the same call. `rules` imports and gives what the schema cannot say, `notes` says
    in words what people would have to work out from the fields. `name_field` is what `--display-name` gives;
    jobs that are `is_slow` change their state once in hours, and are asked after seldom.
    """

    name: str
    summary: str
    build: Callable[[Spec, Target, Stamp], Call]
    rules: Callable[[], tuple[Rule, ...]] = no_rules
    command: tuple[str, ...] = ()
    code: Callable[[Spec], LocalCode | None] = no_local_code
    notes: Callable[[Mapping[str, Any]], tuple[str, ...]] = no_notes
    recover: Callable[[Collection, Mapping[str, Any]], Iterable[Mapping[str, Any]]] = no_recovery
    service: Service = VERTEX
    name_field: str = "display_name"
    is_slow: bool = False


@cache
def kinds() -> Mapping[str, Kind]:
    """Every kind by name, in the order of the modules' names."""
    return {kind.name: kind for module in _modules() for kind in _kinds_of(module)}


@cache
def find_kind(name: str) -> Kind | None:
    """The kind of that name; the module whose name begins it (`automl` that of `automl-image`) is asked first."""
    likely_first = sorted(_modules(), key=lambda module: not name.startswith(module))
    return next((kind for module in likely_first for kind in _kinds_of(module) if kind.name == name), None)


def words_of(name: str) -> str:
    """The words that lead to a kind's own commands: `automl image`."""
    kind = find_kind(name)
    return " ".join(kind.command) if kind else ""


def all_rules() -> Mapping[str, Rule]:
    """The rules of all kinds by their codes; one that several kinds share as the first of them has it."""
    found: dict[str, Rule] = {}
    for kind in kinds().values():
        for rule in kind.rules():
            # A raw kind reads the same rule through a view, which the rule itself knows nothing of.
            if rule.code not in found or (found[rule.code].view and not rule.view):
                found[rule.code] = rule
    return found


def _modules() -> list[str]:
    return sorted(info.name for info in iter_modules(__path__) if not info.name.startswith("_"))


def _kinds_of(module: str) -> tuple[Kind, ...]:
    found: tuple[Kind, ...] = import_module(f"{__name__}.{module}").KINDS
    return found
