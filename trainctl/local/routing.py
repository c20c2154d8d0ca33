"""What the APIs have in common: a route, a call, a JSON answer."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

from trainctl.local.bodies import to_snake
from trainctl.local.faults import Fault, refuse_fields

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from trainctl.local.core import Core

STANDARD_PARAMETERS = frozenset(
    {
        "alt",
        "fields",
        "key",
        "pretty_print",
        "quota_user",
        "upload_protocol",
        "upload_type",
        "user_project",
        "access_token",
        "oauth_token",
        "callback",
        ".xgafv",
    }
)
"""Query parameters that every Google API takes."""

_DEEPEST = 100
"""Levels of a body, as many as protobuf's own parser of JSON reads."""

_TOO_DEEP = f"Message too deep: there are more than {_DEEPEST} levels."


@dataclass(frozen=True, slots=True)
class Call:
    """One admitted request: the core it is about, the request, the parts of its path."""

    core: Core
    request: Request
    parts: Mapping[str, str]

    @property
    def parent(self) -> str:
        """`projects/P/locations/L` of the path; `projects/P` where the service knows no locations."""
        location = self.parts.get("location")
        return f"projects/{self.parts['project']}" + (f"/locations/{location}" if location else "")

    def read_json(self) -> Any:
        """The body; an empty one counts as `{}`. Raises Fault."""
        data = self.request.get_data()
        try:
            value = json.loads(data, parse_constant=_refuse_constant) if data.strip() else {}
        except ValueError as problem:
            raise _refuse_json(str(problem)) from None
        except RecursionError:
            raise _refuse_json(_TOO_DEEP) from None
        if _is_deeper(value, _DEEPEST):
            raise _refuse_json(_TOO_DEEP)
        if b"\\u" in data and _has_half_characters(value):
            raise _refuse_json("A string has half of a surrogate pair.")
        return value

    def read_parameters(self, known: frozenset[str]) -> dict[str, str]:
        """The query parameters by snake_case name. Raises Fault for one that the method does not have."""
        parameters = {to_snake(name.removeprefix("$")): value for name, value in self.request.args.items()}
        if unknown := [name for name in parameters if name not in known | STANDARD_PARAMETERS]:
            raise refuse_fields([("", _explain_unknown(name)) for name in unknown])
        return parameters


Answer = Response | dict[str, Any]


@dataclass(frozen=True, slots=True)
class Route:
    """One method: HTTP verb, werkzeug path pattern, what answers."""

    verb: str
    path: str
    handler: Callable[[Call], Answer]


def make_json(value: Any, status: int = 200) -> Response:
    """An answer with a JSON body."""
    return Response(json.dumps(value), status=status, content_type="application/json; charset=UTF-8")


def _refuse_json(why: str) -> Fault:
    return Fault("INVALID_ARGUMENT", f"Invalid JSON payload received. {why}")


def _refuse_constant(name: str) -> None:
    """What Python's reader takes for a number, and nobody else's could read again in an answer."""
    raise ValueError(f"{name} is no JSON.")


def _is_deeper(value: Any, most: int) -> bool:
    """Whether objects and lists are nested in more levels than so many."""
    level = [value]
    for _ in range(most):
        below = ((each.values() if isinstance(each, dict) else each) for each in level if isinstance(each, dict | list))
        level = [inner for inners in below for inner in inners]
    return any(isinstance(each, dict | list) for each in level)


def _has_half_characters(value: Any) -> bool:
    """Whether a text cannot be UTF-8: JSON can write surrogates one by one, as no other program can."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return True
    return False


def _explain_unknown(name: str) -> str:
    return (
        f'Invalid JSON payload received. Unknown name "{name}": Cannot bind query parameter. '
        f"Field '{name}' could not be found in request message."
    )
