"""`${var.NAME}` and `${env.NAME}` in string values, both with `:-default`, and `${matrix.NAME}` where there is one.

Every other `${...}` and `$(AIP_MODEL_DIR)` is left alone: it is for the container's shell or for Vertex AI.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

from trainctl.spec.matrix import write_value
from trainctl.spec.problems import MOST_PROBLEMS
from trainctl.spec.scalars import UnusableNumber, resolve

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trainctl.spec.problems import PathKey

REFERENCE = re.compile(r"\$\{(var|env|matrix)\.([A-Za-z_][A-Za-z0-9_.-]*?)(?::-([^{}]{0,1000}))?\}")
_BROKEN = re.compile(r"\$\{(?:var|env)\.[^}]{0,100}\}?")


@dataclass(frozen=True, slots=True)
class Unset:
    """A reference that nothing answers, or that is not written as one."""

    path: PathKey
    message: str
    hint: str


@dataclass(slots=True)
class Substitution:
    """Replaces references throughout a document; `unset` and `texts` grow while it runs.

    `matrix` are the values of one job of a matrix; without one, references to it are left alone. `words` are the texts
    of numbers in it, by name and number, as they are written: `1.10` is not `1.1` within a name.
    """

    variables: Mapping[str, str]
    environment: Mapping[str, str]
    matrix: Mapping[str, Any] = field(default_factory=dict)
    words: Mapping[tuple[str, float], str] = field(default_factory=dict)
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
        if not whole or (whole[1] == "matrix" and not self.matrix):
            return replaced
        if whole[1] == "matrix" and whole[2] in self.matrix:
            self.texts[path] = replaced
            return self.matrix[whole[2]]
        self.texts[path] = replaced
        try:
            return resolve(replaced)
        except UnusableNumber:
            return replaced

    def _lookup(self, found: re.Match[str], path: PathKey) -> str:
        source, name, default = found.groups()
        if source == "matrix":
            return self._point(found, path)
        values = self.variables if source == "var" else self.environment
        if name in values and not (default is not None and values[name] == ""):
            return values[name]
        if default is not None:
            return default
        self._report(source, name, path)
        return ""

    def _point(self, found: re.Match[str], path: PathKey) -> str:
        """A value of the matrix as text."""
        if not self.matrix:
            return found[0]
        if found[2] in self.matrix:
            value = self.matrix[found[2]]
            # `True == 1` in Python alone.
            return write_value(value if isinstance(value, bool) else self.words.get((found[2], value), value))
        self._keep(Unset(path, f"the matrix has no `{found[2]}`", f"it has {', '.join(self.matrix)}"))
        return ""

    def _report(self, source: str, name: str, path: PathKey) -> None:
        default = f"write `${{{source}.{name}:-default}}`"
        if source == "var":
            message, hint = f"the variable `{name}` is not set", f"give it with `--var {name}=VALUE`, or {default}"
        else:
            message, hint = f"the environment variable `{name}` is not set", f"export it, or {default}"
        self._keep(Unset(path, message, hint))

    def _keep(self, unset: Unset) -> None:
        if len(self.unset) <= MOST_PROBLEMS and unset not in self.unset:
            self.unset.append(unset)
