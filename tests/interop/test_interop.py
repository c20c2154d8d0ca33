"""Google's own clients, as they are in the package index, against the engine."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.interop import discovery
from tests.interop.sdk import STEPS
from tests.local.containers import IMAGE
from trainctl.local import control
from trainctl.local.home import EngineHome

if TYPE_CHECKING:
    from collections.abc import Iterator

SHORT = ("store_objects", "run_a_custom_job", "import_a_dataset", "train_from_a_script")
"""What runs without `--interop`; the other steps take as long again, most of it in the SDK's own pauses."""

BOXED = ("train_in_a_container",)
ALL = tuple(step.__name__ for step in STEPS if step.__name__ not in BOXED)
API_PACKAGES = ("google-api-python-client>=2.150", "google-auth>=2.30")
PACKAGES = ("google-cloud-aiplatform>=1.77", "google-cloud-storage>=2.19", "setuptools")
"""The SDK packs scripts with setuptools, which it does not require and new environments lack since Python 3.12."""

_GOOGLE = ("GOOGLE_", "CLOUDSDK_", "STORAGE_EMULATOR_HOST", "PYTHONPATH", "PYTHONWARNINGS")

pytestmark = pytest.mark.slow


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[control.Engine]:
    home = EngineHome(tmp_path / "engine")
    yield control.start(home, options=control.Options(grace=0.5))
    control.stop(home)


@pytest.fixture
def podman_outside(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A podman that the engine, started after it, finds with an image to run."""
    if not request.config.getoption("--interop"):
        pytest.skip("give --interop to run this")
    for name, value in request.getfixturevalue("podman").variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PRACTICE_IMAGE", IMAGE)


@pytest.fixture(scope="module")
def interpreter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python that has Google's SDK and nothing of ours."""
    return make_environment(tmp_path_factory.mktemp("sdk") / "venv", PACKAGES)


@pytest.fixture(scope="module")
def api_interpreter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python that has Google's API client and nothing of ours."""
    return make_environment(tmp_path_factory.mktemp("client") / "venv", API_PACKAGES)


def make_environment(folder: Path, packages: tuple[str, ...]) -> Path:
    """The interpreter of a new environment with these packages. Compiling the SDK would take longer than using it."""
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    pip = [str(folder / "bin" / "python"), "-m", "pip", "--disable-pip-version-check"]
    probe = subprocess.run(
        [*pip, "download", "--quiet", "--no-deps", "--retries=0", "--dest", str(folder), "google-crc32c"],
        check=False,
        capture_output=True,
        text=True,
    )
    if probe.returncode:
        pytest.skip(f"no package index can be reached: {probe.stderr.strip().splitlines()[-1]}")
    subprocess.run([*pip, "install", "--quiet", "--no-compile", *packages], check=True)
    return folder / "bin" / "python"


def test_googles_sdk_and_storage_client_work_unchanged(
    engine: control.Engine, interpreter: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    go_through(ALL if request.config.getoption("--interop") else SHORT, engine, interpreter, tmp_path)


@pytest.mark.usefixtures("podman_outside")
def test_googles_sdk_trains_in_a_container(interpreter: Path, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    go_through(BOXED, request.getfixturevalue("engine"), interpreter, tmp_path)


def test_googles_api_client_drives_jobs_of_ml_unchanged(
    engine: control.Engine, api_interpreter: Path, tmp_path: Path
) -> None:
    steps = tuple(step.__name__ for step in discovery.STEPS)
    run_program("discovery.py", steps, engine, api_interpreter, tmp_path / "engine" / "buckets")


def go_through(steps: tuple[str, ...], engine: control.Engine, interpreter: Path, folder: Path) -> None:
    """Runs the SDK's steps of these names, each of which must end well."""
    scratch = folder / "scratch"
    scratch.mkdir()
    run_program("sdk.py", steps, engine, interpreter, scratch)


def run_program(name: str, steps: tuple[str, ...], engine: control.Engine, interpreter: Path, scratch: Path) -> None:
    """Runs a program's steps of these names in a folder; each must end well."""
    program = Path(__file__).with_name(name)
    ended = subprocess.run(
        [str(interpreter), str(program), engine.url, engine.read_token(), str(scratch), *steps],
        check=False,
        capture_output=True,
        text=True,
        cwd=scratch,
        env={name: value for name, value in os.environ.items() if not name.startswith(_GOOGLE)},
        timeout=900,
    )
    done = [line.removeprefix("done: ") for line in ended.stdout.splitlines() if line.startswith("done: ")]
    assert (tuple(done), ended.returncode) == (steps, 0), ended.stderr[-6000:]
