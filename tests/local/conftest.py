from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.local.engine import PORT, TOKEN, Bench, check_answer
from trainctl.local.app import Application
from trainctl.local.core import Core, Settings
from trainctl.local.guard import Guard
from trainctl.local.home import EngineHome
from trainctl.local.jobs.execution import execute
from trainctl.local.recovery import recover

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from tests.local.containers import Runtime


@pytest.fixture(scope="session")
def environments(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder of virtual environments for all tests, since making one takes most of a second."""
    return tmp_path_factory.mktemp("environments")


@pytest.fixture
def make_bench(tmp_path: Path, environments: Path) -> Iterator[Callable[..., Bench]]:
    """Makes an engine within the test's process; `running=False` leaves every job in the queue."""
    benches: list[Bench] = []

    def make(
        *, running: bool = True, slots: int = 2, variables: Mapping[str, str] | None = None, **settings: Any
    ) -> Bench:
        home = EngineHome(tmp_path / "home")
        home.root.mkdir(exist_ok=True)
        if not home.environments.exists():
            home.environments.symlink_to(environments)
        environment = {
            **os.environ,
            "GOOGLE_APPLICATION_CREDENTIALS": "/secret.json",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            **(variables or {}),
        }
        core = Core(home, Settings(slots=slots, environment=environment, **{"grace": 0.3, **settings}), work=execute)
        app = Application(core, Guard(TOKEN, PORT))
        client = httpx.Client(
            transport=httpx.WSGITransport(app=app),
            base_url=f"http://127.0.0.1:{PORT}",
            headers={"Authorization": f"Bearer {TOKEN}"},
            event_hooks={"response": [check_answer]},
        )
        bench = Bench(core, app, client)
        benches.append(bench)
        if running:
            recover(core)
            core.runner.open()
        return bench

    yield make
    for bench in benches:
        bench.close()


@pytest.fixture
def idle(make_bench: Callable[..., Bench]) -> Bench:
    """An engine that begins no job."""
    return make_bench(running=False)


@pytest.fixture
def bench(make_bench: Callable[..., Bench]) -> Bench:
    """An engine that runs jobs."""
    return make_bench()


@pytest.fixture(params=["podman", "docker"])
def runtime(request: pytest.FixtureRequest) -> Runtime:
    """What runs containers: each test is run with both."""
    found: Runtime = request.getfixturevalue(request.param)
    return found
