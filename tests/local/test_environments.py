from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.local.packages import BACKEND, build_package
from trainctl.local.disk.locks import hold
from trainctl.local.replicas.environments import Environment, Failed, is_ready, make, python_of, write_request


@pytest.fixture(params=["pip", "uv"], autouse=True)
def installer(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Each test runs with pip and with uv, which is taken where it is on the PATH."""
    name: str = request.param
    folders = [folder for folder in os.get_exec_path() if shutil.which("uv", path=folder) is None]
    if name == "uv":
        uv = shutil.which("uv") or shutil.which("uv", path=str(Path(sys.executable).parent))
        if uv is None:
            pytest.skip("uv is not installed")
        folders.insert(0, str(Path(uv).parent))
    monkeypatch.setenv("PATH", os.pathsep.join(folders))
    return name


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    """A base that holds one package, and a job with another; nothing is fetched from anywhere."""
    build_package(tmp_path / "groundwork-1.0.tar.gz", name="groundwork", task="FOUND = 'the base'\n")
    build_package(tmp_path / "practice-1.0.tar.gz")
    return Environment(
        root=str(tmp_path / "made"),
        requirements=(str(tmp_path / "groundwork-1.0.tar.gz"),),
        packages=(str(tmp_path / "practice-1.0.tar.gz"),),
    )


def _ask(environment: Environment, code: str) -> str:
    command = [str(python_of(environment.layer)), "-m", "practice.task", code]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture(autouse=True)
def _root(tmp_path: Path) -> None:
    (tmp_path / "made").mkdir()


def test_a_job_sees_its_packages_and_what_the_image_has(environment: Environment) -> None:
    make(environment)
    assert _ask(environment, "import groundwork.task; print(groundwork.task.FOUND)") == "the base"
    assert _ask(environment, "print(sys.prefix)") == str(environment.layer)


@pytest.mark.parametrize("name", ["trainer-0.1.tar.gz", "trainer.tar", "a#1.tar.gz", "${HOME}.tar.gz"])
def test_a_package_is_installed_whatever_its_file_is_named(environment: Environment, tmp_path: Path, name: str) -> None:
    renamed = replace(environment, packages=(str((tmp_path / "practice-1.0.tar.gz").rename(tmp_path / name)),))
    make(renamed)
    assert _ask(renamed, "print('runs')") == "runs"


def test_changed_code_makes_a_new_layer_on_the_same_base(environment: Environment, tmp_path: Path) -> None:
    make(environment)
    made = (environment.base / "ready.json").stat().st_ino
    build_package(tmp_path / "practice-1.0.tar.gz", task="print('changed', __import__('groundwork.task').task.FOUND)\n")
    changed = replace(environment)
    assert changed.base == environment.base
    make(changed)
    assert _ask(changed, "") == "changed the base"
    assert (environment.base / "ready.json").stat().st_ino == made
    assert len(list((tmp_path / "made").glob("job-*/ready.json"))) == 2


def test_what_is_there_is_not_made_again(environment: Environment, capfd: pytest.CaptureFixture[str]) -> None:
    make(environment)
    capfd.readouterr()
    make(environment)
    assert capfd.readouterr().out == ""


def test_a_half_made_environment_is_made_anew(environment: Environment) -> None:
    make(environment)
    (environment.layer / "ready.json").unlink()
    (environment.layer / "rubbish").touch()
    make(environment)
    assert is_ready(environment.layer)
    assert not (environment.layer / "rubbish").exists()


def test_what_an_installation_unpacks_is_nowhere_but_in_its_environment(
    environment: Environment, tmp_path: Path
) -> None:
    seen = tmp_path / "seen"
    note = f"import pathlib, tempfile\npathlib.Path({str(seen)!r}).write_text(tempfile.gettempdir())\n"
    build_package(tmp_path / "practice-1.0.tar.gz", backend=note + BACKEND)
    make(environment)
    assert seen.read_text() == str(environment.layer / "tmp")
    assert not (environment.layer / "tmp").exists()


def test_an_environment_whose_interpreter_is_gone_is_not_ready(environment: Environment) -> None:
    make(environment)
    python_of(environment.layer).unlink()
    assert not is_ready(environment.layer)


def test_a_failed_installation_is_tried_again_the_next_time(environment: Environment, tmp_path: Path) -> None:
    build_package(tmp_path / "practice-1.0.tar.gz", backend="raise SystemExit('broken')\n")
    with pytest.raises(Failed):
        make(environment)
    assert is_ready(environment.base)
    assert not is_ready(environment.layer)
    build_package(tmp_path / "practice-1.0.tar.gz")
    make(environment)
    assert _ask(environment, "print('mended')") == "mended"


def test_a_difference_to_the_image_is_told(environment: Environment, capfd: pytest.CaptureFixture[str]) -> None:
    here = f"{sys.version_info.major}.{sys.version_info.minor}"
    make(replace(environment, framework="groundwork", version="0.9", python="3.7"))
    lines = capfd.readouterr().out.splitlines()
    assert lines[-2:] == [
        "The image has groundwork 0.9, this environment has 1.0",
        f"The image has Python 3.7, this environment has {here}",
    ]


def test_two_jobs_that_need_the_same_make_it_once(environment: Environment, tmp_path: Path, installer: str) -> None:
    write_request(tmp_path / "request.json", environment)
    command = [sys.executable, "-m", "trainctl.local.replicas.environments", str(tmp_path / "request.json")]
    with hold(environment.base.with_suffix(".lock")):
        makers = [
            subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) for _ in range(2)
        ]
        for maker in makers:
            assert maker.stdout is not None
            assert maker.stdout.readline() == "Another job is making the same environment; waiting for it\n"
    outputs = [maker.communicate()[0] for maker in makers]
    assert [maker.returncode for maker in makers] == [0, 0]
    said = {"pip": "Successfully installed practice", "uv": " + practice=="}[installer]
    assert sum(output.count(said) for output in outputs) == 1, outputs
