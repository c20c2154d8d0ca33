"""What no client in Python can go below: every page by http.client, every name printed. `floor_list.py PORT PARENT`."""

from __future__ import annotations

import http.client
import json
import sys
from urllib.parse import urlencode

if __name__ == "__main__":
    connection = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]))
    token: str | None = ""
    while token is not None:
        query = urlencode({"pageSize": 100, **({"pageToken": token} if token else {})})
        connection.request("GET", f"/v1/{sys.argv[2]}/customJobs?{query}")
        page = json.loads(connection.getresponse().read())
        sys.stdout.write("".join(f"{job['name']}\n" for job in page["customJobs"]))
        token = page.get("nextPageToken")
