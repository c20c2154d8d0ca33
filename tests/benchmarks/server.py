"""A stand-in for Vertex AI that says yes: `python -m tests.benchmarks.server` prints its port and serves."""

from __future__ import annotations

import json
import re
import threading
import time
from collections import Counter
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

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


LISTED = re.compile(r"/v1/projects/listing-(\d+)/locations/[^/]+/(customJobs)")
"""A project that has so many custom jobs."""

WATCHED = re.compile(r"/v1/projects/watching-(\d+)/locations/[^/]+/customJobs(?:/(\d+))?")
"""A project whose so many custom jobs have ended when they were looked at `LOOKS` times."""
SLOW = re.compile(r"/v1/projects/slow-(\d+)/")
"""A project whose jobs take so many milliseconds to be created."""
LOOKS = 4


@cache
def make_page(parent: str, count: int, start: int, size: int, mask: str, state: str = "JOB_STATE_SUCCEEDED") -> bytes:
    """One page of a list, kept for the next run: what is measured is the client."""
    end = min(start + size, count)
    fields = mask.split(",") if mask else [*JOB, "name"]
    jobs = [
        {**JOB, "state": state, "displayName": f"ranking-{number}", "name": f"{parent}/{number}"}
        for number in range(start, end)
    ]
    page: dict[str, Any] = {"customJobs": [{key: job[key] for key in fields if key in job} for job in jobs]}
    if end < count:
        page["nextPageToken"] = str(end)
    return json.dumps(page, indent=2).encode()  # as Google's services write it


class Count:
    """Pages that were asked for, and how often each watched thing was looked at."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = 0
        self._looks: Counter[str] = Counter()

    def look(self, path: str) -> str:
        """The state that somebody sees who looks at a watched thing once more."""
        with self._lock:
            self._looks[path] += 1
            return "JOB_STATE_SUCCEEDED" if self._looks[path] > LOOKS else "JOB_STATE_RUNNING"

    def seen(self, path: str) -> str:
        """The state that was seen last."""
        with self._lock:
            return "JOB_STATE_SUCCEEDED" if self._looks[path] > LOOKS else "JOB_STATE_RUNNING"

    def add(self) -> None:
        """One more."""
        with self._lock:
            self._count += 1

    def take(self) -> int:
        """How many there were, from which on it counts anew."""
        with self._lock:
            count, self._count = self._count, 0
            self._looks.clear()
        return count


COUNT = Count()


class Handler(BaseHTTPRequestHandler):
    """Creates whatever is posted, and knows every job."""

    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16  # headers and body in one segment: two would wait for each other for 40 ms

    def do_POST(self) -> None:
        """A create."""
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if slow := SLOW.match(self.path):
            time.sleep(int(slow[1]) / 1000)
        parent = self.path.partition("?")[0].removeprefix("/v1/")
        self.answer({**body, **TIMES, "name": f"{parent}/1", "state": "JOB_STATE_PENDING"})

    def do_GET(self) -> None:
        """A get, a page of a list, or how many pages were asked for since somebody asked that."""
        path, _, query = self.path.partition("?")
        if path == "/asked":
            self.send(json.dumps(COUNT.take()).encode())
            return
        if path.endswith(("Jobs", "trainingPipelines")):
            COUNT.add()
            self.send(self.page(path, dict(parse_qsl(query))))
            return
        if WATCHED.fullmatch(path):
            COUNT.add()
            self.answer({**JOB, "name": path.removeprefix("/v1/"), "state": COUNT.look(path)})
            return
        job = {**JOB, **STUDY} if "/hyperparameterTuningJobs/" in self.path else JOB
        self.answer({**job, "name": self.path.removeprefix("/v1/")})

    def page(self, path: str, asked: dict[str, str]) -> bytes:
        """A page of a list; those of other projects and collections are empty."""
        found, watched = LISTED.fullmatch(path), WATCHED.fullmatch(path)
        start, size = int(asked.get("pageToken", "0")), int(asked.get("pageSize", "100"))
        parent, mask = path.removeprefix("/v1/"), asked.get("readMask", "")
        if watched:
            state = COUNT.seen(path) if start else COUNT.look(path)
            return make_page(parent, int(watched[1]), start, size, mask, state)
        return make_page(parent, int(found[1]), start, size, mask) if found else b"{}"

    def answer(self, resource: dict[str, Any]) -> None:
        """Send a resource."""
        self.send(json.dumps(resource).encode())

    def send(self, body: bytes) -> None:
        """Send a JSON document."""
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
