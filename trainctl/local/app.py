"""The engine's HTTP face: a plain WSGI application."""

from __future__ import annotations

import logging
import sqlite3
from typing import TYPE_CHECKING

from werkzeug.exceptions import HTTPException
from werkzeug.routing import BaseConverter, Map, Rule
from werkzeug.wrappers import Request, Response

from trainctl.local.cloud_logging import api as logging_api
from trainctl.local.disk.reserve import is_full
from trainctl.local.ml import api as ml_api
from trainctl.local.protocol.faults import Fault, describe_older
from trainctl.local.protocol.routing import Call, make_json
from trainctl.local.storage.api import StorageApi
from trainctl.local.vertex import api as vertex_api
from trainctl.local.vision import api as vision_api

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse, WSGIEnvironment

    from trainctl.local.core import Core
    from trainctl.local.guard import Guard
    from trainctl.local.protocol.routing import Route

_LOG = logging.getLogger(__name__)
_FAULT = "Internal error encountered; see the engine's log."
_STOPPING = "The engine is being stopped, and its database is closed."
_NO_SPACE = "No space is left on the disk where the engine keeps its jobs; make room there."


class Application:
    """Answers requests about one core that the guard admits. Everything else gets Google's error shape."""

    def __init__(self, core: Core, guard: Guard) -> None:
        self._core = core
        self._guard = guard
        apis = (vertex_api, ml_api, vision_api, logging_api, StorageApi.of(core))
        rules = [_make_rule(route) for api in apis for route in api.list_routes()]
        self._map = Map(rules, merge_slashes=False, converters={"default": _Part})

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answers one request; a fault of the engine itself is logged and answered with 500."""
        try:
            request = Request(self._guard.admit(environ))
            response = self._answer(request)
        except Fault as fault:
            response = _describe_fault(fault, environ)
        except Exception as reason:  # noqa: BLE001  the last net; the client is owed an answer
            response = _describe_fault(self._explain(reason), environ)
        return response(environ, start_response)

    def _explain(self, reason: Exception) -> Fault:
        """What a client is told of an error that is not its own."""
        if isinstance(reason, sqlite3.ProgrammingError) and self._core.runner.is_closing:
            return Fault("UNAVAILABLE", _STOPPING)
        _LOG.error("a request failed", exc_info=reason)
        return Fault("INTERNAL", _NO_SPACE if is_full(reason) else _FAULT)

    def _answer(self, request: Request) -> Response:
        try:
            handler, parts = self._map.bind_to_environ(request.environ).match()
        except HTTPException as missed:
            code = "NOT_FOUND" if missed.code == 404 else "UNIMPLEMENTED"
            raise Fault(code, f"The local engine does not serve {request.method} {request.path}.") from None
        answer = handler(Call(self._core, request, parts))
        return answer if isinstance(answer, Response) else make_json(answer)


class _Part(BaseConverter):
    """One part of a path: what stands behind a colon is a method's name and never part of an id."""

    regex = "[^/:]+"
    part_isolating = True


def _make_rule(route: Route) -> Rule:
    return Rule(route.path, methods=[route.verb], endpoint=route.handler)


def _describe_fault(fault: Fault, environ: WSGIEnvironment) -> Response:
    answer = fault.describe()
    older = Request(environ).args.get("$.xgafv") == "1"
    response = make_json(describe_older(answer, fault.status) if older else answer, fault.http_status)
    if fault.status == "UNAUTHENTICATED":
        response.headers["WWW-Authenticate"] = 'Bearer realm="trainctl local engine"'
    return response
