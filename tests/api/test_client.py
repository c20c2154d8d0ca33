from __future__ import annotations

from itertools import count, islice
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.api.network import JOB, JOB_URL, VERTEX, FakeClock, Network, connect, error, open_transport, raw, reply
from trainctl.api.auth import authorize
from trainctl.api.client import MOST_EMPTY, Client
from trainctl.api.identity import Identity
from trainctl.catalog import (
    AUTOML,
    CUSTOM_JOBS,
    DATASETS,
    TRAINING_PIPELINES,
    VISION_MODELS,
    VISION_TRAININGS,
    Call,
    ResourceName,
)
from trainctl.errors import (
    CredentialsError,
    NotFound,
    OutcomeUnknown,
    PermissionDenied,
    QuotaExceeded,
    RateLimited,
    RequestRefused,
    TrainctlError,
    Unreachable,
)

if TYPE_CHECKING:
    from collections.abc import Callable

NAME = ResourceName("p", "us-central1", "customJobs", "7")
LIST_URL = f"{VERTEX}/v1/projects/p/locations/us-central1/customJobs"
CALL = Call(CUSTOM_JOBS, "p", "us-central1", {"displayName": "digits", "labels": {"team": "vision"}})
HOST = "us-central1-aiplatform.googleapis.com"
QUOTA = "The following quota metrics exceed quota limits: aiplatform.googleapis.com/custom_model_training_cpus"


def test_a_create_sends_the_body_with_the_label_and_gives_the_resource() -> None:
    client, network = connect(reply(JOB))
    assert client.create(CALL.labelled("01abc")) == JOB
    assert network.lines == [f"POST {LIST_URL}"]
    assert network.body() == {"displayName": "digits", "labels": {"team": "vision", "trainctl-submission": "01abc"}}


UNCERTAIN: dict[str, Callable[[], httpx.Response | Exception]] = {
    "reset": lambda: httpx.ReadError("reset"),
    "silence": lambda: httpx.ReadTimeout("timed out"),
    "no answer": lambda: httpx.RemoteProtocolError("Server disconnected without sending a response."),
    "broken body": lambda: httpx.RemoteProtocolError("peer closed connection without sending complete message body"),
    "408": lambda: error(408, "", "timeout"),
    "500": lambda: error(500, "INTERNAL", "internal"),
    "503 of a proxy": lambda: raw("<html>down</html>", 503),
    "truncated JSON": lambda: raw('{"name": "proj'),
    "HTML": lambda: raw("<html>hello</html>"),
    "a list": lambda: raw("[]"),
    "nothing": lambda: raw(""),
    "no name": lambda: reply({}),
}
CERTAIN: dict[str, tuple[Callable[[], httpx.Response | Exception], type[TrainctlError]]] = {
    "no route": (lambda: httpx.ConnectError("no route"), Unreachable),
    "no connection in time": (lambda: httpx.ConnectTimeout("slow"), Unreachable),
    "proxy refuses": (lambda: httpx.ProxyError("403 Forbidden"), Unreachable),
    "redirect": (lambda: raw("", 302, location="https://login.example/"), Unreachable),
    "proxy's page": (lambda: raw("<html>blocked</html>", 403), Unreachable),
    "400": (lambda: error(400, "INVALID_ARGUMENT", "bad"), RequestRefused),
    "401": (lambda: error(401, "UNAUTHENTICATED", "who"), CredentialsError),
    "403": (lambda: error(403, "PERMISSION_DENIED", "no"), PermissionDenied),
    "404": (lambda: error(404, "NOT_FOUND", "none"), NotFound),
    "429 of a stock-out": (lambda: error(429, "RESOURCE_EXHAUSTED", "Resources are insufficient"), RateLimited),
    "429 of a quota": (lambda: error(429, "RESOURCE_EXHAUSTED", QUOTA), QuotaExceeded),
    "empty 404": (lambda: raw("", 404), NotFound),
}


RATE = "Quota exceeded for quota metric 'submissions' and limit 'submissions per minute per region'"


