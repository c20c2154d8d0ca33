"""Google's own description of its services, as a judge of every request that tests see."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

FOLDER = Path(__file__).parent.parent / "discovery"
FILES = {
    "aiplatform": "aiplatform.v1.json",
    "automl": "automl.v1.json",
    "logging": "logging.v2.json",
    "ml": "ml.v1.json",
    "storage": "storage.v1.json",
}
# Parameters that the upload protocol adds to the method's own.
UPLOAD = {"uploadType", "upload_id"}


@dataclass(frozen=True)
class Method:
    """One method of a service: its verb, its paths, the query parameters it takes."""

    verb: str
    path: re.Pattern[str]
    parameters: frozenset[str]


def check(request: httpx.Request) -> None:
    """Fail unless Google's service has such a method with such parameters."""
    service = re.sub(r"^[a-z0-9-]*-(?=aiplatform)", "", request.url.host).partition(".")[0]
    if service not in FILES or "upload_id" in request.url.params:
        return
    path, parameters = request.url.raw_path.decode().partition("?")[0], set(request.url.params)
    fitting = [each for each in methods(service) if each.verb == request.method and each.path.fullmatch(path)]
    assert fitting, f"{request.method} {path} is no method of {service}"
    assert any(parameters <= each.parameters for each in fitting), f"{request.url.params} for {path}"


@cache
def methods(service: str) -> tuple[Method, ...]:
    document = json.loads((FOLDER / FILES[service]).read_text(encoding="utf-8"))
    shared = frozenset(document["parameters"])
    return tuple(each for each in _walk(document, document.get("servicePath", ""), shared))


def _walk(node: dict[str, Any], base: str, shared: frozenset[str]) -> Iterator[Method]:
    for method in node.get("methods", {}).values():
        parameters = shared | set(method.get("parameters", {}))
        yield Method(method["httpMethod"], _pattern(f"/{base}{method.get('flatPath') or method['path']}"), parameters)
        for protocol in method.get("mediaUpload", {}).get("protocols", {}).values():
            yield Method(method["httpMethod"], _pattern(protocol["path"]), parameters | UPLOAD)
    for resource in node.get("resources", {}).values():
        yield from _walk(resource, base, shared)


def _pattern(path: str) -> re.Pattern[str]:
    path = path.replace("/resumable/upload/", "/upload/")
    return re.compile(
        "".join("[^/:]+" if part.startswith("{") else re.escape(part) for part in re.split(r"({[^}]+})", path))
    )
