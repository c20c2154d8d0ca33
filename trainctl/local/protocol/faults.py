"""Refusals in Google's error shape."""

from __future__ import annotations

from typing import Any

HTTP_OF = {
    "INVALID_ARGUMENT": 400,
    "FAILED_PRECONDITION": 400,
    "UNAUTHENTICATED": 401,
    "PERMISSION_DENIED": 403,
    "NOT_FOUND": 404,
    "ALREADY_EXISTS": 409,
    "ABORTED": 409,
    "INTERNAL": 500,
    "UNIMPLEMENTED": 501,
    "UNAVAILABLE": 503,
}
"""google.rpc.Code to HTTP, as google/rpc/code.proto maps them."""

CODE_OF = {
    "CANCELLED": 1,
    "INVALID_ARGUMENT": 3,
    "NOT_FOUND": 5,
    "ALREADY_EXISTS": 6,
    "PERMISSION_DENIED": 7,
    "FAILED_PRECONDITION": 9,
    "ABORTED": 10,
    "UNIMPLEMENTED": 12,
    "INTERNAL": 13,
    "UNAVAILABLE": 14,
    "UNAUTHENTICATED": 16,
}
"""google.rpc.Code to its number, as it stands in a `google.rpc.Status`."""


REASONS = {
    "INVALID_ARGUMENT": "badRequest",
    "FAILED_PRECONDITION": "failedPrecondition",
    "UNAUTHENTICATED": "authError",
    "PERMISSION_DENIED": "forbidden",
    "NOT_FOUND": "notFound",
    "ALREADY_EXISTS": "alreadyExists",
    "ABORTED": "aborted",
    "UNIMPLEMENTED": "notImplemented",
}
"""google.rpc.Code to the words of the first error format."""


class Fault(Exception):
    """A request that is refused: `status` is a google.rpc.Code, `details` are the protos' JSON with `@type`."""

    def __init__(self, status: str, message: str, *, details: tuple[dict[str, Any], ...] = ()) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.details = details

    @property
    def http_status(self) -> int:
        """The HTTP status that goes with the code."""
        return HTTP_OF[self.status]

    def describe(self) -> dict[str, Any]:
        """The JSON body of the answer."""
        error: dict[str, Any] = {"code": self.http_status, "message": self.message, "status": self.status}
        if self.details:
            error["details"] = list(self.details)
        return {"error": error}


def describe_older(answer: dict[str, Any], status: str) -> dict[str, Any]:
    """A refusal's body in Google's first error format (`$.xgafv=1`), which lists errors with a domain and a reason.

    Source: https://developers.google.com/digital-asset-links/v1/errors/core_errors
    """
    error = answer["error"]
    listed = [{"message": error["message"], "domain": "global", "reason": REASONS.get(status, "backendError")}]
    return {"error": {**error, "errors": error.get("errors", listed)}}


def refuse_fields(violations: list[tuple[str, str]]) -> Fault:
    """INVALID_ARGUMENT with one field violation per `(field, description)`, as Google's JSON parser reports them."""
    listed = [{"field": name, "description": text} if name else {"description": text} for name, text in violations]
    detail = {"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": listed}
    return Fault("INVALID_ARGUMENT", "\n".join(text for _, text in violations), details=(detail,))


def not_found(name: str) -> Fault:
    """The resource is not there."""
    return Fault("NOT_FOUND", f"The resource `{name}` does not exist.")
