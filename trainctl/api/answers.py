"""From answers to data: JSON objects, or the exception that says why there is none."""

from __future__ import annotations

import json
import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from trainctl.api import status
from trainctl.api.faults import NotOffered, name_host
from trainctl.errors import CredentialsError, RequestRefused, Unreachable

if TYPE_CHECKING:
    from trainctl.api.transport import Answer

_TAGS = r"(?is)<(script|style)\b.*?</\1>|<[^>]*>"
_NO_METHOD = (404, 405, 501)
"""What front ends, too, answer for a path that they do not know; Google's with a page of HTML."""
_REQUEST_ID = ("x-goog-request-id", "x-guploader-uploadid", "x-request-id", "x-cloud-trace-context")


def read_object(answer: Answer, url: str) -> dict[str, Any]:
    """The JSON object of a good answer, `{}` for an empty one.

    Raises what `refused` returns for an error that the service wrote, Unreachable for 5xx and for anything that
    is not the service speaking: redirects, a proxy's HTML, JSON that breaks off.
    """
    if answer.status >= HTTPStatus.MULTIPLE_CHOICES:
        raise refused(answer, url)
    if not answer.body.strip():
        return {}
    try:
        data = json.loads(answer.body)
    except (ValueError, RecursionError):
        data = None
    if isinstance(data, dict):
        return data
    raise Unreachable(f"{name_host(url)} answered with something that is not its JSON: {first_words(answer.body)}")


def refused(answer: Answer, url: str) -> RequestRefused | CredentialsError | Unreachable:
    """The exception for an answer that is not a good one."""
    host = name_host(url)
    if answer.status < HTTPStatus.BAD_REQUEST:
        where = answer.headers.get("location", "somewhere else")
        return Unreachable(
            f"{host} answered with a redirect to `{where}`, which is not followed",
            hint="a token is sent only where the settings say; check the endpoint, or sign in to the network's portal",
        )
    found = status.parse(answer.status, answer.body)
    strange = NotOffered if answer.status in _NO_METHOD else Unreachable
    if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR or answer.status == HTTPStatus.REQUEST_TIMEOUT:
        said = found.message if found else first_words(answer.body)
        return strange(f"{host} answered {answer.status}: {said}")
    if found is None and answer.body.strip():
        said = first_words(answer.body)
        return strange(f"{host} answered {answer.status} with something that is not its JSON: {said}")
    found = found or status.Status(answer.status, "", _phrase(answer.status))
    request_id = next((answer.headers[name] for name in _REQUEST_ID if name in answer.headers), None)
    return status.refusal(found, url=url, request_id=request_id)


def first_words(body: bytes) -> str:
    """The beginning of a body as one line of text, without markup."""
    text = " ".join(re.sub(_TAGS, " ", body[:4000].decode("utf-8", "replace")).split())
    if not text:
        return "an empty body"
    return f"`{text[:80].rstrip()}{'…' if len(text) > 80 else ''}`"


def _phrase(code: int) -> str:
    try:
        return f"{code} {HTTPStatus(code).phrase}"
    except ValueError:
        return f"HTTP {code}"
