"""`jobs list` of thousands: a row is out before the second page has come, and there are as many requests as pages."""

from __future__ import annotations

import io
import threading
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.running import StillClock
from trainctl.cli import main
from trainctl.commands import Seams

if TYPE_CHECKING:
    from pathlib import Path

JOBS, PAGE = 3000, 100


class Screen(io.StringIO):
    """Standard output that tells when the first row is there."""

    def __init__(self) -> None:
        super().__init__()
        self.row = threading.Event()

    def write(self, text: str) -> int:
        if "projects/p/" in text or "job-0" in text:
            self.row.set()
        return super().write(text)


class Many(httpx.BaseTransport):
    """Three thousand custom jobs; the second page waits for the first row."""

    def __init__(self, screen: Screen) -> None:
        self.screen = screen
        self.in_time = True
        self.tokens: list[str] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        token = request.url.params.get("pageToken", "0")
        self.tokens.append(token)
        start = int(token)
        if start and not self.screen.row.wait(60):
            self.in_time = False
        name = "projects/p/locations/us-central1/customJobs"
        jobs = [{"name": f"{name}/{each}", "displayName": f"job-{each}"} for each in range(start, start + PAGE)]
        more = {"nextPageToken": str(start + PAGE)} if start + PAGE < JOBS else {}
        return httpx.Response(200, json={"customJobs": jobs, **more})


@pytest.mark.parametrize("form", ["table", "wide", "json", "jsonl", "csv", "name", "yaml"])
def test_the_first_row_is_out_before_the_second_page_and_every_page_is_asked_for_once(
    tmp_path: Path, form: str
) -> None:
    screen = Screen()
    many = Many(screen)
    environment = {
        "TRAINCTL_HOME": str(tmp_path),
        "TRAINCTL_PROJECT": "p",
        "TRAINCTL_LOCATION": "us-central1",
        "TRAINCTL_ACCESS_TOKEN": "ya29.test",
    }
    seams = Seams(io.StringIO(), screen, io.StringIO(), environment, StillClock(), many)
    assert main(["jobs", "list", "--kind", "custom-job", "-o", form], seams) == 0
    assert many.in_time
    assert many.tokens == [str(start) for start in range(0, JOBS, PAGE)]
    assert f"job-{JOBS - 1}" in screen.getvalue() or f"/{JOBS - 1}\n" in screen.getvalue()
