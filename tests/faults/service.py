"""Custom jobs, AI Platform's jobs and a bucket in memory: what really happened, whatever its callers were told."""

from __future__ import annotations

import json
import re
import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from trainctl.catalog import SUBMISSION_LABEL

JOBS = re.compile(r"/v1/projects/([^/]+)/locations/([^/]+)/customJobs")
JOB = re.compile(r"/v1/(projects/[^/]+/locations/[^/]+/customJobs/\d+)(:cancel)?")
ML_JOBS = re.compile(r"/v1/(projects/[^/]+)/jobs")
ML_JOB = re.compile(r"/v1/(projects/[^/]+/jobs/\w+)(:cancel)?")
FILTER = re.compile(r'labels\.([a-z-]+)="([^"]*)"')

Reply = tuple[int, dict[str, Any]]


@dataclass
class Service:
    """Jobs by name, in the order in which they were made. Safe to use from several threads."""

    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)
    objects: set[str] = field(default_factory=set)
    requests: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, method: str, path: str, query: dict[str, str], content: bytes) -> Reply:
        """Carry a request out."""
        with self.lock:
            if path.startswith(("/storage/", "/upload/")):
                return self._store(method, path, query)
            if found := JOBS.fullmatch(path):
                return self._create(found, content) if method == "POST" else self._list(query)
            if found := ML_JOBS.fullmatch(path):
                return self._create_ml(found, content) if method == "POST" else self._list(query, "jobs")
            if found := JOB.fullmatch(path) or ML_JOB.fullmatch(path):
                return self._act(found)
            return missing(path)

    def made_by(self) -> Counter[str]:
        """How many jobs each submission has."""
        return Counter(str(job.get("labels", {}).get(SUBMISSION_LABEL)) for job in self.jobs.values())

    def _create(self, place: re.Match[str], content: bytes) -> Reply:
        self.requests["create"] += 1
        name = f"projects/{place[1]}/locations/{place[2]}/customJobs/{len(self.jobs) + 1}"
        self.jobs[name] = {**json.loads(content), "name": name, "state": "JOB_STATE_PENDING"}
        return 200, self.jobs[name]

    def _create_ml(self, place: re.Match[str], content: bytes) -> Reply:
        self.requests["create"] += 1
        body = json.loads(content)
        name = f"{place[1]}/jobs/{body['jobId']}"
        if name in self.jobs:
            return refusal(409, "ALREADY_EXISTS", f"Field: job.job_id Error: A job with this id already exists: {name}")
        self.jobs[name] = {**body, "state": "QUEUED", "createTime": "2026-11-21T07:00:00Z", "etag": "AAAA"}
        return 200, self.jobs[name]

    def _list(self, query: dict[str, str], key: str = "customJobs") -> Reply:
        self.requests["list"] += 1
        wanted = FILTER.fullmatch(query.get("filter", ""))
        found = [job for job in self.jobs.values() if wanted and job.get("labels", {}).get(wanted[1]) == wanted[2]]
        return 200, {key: found} if found else {}

    def _act(self, found: re.Match[str]) -> Reply:
        self.requests["cancel" if found[2] else "get"] += 1
        job = self.jobs.get(found[1])
        if job is None:
            return missing(found[1])
        if found[2]:
            job["state"] = "JOB_STATE_CANCELLED"
        return 200, {} if found[2] else job

    def _store(self, method: str, path: str, query: dict[str, str]) -> Reply:
        self.requests[f"{method} object"] += 1
        if method == "POST":
            self.objects.add(query.get("name", ""))
            return 200, {"session": path}
        return (200, {"name": "x"}) if method == "PUT" else missing("object: my-bucket/x")


def missing(what: str) -> Reply:
    """The answer about what is not there."""
    return refusal(404, "NOT_FOUND", f"No such {what}")


def refusal(status: int, word: str, message: str) -> Reply:
    """An error as Google's services write it."""
    return status, {"error": {"code": status, "message": message, "status": word}}
