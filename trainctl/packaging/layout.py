"""How local code is laid out in its archive, decided and hashed before anything is built.

A script or a plain folder becomes the package `trainctl_code`, whose folder is put on `sys.path`, so that a script
finds its neighbours as it does when it is run in place. A folder with `__init__.py` keeps its own name; a folder with a
`pyproject.toml` or `setup.py` is built by its own backend; a wheel or an archive is sent as it is.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

from trainctl.catalog import Artifact, LeftOut, LocalCode, PackedFile
from trainctl.errors import ExitCode, TrainctlError
from trainctl.packaging.selection import select

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

CODE_PACKAGE = "trainctl_code"
ENTRY_POINTS = ("task", "train", "main", "__main__")
"""What a folder is started by when the spec does not say: the first that is there."""

FORMAT = "1"
"""Goes into every digest: raise it when the same files would be packed in another way."""


class CodeUnusable(TrainctlError):
    """The code that a spec names cannot be packed."""

    exit_code = ExitCode.SPEC_INVALID


class Form(Enum):
    """What sort of thing `script_path` names."""

    SCRIPT = auto()
    FOLDER = auto()
    PACKAGE = auto()
    PROJECT = auto()
    ARCHIVE = auto()


@dataclass(frozen=True, slots=True)
class Layout:
    """What goes into an archive: `files` by their path in it, `package` the importable name around them."""

    form: Form
    package: str
    module: str
    files: dict[str, Path]
    left_out: tuple[LeftOut, ...] = ()


def plan(code: LocalCode, staging: str) -> Artifact:
    """The archive that `code` will become, named by the SHA-256 of what goes into it; reads files, builds nothing.

    `staging` is the `gs://` folder for uploads. Raises CodeUnusable.
    """
    try:
        return _plan(code, staging)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise CodeUnusable(
            f"`{error.filename or code.path}` cannot be read: {reason}", hint="mend it, or leave it out with `exclude`"
        ) from error


def _plan(code: LocalCode, staging: str) -> Artifact:
    layout = lay_out(code)
    digest = digest_of(code, layout)
    name = archive_name(code, layout)
    return Artifact(
        name=name,
        digest=digest,
        uri=f"{staging.rstrip('/')}/trainctl/code/{digest[:32]}/{name}",
        module=layout.module,
        files=tuple(PackedFile(path, source.stat().st_size, str(source)) for path, source in layout.files.items()),
        requirements=code.requirements,
        left_out=layout.left_out,
    )


def lay_out(code: LocalCode) -> Layout:
    """Decide what `script_path` is and which of its files go where."""
    match form_of(code.path):
        case Form.SCRIPT:
            return Layout(
                Form.SCRIPT,
                CODE_PACKAGE,
                f"{CODE_PACKAGE}.{code.path.stem}",
                {f"{CODE_PACKAGE}/{code.path.name}": code.path},
            )
        case Form.ARCHIVE:
            return Layout(Form.ARCHIVE, "", named_module(code), {code.path.name: code.path})
        case Form.PROJECT:
            chosen = select(code.path, code)
            return Layout(Form.PROJECT, "", named_module(code), chosen.files, chosen.left)
        case form:
            chosen = select(code.path, code)
            package = code.path.resolve().name if form is Form.PACKAGE else CODE_PACKAGE
            files = {f"{package}/{name}": source for name, source in chosen.files.items()}
            return Layout(
                form, package, code.module or f"{package}.{entry_point(code.path, chosen.files)}", files, chosen.left
            )


def form_of(path: Path) -> Form:
    """What `path` names; raises CodeUnusable for what is not there or cannot be packed."""
    if path.is_dir():
        if (path / "pyproject.toml").is_file() or (path / "setup.py").is_file():
            return Form.PROJECT
        return Form.PACKAGE if (path / "__init__.py").is_file() and path.resolve().name.isidentifier() else Form.FOLDER
    if not path.exists():
        raise CodeUnusable(f"there is no `{path}`", hint="paths are relative to the spec's folder")
    if path.name.endswith((".whl", ".tar.gz")):
        return Form.ARCHIVE
    if path.suffix == ".py":
        if "." in path.stem:
            message = f"`{path.name}` cannot be run as a module: Python takes the points in its name for folders"
            raise CodeUnusable(message, hint=f"call it `{path.stem.replace('.', '_')}.py`")
        return Form.SCRIPT
    hint = f"`jupyter nbconvert --to script {path.name}` makes one of it" if path.suffix == ".ipynb" else None
    raise CodeUnusable(f"`{path.name}` is no Python file, folder, wheel or .tar.gz", hint=hint)


def named_module(code: LocalCode) -> str:
    """The module that the spec names, where the path alone cannot say it."""
    if code.module:
        return code.module
    hint = f"add `{code.module_field}: package.module`"
    raise CodeUnusable(f"`{code.path.name}` does not say what to run", hint=hint)


def entry_point(folder: Path, names: Iterable[str]) -> str:
    """The module of a folder that is run, of those that are packed: the first of `ENTRY_POINTS`, else the only one."""
    files = [name for name in names if name.endswith(".py") and "/" not in name and name != "__init__.py"]
    scripts = [name[:-3] for name in files if name.count(".") == 1]
    found = [name for name in ENTRY_POINTS if name in scripts] or (scripts if len(scripts) == 1 else [])
    if not found:
        raise CodeUnusable(
            f"nothing in `{folder.name}` says which file to run", hint="name one task.py, or add `python_module_name`"
        )
    return found[0]


def archive_name(code: LocalCode, layout: Layout) -> str:
    """The archive's file name: the user's own for a finished archive."""
    if layout.form is Form.ARCHIVE:
        return code.path.name
    stem = code.path.resolve().name if layout.form is Form.PROJECT else layout.package
    return f"{stem.replace(' ', '_')}-0.1.tar.gz"


def digest_of(code: LocalCode, layout: Layout) -> str:
    """SHA-256 over names and contents of the files, which are programs, the requirements and the layout."""
    digest = hashlib.sha256()
    for part in (FORMAT, layout.form.name, layout.package, *code.requirements):
        digest.update(f"{part}\0".encode())
    for path, source in layout.files.items():
        with source.open("rb") as stream:
            contents = hashlib.file_digest(stream, "sha256").hexdigest()
        program = "program\0" if layout.form is not Form.ARCHIVE and is_program(source) else ""
        digest.update(f"{path}\0{contents}\0{program}".encode())
    return digest.hexdigest()


def is_program(path: Path) -> bool:
    """Whether a file may be run by its owner."""
    return bool(path.stat().st_mode & 0o100)
