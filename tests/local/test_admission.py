"""Which jobs the engine takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.local.engine import PARENT, Bench, make_pipeline, make_pool, refused

if TYPE_CHECKING:
    from pathlib import Path

CONTAINER = {"containerSpec": {"imageUri": "localhost/i"}}
REDUCTION = {"containerSpec": {"imageUri": "us-docker.pkg.dev/vertex-ai-restricted/training/reductionserver:latest"}}

WRONG_POOLS = [
    ([{}], "{at}[0] has no task: `container_spec` or `python_package_spec` is missing."),
    ([make_pool(), {"replicaCount": 2}], "{at}[1] has no task: `container_spec` or `python_package_spec` is missing."),
    ([make_pool()] * 5, "{at} has 5 worker pools; there are at most 4."),
    ([make_pool() | {"replicaCount": 2}], "{at}[0] must be one primary replica: its `replica_count` must be 1."),
    ([REDUCTION], "{at}[0] must be one primary replica: its `replica_count` must be 1."),
]


def _bodies(pools: Any) -> list[tuple[str, dict[str, Any], str]]:
    job = {"displayName": "x", "jobSpec": {"workerPoolSpecs": pools}}
    return [
        ("customJobs", job, "job_spec.worker_pool_specs"),
        ("trainingPipelines", make_pipeline({"workerPoolSpecs": pools}), "training_task_inputs.worker_pool_specs"),
    ]


@pytest.mark.parametrize(("pools", "message"), WRONG_POOLS)
def test_pools_that_vertex_refuses_are_refused(idle: Bench, pools: Any, message: str) -> None:
    for collection, body, at in _bodies(pools):
        answer = refused(idle.client.post(f"/v1/{PARENT}/{collection}", json=body))
        assert answer == (400, "INVALID_ARGUMENT", message.format(at=at))


def test_a_job_of_more_replicas_than_the_machine_could_bear_is_refused(idle: Bench) -> None:
    for collection, body, at in _bodies([make_pool(), make_pool() | {"replicaCount": 64}]):
        answer = refused(idle.client.post(f"/v1/{PARENT}/{collection}", json=body))
        assert answer == (
            400,
            "FAILED_PRECONDITION",
            f"The local engine runs at most 64 replicas in one job ({at}).",
        )


def test_an_empty_pool_keeps_the_place_of_one_that_is_not_wanted(idle: Bench) -> None:
    pools = [make_pool(), {}, make_pool()]
    job = idle.create({"displayName": "x", "jobSpec": {"workerPoolSpecs": pools}})
    assert job["jobSpec"]["workerPoolSpecs"] == pools


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({}, "needs podman or docker to run containers, and neither is installed; install one"),
        (
            {"TRAINCTL_CONTAINER_RUNTIME": "nerdctl"},
            "runs containers with `nerdctl`, as TRAINCTL_CONTAINER_RUNTIME says, but there is no such program",
        ),
    ],
)
def test_without_a_container_runtime_a_container_is_refused_with_what_to_do(
    make_bench: Any, tmp_path: Path, variables: dict[str, str], words: str
) -> None:
    bench: Bench = make_bench(running=False, variables={"PATH": str(tmp_path), **variables})
    for collection, body, at in _bodies([CONTAINER]):
        status, code, message = refused(bench.client.post(f"/v1/{PARENT}/{collection}", json=body))
        assert (status, code) == (400, "FAILED_PRECONDITION")
        assert words in message
        assert message.endswith(f"({at}[0].container_spec).")


def test_a_reduction_server_needs_no_container_runtime(make_bench: Any, tmp_path: Path) -> None:
    bench: Bench = make_bench(running=False, variables={"PATH": str(tmp_path)})
    pools = [make_pool(), make_pool(), REDUCTION]
    bench.create({"displayName": "x", "jobSpec": {"workerPoolSpecs": pools}})
