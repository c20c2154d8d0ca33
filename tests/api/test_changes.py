"""Changes of labels and access policies of AI Platform jobs: what is sent, and what is done when others are faster."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.api.network import FakeClock, Network, error, open_transport, reply
from trainctl.api import policies
from trainctl.api.client import Client
from trainctl.api.policies import Grant
from trainctl.api.revising import ATTEMPTS, revise
from trainctl.catalog import CUSTOM_JOBS, ML_JOBS, ResourceName
from trainctl.errors import RequestRefused

NAME = ResourceName("p", "", "jobs", "census_1")
URL = "https://ml.googleapis.com/v1/projects/p/jobs"
ADA, BOB = "user:ada@example.com", "user:bob@example.com"
SOON = {"title": "soon", "expression": "request.time < timestamp('2027-01-01T00:00:00Z')"}


def connect(*steps: Any) -> tuple[Client, Network]:
    network = Network(*steps)
    return Client(open_transport(network), {}), network


def test_a_patch_names_its_fields_and_gives_the_job_its_name() -> None:
    client, network = connect(reply({"jobId": "census_1", "labels": {"a": "b"}}))
    body = {"labels": {"a": "b"}, "etag": "x"}
    assert client.patch(NAME, body, "labels,etag")["name"] == "projects/p/jobs/census_1"
    assert network.lines == [f"PATCH {URL}/census_1?updateMask=labels%2Cetag"]
    assert network.body() == body


def test_policies_are_asked_for_with_their_conditions_and_set_with_a_mask_where_one_is_needed() -> None:
    client, network = connect(reply({"etag": "a"}), reply({"etag": "b"}), reply({"etag": "c"}))
    assert client.get_policy(NAME) == {"etag": "a"}
    client.set_policy(NAME, {"bindings": []})
    assert network.body(1) == {"policy": {"bindings": []}}
    client.set_policy(NAME, {"auditConfigs": []}, "bindings,etag,auditConfigs")
    assert network.body(2) == {"policy": {"auditConfigs": []}, "updateMask": "bindings,etag,auditConfigs"}
    assert network.lines == [
        f"GET {URL}/census_1:getIamPolicy?options.requestedPolicyVersion=3",
        f"POST {URL}/census_1:setIamPolicy",
        f"POST {URL}/census_1:setIamPolicy",
    ]


@pytest.mark.parametrize(("answer", "held"), [({}, []), ({"permissions": ["ml.jobs.get"]}, ["ml.jobs.get"])])
def test_permissions_are_those_that_the_service_gives_back(answer: dict[str, Any], held: list[str]) -> None:
    client, network = connect(reply(answer))
    assert client.test_permissions(NAME, ["ml.jobs.get", "ml.jobs.cancel"]) == held
    assert network.lines == [f"POST {URL}/census_1:testIamPermissions"]
    assert network.body() == {"permissions": ["ml.jobs.get", "ml.jobs.cancel"]}


def test_labels_are_looked_for_one_by_one_where_filters_do_not_know_them() -> None:
    jobs = [{"jobId": "a", "labels": {"trainctl-submission": "01a"}}, {"jobId": "b", "labels": {}}]
    client, network = connect(error(400, "INVALID_ARGUMENT", "Invalid filter"), reply({"jobs": jobs}))
    assert [job["jobId"] for job in client.find_by_label(ML_JOBS, "p", "", "01a")] == ["a"]
    assert network.lines[1] == f"GET {URL}?pageSize=100"


def test_a_filter_that_vertex_refuses_is_an_error() -> None:
    client, _ = connect(error(400, "INVALID_ARGUMENT", "Invalid filter"))
    with pytest.raises(RequestRefused):
        client.find_by_label(CUSTOM_JOBS, "p", "us-central1", "01a")


class Shelf:
    """A number that others raise before the first writes."""

    def __init__(self, others: int, refusal: RequestRefused) -> None:
        self.value, self.others, self.refusal, self.writes = 0, others, refusal, 0

    def read(self) -> dict[str, Any]:
        return {"value": self.value, "etag": self.value}

    def write(self, wanted: Any) -> dict[str, Any]:
        self.writes += 1
        if self.others:
            self.others -= 1
            self.value += 1
        if wanted["etag"] != self.value:
            raise self.refusal
        self.value = wanted["value"]
        return self.read()


CONFLICTS = [
    RequestRefused("changed", http_status=409, status="ABORTED"),
    RequestRefused("changed", http_status=412, status="FAILED_PRECONDITION"),
]


@pytest.mark.parametrize("refusal", CONFLICTS, ids=lambda refusal: refusal.status)
def test_a_change_is_made_anew_on_what_others_have_written(refusal: RequestRefused) -> None:
    shelf, clock = Shelf(3, refusal), FakeClock()
    raised = revise(shelf.read, lambda found: {**found, "value": found["value"] + 10}, shelf.write, clock)
    assert (raised["value"], shelf.writes) == (13, 4)
    assert clock.monotonic() < 1


def test_a_change_that_is_there_already_is_not_written() -> None:
    shelf = Shelf(0, CONFLICTS[0])
    assert revise(shelf.read, lambda _: None, shelf.write, FakeClock()) == {"value": 0, "etag": 0}
    assert shelf.writes == 0


def test_whoever_is_never_fast_enough_is_told_that_nothing_was_changed() -> None:
    shelf = Shelf(ATTEMPTS, CONFLICTS[0])
    with pytest.raises(RequestRefused, match="others have changed it 40 times") as caught:
        revise(shelf.read, lambda found: {**found, "value": 99}, shelf.write, FakeClock())
    assert (caught.value.hint, caught.value.status) == ("nothing was changed; try again", "ABORTED")


def test_any_other_refusal_ends_a_change() -> None:
    shelf = Shelf(1, RequestRefused("no", http_status=409, status="FAILED_PRECONDITION"))
    with pytest.raises(RequestRefused, match=r"^no$"):
        revise(shelf.read, dict, shelf.write, FakeClock())
    assert shelf.writes == 1


def test_a_lost_answer_is_found_in_what_is_read_next() -> None:
    """The second attempt of the same write meets the etag of the first; the change is there, and nothing is written."""
    before, after = {"jobId": "a", "etag": "1"}, {"jobId": "a", "etag": "2", "labels": {"team": "plants"}}
    lost = httpx.ReadError("reset")
    client, network = connect(reply(before), lost, error(409, "ABORTED", "changed"), reply(after))

    def change(found: dict[str, Any]) -> dict[str, Any] | None:
        return None if found.get("labels") else {"labels": {"team": "plants"}, "etag": found["etag"]}

    done = revise(lambda: client.get(NAME), change, lambda body: client.patch(NAME, body, "labels,etag"), FakeClock())
    assert done["labels"] == {"team": "plants"}
    assert [line.split()[0] for line in network.lines] == ["GET", "PATCH", "PATCH", "GET"]


POLICY: dict[str, Any] = {
    "etag": "x",
    "version": 1,
    "bindings": [{"role": "roles/viewer", "members": [ADA]}, {"role": "roles/editor", "members": [ADA, BOB]}],
}


def test_a_grant_joins_the_binding_of_its_role_and_condition() -> None:
    assert policies.add(POLICY, Grant("roles/viewer", (ADA,))) is None
    joined = policies.add(POLICY, Grant("roles/viewer", (ADA, BOB)))
    assert joined == {"etag": "x", "bindings": [{"role": "roles/viewer", "members": [ADA, BOB]}, POLICY["bindings"][1]]}
    bounded = policies.add(POLICY, Grant("roles/viewer", (BOB,), SOON))
    assert bounded is not None
    assert bounded["bindings"][2] == {"role": "roles/viewer", "members": [BOB], "condition": SOON}
    assert bounded["version"] == 3
    assert list(policies.rows(bounded))[-1] == ("roles/viewer", BOB, "soon", SOON["expression"])


def test_policies_say_the_same_whatever_the_order() -> None:
    turned = {"bindings": [{"members": [BOB, ADA], "role": "roles/editor"}, POLICY["bindings"][0]], "etag": "y"}
    assert policies.says_same(POLICY, turned)
    assert not policies.says_same(POLICY, {"bindings": POLICY["bindings"][:1]})
    audit = {**POLICY, "auditConfigs": [{"service": "allServices"}]}
    assert policies.says_same(POLICY, audit)
    assert not policies.says_same({**POLICY, "auditConfigs": []}, audit)


def test_a_binding_without_members_is_no_binding() -> None:
    left = policies.remove(POLICY, Grant("roles/viewer", (ADA,)))
    assert left == {"etag": "x", "bindings": [POLICY["bindings"][1]]}
    assert policies.remove(POLICY, Grant("roles/viewer", (BOB,))) is None


def test_a_grant_under_a_condition_is_taken_by_its_expression_or_by_any() -> None:
    bounded = policies.add({"bindings": []}, Grant("roles/viewer", (ADA,), SOON))
    assert bounded is not None
    assert policies.remove(bounded, Grant("roles/viewer", (ADA,))) is None
    for options in (
        {"grant": Grant("roles/viewer", (ADA,), {"expression": SOON["expression"]})},
        {"grant": Grant("roles/viewer", (ADA,)), "any_condition": True},
    ):
        assert policies.remove(bounded, **options) == {"bindings": []}
