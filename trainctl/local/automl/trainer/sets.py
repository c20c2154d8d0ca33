"""The sets of examples in the JSON Lines that Vertex AI hands to training code."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from trainctl.local.automl.trainer.data import Example, read_example
from trainctl.local.automl.trainer.videos import read_segments

SETS = ("training", "validation", "test")


def read_sets(buckets: Path) -> dict[str, list[Example]]:
    """The examples of each set, from the files that the environment names; `buckets` holds `gs://` objects.

    Images and videos that cannot be read are told and left out.
    """
    found: dict[str, list[Example]] = {}
    for name in SETS:
        pattern = os.environ.get(f"AIP_{name.upper()}_DATA_URI", "")
        lines = [line for path in _match(pattern) for line in path.read_text("utf-8").splitlines()]
        found[name] = [example for line in lines for example in read_examples(json.loads(line), buckets)]
    return found


def _match(pattern: str) -> list[Path]:
    path = Path(pattern)
    return sorted(path.parent.glob(path.name)) if pattern else []


def read_examples(item: dict[str, Any], buckets: Path) -> list[Example]:
    """What one item has to learn from: an image, or the labelled time segments of a video."""
    if "videoGcsUri" in item:
        return read_segments(item, buckets)
    example = read_example(item, buckets)
    return [] if example is None else [example]
