"""What Google published, as data: nothing here imports the rest of trainctl, and both client and engine may read it."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any


@cache
def load_discovery_schema(service: str) -> dict[str, Any]:
    """The part of a service's discovery document that trainctl speaks; treat it as read-only.

    `service` is `vertex`, `automl`, `ml`, `logging` or `storage`. Keys of the result:
    `service`, `version`, `revision` (strings);
    `prefix`: what the schema names of Vertex and ml.v1 begin with, else empty;
    `methods`: id such as `projects.locations.customJobs.create` to `{verb, path, parameters, request, response}`;
    `schemas`: the document's own schema name to the schema as Google wrote it, with `required` added: the
    properties whose description begins with "Required.".
    Raises FileNotFoundError for another service. Source: `generate.py` beside this file.
    """
    text = Path(__file__).with_name(f"{service}.json").read_text(encoding="utf-8")
    document: dict[str, Any] = json.loads(text)
    return document
