"""`${var.NAME}` and `${env.NAME}` in string values, both with `:-default`.

Every other `${...}` and `$(AIP_MODEL_DIR)` is left alone: it is for the container's shell or for Vertex AI.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

from trainctl.spec.problems import MOST_PROBLEMS
from trainctl.spec.scalars import UnusableNumber, resolve

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trainctl.spec.problems import PathKey

REFERENCE = re.compile(r"\$\{(var|env)\.([A-Za-z_][A-Za-z0-9_.-]*?)(?::-([^{}]{0,1000}))?\}")
_BROKEN = re.compile(r"\$\{(?:var|env)\.[^}]{0,100}\}?")


@dataclass(frozen=True, slots=True)
class Unset:
    """A reference that nothing answers, or that is not written as one."""

    path: PathKey
    message: str
    hint: str


@dataclass(slots=True)
class Substitution:
    """Replaces references throughout a document; `unset` and `texts` grow while it runs."""

    variables: Mapping[str, str]
    environment: Mapping[str, str]
    unset: list[Unset] = field(default_factory=list)
    texts: dict[PathKey, str] = field(default_factory=dict)

    def replace(self, value: Any, path: PathKey = ()) -> Any:
        """`value` with every reference replaced; what is nothing but one reference takes the type of its text."""
        if isinstance(value, dict):
            return {key: self.replace(inner, (*path, key)) for key, inner in value.items()}
        if isinstance(value, list):
            return [self.replace(inner, (*path, index)) for index, inner in enumerate(value)]
        if not isinstance(value, str) or "${" not in value:
            return value
        return self._text(value, path)

    def _text(self, text: str, path: PathKey) -> Any:
        whole = REFERENCE.fullmatch(text)
        replaced = REFERENCE.sub(lambda found: self._lookup(found, path), text)
        for broken in islice(_BROKEN.finditer(REFERENCE.sub("", text)), MOST_PROBLEMS + 1):
            self.unset.append(
                Unset(path, f"`{broken[0]}` is no reference", "write `${var.NAME}` or `${env.NAME:-default}`")
            )
        if not whole:
            return replaced
        self.texts[path] = replaced
        try:
            return resolve(replaced)
        except UnusableNumber:
            return replaced

    def _lookup(self, found: re.Match[str], path: PathKey) -> str:
        source, name, default = found.groups()
        values = self.variables if source == "var" else self.environment
        if name in values and not (default is not None and values[name] == ""):
            return values[name]
        if default is not None:
            return default
        self._report(source, name, path)
        return ""

    def _report(self, source: str, name: str, path: PathKey) -> None:
        default = f"write `${{{source}.{name}:-default}}`"
        if source == "var":
            message, hint = f"the variable `{name}` is not set", f"give it with `--var {name}=VALUE`, or {default}"
        else:
            message, hint = f"the environment variable `{name}` is not set", f"export it, or {default}"
        unset = Unset(path, message, hint)
        if len(self.unset) <= MOST_PROBLEMS and unset not in self.unset:
            self.unset.append(unset)