@pytest.mark.parametrize(
    ("refusal", "pause"),
    [
        (lambda: error(429, "RESOURCE_EXHAUSTED", RATE), 0.5),
        (lambda: error(429, "", "slow down", retry_after="40"), 40.5),
        (lambda: error(429, "", "slow down", {"@type": "RetryInfo", "retryDelay": "7s"}), 7.5),
    ],
    ids=["words", "Retry-After", "RetryInfo"],
)
def test_a_create_waits_for_its_turn_when_the_rate_is_used_up(
    refusal: Callable[[], httpx.Response], pause: float
) -> None:
    clock = FakeClock()
    client, network = connect(refusal(), reply(JOB), clock=clock)
    assert client.create(CALL) == JOB
    assert (len(network.requests), clock.pauses) == (2, [pause])


def test_a_rate_that_stays_used_up_is_told_after_some_minutes() -> None:
    clock = FakeClock()
    client, network = connect(*(error(429, "", RATE, retry_after="50") for _ in range(4)), clock=clock)
    with pytest.raises(RateLimited):
        client.create(CALL)
    assert (len(network.requests), clock.seconds) == (4, 153.5)


@pytest.mark.parametrize("fault", UNCERTAIN.values(), ids=UNCERTAIN)
def test_a_create_whose_end_is_open_is_called_unknown_and_sent_once(
    fault: Callable[[], httpx.Response | Exception],
) -> None:
    client, network = connect(fault())
    with pytest.raises(OutcomeUnknown, match=r"^the custom job may or may not have been created: "):
        client.create(CALL.labelled("01abc"))
    assert len(network.requests) == 1


@pytest.mark.parametrize(("fault", "kind"), CERTAIN.values(), ids=CERTAIN)
def test_a_create_that_was_certainly_not_carried_out_says_so(
    fault: Callable[[], httpx.Response | Exception], kind: type[TrainctlError]
) -> None:
    client, network = connect(fault())
    with pytest.raises(TrainctlError) as caught:
        client.create(CALL.labelled("01abc"))
    assert (type(caught.value) is kind or kind is Unreachable, isinstance(caught.value, kind)) == (True, True)
    assert not isinstance(caught.value, OutcomeUnknown)
    assert len(network.requests) == 1


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (
            lambda: raw("<html><style>p{}</style><h1>Sign in</h1> to the\n<b>guest</b> network</html>"),
            f"{HOST} answered with something that is not its JSON: `Sign in to the guest network`",
        ),
        (lambda: raw('{"name": "pr'), f'{HOST} answered with something that is not its JSON: `{{"name": "pr`'),
        (lambda: raw("x" * 90), f"{HOST} answered with something that is not its JSON: `{'x' * 80}…`"),
        (lambda: raw("<html></html>", 404), f"{HOST} answered 404 with something that is not its JSON: an empty body"),
        (
            lambda: raw("", 302, location="http://portal.example/"),
            f"{HOST} answered with a redirect to `http://portal.example/`, which is not followed",
        ),
        (lambda: error(501, "UNIMPLEMENTED", "not yet"), f"{HOST} answered 501: not yet"),
    ],
    ids=["HTML", "truncated", "long", "HTML 404", "redirect", "501"],
)
def test_an_answer_that_is_not_the_services_own_is_quoted(answer: Callable[[], httpx.Response], message: str) -> None:
    client, _ = connect(answer())
    with pytest.raises(Unreachable) as caught:
        client.get(NAME)
    assert caught.value.message == message


def test_get_reads_the_resource_of_a_name() -> None:
    client, network = connect(reply(JOB))
    assert client.get(NAME) == JOB
    assert network.lines == [f"GET {JOB_URL}"]


def test_a_list_asks_for_each_page_when_it_is_reached() -> None:
    client, network = connect(
        reply({"customJobs": [{"name": "a"}, {"name": "b"}], "nextPageToken": "t1"}),
        reply({"nextPageToken": "t2"}),
        reply({"customJobs": [{"name": "c"}]}),
    )
    found = client.list(CUSTOM_JOBS, "p", "us-central1", filter='state="X"', page_size=2, read_mask="name,state")
    assert [next(found), next(found)] == [{"name": "a"}, {"name": "b"}]
    assert len(network.requests) == 1
    assert list(found) == [{"name": "c"}]
    assert [dict(request.url.params) for request in network.requests] == [
        {"filter": 'state="X"', "pageSize": "2", "readMask": "name,state"},
        {"filter": 'state="X"', "pageSize": "2", "readMask": "name,state", "pageToken": "t1"},
        {"filter": 'state="X"', "pageSize": "2", "readMask": "name,state", "pageToken": "t2"},
    ]


