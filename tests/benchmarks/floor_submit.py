"""What no client in Python can go below: the same POST so often on one connection. `floor_submit.py PORT PATH N`."""

from __future__ import annotations

import http.client
import json
import sys

BODY = {
    "displayName": "bench",
    "jobSpec": {
        "workerPoolSpecs": [
            {
                "machineSpec": {"machineType": "n1-standard-16"},
                "replicaCount": 1,
                "containerSpec": {"imageUri": "us-docker.pkg.dev/bench-project/train/ranking:1"},
            }
        ]
    },
}

if __name__ == "__main__":
    connection = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]))
    headers = {"authorization": "Bearer token-of-the-benchmark", "content-type": "application/json"}
    for _ in range(int(sys.argv[3])):
        connection.request("POST", sys.argv[2], json.dumps(BODY), headers)
        print(json.loads(connection.getresponse().read())["name"])
