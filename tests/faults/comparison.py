"""The same submissions through trainctl and through Google's SDK, over a network that cuts every fifth connection.

`python -m tests.faults.comparison COUNT PYTHON`, where PYTHON is an interpreter that has google-cloud-aiplatform.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from tests.faults.schedule import CUTS, Schedule
from tests.faults.server import serve
from tests.faults.submitting import make_machine, submit_until_done

if TYPE_CHECKING:
    from tests.faults.service import Service

SEED = 1
SDK = """
import collections, logging, sys
from google.auth.credentials import AnonymousCredentials
from google.cloud import aiplatform
logging.disable(logging.CRITICAL)
aiplatform.init(project="my-project", location="us-central1", staging_bucket="gs://my-bucket",
                credentials=AnonymousCredentials(), api_endpoint=sys.argv[1], api_transport="rest")
container = {"image_uri": "us-docker.pkg.dev/my-project/images/trainer:1"}
pool = {"machine_spec": {"machine_type": "n1-standard-4"}, "replica_count": 1, "container_spec": container}
said = collections.Counter()
for number in range(int(sys.argv[2])):
    try:
        aiplatform.CustomJob(display_name=f"digits-{number}", worker_pool_specs=[pool]).submit()
        said["made"] += 1
    except Exception as error:
        said[type(error).__name__] += 1
print(dict(said))
"""


def tell(name: str, said: object, service: Service, count: int) -> None:
    """What the caller was told, and what there is."""
    made = Counter(str(job["displayName"]) for job in service.jobs.values())
    twice = sum(times > 1 for times in made.values())
    print(f"{name}: told {said}; {len(service.jobs)} jobs exist, {twice} twice, {count - len(made)} never made")


def compare(count: int, python: str) -> None:
    """Submit so many jobs both ways, each to a service of its own with the same faults."""
    with serve(Schedule(SEED, CUTS)) as serving:
        command = [python, "-c", SDK, serving.url, str(count)]
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
        tell("google-cloud-aiplatform", said, serving.service, count)
    with serve(Schedule(SEED, CUTS)) as serving, tempfile.TemporaryDirectory() as home:
        run = make_machine(Path(home), url=serving.url)
        codes = sum((submit_until_done(run, number) for number in range(count)), Counter())
        tell("trainctl", {int(code): times for code, times in codes.items()}, serving.service, count)


if __name__ == "__main__":
    compare(int(sys.argv[1]), sys.argv[2])
