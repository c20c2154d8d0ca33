"""Labels and access policies of ml.v1 jobs on the engine, also with many who write at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from tests.local.engine import read, refused
from tests.local.ml import create, make_job, name_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.local.engine import Bench

WRITERS = 20
VIEWER = {"role": "roles/ml.viewer", "members": ["user:a@example.com"]}
CONDITION = {"title": "soon", "expression": "request.time < timestamp('2027-01-01T00:00:00Z')"}
GUARDED = {**VIEWER, "role": "roles/ml.jobOwner", "condition": CONDITION}


@pytest.fixture
def path(idle: Bench) -> str:
    """A job's path on an engine that does not begin it."""
    return f"/v1/{name_of(create(idle, make_job()))}"


def set_policy(bench: Bench, path: str, policy: dict[str, Any], **more: Any) -> Any:
    return bench.client.post(f"{path}:setIamPolicy", json={"policy": policy, **more})


def test_labels_are_replaced_and_the_etag_with_them(idle: Bench, path: str) -> None:
    before = read(idle.client.get(path))
    after = read(idle.client.patch(path, params={"updateMask": "labels"}, json={"labels": {"a": "b"}}))
    assert after == {**before, "labels": {"a": "b"}, "etag": after["etag"]} == read(idle.client.get(path))
    assert after["etag"] != before["etag"]
    cleared = read(idle.client.patch(path, params={"updateMask": "labels"}, json={}))
    assert "labels" not in cleared
    assert cleared["etag"] not in (before["etag"], after["etag"])


def test_an_etag_of_an_older_state_stops_a_change(idle: Bench, path: str) -> None:
    old = read(idle.client.get(path))["etag"]
    mask = {"updateMask": "labels,etag"}
    read(idle.client.patch(path, params=mask, json={"labels": {"a": "1"}, "etag": old}))
    status, code, message = refused(idle.client.patch(path, params=mask, json={"labels": {"a": "2"}, "etag": old}))
    assert (status, code) == (409, "ABORTED")
    assert message == "`projects/p/jobs/census_1` has changed since it was read: the etag does not match."
    assert read(idle.client.get(path))["labels"] == {"a": "1"}


@pytest.mark.parametrize("mask", ["", "state", "trainingInput.args", "labels,jobId", "noSuchField", "labels.a"])
def test_nothing_but_labels_can_be_changed(idle: Bench, path: str, mask: str) -> None:
    answer = refused(idle.client.patch(path, params={"updateMask": mask}, json={"labels": {"a": "b"}}))
    assert answer[:2] == (400, "INVALID_ARGUMENT")


def test_a_job_that_moves_has_another_etag_at_every_step(bench: Bench) -> None:
    name = name_of(create(bench, make_job("import time; time.sleep(60)")))
    running = bench.await_state(name, "RUNNING")["etag"]
    read(bench.client.post(f"/v1/{name}:cancel", json={}))
    assert bench.await_end(name)["etag"] != running


def test_a_job_has_an_empty_policy_until_one_is_set(idle: Bench, path: str) -> None:
    assert read(idle.client.get(f"{path}:getIamPolicy")) == {"etag": "ACAB"}
    made = read(set_policy(idle, path, {"bindings": [VIEWER], "etag": "ACAB"}))
    assert made == {"version": 1, "bindings": [VIEWER], "etag": made["etag"]}
    assert read(idle.client.get(f"{path}:getIamPolicy")) == made
    empty = read(set_policy(idle, path, {}))
    assert empty == {"version": 1, "etag": empty["etag"]}


def test_a_policy_of_an_older_state_stops_a_change(idle: Bench, path: str) -> None:
    read(set_policy(idle, path, {"bindings": [VIEWER]}))
    for etag in ("ACAB", "AAAA"):
        assert refused(set_policy(idle, path, {"etag": etag}))[:2] == (409, "ABORTED")
    assert read(idle.client.get(f"{path}:getIamPolicy"))["bindings"] == [VIEWER]


def test_only_the_fields_of_the_mask_are_changed(idle: Bench, path: str) -> None:
    audit = [{"service": "allServices", "auditLogConfigs": [{"logType": "DATA_READ"}]}]
    policy = {"bindings": [VIEWER], "auditConfigs": audit}
    assert "auditConfigs" not in read(set_policy(idle, path, policy))
    both = read(set_policy(idle, path, policy, updateMask="bindings,auditConfigs"))
    assert (both["bindings"], both["auditConfigs"]) == ([VIEWER], audit)
    kept = read(set_policy(idle, path, {}, updateMask="bindings"))
    assert ("bindings" in kept, kept["auditConfigs"]) == (False, audit)


