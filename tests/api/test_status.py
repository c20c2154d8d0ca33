"""What people read when a service says no."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.api.network import JOB_URL, error, raw
from trainctl.api.answers import refused
from trainctl.api.transport import Answer
from trainctl.errors import (
    CredentialsError,
    NotFound,
    PermissionDenied,
    QuotaExceeded,
    RateLimited,
    RequestRefused,
    TrainctlError,
)

if TYPE_CHECKING:
    import httpx

CPUS = "aiplatform.googleapis.com/custom_model_training_cpus"
PAGE = "https://console.cloud.google.com/iam-admin/quotas?service=aiplatform.googleapis.com&project=p"


@dataclass(frozen=True)
class Case:
    name: str
    answer: httpx.Response
    kind: type[TrainctlError]
    message: str
    details: tuple[str, ...] = ()
    hint: str | None = None
    status: str = ""


CASES = [
    Case(
        "field violations and a help link",
        error(
            400,
            "INVALID_ARGUMENT",
            "Invalid job spec",
            {
                "@type": "BadRequest",
                "fieldViolations": [{"field": "job_spec.worker_pool_specs[0]", "description": "no image"}],
            },
            {"@type": "Help", "links": [{"description": "Images", "url": "https://example.com/images"}]},
            {"@type": "LocalizedMessage", "locale": "de", "message": "Ungültig"},
        ),
        RequestRefused,
        "Invalid job spec",
        ("job_spec.worker_pool_specs[0]: no image", "Images: https://example.com/images", "Ungültig"),
        status="INVALID_ARGUMENT",
    ),
    Case(
        "a resource quota named in the message only",
        error(429, "RESOURCE_EXHAUSTED", f"The following quota metrics exceed quota limits: {CPUS}"),
        QuotaExceeded,
        f"The following quota metrics exceed quota limits: {CPUS}",
        hint=f"ask for more of `{CPUS}` in us-central1 (not of Compute Engine's quota): "
        f"{PAGE}&metric=aiplatform.googleapis.com%2Fcustom_model_training_cpus",
        status="RESOURCE_EXHAUSTED",
    ),
    Case(
        "a resource quota with details",
        error(
            429,
            "RESOURCE_EXHAUSTED",
            "Quota exhausted",
            {
                "@type": "ErrorInfo",
                "reason": "QUOTA_EXCEEDED",
                "metadata": {"quota_metric": CPUS, "quota_limit_value": "20", "quota_location": "europe-west4"},
            },
            {"@type": "QuotaFailure", "violations": [{"subject": "project:1", "description": "too many CPUs"}]},
        ),
        QuotaExceeded,
        "Quota exhausted",
        (f"quota metric: {CPUS}", "limit value: 20", "location: europe-west4", "project:1: too many CPUs"),
        hint=f"ask for more of `{CPUS}` in europe-west4 (not of Compute Engine's quota): "
        f"{PAGE}&metric=aiplatform.googleapis.com%2Fcustom_model_training_cpus",
        status="RESOURCE_EXHAUSTED",
    ),
    Case(
        "a limit of a day, which no minute's wait helps",
        error(
            429,
            "RESOURCE_EXHAUSTED",
            "Quota exceeded for quota metric 'Requests' and limit 'Requests per day'",
            {"@type": "ErrorInfo", "reason": "RATE_LIMIT_EXCEEDED", "metadata": {"quota_unit": "1/d/{project}"}},
        ),
        QuotaExceeded,
        "Quota exceeded for quota metric 'Requests' and limit 'Requests per day'",
        hint=f"ask for more quota in us-central1 (not of Compute Engine's quota): {PAGE}",
        status="RESOURCE_EXHAUSTED",
    ),
    Case(
        "a rate limit that looks like a quota",
        error(
            429,
            "RESOURCE_EXHAUSTED",
            "Quota exceeded for quota metric 'Job submissions' and limit 'Job submissions per minute per region'",
            {
                "@type": "ErrorInfo",
                "reason": "RATE_LIMIT_EXCEEDED",
                "metadata": {
                    "quota_metric": "aiplatform.googleapis.com/job_submissions",
                    "quota_unit": "1/min/{project}",
                },
            },
        ),
        RateLimited,
        "Quota exceeded for quota metric 'Job submissions' and limit 'Job submissions per minute per region'",
        ("quota metric: aiplatform.googleapis.com/job_submissions",),
        hint="too many requests in this minute: repeat it in a minute, or ask for a higher rate",
        status="RESOURCE_EXHAUSTED",
    ),
    Case(
        "a 429 that says nothing",
        raw("", 429),
        RateLimited,
        "429 Too Many Requests",
        hint="too many requests in this minute: repeat it in a minute, or ask for a higher rate",
    ),
    Case(
        "an API that is not turned on",
        error(
            403,
            "PERMISSION_DENIED",
            "Vertex AI API has not been used in project p before",
            {
                "@type": "ErrorInfo",
                "reason": "SERVICE_DISABLED",
                "metadata": {"service": "aiplatform.googleapis.com", "consumer": "projects/p"},
            },
        ),
        PermissionDenied,
        "Vertex AI API has not been used in project p before",
        hint="turn it on with `gcloud services enable aiplatform.googleapis.com --project p`",
        status="PERMISSION_DENIED",
    ),
    Case(
        "a missing permission",
        error(
            403,
            "PERMISSION_DENIED",
            "Permission denied",
            {
                "@type": "ErrorInfo",
                "reason": "IAM_PERMISSION_DENIED",
                "metadata": {"permission": "aiplatform.customJobs.create", "resource": "projects/p"},
            },
        ),
        PermissionDenied,
        "Permission denied",
        hint="the caller needs `aiplatform.customJobs.create` on `projects/p`",
        status="PERMISSION_DENIED",
    ),
    Case(
        "storage's own form",
        raw(
            json.dumps(
                {
                    "error": {
                        "code": 404,
                        "message": "The specified bucket does not exist.",
                        "errors": [{"domain": "global", "reason": "notFound", "message": "gone"}],
                    }
                }
            ),
            404,
        ),
        NotFound,
        "The specified bucket does not exist.",
        status="notFound",
    ),
    *(
        Case(
            f"AI Platform's older form, {reason}",
            raw(
                json.dumps(
                    {"error": {"code": 409, "message": "no", "errors": [{"domain": "global", "reason": reason}]}}
                ),
                409,
            ),
            RequestRefused,
            "no",
            status=status,
        )
        for reason, status in (("alreadyExists", "ALREADY_EXISTS"), ("aborted", "ABORTED"), ("other", "other"))
    ),
    Case("a wrapped error", raw('[{"error": {"code": 400, "message": "bad"}}]', 400), RequestRefused, "bad"),
    Case(
        "a token that is not accepted",
        error(401, "UNAUTHENTICATED", "Request had invalid authentication credentials."),
        CredentialsError,
        "the credentials were not accepted: Request had invalid authentication credentials.",
        hint="`trainctl auth status` shows whose they are; `gcloud auth application-default login` renews a user's",
    ),
    Case("an error without a word", raw('{"error": {}}', 409), RequestRefused, "HTTP 409"),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_an_error_keeps_what_google_said_and_says_what_to_do(case: Case) -> None:
    answer = Answer(case.answer.status_code, {"x-request-id": "r-1"}, case.answer.content)
    found = refused(answer, JOB_URL)
    assert isinstance(found, TrainctlError)
    assert (type(found), found.message, found.hint) == (case.kind, case.message, case.hint)
    if isinstance(found, RequestRefused):
        expected = (case.answer.status_code, case.status, case.details, "r-1")
        assert (found.http_status, found.status, found.details, found.request_id) == expected


ODD: tuple[object, ...] = (None, 3, "²s", "x", [], {}, [None, 3], {"a": None}, [[]])


@pytest.mark.parametrize("status", [400, 403, 429, 503])
@pytest.mark.parametrize("odd", ODD, ids=json.dumps)
def test_an_error_whose_parts_are_of_other_types_is_an_error_all_the_same(odd: object, status: int) -> None:
    lists = ("fieldViolations", "violations", "links")
    details: list[object] = [
        {"@type": f"google.rpc.{name}", **dict.fromkeys((*lists, "metadata", "retryDelay", "message", "reason"), odd)}
        for name in ("BadRequest", "PreconditionFailure", "QuotaFailure", "Help", "LocalizedMessage", "ErrorInfo")
    ]
    details += [{"@type": "google.rpc.RetryInfo", "retryDelay": odd}, odd]
    whole = {"error": {"message": "no", "status": odd, "details": details}}
    for body in (
        whole,
        {"error": {"message": odd, "details": odd, "errors": odd}},
        {"error": odd},
        [whole],
        [odd],
        odd,
    ):
        answer = Answer(status, {}, json.dumps(body).encode())
        assert isinstance(refused(answer, JOB_URL), TrainctlError)


def test_an_error_that_nests_without_end_is_no_error_of_the_service() -> None:
    found = refused(Answer(400, {}, b'{"error":' * 100_000), JOB_URL)
    assert found.message.startswith("us-central1-aiplatform.googleapis.com answered 400 with something that is not")
