"""What the APIs have in common: a route, a call, a JSON answer."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

from trainctl.local.protocol.bodies import to_snake
from trainctl.local.protocol.faults import Fault, refuse_fields
from trainctl.local.protocol.payloads import parse

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
            return parse(data.decode("utf-8-sig")) if data.strip() else {}
        except ValueError as problem:
            raise Fault("INVALID_ARGUMENT", f"Invalid JSON payload received. {problem}") from None

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


def _explain_unknown(name: str) -> str:
    return (
        f'Invalid JSON payload received. Unknown name "{name}": Cannot bind query parameter. '
        f"Field '{name}' could not be found in request message."
    )
