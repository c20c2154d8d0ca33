"""Consoles that write to strings, and jobs to put on them."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from trainctl.catalog import CUSTOM_JOBS
from trainctl.jobs import Job, view
from trainctl.render import Console

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def console(**fields: Any) -> Console:
    """A console of two strings: a pipe, 80 wide, without colour, unless `fields` say otherwise."""
    return replace(Console(io.StringIO(), io.StringIO()), **fields)


def out(stage: Console) -> str:
    assert isinstance(stage.out, io.StringIO)
    return stage.out.getvalue()


def err(stage: Console) -> str:
    assert isinstance(stage.err, io.StringIO)
    return stage.err.getvalue()


def job(number: int = 1, state: str = "RUNNING", **fields: Any) -> Job:
    """Custom job 4860000000000000001, and so on; `fields` are of its resource."""
    resource = {
        "name": f"projects/123/locations/us-central1/customJobs/486000000000000000{number}",
        "displayName": "digits",
        "state": f"JOB_STATE_{state}",
        "createTime": "2026-11-21T09:00:00Z",
        "startTime": "2026-11-21T09:05:00Z",
        **fields,
    }
    return view({key: value for key, value in resource.items() if value is not None}, CUSTOM_JOBS)
