"""A stand-in for Vertex AI that says yes: `python -m tests.benchmarks.server` prints its port and serves."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TIMES = {"createTime": "2026-11-21T12:00:00Z", "updateTime": "2026-11-21T12:00:00Z"}
JOB = {
    "displayName": "bench",
    "state": "JOB_STATE_SUCCEEDED",
    "jobSpec": {
        "workerPoolSpecs": [
            {
                "machineSpec": {"machineType": "n1-standard-4"},
                "replicaCount": "1",
                "diskSpec": {"bootDiskType": "pd-ssd", "bootDiskSizeGb": 100},
                "containerSpec": {"imageUri": "us-docker.pkg.dev/bench/train/image:1"},
            }
        ]
    },
    **TIMES,
    "startTime": "2026-11-21T12:00:10Z",
    "endTime": "2026-11-21T12:09:00Z",
    "labels": {"team": "bench"},
}

STUDY = {
    "studySpec": {
        "metrics": [{"metricId": "accuracy", "goal": "MAXIMIZE"}],
        "parameters": [{"parameterId": "rate", "doubleValueSpec": {"minValue": 0, "maxValue": 1}}],
    },
    "maxTrialCount": 1000,
    "trials": [
        {
            "id": str(number),
            "state": "SUCCEEDED",
            "parameters": [{"parameterId": "rate", "value": number / 1000}],
            "finalMeasurement": {"stepCount": "9", "metrics": [{"metricId": "accuracy", "value": number % 97 / 97}]},
            "startTime": "2026-11-21T12:00:10Z",
            "endTime": "2026-11-21T12:09:00Z",
            "customJob": f"projects/1/locations/us-central1/customJobs/{number}",
        }
        for number in range(1, 1001)
    ],
}
"""What a tuning job has besides: a thousand trials."""


class Handler(BaseHTTPRequestHandler):
    """Creates whatever is posted, and knows every job."""

    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16  # headers and body in one segment: two would wait for each other for 40 ms

    def do_POST(self) -> None:
        """A create."""
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.answer({**body, **TIMES, "name": f"{self.path.removeprefix('/v1/')}/1", "state": "JOB_STATE_PENDING"})

    def do_GET(self) -> None:
        """A get."""
        job = {**JOB, **STUDY} if "/hyperparameterTuningJobs/" in self.path else JOB
        self.answer({**job, "name": self.path.removeprefix("/v1/")})

    def answer(self, resource: dict[str, Any]) -> None:
        """Send a resource."""
        body = json.dumps(resource).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json; charset=UTF-8")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's own name
        """Nothing is logged."""


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_port, flush=True)
    server.serve_forever()
