"""Errors as Google's services write them, and the exceptions that they become.

Two forms are in use: google.rpc.Status (`error.status`, `error.details[]`; aiplatform, logging, ml's `$.xgafv=2`) and
the older JSON errors (`error.errors[]`; storage v1, ml's `$.xgafv=1`). https://cloud.google.com/apis/design/errors
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from trainctl.errors import (
    CredentialsError,
    NotFound,
    PermissionDenied,
    QuotaExceeded,
    RateLimited,
    RequestRefused,
)
from trainctl.wire import items, texts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# Compiled when an error comes: most commands never need them.
_METRIC = r"\b([a-z-]+\.googleapis\.com/[\w/]+)"
_RATE = r"(?i)per[ _]?minute|/min\b|per[ _]?second|rate.?limit|too many requests"
_RESOURCE = r"(?i)exceed quota limits|custom_model_training|QUOTA_EXCEEDED"
_DAY = r"(?i)per[ _]?day\b|/d/"
"""Google calls the limit of a day a rate too; no wait of minutes helps there."""
_LOCATION = r"/locations/([^/?]+)"
_PROJECT = r"projects?/([^/?]+)"


REASONS = {
    "alreadyExists": "ALREADY_EXISTS",
    "duplicate": "ALREADY_EXISTS",
    "aborted": "ABORTED",
    "failedPrecondition": "FAILED_PRECONDITION",
}
"""Words of the older form that mean one of google.rpc.Code on which something here depends."""


@dataclass(frozen=True, slots=True)
class Status:
    """One error of a service: HTTP status, Google's word for it, its message, its details as they came."""

    http: int
    word: str
    message: str
    details: tuple[Mapping[str, Any], ...] = ()

    def detail(self, type_name: str) -> Iterator[Mapping[str, Any]]:
        """Every google.rpc detail of that type."""
        return (each for each in self.details if str(each.get("@type", "")).endswith(f".{type_name}"))

    @property
    def info(self) -> dict[str, str]:
        """The metadata of ErrorInfo, with its `reason`."""
        found: dict[str, str] = {}
        for each in self.detail("ErrorInfo"):
            found |= {"reason": str(each.get("reason", "")), **texts(each.get("metadata"))}
        return found

    @property
    def retry_after(self) -> float | None:
        """The seconds that google.rpc.RetryInfo asks to wait."""
        for each in self.detail("RetryInfo"):
            delay = str(each.get("retryDelay", "")).removesuffix("s")
            if delay.replace(".", "", 1).isdecimal():
                return float(delay)
        return None

    @property
    def is_resource_quota(self) -> bool:
        """Whether a used-up resource and not the rate of requests is the reason: waiting does not help then."""
        if self.http != 429:
            return False
        named = any(re.search(each, self._words) for each in (_RESOURCE, _DAY))
        return not self.is_rate and (named or bool(_metrics(self)))

    @property
    def is_rate(self) -> bool:
        """Whether the service says that these were too many requests for this minute."""
        if self.http != 429 or self.retry_after is not None:
            return self.http == 429
        return bool(re.search(_RATE, self._words)) and not re.search(_DAY, self._words)

    @property
    def _words(self) -> str:
        info = self.info
        return " ".join([self.message, info.get("reason", ""), info.get("quota_limit", ""), info.get("quota_unit", "")])


