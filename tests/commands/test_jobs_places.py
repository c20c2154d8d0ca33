"""`jobs list` in many places: all asked at once, a slow one and a failing one in nobody's way."""

from __future__ import annotations

import io
import re
import threading
from typing import TYPE_CHECKING, Any

import httpx

from tests.commands.cloud import refusal
from tests.running import StillClock
from trainctl.cli import main
from trainctl.commands import Seams

if TYPE_CHECKING:
    from pathlib import Path

LOCATIONS = ("us-central1", "us-east1", "us-west1", "europe-west1", "europe-west4", "asia-east1")
SLOW, FAILING = "europe-west4", "asia-east1"
SOURCES = 4 * len(LOCATIONS) + 1  # AI Platform jobs have no location
ROWS = SOURCES - 4 - 4
PATIENCE = 60.0


def make_page(location: str, collection: str) -> dict[str, Any]:
    name = f"projects/p/locations/{location}/{collection}/{7 if collection != 'operations' else 'ICN7'}"
    if collection == "jobs":
        return {"jobs": [{"jobId": "census", "state": "RUNNING", "trainingInput": {}}]}
    return {collection: [{"name": name, "displayName": location, "metadata": {"createModelDetails": {}}}]}


class Places(httpx.BaseTransport):
    """Nobody is answered before all have been asked, and the slow ones not before everybody else's rows are out."""

    def __init__(self) -> None:
        self.all_asked = threading.Barrier(SOURCES)
        self.others_shown = threading.Event()
        self.in_time = True

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        found = re.search(r"(?:locations/([^/]+)/)?(\w+)$", request.url.path)
        assert found
        location, collection = found[1] or "", found[2]
        self.all_asked.wait(PATIENCE)
        if location == FAILING:
            return refusal(403, "PERMISSION_DENIED", "you may not")
        if location == SLOW and not self.others_shown.wait(PATIENCE):
            self.in_time = False
        return httpx.Response(200, json=make_page(location, collection))


class Screen(io.StringIO):
    """Standard output that tells when the rows of all quick places are there."""

    def __init__(self, places: Places) -> None:
        super().__init__()
        self.places = places

    def write(self, text: str) -> int:
        count = super().write(text)
        if self.getvalue().count("\n") >= ROWS + 1:
            self.places.others_shown.set()
        return count


def test_everybody_is_asked_at_once_and_the_quick_are_shown_before_the_slow_has_answered(tmp_path: Path) -> None:
    places = Places()
    screen, said = Screen(places), io.StringIO()
    environment = {
        "TRAINCTL_HOME": str(tmp_path),
        "TRAINCTL_PROJECT": "p",
        "TRAINCTL_ACCESS_TOKEN": "ya29.test",
        "TRAINCTL_ENDPOINT_AUTOML": "https://automl.googleapis.com",
        "TRAINCTL_ENDPOINT_ML": "https://ml.googleapis.com",
        "TRAINCTL_LOCATION": ",".join(LOCATIONS),
    }
    seams = Seams(io.StringIO(), screen, said, environment, StillClock(), places)
    assert main(["jobs", "list"], seams) == 6
    assert places.in_time
    shown = screen.getvalue().splitlines()[1:]
    assert len(shown) == ROWS + 4
    assert sorted(line.split()[0] for line in shown[:ROWS]) == sorted(["7"] * 12 + ["ICN7"] * 4 + ["census"])
    assert {line.split()[3] for line in shown[ROWS:]} == {SLOW}
    assert said.getvalue().count(FAILING) == 4
    assert said.getvalue().count("you may not") == 1


class Ears(httpx.BaseTransport):
    """AI Platform knows nothing of names, and Vertex AI neither where it has `refused` them."""

    def __init__(self, *, refused: bool) -> None:
        self.refused = refused

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.host.startswith("ml") or self.refused:
            return refusal(400, "INVALID_ARGUMENT", f"Invalid filter: {request.url.params['filter']}")
        return httpx.Response(200, json=make_page("us-central1", request.url.path.rpartition("/")[2]))


def list_named(tmp_path: Path, *, refused: bool) -> tuple[int, int, str]:
    shown, said = io.StringIO(), io.StringIO()
    environment = {
        "TRAINCTL_HOME": str(tmp_path),
        "TRAINCTL_PROJECT": "p",
        "TRAINCTL_ACCESS_TOKEN": "ya29.test",
        "TRAINCTL_ENDPOINT_ML": "https://ml.googleapis.com",
        "TRAINCTL_LOCATION": "us-central1",
    }
    seams = Seams(io.StringIO(), shown, said, environment, StillClock(), Ears(refused=refused))
    code = main(["jobs", "list", "--filter", "display_name=x", "-o", "name"], seams)
    return code, len(shown.getvalue().splitlines()), said.getvalue()


def test_a_service_that_does_not_know_a_filter_which_another_takes_is_left_out(tmp_path: Path) -> None:
    said = "AI Platform jobs are left out: Invalid filter: display_name=x\n"
    assert list_named(tmp_path, refused=False) == (0, 3, said)


def test_a_filter_that_no_service_knows_is_refused(tmp_path: Path) -> None:
    assert list_named(tmp_path, refused=True) == (5, 0, "error: Invalid filter: display_name=x\n")
