"""Google's SDK asking for the state of each job, a second apart, until all have ended: `sdk_watch.py URL PROJECT N`."""

from __future__ import annotations

import sys
import time

from google.cloud import aiplatform
from google.oauth2.credentials import Credentials

PAUSE = 1.0

if __name__ == "__main__":
    aiplatform.init(
        project=sys.argv[2],
        location="us-central1",
        api_endpoint=sys.argv[1],
        api_transport="rest",
        credentials=Credentials("token-of-the-benchmark"),  # type: ignore[no-untyped-call]
    )
    parent = f"projects/{sys.argv[2]}/locations/us-central1/customJobs"
    jobs = [aiplatform.CustomJob.get(f"{parent}/{number}") for number in range(int(sys.argv[3]))]
    while jobs := [job for job in jobs if job.state.name != "JOB_STATE_SUCCEEDED"]:
        time.sleep(PAUSE)
