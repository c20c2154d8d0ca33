"""Google's SDK listing custom jobs, for an interpreter that has it: `sdk_list.py URL PROJECT` prints their names."""

from __future__ import annotations

import sys

from google.cloud import aiplatform
from google.oauth2.credentials import Credentials

if __name__ == "__main__":
    aiplatform.init(
        project=sys.argv[2],
        location="us-central1",
        api_endpoint=sys.argv[1],
        api_transport="rest",
        credentials=Credentials("token-of-the-benchmark"),  # type: ignore[no-untyped-call]
    )
    for job in aiplatform.CustomJob.list():
        print(job.resource_name)
