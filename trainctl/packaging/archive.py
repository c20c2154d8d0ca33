"""The planned archive, built in a folder of its own by the standard frontend, the same bytes every time."""

from __future__ import annotations

import glob
import gzip
import os
import shutil
import tarfile
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import IO, TYPE_CHECKING

from trainctl.folders import make_private
from trainctl.packaging.layout import CODE_PACKAGE, CodeUnusable, Form, Layout, digest_of, is_program, lay_out

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import PurePath

    from trainctl.catalog import Artifact, LocalCode

# A setup.py and no pyproject.toml: pip then builds with the image's own setuptools, without fetching a backend.
SETUP = """\
from setuptools import setup

setup(
    name={name!r},
    version="0.1",
    packages={packages!r},
    package_data={package_data!r},
    install_requires={requirements!r},
)
"""

NEIGHBOURS = '''\
"""Lets scripts of this folder import each other as they do when they are run in place."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
'''


def build(code: LocalCode, artifact: Artifact, cache: Path) -> Path:
    """The archive on disk, built into `cache` unless it is there already.

    Raises CodeUnusable with the builder's last words, and for code that is no longer what was planned.
    """
    layout = lay_out(code)
    if layout.form is Form.ARCHIVE:
        refuse_change(code, layout, artifact)
        return code.path
    target = cache / artifact.digest[:32] / artifact.name
    if not target.is_file():
        make_private(target.parent)
        with tempfile.TemporaryDirectory(prefix="trainctl-") as scratch:
            stage = Path(scratch) / "source"
            copies = copy_files(stage, layout)
            refuse_change(code, copies, artifact)
            add_setup(stage, code, layout)
            normalise(run_builder(stage, Path(scratch) / "out", isolated=layout.form is Form.PROJECT), target)
    return target


def copy_files(stage: Path, layout: Layout) -> Layout:
    """Copy what is packed into `stage`; the same layout of the copies, which nobody edits any more.

    Programs stay programs: code that starts one of its own files would find that it may not.
    """
    copies = {name: stage / name for name in layout.files}
    for name, copy in copies.items():
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(layout.files[name], copy)
        if is_program(layout.files[name]):
            copy.chmod(0o755)
    return replace(layout, files=copies)


def refuse_change(code: LocalCode, layout: Layout, artifact: Artifact) -> None:
    """Raise CodeUnusable when the files are no longer those that named the archive: its name would lie for ever."""
    if digest_of(code, layout) != artifact.digest:
        raise CodeUnusable(f"`{code.path.name}` has changed while it was being submitted", hint="submit it again")


def add_setup(stage: Path, code: LocalCode, layout: Layout) -> None:
    """Write the setup file around plain code that a project would have."""
    if layout.form is Form.PROJECT:
        return
    if layout.package == CODE_PACKAGE and not (stage / CODE_PACKAGE / "__init__.py").exists():
        (stage / CODE_PACKAGE / "__init__.py").write_text(NEIGHBOURS, encoding="utf-8")
    folders = sorted({path.parent.relative_to(stage) for path in stage.rglob("*") if path.is_file()})
    packages, package_data = name_packages(folders)
    setup = SETUP.format(
        name=layout.package, packages=packages, package_data=package_data, requirements=list(code.requirements)
    )
    (stage / "setup.py").write_text(setup, encoding="utf-8")
    (stage / "MANIFEST.in").write_text(f"graft {layout.package}\n", encoding="utf-8")


def name_packages(folders: Sequence[PurePath]) -> tuple[list[str], dict[str, list[str]]]:
    """The packages of these folders, and the patterns of their data.

    setuptools takes every point for a border of packages: what a folder such as `conf.d` holds is data of the nearest
    package above.
    """
    packages: dict[str, None] = {}
    package_data = {"": ["*", ".*"]}
    for folder in folders:
        depth = next((at for at, part in enumerate(folder.parts) if "." in part), len(folder.parts))
        package = ".".join(folder.parts[:depth])
        packages[package] = None
        if below := "/".join(map(glob.escape, folder.parts[depth:])):
            package_data.setdefault(package, []).extend([f"{below}/*", f"{below}/.*"])
    return list(packages), package_data


def run_builder(stage: Path, out: Path, *, isolated: bool) -> Path:
    """Let the backend make a source distribution of `stage`; a project's own backend gets an environment of its own."""
    import subprocess

    from build import BuildBackendException, BuildException, ProjectBuilder
    from build.env import DefaultIsolatedEnv
    from pyproject_hooks import quiet_subprocess_runner

    try:
        if not isolated:
            return Path(ProjectBuilder(stage, runner=quiet_subprocess_runner).build("sdist", out))
        with DefaultIsolatedEnv() as environment:
            builder = ProjectBuilder.from_isolated_env(environment, stage, runner=quiet_subprocess_runner)
            environment.install(builder.build_system_requires)
            environment.install(builder.get_requires_for_build("sdist"))
            return Path(builder.build("sdist", out))
    except (BuildException, BuildBackendException, subprocess.CalledProcessError) as error:
        cause = getattr(error, "exception", error)
        words = last_words(cause.output) if isinstance(cause, subprocess.CalledProcessError) else str(error)
        raise CodeUnusable(f"the code cannot be packed: {words}") from error


def last_words(output: bytes | str | None) -> str:
    """The last line that a failed program printed."""
    text = output.decode(errors="replace") if isinstance(output, bytes) else output or ""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "the builder failed without a word"


def normalise(source: Path, target: Path) -> None:
    """Rewrite an archive without times, owners and order of its own, and put it in place at once."""
    handle, partial = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)  # mode 0600
    try:
        with os.fdopen(handle, "wb") as raw:
            rewrite(source, raw)
        Path(partial).replace(target)
    finally:
        Path(partial).unlink(missing_ok=True)


def rewrite(source: Path, raw: IO[bytes]) -> None:
    """Write the members of the archive `source`, sorted and plain, as an archive."""
    with (
        tarfile.open(source) as read,
        gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as write,
    ):
        for member in sorted(read.getmembers(), key=lambda entry: entry.name):
            plain = tarfile.TarInfo(member.name)
            plain.size, plain.type, plain.linkname = member.size, member.type, member.linkname
            plain.mode = 0o755 if member.isdir() or member.mode & 0o100 else 0o644
            write.addfile(plain, read.extractfile(member) if member.isfile() else None)