def parse(http: int, body: bytes) -> Status | None:
    """The error in the body of an answer; None when the body is not one of Google's errors."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if isinstance(data, list) and data:
        data = data[0]  # server-streaming methods wrap their error in a list
    error = data.get("error") if isinstance(data, dict) else None
    if isinstance(error, str):  # OAuth's own form, from token services
        return Status(http, error, str(data.get("error_description") or error))
    if not isinstance(error, dict):
        return None
    details = tuple(_objects(error.get("details") or error.get("errors")))
    reason = str(next((each.get("reason", "") for each in details), ""))
    word = str(error.get("status") or REASONS.get(reason, reason))
    return Status(http, word, str(error.get("message") or word or f"HTTP {http}"), details)


def refusal(status: Status, *, url: str, request_id: str | None = None) -> RequestRefused | CredentialsError:
    """The exception for an error: everything that Google said, and what to do about it."""
    lines = tuple(describe(status))
    if status.http == 401:
        whose = "`trainctl auth status` shows whose they are; `gcloud auth application-default login` renews a user's"
        return CredentialsError(f"the credentials were not accepted: {status.message}", hint=whose)
    kind: type[RequestRefused] = {403: PermissionDenied, 404: NotFound}.get(status.http, RequestRefused)
    hint: str | None = _permission_hint(status) if kind is PermissionDenied else None
    if status.is_resource_quota:
        kind, hint = QuotaExceeded, _quota_hint(status, url)
    elif status.http == 429:
        kind, hint = RateLimited, "too many requests in this minute: repeat it in a minute, or ask for a higher rate"
    return kind(
        status.message, http_status=status.http, status=status.word, details=lines, request_id=request_id, hint=hint
    )


def describe(status: Status) -> Iterator[str]:
    """The readable parts of an error's details, one line each."""
    for each in status.detail("BadRequest"):
        for violation in _objects(each.get("fieldViolations")):
            yield f"{violation.get('field') or 'request'}: {violation.get('description', '')}"
    for each in status.detail("PreconditionFailure"):
        for violation in _objects(each.get("violations")):
            yield f"{violation.get('subject') or violation.get('type', '')}: {violation.get('description', '')}"
    yield from _quota_lines(status)
    for each in status.detail("Help"):
        for link in _objects(each.get("links")):
            yield f"{link.get('description') or 'help'}: {link.get('url', '')}"
    for each in status.detail("LocalizedMessage"):
        if each.get("message") not in (None, status.message):
            yield str(each["message"])


def _objects(value: object) -> Iterator[Mapping[str, Any]]:
    """The objects in a list, whatever else the service put there."""
    return (each for each in items(value) if isinstance(each, dict))


def _quota_lines(status: Status) -> Iterator[str]:
    info = status.info
    names = {
        "quota_metric": "quota metric",
        "quota_limit": "quota limit",
        "quota_limit_value": "limit value",
        "quota_location": "location",
    }
    yield from (f"{words}: {info[key]}" for key, words in names.items() if info.get(key))
    for each in status.detail("QuotaFailure"):
        for violation in _objects(each.get("violations")):
            subject = violation.get("quotaMetric") or violation.get("subject") or "quota"
            limit = f" (limit {violation['quotaValue']})" if violation.get("quotaValue") else ""
            yield f"{subject}: {violation.get('description', '')}{limit}"


def _metrics(status: Status) -> list[str]:
    """The quota metrics that an error names, in the message where the details are silent."""
    named = [status.info.get("quota_metric", "")]
    for each in status.detail("QuotaFailure"):
        named += [str(violation.get("quotaMetric", "")) for violation in _objects(each.get("violations"))]
    named += re.findall(_METRIC, status.message)
    return list(dict.fromkeys(name for name in named if "/" in name))


def _quota_hint(status: Status, url: str) -> str:
    """Metric, region and page: people raise Compute Engine's quota instead, which has no effect on training."""
    metrics, found = _metrics(status), re.search(_LOCATION, url)
    region = status.info.get("quota_location") or (found[1] if found else "")
    project = re.search(_PROJECT, url)
    service = metrics[0].partition("/")[0] if metrics else "aiplatform.googleapis.com"
    page = f"https://console.cloud.google.com/iam-admin/quotas?service={service}"
    page += f"&project={quote(project[1])}" if project else ""
    page += f"&metric={quote(metrics[0], safe='')}" if metrics else ""
    what = f"ask for more of `{', '.join(metrics)}`" if metrics else "ask for more quota"
    return f"{what}{f' in {region}' if region else ''} (not of Compute Engine's quota): {page}"


def _permission_hint(status: Status) -> str | None:
    info = status.info
    if info.get("reason") == "SERVICE_DISABLED":
        service, project = info.get("service", "the API"), info.get("consumer", "").removeprefix("projects/")
        return f"turn it on with `gcloud services enable {service}{f' --project {project}' if project else ''}`"
    if info.get("permission"):
        return f"the caller needs `{info['permission']}` on `{info.get('resource', 'the resource')}`"
    return None
