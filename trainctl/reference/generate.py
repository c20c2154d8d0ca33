"""Writes the discovery data of this package; run by developers, never by trainctl.

    python -m trainctl.reference.generate FOLDER_WITH_DISCOVERY_DOCUMENTS

The folder holds the documents as Google serves them (`aiplatform.v1.json`, `ml.v1.json`, ...). What is kept is every
schema that can be reached from the methods and roots listed in `SOURCES`, whole: only the enclosing document is cut.
"""

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Source:
    """One discovery document, and which methods and further schemas of it are spoken (regular expressions)."""

    service: str
    file: str
    methods: str
    roots: str
    prefix: str = ""


_VERTEX_COLLECTIONS = (
    "customJobs|trainingPipelines|hyperparameterTuningJobs|models|models.evaluations|models.evaluations.slices|datasets"
)
_VERTEX_VERBS = (
    "create|get|list|cancel|delete|patch|upload|import|export|listVersions|deleteVersion|mergeVersionAliases"
)

SOURCES = (
    Source(
        service="vertex",
        file="aiplatform.v1.json",
        methods=rf"projects\.locations\.(({_VERTEX_COLLECTIONS})\.({_VERTEX_VERBS})(?<!models\.export)|operations\.\w+)",
        roots=r"\w+SchemaTrainingjobDefinitionAutoMl(Image|Video)\w*(Inputs|Metadata)"
        r"|\w+V1(Delete|CreateDataset|UploadModel|ImportData|ExportData)OperationMetadata",
        prefix="GoogleCloudAiplatformV1",
    ),
    Source(
        service="automl",
        file="automl.v1.json",
        methods=r"projects\.locations\.(models|models\.modelEvaluations|datasets|datasets\.annotationSpecs|operations)"
        r"\.\w+",
        roots=r"OperationMetadata|CreateModelOperationMetadata",
    ),
    Source(
        service="ml",
        file="ml.v1.json",
        methods=r"projects\.jobs\.\w+",
        roots="",
        prefix="GoogleCloudMlV1__",
    ),
    Source(service="logging", file="logging.v2.json", methods=r"entries\.list", roots=""),
    Source(service="storage", file="storage.v1.json", methods=r"(objects|buckets)\.\w+", roots=""),
)


def extract(document: dict[str, Any], source: Source) -> dict[str, Any]:
    """The data that `load_discovery_schema` returns, with sorted keys. Pure."""
    methods = {
        name: _describe_method(method)
        for name, method in sorted(_walk_methods(document["resources"]))
        if re.fullmatch(source.methods, name)
    }
    schemas = document["schemas"]
    roots = {name for name in schemas if source.roots and re.fullmatch(source.roots, name)}
    for method in methods.values():
        roots |= {method[part] for part in ("request", "response") if part in method}
    return {
        "service": source.service,
        "version": document["version"],
        "revision": document["revision"],
        "prefix": source.prefix,
        "methods": methods,
        "schemas": {name: _mark_required(schemas[name]) for name in sorted(_reach(schemas, roots))},
    }


def render(document: dict[str, Any], source: Source) -> str:
    """The text of the data file: one schema or method a line, so that a new revision reads well as a diff."""
    data = extract(document, source)
    lines = [f' "{key}": {json.dumps(data[key])}' for key in ("service", "version", "revision", "prefix")]
    lines += [f' "{key}": {{\n{_render_entries(data[key])}\n }}' for key in ("methods", "schemas")]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _render_entries(entries: dict[str, Any]) -> str:
    lines = {name: json.dumps(entry, sort_keys=True, ensure_ascii=False) for name, entry in entries.items()}
    return ",\n".join(f"  {json.dumps(name)}: {line}" for name, line in lines.items())


def _walk_methods(resources: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for resource in resources.values():
        for method in resource.get("methods", {}).values():
            yield method["id"].partition(".")[2], method
        yield from _walk_methods(resource.get("resources", {}))


def _describe_method(method: dict[str, Any]) -> dict[str, Any]:
    described = {
        "verb": method["httpMethod"],
        "path": method.get("flatPath") or method["path"],
        "parameters": method.get("parameters", {}),
    }
    for part in ("request", "response"):
        if method.get(part):
            described[part] = method[part]["$ref"]
    return described


def _reach(schemas: dict[str, Any], roots: set[str]) -> set[str]:
    reached: set[str] = set()
    waiting = sorted(roots)
    while waiting:
        name = waiting.pop()
        if (
            name not in reached and name in schemas
        ):  # the transcribed AutoML document lacks google.longrunning.Operation
            reached.add(name)
            waiting.extend(_references(schemas[name]))
    return reached


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for inner in node.values():
            yield from _references(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from _references(inner)


def _mark_required(schema: dict[str, Any]) -> dict[str, Any]:
    properties = schema.get("properties", {})
    required = [name for name, value in properties.items() if value.get("description", "").startswith("Required.")]
    return {**schema, "required": required} if required else schema


def main(arguments: list[str]) -> int:
    """Writes all data files from the documents in the one folder named."""
    folder = Path(arguments[0])
    for source in SOURCES:
        document = json.loads((folder / source.file).read_text(encoding="utf-8"))
        target = Path(__file__).with_name(f"{source.service}.json")
        target.write_text(render(document, source), encoding="utf-8")
        sys.stderr.write(f"{target.name}: {target.stat().st_size} bytes\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
