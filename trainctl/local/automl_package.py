"""The trainer of AutoML jobs as a wheel in the engine's storage, where custom jobs take their packages from."""

from __future__ import annotations

import hashlib
import zipfile
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from trainctl.local.files import write_atomically

if TYPE_CHECKING:
    from trainctl.local.buckets import Buckets

BUCKET = "trainctl-automl"
MODULE = "trainctl.local.automl_trainer"
SIMULATION = f"{MODULE}.simulated"
_NAME, _VERSION = "trainctl_automl", "1"
_INFO = f"{_NAME}-{_VERSION}.dist-info"
_FOLDER = "trainctl/local/automl_trainer"
_EPOCH = (1980, 1, 1, 0, 0, 0)


def store(buckets: Buckets) -> str:
    """The URI of the wheel, which is written unless it is there; its folder is named by its contents."""
    content = build()
    name = f"packages/{hashlib.sha256(content).hexdigest()[:16]}/{_NAME}-{_VERSION}-py3-none-any.whl"
    path = buckets.locate(BUCKET, name)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, content)
    return f"gs://{BUCKET}/{name}"


def build() -> bytes:
    """The wheel: equal sources give equal bytes. Its packages carry the names that they have here."""
    sources = sorted(Path(__file__).with_name("automl_trainer").glob("*.py"))
    files = {f"{_FOLDER}/{source.name}": source.read_bytes() for source in sources}
    files |= {"trainctl/__init__.py": b"", "trainctl/local/__init__.py": b""}
    files[f"{_INFO}/METADATA"] = f"Metadata-Version: 2.1\nName: {_NAME}\nVersion: {_VERSION}\n".encode()
    files[f"{_INFO}/WHEEL"] = b"Wheel-Version: 1.0\nGenerator: trainctl\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    names = [*files, f"{_INFO}/RECORD"]
    files[f"{_INFO}/RECORD"] = "".join(f"{name},,\n" for name in names).encode()
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), content)
    return stream.getvalue()
