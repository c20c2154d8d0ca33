"""Long-running operations: listed, found, waited for, cancelled, deleted."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from tests.local.engine import PARENT, Bench, read, refused
from trainctl.local.operations import Work, type_of

if TYPE_CHECKING:
    from collections.abc import Callable

LIST = f"/v1/{PARENT}/operations"
ABOUT = f"{PARENT}/datasets/1"


def _begin(bench: Bench, work: Callable[[Work], dict[str, Any]]) -> dict[str, Any]:
    return bench.core.operations.begin(ABOUT, "ImportDataOperationMetadata", work, about=ABOUT)


class Gate:
    """Work that goes on when it is told to."""

    def __init__(self) -> None:
        self.open = threading.Event()

    def __call__(self, work: Work) -> dict[str, Any]:
        while not self.open.wait(0.01):
            work.check()
        return {"@type": type_of("ImportDataResponse")}


def test_a_wait_lasts_until_the_operation_is_done_or_the_time_is_over(idle: Bench) -> None:
    gate = Gate()
    operation = _begin(idle, gate)
    path = f"/v1/{operation['name']}"
    assert read(idle.client.post(f"{path}:wait", params={"timeout": "0.05s"})) == operation
    assert "done" not in read(idle.client.get(path))
    gate.open.set()
    done = read(idle.client.post(f"{path}:wait"))
    assert done["done"] is True
    assert done["response"] == {"@type": "type.googleapis.com/google.cloud.aiplatform.v1.ImportDataResponse"}
    times = done["metadata"]["genericMetadata"]
    assert times["createTime"] < times["updateTime"]


def test_an_operation_that_runs_is_cancelled_and_cannot_be_deleted(idle: Bench) -> None:
    path = f"/v1/{_begin(idle, Gate())['name']}"
    assert refused(idle.client.delete(path))[:2] == (400, "FAILED_PRECONDITION")
    assert read(idle.client.post(f"{path}:cancel")) == {}
    done = read(idle.client.post(f"{path}:wait"))
    assert done["error"] == {"code": 1, "message": "The operation was cancelled."}
    assert refused(idle.client.post(f"{path}:cancel"))[:2] == (400, "FAILED_PRECONDITION")
    assert read(idle.client.delete(path)) == {}
    assert refused(idle.client.post(f"{path}:wait"))[:2] == (404, "NOT_FOUND")


def test_a_fault_of_the_engine_ends_the_operation_with_an_error(idle: Bench) -> None:
    def fail(work: Work) -> dict[str, Any]:
        raise RuntimeError(work.name)

    done = read(idle.client.post(f"/v1/{_begin(idle, fail)['name']}:wait"))
    assert done["error"] == {"code": 13, "message": "Internal error encountered; see the engine's log."}


def test_an_operation_that_an_engine_left_undone_has_failed_for_the_next_one(
    make_bench: Callable[..., Bench],
) -> None:
    bench = make_bench(running=False)
    operation = _begin(bench, lambda _: {})
    bench.core.operations.wait(operation["name"], 5)
    bench.core.store.remove(operation["name"])
    bench.core.store.insert(operation, owner=ABOUT, state="RUNNING")
    later = make_bench()
    assert later.get(operation["name"])["error"]["message"] == "The engine stopped during the operation."


def test_operations_are_found_below_their_resource_and_below_the_location(idle: Bench) -> None:
    first = idle.core.operations.record(ABOUT, "CreateDatasetOperationMetadata", about=ABOUT)
    second = idle.core.operations.record(PARENT, "DeleteOperationMetadata", about=ABOUT)
    other = idle.core.operations.record(PARENT, "DeleteOperationMetadata", about=f"{PARENT}/models/2")
    assert read(idle.client.get(LIST)) == {"operations": [other, second, first]}
    assert read(idle.client.get(f"/v1/{ABOUT}/operations")) == {"operations": [second, first]}
    number = second["name"].rpartition("/")[2]
    for path in (f"/v1/{PARENT}/operations/{number}", f"/v1/{ABOUT}/operations/{number}", f"/ui/{second['name']}"):
        assert read(idle.client.get(path)) == second
    assert refused(idle.client.get(f"/v1/{PARENT}/models/2/operations/{number}"))[:2] == (404, "NOT_FOUND")
    assert refused(idle.client.get(f"/v1/projects/q/locations/us-central1/operations/{number}"))[0] == 404


FILTERS = [
    ("done=true", ["delete", "create"]),
    ("done=false", ["import"]),
    ("NOT done=true", ["import"]),
    (f'worksOn="{ABOUT}"', ["import", "create"]),
    ("name:*/datasets/*", ["import", "create"]),
    ('create_time>"2020-01-01T00:00:00Z" AND done=true', ["delete", "create"]),
]


@pytest.mark.parametrize(("text", "kinds"), FILTERS, ids=[text for text, _ in FILTERS])
def test_operations_are_filtered(idle: Bench, text: str, kinds: list[str]) -> None:
    idle.core.operations.record(ABOUT, "CreateDatasetOperationMetadata", about=ABOUT)
    idle.core.operations.record(PARENT, "DeleteOperationMetadata", about=ABOUT)
    gate = Gate()
    _begin(idle, gate)
    listed = read(idle.client.get(LIST, params={"filter": text})).get("operations", [])
    found = [operation["metadata"]["@type"].rpartition(".")[2].lower() for operation in listed]
    assert [next(kind for kind in ("create", "delete", "import") if name.startswith(kind)) for name in found] == kinds
    gate.open.set()


def test_a_list_of_operations_is_paged(idle: Bench) -> None:
    made = [idle.core.operations.record(PARENT, "DeleteOperationMetadata", about=ABOUT)["name"] for _ in range(3)]
    first = read(idle.client.get(LIST, params={"pageSize": 2}))
    second = read(idle.client.get(LIST, params={"pageSize": 2, "pageToken": first["nextPageToken"]}))
    assert [operation["name"] for operation in (*first["operations"], *second["operations"])] == made[::-1]


def test_what_google_refuses_of_operations_is_refused(idle: Bench) -> None:
    name = idle.core.operations.record(PARENT, "DeleteOperationMetadata", about=ABOUT)["name"]
    assert refused(idle.client.get(LIST, params={"filter": "nosuch=1"}))[:2] == (400, "INVALID_ARGUMENT")
    assert refused(idle.client.get(LIST, params={"returnPartialSuccess": "true"}))[:2] == (501, "UNIMPLEMENTED")
    assert refused(idle.client.post(f"/v1/{name}:wait", params={"timeout": "soon"}))[:2] == (400, "INVALID_ARGUMENT")
