"""Google's SDK submitting custom jobs, for an interpreter that has it: `sdk_submit.py URL PROJECT N`."""

from __future__ import annotations

import sys

from google.cloud import aiplatform
from google.oauth2.credentials import Credentials

if __name__ == "__main__":
    aiplatform.init(
        project=sys.argv[2],
        location="us-central1",
        staging_bucket="gs://bench-bucket",
        api_endpoint=sys.argv[1],
        api_transport="rest",
        credentials=Credentials("token-of-the-benchmark"),  # type: ignore[no-untyped-call]
    )
    pool = {
        "machine_spec": {"machine_type": "n1-standard-16"},
        "replica_count": 1,
        "container_spec": {"image_uri": "us-docker.pkg.dev/bench-project/train/ranking:1"},
    }
    for _ in range(int(sys.argv[3])):
        job = aiplatform.CustomJob(display_name="bench", worker_pool_specs=[pool])
        job.submit()
        print(job.resource_name)