def test_a_list_stops_at_its_limit_without_another_request() -> None:
    client, network = connect(reply({"customJobs": [{"name": "a"}, {"name": "b"}], "nextPageToken": "t1"}))
    assert list(client.list(CUSTOM_JOBS, "p", "us-central1", limit=2)) == [{"name": "a"}, {"name": "b"}]
    assert dict(network.requests[0].url.params) == {"pageSize": "2"}


def test_a_page_token_that_comes_twice_is_an_error_and_no_loop() -> None:
    client, _ = connect(*(reply({"trainingPipelines": [{"name": "a"}], "nextPageToken": "t1"}) for _ in range(2)))
    with pytest.raises(Unreachable, match=r"gave the same page of trainingPipelines twice, so its list has no end$"):
        list(client.list(TRAINING_PIPELINES, "p", "us-central1"))


def test_empty_pages_without_end_are_an_error_and_those_of_a_rare_filter_none() -> None:
    empty = (reply({"nextPageToken": str(number)}) for number in count())
    client, network = connect(*islice(empty, MOST_EMPTY + 1))
    with pytest.raises(Unreachable, match=r"gave 10000 empty pages of customJobs in a row, so its list has no end$"):
        list(client.list(CUSTOM_JOBS, "p", "us-central1"))
    assert len(network.requests) == MOST_EMPTY

    client, _ = connect(*islice(empty, 50), reply({"customJobs": [JOB]}))
    assert list(client.list(CUSTOM_JOBS, "p", "us-central1")) == [JOB]


@pytest.mark.parametrize("odd", [None, 3, {"a": 1}, [None, 3, []]], ids=repr)
def test_what_is_no_resource_in_a_list_is_passed_over(odd: object) -> None:
    client, _ = connect(reply({"customJobs": odd, "nextPageToken": odd}))
    assert list(client.list(CUSTOM_JOBS, "p", "us-central1")) == []
    client, _ = connect(reply({"customJobs": [JOB, odd, {"labels": odd}], "nextPageToken": odd}))
    assert client.find_by_label(CUSTOM_JOBS, "p", "us-central1", "01abc") == []


def test_a_submission_is_found_by_its_label_and_nothing_else() -> None:
    ours, other = {"name": "a", "labels": {"trainctl-submission": "01abc"}}, {"name": "b"}
    client, network = connect(reply({"customJobs": [ours, other]}))
    assert client.find_by_label(CUSTOM_JOBS, "p", "us-central1", "01abc") == [ours]
    assert network.requests[0].url.params["filter"] == 'labels.trainctl-submission="01abc"'


def test_cancel_posts_to_the_job() -> None:
    client, network = connect(reply())
    client.cancel(NAME)
    assert (network.lines, network.body()) == ([f"POST {JOB_URL}:cancel"], {})


def test_a_cancel_that_is_refused_because_an_earlier_attempt_did_it_is_done() -> None:
    client, _ = connect(httpx.ReadError("reset"), error(400, "FAILED_PRECONDITION", "the job is cancelled"))
    client.cancel(NAME)


def test_a_cancel_that_is_refused_at_once_fails() -> None:
    client, _ = connect(error(400, "FAILED_PRECONDITION", "the job has ended"))
    with pytest.raises(RequestRefused, match=r"^the job has ended$"):
        client.cancel(NAME)


def test_delete_gives_the_operation() -> None:
    operation = {"name": "projects/1/locations/us-central1/operations/5"}
    client, network = connect(reply(operation))
    assert client.delete(NAME) == operation
    assert network.lines == [f"DELETE {JOB_URL}"]


def test_a_delete_that_finds_nothing_after_a_lost_answer_has_been_done() -> None:
    client, _ = connect(error(503, "UNAVAILABLE", "x"), error(404, "NOT_FOUND", "none"))
    assert client.delete(NAME) == {}


@pytest.mark.parametrize("first", [[], [error(429, "RESOURCE_EXHAUSTED", "per minute")]], ids=["at once", "after 429"])
def test_a_delete_that_cannot_have_been_done_before_says_not_found(first: list[httpx.Response]) -> None:
    client, _ = connect(*first, error(404, "NOT_FOUND", "none"))
    with pytest.raises(NotFound):
        client.delete(NAME)


