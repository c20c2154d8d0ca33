"""What no client in Python can go below: pages of a list, a second apart, until all of it has ended.

`floor_watch.py PORT PARENT`
"""

from __future__ import annotations

import http.client
import json
import sys
import time
from typing import TYPE_CHECKING
from urllib.parse import urlencode

if TYPE_CHECKING:
    from collections.abc import Iterator

PAUSE = 1.0


def states(connection: http.client.HTTPConnection, parent: str) -> Iterator[str]:
    """The states of all jobs."""
    token: str | None = ""
    while token is not None:
        query = urlencode({"pageSize": 100, **({"pageToken": token} if token else {})})
        connection.request("GET", f"/v1/{parent}/customJobs?{query}")
        page = json.loads(connection.getresponse().read())
        yield from (job["state"] for job in page["customJobs"])
        token = page.get("nextPageToken")


if __name__ == "__main__":
    connection = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]))
    while set(states(connection, sys.argv[2])) != {"JOB_STATE_SUCCEEDED"}:
        time.sleep(PAUSE)
