"""How many requests a user's processes send in a minute, all together."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.api.network import JOB_URL, VERTEX, FakeClock, Network, error, open_transport, reply
from trainctl.api.rates import Limiter
from trainctl.api.transport import Request

if TYPE_CHECKING:
    from pathlib import Path

JOBS = JOB_URL.removesuffix("/7")


def limiter(file: Path, clock: FakeClock) -> tuple[Limiter, list[str]]:
    said: list[str] = []
    return Limiter(file, clock, said.append), said


def moments(count: int, *, create: bool, file: Path, clock: FakeClock) -> list[float]:
    """When each of so many requests is admitted, all asked for as soon as they can be."""
    limits, _ = limiter(file, clock)
    found = []
    for _ in range(count):
        limits.admit(JOBS, create=create)
        found.append(clock.seconds)
    return found


@pytest.mark.parametrize(("create", "limit"), [(True, 60), (False, 600)])
def test_no_minute_has_more_requests_than_the_service_takes(tmp_path: Path, create: bool, limit: int) -> None:
    found = moments(limit * 2 + 1, create=create, file=tmp_path / "rates.json", clock=FakeClock())
    assert found[limit - 1] == 0
    assert (found[limit], found[-1]) == (60, 120)
    assert all(later - earlier >= 60 for earlier, later in zip(found, found[limit:], strict=False))


def test_processes_share_the_minute_and_a_wait_is_told(tmp_path: Path) -> None:
    file, clock = tmp_path / "state" / "rates.json", FakeClock()
    moments(60, create=True, file=file, clock=clock)
    other, said = limiter(file, clock)
    other.admit(JOBS, create=False)
    assert (clock.seconds, said) == (0, [])
    other.admit(JOBS, create=True)
    assert (clock.seconds, said) == (60, ["waiting 60 s: Vertex AI takes 60 submissions a minute from p"])
    other.admit(JOBS.replace("/p/", "/q/"), create=True)
    assert clock.seconds == 60


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8080/v1/projects/p/locations/us-central1/customJobs",
        "https://localhost/v1/projects/p/locations/us-central1/customJobs",
        "https://logging.googleapis.com/v2/entries:list",
        "https://storage.googleapis.com/storage/v1/b/bucket/o/x",
    ],
)
def test_this_machine_and_other_services_are_not_limited(tmp_path: Path, url: str) -> None:
    file, clock = tmp_path / "rates.json", FakeClock()
    limits, _ = limiter(file, clock)
    for _ in range(1000):
        limits.admit(url, create=True)
    assert (clock.seconds, file.exists()) == (0, False)


def test_what_the_service_asks_of_one_process_all_heed(tmp_path: Path) -> None:
    file, clock = tmp_path / "rates.json", FakeClock()
    refused = error(429, "RESOURCE_EXHAUSTED", "too many requests", retry_after="20")
    transport = open_transport(Network(refused, reply({})), clock, limiter=limiter(file, clock)[0])
    transport.send(Request("GET", JOB_URL, repeat=True))
    assert clock.seconds == 20.5
    clock.seconds = 5.0
    limiter(file, clock)[0].admit(JOB_URL, create=False)
    assert clock.seconds == 20


def test_a_clock_that_was_set_back_stops_nobody(tmp_path: Path) -> None:
    file, clock = tmp_path / "rates.json", FakeClock(seconds=86_400)
    moments(60, create=True, file=file, clock=clock)
    limits, _ = limiter(file, clock)
    limits.hold(JOBS, 30, create=True)
    clock.seconds = 0
    limits.admit(JOBS, create=True)
    assert clock.seconds == 0


@pytest.mark.parametrize("back", [1, 90, 300, 599])
def test_a_clock_that_was_set_back_a_little_stops_nobody(tmp_path: Path, back: float) -> None:
    file, clock = tmp_path / "rates.json", FakeClock(seconds=back)
    moments(59, create=True, file=file, clock=clock)
    clock.seconds = 0
    limiter(file, clock)[0].admit(JOBS, create=True)
    assert clock.seconds == 0


@pytest.mark.parametrize("content", [b'{"p submissions": {"mom', b"[]", b"\xff"])
def test_half_a_record_is_begun_anew(tmp_path: Path, content: bytes) -> None:
    file, clock = tmp_path / "rates.json", FakeClock()
    file.write_bytes(content)
    limiter(file, clock)[0].admit(JOBS, create=True)
    assert list(json.loads(file.read_bytes())) == ["p submissions"]


def test_without_a_place_for_the_record_nothing_is_limited(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file")
    assert moments(61, create=True, file=tmp_path / "state" / "rates.json", clock=FakeClock())[-1] == 0


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
def test_the_record_is_its_owners_alone_and_stays_small(tmp_path: Path) -> None:
    file = tmp_path / "state" / "rates.json"
    moments(2000, create=False, file=file, clock=FakeClock())
    assert (oct(file.stat().st_mode & 0o777), oct(file.parent.stat().st_mode & 0o777)) == ("0o600", "0o700")
    assert file.stat().st_size < 20_000


ASKING = """
import sys
from pathlib import Path
from tests.api.network import FakeClock
from trainctl.api.rates import Limiter

class OneTime(FakeClock):
    def sleep(self, seconds):  # a process whose time went on alone would forget what the others' time still knows
        pass

limits = Limiter(Path(sys.argv[1]), OneTime(), print)
for _ in range(30):
    limits.admit(sys.argv[2], create=True)
"""


def test_several_processes_at_once_take_every_moment_once(tmp_path: Path) -> None:
    file = tmp_path / "rates.json"
    command = [sys.executable, "-c", ASKING, str(file), f"{VERTEX}/v1/projects/p/locations/us-central1/customJobs"]
    askers = [subprocess.Popen(command, stdout=subprocess.DEVNULL) for _ in range(4)]
    assert [asker.wait(60) for asker in askers] == [0] * 4
    taken = json.loads(file.read_bytes())["p submissions"]["moments"]
    assert len(taken) == 60
    assert taken[0] - FakeClock().now().timestamp() == 60
