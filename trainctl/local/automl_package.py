"""Programs of our own as wheels in the engine's storage, where custom jobs take their packages from."""

from __future__ import annotations

import hashlib
import zipfile
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from trainctl.local.files import write_atomically

if TYPE_CHECKING:
    from trainctl.local.buckets import Buckets

BUCKET = "trainctl-automl"
MODULE = "trainctl.local.automl_trainer"
SIMULATION = f"{MODULE}.simulated"
_NAME, _VERSION = "trainctl_automl", "1"
_EPOCH = (1980, 1, 1, 0, 0, 0)


def store(buckets: Buckets, module: str = MODULE, *, distribution: str = _NAME) -> str:
    """The URI of the wheel, which is written unless it is there; its folder is named by its contents.

    `module` is one of the engine's packages that need nothing else of it.
    """
    content = build(module, distribution)
    name = f"packages/{hashlib.sha256(content).hexdigest()[:16]}/{distribution}-{_VERSION}-py3-none-any.whl"
    path = buckets.locate(BUCKET, name)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, content)
    return f"gs://{BUCKET}/{name}"


def build(module: str = MODULE, distribution: str = _NAME) -> bytes:
    """The wheel: equal sources give equal bytes. Its packages carry the names that they have here."""
    _, _, *below = module.split(".")
    sources = sorted(Path(__file__).parent.joinpath(*below).glob("*.py"))
    folder, info = module.replace(".", "/"), f"{distribution}-{_VERSION}.dist-info"
    files = {f"{folder}/{source.name}": source.read_bytes() for source in sources}
    files |= {f"{parent}/__init__.py": b"" for parent in PurePosixPath(folder).parents if parent.name}
    files[f"{info}/METADATA"] = f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {_VERSION}\n".encode()
    files[f"{info}/WHEEL"] = b"Wheel-Version: 1.0\nGenerator: trainctl\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    names = [*files, f"{info}/RECORD"]
    files[f"{info}/RECORD"] = "".join(f"{name},,\n" for name in names).encode()
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), content)
    return stream.getvalue()