def test_conditions_are_shown_to_who_asks_for_version_three(idle: Bench, path: str) -> None:
    made = read(set_policy(idle, path, {"version": 3, "bindings": [GUARDED, VIEWER]}))
    assert (made["version"], made["bindings"]) == (3, [GUARDED, VIEWER])
    ask = {"options.requestedPolicyVersion": "3"}
    assert read(idle.client.get(f"{path}:getIamPolicy", params=ask)) == made
    older = read(idle.client.get(f"{path}:getIamPolicy"))
    [hidden, plain] = older["bindings"]
    assert (older["version"], plain) == (1, VIEWER)
    assert hidden["role"].startswith("roles/ml.jobOwner_withcond_")
    assert set(hidden) == {"role", "members"}
    assert refused(set_policy(idle, path, older))[:2] == (400, "INVALID_ARGUMENT")


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"version": 2}, "policy.version"),
    ({"bindings": [GUARDED]}, "policy.version"),
    ({"bindings": [{"role": "viewer", "members": ["allUsers"]}]}, "policy.bindings[0].role"),
    ({"bindings": [{"role": "roles/viewer"}]}, "policy.bindings[0].members"),
    ({"bindings": [{"role": "roles/viewer", "members": ["someone"]}]}, "policy.bindings[0].members"),
]


@pytest.mark.parametrize(("policy", "field"), WRONG, ids=[str(policy)[:60] for policy, _ in WRONG])
def test_a_policy_that_is_none_is_refused(idle: Bench, path: str, policy: dict[str, Any], field: str) -> None:
    answer = set_policy(idle, path, policy)
    assert refused(answer)[:2] == (400, "INVALID_ARGUMENT")
    [detail] = answer.json()["error"]["details"]
    assert [violation["field"] for violation in detail["fieldViolations"]] == [field]


def test_a_version_that_is_none_is_refused(idle: Bench, path: str) -> None:
    ask = {"options.requestedPolicyVersion": "2"}
    assert refused(idle.client.get(f"{path}:getIamPolicy", params=ask))[:2] == (400, "INVALID_ARGUMENT")


def test_who_has_the_token_has_every_permission_on_what_is_there(idle: Bench, path: str) -> None:
    asked = {"permissions": ["ml.jobs.get", "ml.jobs.cancel"]}
    assert read(idle.client.post(f"{path}:testIamPermissions", json=asked)) == asked
    assert read(idle.client.post("/v1/projects/p/jobs/none:testIamPermissions", json=asked)) == {}
    message = refused(idle.client.post(f"{path}:testIamPermissions", json={"permissions": ["ml.*"]}))[2]
    assert message == "Permission ml.* is not valid for this resource."


def write_all(write: Callable[[int], int]) -> int:
    """Has so many writers write at once; how many tries that took."""
    with ThreadPoolExecutor(WRITERS) as pool:
        return sum(pool.map(write, range(WRITERS)))


def test_no_label_is_lost_when_twenty_write_at_once(idle: Bench, path: str) -> None:
    def write(number: int) -> int:
        tries = 1
        while True:
            job = read(idle.client.get(path))
            body = {"labels": {**job.get("labels", {}), f"writer{number}": "1"}, "etag": job["etag"]}
            answer = idle.client.patch(path, params={"updateMask": "labels"}, json=body)
            if answer.status_code == 200:
                return tries
            assert refused(answer)[:2] == (409, "ABORTED")
            tries += 1

    tries = write_all(write)
    assert read(idle.client.get(path))["labels"] == {f"writer{number}": "1" for number in range(WRITERS)}
    assert tries >= WRITERS


def test_no_binding_is_lost_when_twenty_write_at_once(idle: Bench, path: str) -> None:
    def write(number: int) -> int:
        tries = 1
        while True:
            policy = read(idle.client.get(f"{path}:getIamPolicy"))
            added = {"role": f"roles/ml.role{number}", "members": ["allUsers"]}
            policy["bindings"] = [*policy.get("bindings", ()), added]
            answer = set_policy(idle, path, policy)
            if answer.status_code == 200:
                return tries
            assert refused(answer)[:2] == (409, "ABORTED")
            tries += 1

    assert write_all(write) >= WRITERS
    bindings = read(idle.client.get(f"{path}:getIamPolicy"))["bindings"]
    assert sorted(binding["role"] for binding in bindings) == sorted(f"roles/ml.role{n}" for n in range(WRITERS))


def test_a_job_that_ends_while_labels_are_written_loses_neither(bench: Bench) -> None:
    name = name_of(create(bench, make_job("import time; time.sleep(0.3)")))

    def write(number: int) -> int:
        return int(
            bench.client.patch(
                f"/v1/{name}", params={"updateMask": "labels"}, json={"labels": {"last": str(number)}}
            ).status_code
        )

    assert write_all(write) == 200 * WRITERS
    job = bench.await_end(name)
    assert (job["state"], list(job["labels"])) == ("SUCCEEDED", ["last"])
