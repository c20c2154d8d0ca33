"""JMESPath over resources (`--query`, paths in `--columns`), and how its results read as plain text."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from trainctl.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def compile_query(text: str, *, what: str, known: Sequence[str] = ()) -> Callable[[Any], Any]:
    """The function that `text` is; raises UsageError that names the option `what` when it is not JMESPath."""
    import jmespath
    from jmespath.exceptions import JMESPathError

    def fail(error: Exception) -> UsageError:
        reason = str(error).partition("\n")[0].rstrip(":. ")
        hint = f"columns are {', '.join(known)}, or any path into the resource" if known else "see https://jmespath.org"
        return UsageError(f"`{what} {text}` cannot be used: {reason}", hint=hint)

    try:
        expression = jmespath.compile(text)
    except JMESPathError as error:
        raise fail(error) from error

    def search(data: Any) -> Any:
        try:
            return expression.search(data)
        except JMESPathError as error:
            raise fail(error) from error

    return search


def scalar(value: Any) -> str:
    """A value in one line: text as it is, `-` for nothing, the rest as JSON."""
    match value:
        case None:
            return "-"
        case str():
            return value
        case _:
            return json.dumps(value, ensure_ascii=False)
