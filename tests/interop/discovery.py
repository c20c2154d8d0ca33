"""A program of somebody who knows nothing of trainctl: Google's API client for Python, pointed at the engine's ml.v1.

    python discovery.py URL TOKEN FOLDER [STEP...]

It runs in an environment of its own, prints the name of each step that went well, and ends at the first that did not.
`FOLDER` is the engine's folder of buckets, into which a package is put. The client reads the description of the API
that it comes with.
"""

from __future__ import annotations

import io
import sys
import tarfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

PARENT = "projects/p"
TASK = "import sys\nprint('hello', *sys.argv[1:])\nif 'wait' in sys.argv: import time; time.sleep(600)\n"
SETUP = "from setuptools import setup\nsetup(name='trainer', version='1.0', packages=['trainer'])\n"


def connect(url: str, token: str) -> Any:
    """The client's `projects.jobs`."""
    from google.oauth2.credentials import Credentials
    from googleapiclient import discovery

    service = discovery.build(
        "ml",
        "v1",
        credentials=Credentials(token),  # type: ignore[no-untyped-call]
        client_options={"api_endpoint": url},
        static_discovery=True,
    )
    return service.projects().jobs()


def make_job(job_id: str, *arguments: str, **fields: Any) -> dict[str, Any]:
    """A training job as a guide of AI Platform has it."""
    training = {
        "scaleTier": "CUSTOM",
        "masterType": "n1-standard-4",
        "region": "us-central1",
        "runtimeVersion": "2.11",
        "pythonVersion": "3.7",
        "packageUris": ["gs://stage/trainer.tar.gz"],
        "pythonModule": "trainer.task",
        "args": list(arguments),
    }
    return {"jobId": job_id, "trainingInput": training, **fields}


def create_and_get(jobs: Any, folder: Path) -> None:
    """A job is created, and read until it has ended; its id is taken then."""
    write_package(folder / "stage" / "trainer.tar.gz")
    body = make_job("census_1", "--rate=0.1", labels={"team": "plants"})
    made = jobs.create(parent=PARENT, body=body).execute()
    assert (made["jobId"], made["state"], made["labels"]) == ("census_1", "QUEUED", {"team": "plants"})
    assert made["trainingInput"] == body["trainingInput"]
    job = await_state(jobs, "census_1", "SUCCEEDED")
    assert job["createTime"] <= job["startTime"] <= job["endTime"]
    refusal = refusal_of(jobs.create(parent=PARENT, body=body))
    assert refusal.status_code == 409
    assert refusal.reason == "Field: job.job_id Error: A job with this id already exists."


def cancel(jobs: Any, _: Path) -> None:
    """A running job is cancelled, which is refused when it is over."""
    jobs.create(parent=PARENT, body=make_job("rnn_1", "wait")).execute()
    await_state(jobs, "rnn_1", "RUNNING")
    assert jobs.cancel(name=f"{PARENT}/jobs/rnn_1", body={}).execute() == {}
    assert await_state(jobs, "rnn_1", "CANCELLED")["errorMessage"] == "The job was cancelled by the user."
    refusal = refusal_of(jobs.cancel(name=f"{PARENT}/jobs/rnn_1"))
    assert refusal.status_code == 400
    assert "cannot be cancelled" in refusal.reason


def list_pages(jobs: Any, _: Path) -> None:
    """Jobs are listed by page and by filter; what a filter leaves may be nothing."""
    found = []
    request = jobs.list(parent=PARENT, pageSize=1)
    while request is not None:
        answer = request.execute()
        found += [job["jobId"] for job in answer["jobs"]]
        request = jobs.list_next(request, answer)
    assert found == ["rnn_1", "census_1"]
    filtered = jobs.list(parent=PARENT, filter="jobId:rnn* AND state:CANCELLED").execute()
    assert [job["jobId"] for job in filtered["jobs"]] == ["rnn_1"]
    assert jobs.list(parent="projects/empty").execute() == {}


def patch(jobs: Any, _: Path) -> None:
    """Labels are read, changed and written with their etag, which then fits no second time."""
    name = f"{PARENT}/jobs/census_1"
    job = jobs.get(name=name).execute()
    body = {"labels": {**job["labels"], "stage": "test"}, "etag": job["etag"]}
    changed = jobs.patch(name=name, body=body, updateMask="labels,etag").execute()
    assert changed["labels"] == {"team": "plants", "stage": "test"}
    assert changed["etag"] != job["etag"]
    refusal = refusal_of(jobs.patch(name=name, body=body, updateMask="labels,etag", x__xgafv="1"))
    assert refusal.status_code == 409
    assert refusal.error_details[0]["reason"] == "aborted"


def grant(jobs: Any, _: Path) -> None:
    """A policy is read, changed and written with its etag; permissions are tested, also on what is not there."""
    name = f"{PARENT}/jobs/census_1"
    policy = jobs.getIamPolicy(resource=name).execute()
    assert policy == {"etag": "ACAB"}
    condition = {"title": "soon", "expression": "request.time < timestamp('2030-01-01T00:00:00Z')"}
    binding = {"role": "roles/ml.viewer", "members": ["user:a@example.com"], "condition": condition}
    body = {"policy": {**policy, "version": 3, "bindings": [binding]}}
    made = jobs.setIamPolicy(resource=name, body=body).execute()
    assert made["bindings"] == [binding]
    assert jobs.getIamPolicy(resource=name, options_requestedPolicyVersion=3).execute() == made
    asked = {"permissions": ["ml.jobs.get", "ml.jobs.update"]}
    assert jobs.testIamPermissions(resource=name, body=asked).execute() == asked
    assert jobs.testIamPermissions(resource=f"{PARENT}/jobs/none", body=asked).execute() == {}


def refusal_of(request: Any) -> Any:
    """The error with which the client answers a request."""
    from googleapiclient.errors import HttpError

    try:
        answer = request.execute()
    except HttpError as refusal:
        return refusal
    raise AssertionError(answer)


def await_state(jobs: Any, job_id: str, state: str) -> Any:
    """The job when it is in a state."""
    deadline = time.monotonic() + 120
    while (job := jobs.get(name=f"{PARENT}/jobs/{job_id}").execute())["state"] != state:
        assert job["state"] in ("QUEUED", "PREPARING", "RUNNING", "CANCELLING"), job
        assert time.monotonic() < deadline, job
        time.sleep(0.1)
    return job


def write_package(path: Path) -> None:
    """A source distribution, as `python setup.py sdist` makes it."""
    files = {"PKG-INFO": "Metadata-Version: 2.1\nName: trainer\nVersion: 1.0\n", "setup.py": SETUP}
    files |= {"trainer/__init__.py": "", "trainer/task.py": TASK}
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(f"trainer-1.0/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content.encode()))


STEPS: tuple[Callable[[Any, Path], None], ...] = (create_and_get, cancel, list_pages, patch, grant)


def main(url: str, token: str, folder: str, *names: str) -> None:
    """Goes through the steps named, or through all."""
    jobs = connect(url, token)
    for step in (step for step in STEPS if step.__name__ in names or not names):
        step(jobs, Path(folder))
        print(f"done: {step.__name__}", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
