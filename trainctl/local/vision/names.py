"""Where the engine keeps what AutoML Vision shows, and what people call it.

Both services have `projects/P/locations/L/models`. What AutoML Vision shows lies at a location `L.vision`, which Vertex
AI's lists do not show: datasets, pipelines (its create-model operations), models and other operations.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

TYPES = "type.googleapis.com/google.cloud.automl.v1."
"""What the `@type` of a message begins with."""
CLASSIFICATION, DETECTION = "imageClassification", "imageObjectDetection"
"""What the fields of metadata begin with, by the sort of dataset and model."""
PREFIXES = {CLASSIFICATION: "ICN", DETECTION: "IOD"}
"""What ids begin with, as in Google's guides."""

_HIDDEN = ".vision"


def hide(parent: str) -> str:
    """The place where the engine keeps what AutoML Vision has at `projects/P/locations/L`."""
    return f"{parent}{_HIDDEN}"


def reveal(name: str) -> str:
    """The name that AutoML Vision shows for something at such a place."""
    return name.replace(f"{_HIDDEN}/", "/", 1)


def parent_of(name: str) -> str:
    """`projects/P/locations/L.vision` of such a name."""
    return "/".join(name.split("/")[:4])


def number_of(id_: str) -> str:
    """The id without its letters, as models have it where they are kept."""
    return re.sub(r"^[A-Z]+", "", id_)


def sort_of(resource: Mapping[str, Any], suffix: str) -> str:
    """Which of the two sorts a resource's metadata field shows; empty when it has neither."""
    return next((sort for sort in PREFIXES if f"{sort}{suffix}" in resource), "")
