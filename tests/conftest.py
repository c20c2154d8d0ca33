"""What every test may use: a machine of its own, and expected outputs that `--update` writes anew."""

from __future__ import annotations

import difflib
import os
import signal
from contextlib import ExitStack
from typing import TYPE_CHECKING, Protocol
from urllib.request import getproxies

import pytest

from tests.running import Runner
from tests.secrecy import TOKENS, find_leaks, find_open_files

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from tests.local.containers import Runtime

ABOUT_USERS = ("TRAINCTL_", "GOOGLE_", "CLOUDSDK_", "GCLOUD_", "GCE_")
ABOUT_TERMINALS = {"COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR"}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update", action="store_true", help="write expected outputs anew instead of comparing with them")
    parser.addoption("--interop", action="store_true", help="run all steps of Google's SDK against the engine")
    parser.addoption("--examples", action="store_true", help="train every AutoML example, not only the quickest")
    parser.addoption("--long", action="store_true", help="run fault and property tests at full length: an hour or so")


def pytest_configure(config: pytest.Config) -> None:
    leave_behind()
    from hypothesis import HealthCheck, settings

    # The same examples in every run of CI; --long looks for others.
    slow = [HealthCheck.too_slow, HealthCheck.data_too_large]
    settings.register_profile(
        "ci", max_examples=2000, derandomize=True, database=None, deadline=None, suppress_health_check=slow
    )
    settings.register_profile(
        "long", max_examples=100_000, database=None, deadline=None, print_blob=True, suppress_health_check=slow
    )
    settings.load_profile("long" if config.getoption("--long") else "ci")


def leave_behind() -> None:
    """Who runs the tests, and where: no test and no program that one starts hears of it."""
    for name in [each for each in os.environ if each.startswith(ABOUT_USERS) or each in ABOUT_TERMINALS]:
        del os.environ[name]
    os.environ["TERM"] = "xterm-256color"
    if getproxies():  # which stay for what tests install
        direct = os.environ.get("no_proxy") or os.environ.get("NO_PROXY")
        os.environ["no_proxy"] = ",".join([*([direct] if direct else []), "localhost", "127.0.0.1"])


@pytest.fixture(scope="session", autouse=True)
def interruptible() -> None:
    """Lets tests interrupt themselves where a shell or `nohup` has started them with signals ignored."""
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler if name == "SIGINT" else signal.SIG_DFL)


@pytest.fixture(scope="session", autouse=True)
def kept_secrets(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Fails at the end of the run when trainctl has written a token anywhere, or left what it keeps to other users."""
    yield
    folder = tmp_path_factory.getbasetemp()
    assert find_leaks(folder) == []
    assert find_open_files(folder) == []


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fails a test in whose captured output a token is."""
    report = yield
    if any(TOKENS.search(text.encode()) for _, text in report.sections):
        report.outcome, report.longrepr = "failed", "a token was written to an output or a log"
    return report


class Expected(Protocol):
    """Compares a text with a file that holds the expected one."""

    def __call__(self, text: str, file: Path) -> None: ...


@pytest.fixture
def expected(request: pytest.FixtureRequest) -> Expected:
    """Fails with a diff when a text is not what its file says; with --update, writes the file."""

    def compare(text: str, file: Path) -> None:
        if request.config.getoption("--update"):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
            return
        known = file.read_text(encoding="utf-8") if file.exists() else ""
        if text != known:
            lines = difflib.unified_diff(
                known.splitlines(), text.splitlines(), f"{file.name} (expected)", "now", lineterm=""
            )
            pytest.fail("\n".join(lines), pytrace=False)

    return compare


@pytest.fixture
def trainctl(tmp_path: Path) -> Runner:
    """Runs command lines on a machine that has nothing yet."""
    return Runner(tmp_path / "home")


@pytest.fixture(scope="session")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runner]:
    """A machine for the whole run, whose local engine keeps its environments from test to test."""
    runner = Runner(tmp_path_factory.mktemp("machine"))
    yield runner
    runner("local", "stop")


@pytest.fixture(scope="session")
def podman() -> Iterator[Runtime]:
    """Skips what needs it where podman cannot run, saying why."""
    from tests.local import containers

    yield from lend(containers.stocked_podman())


@pytest.fixture(scope="session")
def docker() -> Iterator[Runtime]:
    """Skips what needs it where docker cannot run, saying why."""
    from tests.local import containers

    yield from lend(containers.running_docker())


def lend(stocked: AbstractContextManager[Runtime]) -> Iterator[Runtime]:
    """The runtime while the tests go on; skips what needs one that cannot run here."""
    from tests.local import containers

    with ExitStack() as ending:
        try:
            runtime = ending.enter_context(stocked)
        except containers.CannotRun as reason:
            pytest.skip(f"containers cannot run here: {reason}")
        yield runtime