def test_an_endpoint_that_a_setting_names_takes_the_place_of_googles() -> None:
    clock, network = FakeClock(), Network(reply(JOB))
    endpoints = {"vertex": "http://127.0.0.1:8080"}
    transport = open_transport(
        network, clock, authorizer=authorize(Identity(token="t"), clock, endpoints=endpoints.values())
    )
    Client(transport, endpoints).get(NAME)
    assert network.lines == ["GET http://127.0.0.1:8080/v1/projects/p/locations/us-central1/customJobs/7"]


@pytest.mark.parametrize(
    ("endpoints", "location", "base"),
    [
        ({}, "us-central1", "https://automl.googleapis.com"),
        ({}, "eu", "https://eu-automl.googleapis.com"),
        ({"automl": "https://mirror.example/automl"}, "us-central1", "https://mirror.example/automl"),
    ],
)
def test_every_call_of_automl_vision_names_the_project_that_pays(
    endpoints: dict[str, str], location: str, base: str
) -> None:
    name = ResourceName("p", location, "operations", "ICN7")
    network = Network(*(reply({"name": str(name)}) for _ in range(4)))
    identity = Identity(token="ya29.test-token")
    transport = open_transport(network, authorizer=authorize(identity, FakeClock(), endpoints=endpoints.values()))
    client = Client(transport, endpoints)
    client.create(Call(VISION_TRAININGS, "p", location, {}, endpoints=endpoints))
    client.get(name)
    client.cancel(name)
    list(client.list(VISION_MODELS, "p", location))
    assert all(str(request.url).startswith(f"{base}/v1/projects/p/") for request in network.requests)
    assert [request.headers.get("x-goog-user-project") for request in network.requests] == ["p"] * 4


def test_a_quota_project_pays_instead_and_other_services_hear_of_none() -> None:
    network = Network(reply(JOB), reply(JOB), reply(JOB))
    payer = Client(
        open_transport(network, authorizer=authorize(Identity(token="ya29.x", quota_project="q"), FakeClock())), {}
    )
    payer.get(ResourceName("p", "us-central1", "operations", "ICN7"))
    nobody = Client(open_transport(network), {})
    nobody.get(NAME)
    nobody.get(ResourceName("p", "us-central1", "models", "7"), service=AUTOML)
    assert [request.headers.get("x-goog-user-project") for request in network.requests] == ["q", None, "p"]
    assert network.requests[2].url.host == "automl.googleapis.com"


def test_models_of_automl_vision_are_listed_under_the_key_that_they_have_there() -> None:
    client, _ = connect(reply({"model": [{"name": "projects/p/locations/us-central1/models/ICN1"}]}))
    found = list(client.list(VISION_MODELS, "p", "us-central1"))
    assert [each["name"] for each in found] == ["projects/p/locations/us-central1/models/ICN1"]


DATASET = ResourceName("p", "us-central1", "datasets", "7")


@pytest.mark.parametrize("name", [name for name in UNCERTAIN if name not in ("nothing", "no name")])
def test_what_may_have_begun_all_the_same_is_called_so_and_not_begun_again(name: str) -> None:
    client, network = connect(UNCERTAIN[name]())
    with pytest.raises(OutcomeUnknown, match=r"^the import may or may not have begun: ") as caught:
        client.begin(DATASET, "import", {"importConfigs": []})
    assert (caught.value.hint, len(network.requests)) == ("look at datasets/7 before you try again", 1)


@pytest.mark.parametrize("name", CERTAIN)
def test_what_has_certainly_not_begun_is_not_called_uncertain(name: str) -> None:
    answer, kind = CERTAIN[name]
    with pytest.raises(kind) as caught:
        connect(answer())[0].begin(DATASET, "import", {"importConfigs": []})
    assert not isinstance(caught.value, OutcomeUnknown)


def test_a_dataset_that_may_have_been_made_is_to_be_looked_for_in_their_list() -> None:
    with pytest.raises(OutcomeUnknown) as caught:
        connect(error(500, "INTERNAL", "internal"))[0].create(Call(DATASETS, "p", "us-central1", {"displayName": "d"}))
    assert caught.value.hint == "`trainctl datasets list` shows whether it is there: look before you try again"
