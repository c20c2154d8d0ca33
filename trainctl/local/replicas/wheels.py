"""Programs of our own as wheels in the engine's storage, where custom jobs take their packages from."""

from __future__ import annotations

import hashlib
import zipfile
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from trainctl.local.disk.files import write_atomically

if TYPE_CHECKING:
    from trainctl.local.storage.buckets import Buckets

_BUCKET, _ROOT, _VERSION = "trainctl-programs", "trainctl.local.", "1"
_EPOCH = (1980, 1, 1, 0, 0, 0)


def store_wheel(buckets: Buckets, module: str) -> str:
    """The URI of the wheel, which is written unless it is there; its folder is named by its contents.

    `module` is one of the engine's packages that need nothing else of it.
    """
    content = build_wheel(module)
    name = f"{hashlib.sha256(content).hexdigest()[:16]}/{_name(module)}-{_VERSION}-py3-none-any.whl"
    path = buckets.locate(_BUCKET, name)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, content)
    return f"gs://{_BUCKET}/{name}"


def build_wheel(module: str) -> bytes:
    """The wheel: equal sources give equal bytes. Its packages carry the names that they have here."""
    here = Path(__file__).parents[1].joinpath(*module.removeprefix(_ROOT).split("."))
    sources, distribution = sorted(here.glob("*.py")), _name(module)
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


def _name(module: str) -> str:
    """The name of the distribution: `trainctl_automl_trainer`."""
    return f"trainctl_{module.removeprefix(_ROOT).replace('.', '_')}"
